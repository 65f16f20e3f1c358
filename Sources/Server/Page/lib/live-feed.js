// The live feed: what changed, as it changes, for as long as someone is looking.

import { address, credentials } from './api.js';
import { readEvents } from './sse.js';

/** The server sends a comment every 15 s; silence for longer than this means that the line is dead. */
const SILENCE = 40_000;
const LONGEST_PAUSE = 30_000;
/** A page in the background gives its connection back after this. */
const HIDDEN = 60_000;

/**
 * Follows the feed until `close()`.
 * @param on `progress(target)`, `results({salesperson, year})`, `removed({id})`, `resumed()` after a break, `reload()`
 * when what was missed cannot be told, `freshness(told, skew)` with how old the results are and by how many milliseconds
 * this device's clock is ahead of the server's, `state('live' | 'offline', heard)` with when the server was last heard, and
 * `refused()` when the server no longer knows the viewer
 */
export function follow(on) {
  let lastId = null;
  let attempt = null;
  let pause = 0;
  let timer = null;
  let hiding = null;
  let isClosed = false;
  let heardAt = null;
  let skew = 0;

  async function connect() {
    timer = null;
    const mine = new AbortController();
    attempt = mine;
    let silence = null;
    let hasEnded = false;
    const expect = () => {
      clearTimeout(silence);
      silence = setTimeout(() => mine.abort(), SILENCE);
    };
    const heard = () => {
      heardAt = Date.now();
      expect();
    };
    expect();
    try {
      const headers = { Accept: 'text/event-stream', ...credentials(), ...(lastId ? { 'Last-Event-ID': lastId } : {}) };
      const response = await fetch(address('/stream'), { headers, signal: mine.signal, cache: 'no-store' });
      if (response.status === 401) return on.refused();
      if (response.ok) {
        pause = 0;
        const now = Date.parse(response.headers.get('Date'));
        skew = Number.isNaN(now) ? 0 : Date.now() - now;
        on.state('live');
        // Without a place to resume from, what happened since the first reading is unknown.
        if (lastId) on.resumed();
        else on.reload();
        await readEvents(response.body, heard, deliver);
        hasEnded = true;
      }
    } catch {
      // The line broke; it is tried again below.
    } finally {
      clearTimeout(silence);
      if (attempt === mine) attempt = null;
    }
    if (!isClosed && !document.hidden) retry(hasEnded);
  }

  function deliver({ id, event, data }) {
    if (id) lastId = id;
    if (data === null) return;
    if (event === 'reload') on.reload();
    else if (event === 'freshness') on.freshness(JSON.parse(data), skew);
    else if (['progress', 'results', 'removed'].includes(event)) on[event](JSON.parse(data));
  }

  /** The server ends a feed every ten minutes, to ask again who is there: that is no reason to worry anyone. */
  function retry(hasEnded) {
    if (!hasEnded) on.state('offline', heardAt);
    timer = setTimeout(connect, pause + Math.random() * 500);
    pause = Math.min(Math.max(pause * 2, 500), LONGEST_PAUSE);
  }

  function now() {
    if (isClosed || attempt) return;
    clearTimeout(timer);
    pause = 0;
    connect();
  }

  /** The browser knows at once that there is no network; the line itself would only fall silent. */
  function lost() {
    attempt?.abort();
  }

  function visibility() {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(lost, HIDDEN);
    else now();
  }

  window.addEventListener('online', now);
  window.addEventListener('offline', lost);
  document.addEventListener('visibilitychange', visibility);
  connect();
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      clearTimeout(hiding);
      attempt?.abort();
      window.removeEventListener('online', now);
      window.removeEventListener('offline', lost);
      document.removeEventListener('visibilitychange', visibility);
    },
  };
}

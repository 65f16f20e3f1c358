// The live feed: the server sends each change while the page is visible.

import { address, credentials } from './api.js';
import { readEvents } from './sse.js';

/** The server sends a comment every 15 s. After a longer silence than this the connection is dead. */
const SILENCE = 40_000;
const LONGEST_PAUSE = 30_000;
/** A page in the background closes its connection after this. */
const HIDDEN = 60_000;
const EVENTS = ['progress', 'results', 'removed'];

/** Follows the feed until `close()`. It connects again by itself. */
export class LiveFeed {
  #on;
  #listeners = new AbortController();
  #lastId = null;
  /** The open connection, or the one being opened. */
  #attempt = null;
  #pause = 0;
  #retryTimer = null;
  #hiddenTimer = null;
  #silenceTimer = null;
  #isClosed = false;
  #heardAt = null;
  #skew = 0;

  /**
   * @param on `progress(target)`, `results({salesperson, year})`, `removed({id})`; `resumed()` when the feed continues
   * after a break; `reload()` when changes were missed; `freshness(report, skew)` with how old the results are and the
   * milliseconds by which this device's clock is ahead of the server's; `state('live' | 'offline', heardAt)` with when the
   * server was last heard; `refused()` when the server no longer accepts the session
   */
  constructor(on) {
    this.#on = on;
    const { signal } = this.#listeners;
    window.addEventListener('online', () => this.#connectNow(), { signal });
    // The browser knows at once that there is no network. The connection itself would only be silent.
    window.addEventListener('offline', () => this.#attempt?.abort(), { signal });
    document.addEventListener('visibilitychange', () => this.#visibilityChanged(), { signal });
    this.#connect();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#hiddenTimer);
    this.#attempt?.abort();
    this.#listeners.abort();
  }

  async #connect() {
    this.#retryTimer = null;
    const attempt = new AbortController();
    this.#attempt = attempt;
    let hasEnded = false;
    this.#restartSilenceTimer();
    try {
      const response = await this.#request(attempt.signal);
      if (response.status === 401) return this.#on.refused();
      if (response.ok) {
        this.#connected(response);
        await readEvents(response.body, () => this.#heard(), (event) => this.#deliver(event));
        hasEnded = true;
      }
    } catch {
      // The connection broke. It is opened again below.
    } finally {
      clearTimeout(this.#silenceTimer);
      this.#attempt = null;
    }
    if (!this.#isClosed && !document.hidden) this.#retry(hasEnded);
  }

  #request(signal) {
    const resume = this.#lastId ? { 'Last-Event-ID': this.#lastId } : {};
    const headers = { Accept: 'text/event-stream', ...credentials(), ...resume };
    return fetch(address('/stream'), { headers, signal, cache: 'no-store' });
  }

  #connected(response) {
    this.#pause = 0;
    const serverTime = Date.parse(response.headers.get('Date'));
    this.#skew = Number.isNaN(serverTime) ? 0 : Date.now() - serverTime;
    this.#on.state('live');
    // Without an id to resume from, changes since the first read may be missed.
    if (this.#lastId) this.#on.resumed();
    else this.#on.reload();
  }

  #heard() {
    this.#heardAt = Date.now();
    this.#restartSilenceTimer();
  }

  #restartSilenceTimer() {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.#attempt?.abort(), SILENCE);
  }

  #deliver({ id, event, data }) {
    if (id) this.#lastId = id;
    if (data === null) return;
    if (event === 'reload') this.#on.reload();
    else if (event === 'freshness') this.#on.freshness(JSON.parse(data), this.#skew);
    else if (EVENTS.includes(event)) this.#on[event](JSON.parse(data));
  }

  /** @param hasEnded the server ended the feed. It does so every ten minutes to check the session: the page stays live. */
  #retry(hasEnded) {
    if (!hasEnded) this.#on.state('offline', this.#heardAt);
    this.#retryTimer = setTimeout(() => this.#connect(), this.#pause + Math.random() * 500);
    this.#pause = Math.min(Math.max(this.#pause * 2, 500), LONGEST_PAUSE);
  }

  #connectNow() {
    if (this.#isClosed || this.#attempt) return;
    clearTimeout(this.#retryTimer);
    this.#pause = 0;
    this.#connect();
  }

  #visibilityChanged() {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) this.#hiddenTimer = setTimeout(() => this.#attempt?.abort(), HIDDEN);
    else this.#connectNow();
  }
}

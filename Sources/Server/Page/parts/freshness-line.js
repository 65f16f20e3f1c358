// The line that says how old the results are, where they are not as new as they could be.

import { t } from '../i18n/i18n.js';
import { h, replace, setText } from '../lib/dom.js';
import { ago, clock } from '../lib/format.js';
import { icon } from './icons.js';

/** A line that broke is back within this, as a rule: nobody has to know. */
const GRACE = 3_000;
const TICK = 10_000;

/**
 * The line; it is empty while all is well.
 * @param onchange called with whether the results are fresh, when that changes
 * @param onback called when what was away can be reached again
 */
export function freshnessLine({ onchange, onback }) {
  const text = h('p');
  const element = h('div', { class: 'freshness', role: 'status' });
  /** What the server last said, with `asOf` by this device's clock. */
  let told = null;
  /** When the results were last known to be complete, while the server said that they are. */
  let fresh = null;
  let isOffline = false;
  /** The status of a reading that failed and has to be repeated; null when there is none. */
  let unread = null;
  let grace = null;
  let tick = null;
  let shown = 'fresh';

  function kind() {
    if (isOffline || unread === 0) return 'offline';
    if (unread !== null) return 'redis-away';
    return told?.state ?? 'fresh';
  }

  function asOf() {
    return told && told.state !== 'fresh' ? told.asOf : fresh;
  }

  function show() {
    const before = shown;
    shown = kind();
    if (shown === 'fresh') {
      clearInterval(tick);
      tick = null;
      replace(element);
    } else {
      tick ??= setInterval(say, TICK);
      say();
      if (!element.firstChild) replace(element, icon('upcoming'), text);
    }
    if ((before === 'fresh') !== (shown === 'fresh')) onchange(shown === 'fresh');
    if (isAway(before) && !isAway(shown)) onback();
  }

  function say() {
    const moment = asOf();
    const age = moment === null ? t('fresh.unknown') : t('fresh.asOf', { time: clock(moment), ago: ago(moment) });
    setText(text, `${age} ${t(`fresh.${shown}`)}`);
  }

  return {
    element,
    /**
     * The server tells how it is.
     * @param skew milliseconds by which this device's clock is ahead of the server's
     */
    tell({ state, asOf }, skew) {
      told = { state, asOf: asOf ? Date.parse(asOf) + skew : null };
      if (state === 'fresh') fresh = Date.now();
      show();
    },
    /**
     * The feed is there, or not.
     * @param heard when it last was
     */
    connection(state, heard) {
      if (state === 'live') {
        clearTimeout(grace);
        grace = null;
        isOffline = false;
        return show();
      }
      if (told?.state === 'fresh' && heard) fresh = heard;
      grace ??= setTimeout(() => {
        isOffline = true;
        show();
      }, GRACE);
    },
    /** A reading failed with this status, or (null) all has been read again. */
    reading(status) {
      if (status !== null && unread === null && !isOffline && told?.state === 'fresh') fresh = Date.now();
      unread = status;
      show();
    },
    close() {
      clearTimeout(grace);
      clearInterval(tick);
    },
  };
}

const isAway = (kind) => kind === 'offline' || kind === 'redis-away';

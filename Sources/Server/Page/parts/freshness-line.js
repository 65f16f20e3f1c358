// The line that says how old the results are. It is empty while they are up to date.

import { t } from '../i18n/i18n.js';
import { h, replace, setText } from '../lib/dom.js';
import { ago, clock } from '../lib/format.js';
import { icon } from './icons.js';

/** A lost connection is usually back within this time; until then the line stays empty. */
const GRACE = 3_000;
const TICK = 10_000;

export class FreshnessLine {
  #text = h('p');
  element = h('div', { class: 'freshness', role: 'status' });
  #onchange;
  #onback;
  /** The server's last report, with `asOf` by this device's clock. */
  #report = null;
  /** When the results were last known to be complete, for the time after a report of `fresh`. */
  #freshAt = null;
  #isOffline = false;
  /** The status of a failed read that is being repeated; null when there is none. */
  #failedRead = null;
  #grace = null;
  #tick = null;
  #shown = 'fresh';

  /**
   * @param onchange called with whether the results are fresh, when that changes
   * @param onback called when the server and its storage can be reached again
   */
  constructor({ onchange, onback }) {
    this.#onchange = onchange;
    this.#onback = onback;
  }

  /**
   * Takes the server's report of its own state.
   * @param skew milliseconds by which this device's clock is ahead of the server's
   */
  report({ state, asOf }, skew) {
    this.#report = { state, asOf: asOf ? Date.parse(asOf) + skew : null };
    if (state === 'fresh') this.#freshAt = Date.now();
    this.#show();
  }

  /**
   * Takes the state of the feed's connection.
   * @param heardAt when the server was last heard
   */
  setConnection(state, heardAt) {
    if (state === 'live') {
      clearTimeout(this.#grace);
      this.#grace = null;
      this.#isOffline = false;
      return this.#show();
    }
    if (this.#report?.state === 'fresh' && heardAt) this.#freshAt = heardAt;
    this.#grace ??= setTimeout(() => {
      this.#isOffline = true;
      this.#show();
    }, GRACE);
  }

  /** Takes the status of a read that failed and is being repeated; null once all has been read. */
  setFailedRead(status) {
    const isFirst = status !== null && this.#failedRead === null;
    if (isFirst && !this.#isOffline && this.#report?.state === 'fresh') this.#freshAt = Date.now();
    this.#failedRead = status;
    this.#show();
  }

  close() {
    clearTimeout(this.#grace);
    clearInterval(this.#tick);
  }

  #state() {
    if (this.#isOffline || this.#failedRead === 0) return 'offline';
    if (this.#failedRead !== null) return 'redis-away';
    return this.#report?.state ?? 'fresh';
  }

  #asOf() {
    return this.#report && this.#report.state !== 'fresh' ? this.#report.asOf : this.#freshAt;
  }

  #show() {
    const before = this.#shown;
    this.#shown = this.#state();
    if (this.#shown === 'fresh') {
      clearInterval(this.#tick);
      this.#tick = null;
      replace(this.element);
    } else {
      this.#tick ??= setInterval(() => this.#showAge(), TICK);
      this.#showAge();
      if (!this.element.firstChild) replace(this.element, icon('upcoming'), this.#text);
    }
    if ((before === 'fresh') !== (this.#shown === 'fresh')) this.#onchange(this.#shown === 'fresh');
    if (isUnavailable(before) && !isUnavailable(this.#shown)) this.#onback();
  }

  #showAge() {
    const moment = this.#asOf();
    const age = moment === null ? t('fresh.unknown') : t('fresh.asOf', { time: clock(moment), ago: ago(moment) });
    setText(this.#text, `${age} ${t(`fresh.${this.#shown}`)}`);
  }
}

const isUnavailable = (state) => state === 'offline' || state === 'redis-away';

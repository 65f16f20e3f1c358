// What the full page and the widget share: the viewer's choice, the reads of its year, and the live feed.

import { t } from '../i18n/i18n.js';
import { read } from '../lib/api.js';
import { saveChoice, savedChoice } from '../lib/choice.js';
import { coalesced } from '../lib/coalesce.js';
import { h, replaceInPlace } from '../lib/dom.js';
import { nameOf } from '../lib/format.js';
import { LiveFeed } from '../lib/live-feed.js';
import { retryingReader } from '../lib/retry.js';
import { choicePickers } from '../parts/choice-pickers.js';
import { FreshnessLine } from '../parts/freshness-line.js';
import { liveSign } from '../parts/top-bar.js';

export class LiveYear {
  /** Elements for the view to place. */
  pickers = h('div', { class: 'pickers' });
  alert = h('p', { class: 'form-error', role: 'alert', hidden: true });
  liveSign = liveSign();
  line = new FreshnessLine({ onchange: (isFresh) => this.liveSign.setFresh(isFresh), onback: () => this.reader.now() });

  isManager;
  choice;
  /** The salespeople a manager can choose, `[{id, name}]`; null until they are read, and for a salesperson. */
  people = null;
  /** The reporting currency; known from the first read on. */
  currency = 'EUR';
  reader = retryingReader({ alert: this.alert, line: this.line, again: () => this.readAll() });
  /** Reads the year; changes in quick succession share a read. */
  readYear = coalesced(() => this.#readYear());

  #viewer;
  #on;
  #feed = null;
  #isClosed = false;

  /**
   * @param on what the view does: `year(data)` with a year that was read, `refused()` when the server no longer accepts
   * the session; optional are `busy(isBusy)` around a read of the year, `readAll()` to read what else the view shows, and
   * the feed's `progress(target)`, `results({salesperson, year})` and `removed({id})`
   */
  constructor(viewer, on) {
    this.#viewer = viewer;
    this.#on = on;
    this.isManager = viewer.role === 'manager';
    this.choice = savedChoice(viewer);
  }

  start() {
    this.#feed = new LiveFeed(this.#feedHandlers());
    this.#show();
  }

  choose(choice) {
    this.choice = choice;
    saveChoice(this.#viewer, choice);
    this.#show();
  }

  readAll() {
    this.readYear();
    if (this.isManager && this.people === null) this.#readPeople();
    this.#on.readAll?.();
  }

  close() {
    this.#isClosed = true;
    this.#feed.close();
    this.reader.close();
    this.line.close();
  }

  #show() {
    this.#showPickers();
    this.readAll();
  }

  #showPickers() {
    const people = this.isManager ? (this.people ?? []) : null;
    replaceInPlace(this.pickers, choicePickers({ choice: this.choice, people, onchange: (choice) => this.choose(choice) }));
  }

  async #readPeople() {
    this.people = (await this.reader.read(() => read('/salespeople')))?.salespeople ?? this.people;
    this.#showPickers();
  }

  async #readYear() {
    const requested = this.choice;
    this.#on.busy?.(true);
    const data = await this.reader.read(() => read('/widget', requested));
    this.#on.busy?.(false);
    if (!data || requested !== this.choice || this.#isClosed) return;
    this.currency = data.currency;
    document.title = `${nameOf(data.salesperson)} · ${t('product')}`;
    this.#on.year(data);
  }

  #feedHandlers() {
    return {
      progress: (target) => this.#on.progress?.(target),
      results: (changed) => {
        if (changed.year === this.choice.year && changed.salesperson === this.choice.salesperson) this.readYear();
        this.#on.results?.(changed);
      },
      removed: (target) => {
        this.#on.removed?.(target);
        this.readYear();
      },
      resumed: this.readYear,
      reload: () => this.readAll(),
      state: (state, heardAt) => {
        this.liveSign.setConnection(state);
        this.line.setConnection(state, heardAt);
      },
      freshness: (report, skew) => this.line.report(report, skew),
      refused: this.#on.refused,
    };
  }
}

// The full page: the year, the targets, and the buttons a manager has.

import { t } from '../i18n/i18n.js';
import { h, replace, setText } from '../lib/dom.js';
import { nameOf, percent, quantity } from '../lib/format.js';
import { announceLater } from '../parts/announce.js';
import { TargetList } from '../parts/target-list.js';
import { topBar } from '../parts/top-bar.js';
import { YearCard } from '../parts/year-card.js';
import { DrillDown } from './drill-down.js';
import { LiveYear } from './live-year.js';
import { OrderSheet } from './order.js';
import { TargetActions } from './target-actions.js';

export class Home {
  #live;
  #list;
  #actions;
  #title = h('h1', { class: 'page-title' });
  #card = new YearCard();
  /** The open sheets; null while there is none. */
  #drillDown = null;
  #order = null;

  /**
   * Shows the page in `root` until `close()`.
   * @param onsignout called when the viewer signs out
   * @param onrefused called when the server no longer accepts the session
   */
  constructor(root, viewer, { onsignout, onrefused }) {
    this.#live = new LiveYear(viewer, this.#liveHandlers(onrefused));
    this.#list = new TargetList({
      on: this.#cardHandlers(),
      empty: () => h('p', null, t(this.#live.isManager ? 'targets.none.manager' : 'targets.none')),
    });
    this.#actions = new TargetActions({ live: this.#live, list: this.#list, openOrder: (id) => this.#openOrder(id) });
    replace(root, this.#layout(viewer, onsignout));
    this.#live.start();
    const requested = new URLSearchParams(location.hash.slice(1)).get('order');
    if (requested) this.#openOrder(requested);
  }

  close() {
    this.#live.close();
    this.#card.close();
  }

  #layout(viewer, onsignout) {
    const { liveSign, line, pickers, alert } = this.#live;
    return [
      h('a', { class: 'skip', href: '#content' }, t('skip')),
      topBar({ viewer, liveSign, onsignout }),
      line.element,
      h(
        'main',
        { id: 'content', tabindex: '-1' },
        h('div', { class: 'page-head' }, this.#title, pickers),
        alert,
        this.#card.element,
        h(
          'section',
          { class: 'targets-section', 'aria-labelledby': 'targets-title' },
          h('div', { class: 'section-head' }, h('h2', { id: 'targets-title' }, t('targets')), this.#actions.buttons()),
          this.#list.element,
        ),
      ),
    ];
  }

  #liveHandlers(onrefused) {
    return {
      busy: (isBusy) => this.#card.setBusy(isBusy),
      year: (data) => this.#showYear(data),
      readAll: () => this.#readTargetsAndSheets(),
      progress: (target) => this.#updateTarget(target),
      results: ({ salesperson }) => {
        if (this.#order?.concerns(salesperson)) this.#order.reread();
      },
      removed: ({ id }) => {
        this.#list.remove(id);
        if (this.#drillDown?.id === id) this.#drillDown.close();
      },
      refused: onrefused,
    };
  }

  #cardHandlers() {
    const open = (target) => this.#openTarget(target);
    if (!this.#live.isManager) return { open };
    return { open, edit: (target) => this.#actions.edit(target), remove: (target) => this.#actions.remove(target) };
  }

  #readTargetsAndSheets() {
    this.#live.reader.read(() => this.#list.load(this.#live.choice));
    this.#drillDown?.reread();
    this.#order?.reread();
  }

  #showYear(data) {
    setText(this.#title, nameOf(data.salesperson));
    this.#card.update(data);
    const result = quantity(data.total.result, data.measure, data.currency);
    announceLater(() => t('said.year', { who: nameOf(data.salesperson), result, percent: percent(data.total.percent) }));
  }

  #updateTarget(target) {
    const before = this.#list.known(target.id);
    this.#list.put(target);
    if (this.#drillDown?.id === target.id) this.#drillDown.update(target);
    // A new or changed goal moves the dashed line.
    if (!before || before.etag !== target.etag) this.#live.readYear();
  }

  #openTarget(target) {
    const onclose = () => {
      this.#drillDown = null;
    };
    this.#drillDown = new DrillDown(target, { openOrder: (id) => this.#openOrder(id), onclose });
  }

  #openOrder(id) {
    const { currency, isManager, people } = this.#live;
    const onclose = () => {
      this.#order = null;
    };
    this.#order = new OrderSheet(id, { currency, people: isManager ? (people ?? []) : null, onclose });
  }
}

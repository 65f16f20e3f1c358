// The orders that make up a target's result, each with what it counts for and why.

import { t } from '../i18n/i18n.js';
import { read } from '../lib/api.js';
import { coalesced } from '../lib/coalesce.js';
import { h, replace, replaceInPlace, setText } from '../lib/dom.js';
import { day, money, percent, period, quantity } from '../lib/format.js';
import { explain } from '../lib/problem.js';
import { creditList } from '../parts/credits.js';
import { openDialog } from '../parts/dialog.js';
import { glow } from '../parts/figure.js';
import { showStatus } from '../parts/target-card.js';

const PAGE = 50;
/** The most orders one read can return. */
const MAX_LIMIT = 1_000;

export class DrillDown {
  #target;
  #openOrder;
  #sheet;
  #orders = [];
  /** The cursor of the next page; null after the last one. */
  #next = null;
  #status = h('span', { class: 'status' });
  #result = h('p', { class: 'drill-result' });
  #assignees = h('ul', { class: 'shares' });
  #alert = h('p', { class: 'form-error', role: 'alert', hidden: true });
  #rows = h('ol', { class: 'order-list', 'aria-busy': 'true' }, [1, 2, 3, 4].map(() => h('li', { class: 'skeleton-row', 'aria-hidden': 'true' })));
  #more = h('button', { type: 'button', class: 'button', hidden: true, onclick: () => this.#readMore() }, t('orders.more'));
  /** Reads the orders that are shown once more. */
  reread = coalesced(() => this.#readAgain());

  /**
   * Opens the sheet.
   * @param openOrder shows the order with an id and its allocations
   */
  constructor(target, { openOrder, onclose }) {
    this.#target = target;
    this.#openOrder = openOrder;
    this.#sheet = openDialog({ title: target.name || target.id, kind: 'sheet', onclose });
    this.#sheet.body.append(
      h('p', { class: 'drill-period' }, period(target.start, target.end), ' ', this.#status),
      this.#result,
      this.#assignees,
      h('h3', { class: 'visually-hidden' }, t('orders')),
      this.#alert,
      this.#rows,
      this.#more,
    );
    this.#showTarget();
    this.reread();
  }

  /** The target's id. */
  get id() {
    return this.#target.id;
  }

  /** Shows the target's new state. */
  update(target) {
    this.#target = target;
    this.#showTarget();
    this.reread();
  }

  close() {
    this.#sheet.close();
  }

  #showTarget() {
    const { measure, currency, realized, goal, percent: share, assignees } = this.#target;
    const show = (text) => quantity(text, measure, currency);
    showStatus(this.#status, this.#target);
    const text = t('drill.result', { result: show(realized), goal: show(goal), percent: percent(share) });
    const isFirst = this.#result.textContent === '';
    if (setText(this.#result, text) && !isFirst) glow(this.#result);
    replace(
      this.#assignees,
      assignees.length > 1 &&
        assignees.map((one) => h('li', null, h('span', null, one.name), h('span', { class: 'amount' }, show(one.realized)))),
    );
  }

  async #readAgain() {
    const limit = Math.min(Math.max(this.#orders.length, PAGE), MAX_LIMIT);
    await this.#readPage({ limit }, (page) => {
      const before = new Map(this.#orders.map((order) => [order.id, order]));
      const isFirst = this.#rows.getAttribute('aria-busy') === 'true';
      this.#orders = page.orders;
      this.#draw((order) => !isFirst && before.get(order.id)?.contributes !== order.contributes);
    });
  }

  async #readMore() {
    this.#more.disabled = true;
    const count = this.#orders.length;
    await this.#readPage({ limit: PAGE, cursor: this.#next }, (page) => {
      this.#orders = [...this.#orders, ...page.orders];
      this.#draw(() => false);
      this.#rows.children[count]?.querySelector('button')?.focus();
    });
    this.#more.disabled = false;
  }

  async #readPage(query, show) {
    try {
      const page = await read(`/targets/${encodeURIComponent(this.id)}/orders`, query);
      this.#next = page.next ?? null;
      this.#alert.hidden = true;
      show(page);
    } catch (error) {
      this.#alert.textContent = explain(error);
      this.#alert.hidden = false;
    }
    this.#rows.setAttribute('aria-busy', 'false');
  }

  #draw(isChanged) {
    this.#more.hidden = this.#next === null;
    if (this.#orders.length === 0) return replace(this.#rows, h('li', { class: 'empty' }, t('orders.none')));
    replaceInPlace(
      this.#rows,
      this.#orders.map((order) => {
        const row = orderRow(order, this.#target, this.#openOrder);
        if (isChanged(order)) row.classList.add('is-new');
        return row;
      }),
    );
  }
}

function orderRow(order, target, openOrder) {
  const counts = quantity(order.contributes, target.measure, target.currency);
  const assignees = new Set(target.assignees.map(({ id }) => id));
  return h(
    'li',
    { class: 'order', 'data-order': order.id },
    h('p', { class: 'order-date' }, day(order.date)),
    h(
      'p',
      { class: 'order-what' },
      h(
        'button',
        { type: 'button', class: 'link', 'data-key': order.id, onclick: () => openOrder(order.id) },
        order.number || order.id,
        h('span', { class: 'visually-hidden' }, ` ${order.subject}`),
      ),
      h('span', { class: 'order-subject', 'aria-hidden': 'true' }, order.subject),
      h('span', { class: 'order-account' }, order.account),
    ),
    h(
      'p',
      { class: 'order-counts' },
      h('span', { class: 'visually-hidden' }, `${t('order.counts')}: `),
      h('strong', { class: 'amount' }, target.measure === 'orders' ? t('order.one', { number: counts }) : counts),
      h('span', { class: 'order-total' }, t('order.ofTotal', { total: money(order.total, order.currency) })),
    ),
    creditList(order.credits, order.currency, target.currency, assignees),
  );
}

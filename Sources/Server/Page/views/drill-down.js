// The very orders that make up a target's result, each with what it counts for and why.

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

/**
 * Opens the orders of a target.
 * @param openOrder shows one of them with its allocations
 * @returns `{update(target), removed()}` for what the feed brings while it is open
 */
export function openDrillDown(target, { openOrder, onclose }) {
  let current = target;
  let orders = [];
  let next = null;
  const status = h('span', { class: 'status' });
  const result = h('p', { class: 'drill-result' });
  const rows = h('ol', { class: 'order-list', 'aria-busy': 'true' }, [1, 2, 3, 4].map(() => h('li', { class: 'skeleton-row', 'aria-hidden': 'true' })));
  const more = h('button', { type: 'button', class: 'button', hidden: true, onclick: readMore }, t('orders.more'));
  const alert = h('p', { class: 'form-error', role: 'alert', hidden: true });
  const assignees = h('ul', { class: 'shares' });
  const sheet = openDialog({ title: target.name || target.id, kind: 'sheet', onclose });
  sheet.body.append(
    h('p', { class: 'drill-period' }, period(target.start, target.end), ' ', status),
    result,
    assignees,
    h('h3', { class: 'visually-hidden' }, t('orders')),
    alert,
    rows,
    more,
  );
  const reread = coalesced(readAgain);
  showTarget();
  reread();

  function showTarget() {
    const show = (text) => quantity(text, current.measure, current.currency);
    showStatus(status, current);
    const text = t('drill.result', { result: show(current.realized), goal: show(current.goal), percent: percent(current.percent) });
    const isChanged = result.textContent !== '';
    if (setText(result, text) && isChanged) glow(result);
    replace(
      assignees,
      current.assignees.length > 1 &&
        current.assignees.map((one) => h('li', null, h('span', null, one.name), h('span', { class: 'amount' }, show(one.realized)))),
    );
  }

  /** As many as are shown, once more; a thousand at most. */
  async function readAgain() {
    await fetchOrders({ limit: Math.min(Math.max(orders.length, PAGE), 1_000) }, (page) => {
      const before = new Map(orders.map((order) => [order.id, order]));
      const isFirst = rows.getAttribute('aria-busy') === 'true';
      orders = page.orders;
      draw((order) => !isFirst && before.get(order.id)?.contributes !== order.contributes);
    });
  }

  async function readMore() {
    more.disabled = true;
    const seen = orders.length;
    await fetchOrders({ limit: PAGE, cursor: next }, (page) => {
      orders = [...orders, ...page.orders];
      draw(() => false);
      rows.children[seen]?.querySelector('button')?.focus();
    });
    more.disabled = false;
  }

  async function fetchOrders(query, show) {
    try {
      const page = await read(`/targets/${encodeURIComponent(current.id)}/orders`, query);
      next = page.next ?? null;
      alert.hidden = true;
      show(page);
    } catch (error) {
      alert.textContent = explain(error);
      alert.hidden = false;
    }
    rows.setAttribute('aria-busy', 'false');
  }

  function draw(isChanged) {
    more.hidden = next === null;
    if (orders.length === 0) return replace(rows, h('li', { class: 'empty' }, t('orders.none')));
    replaceInPlace(
      rows,
      orders.map((order) => {
        const row = orderRow(order, current, openOrder);
        if (isChanged(order)) row.classList.add('is-new');
        return row;
      }),
    );
  }

  return {
    id: target.id,
    update(entry) {
      current = entry;
      showTarget();
      reread();
    },
    removed: sheet.close,
    reread,
  };
}

function orderRow(order, target, openOrder) {
  const counts = quantity(order.contributes, target.measure, target.currency);
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
    creditList(order.credits, order.currency, target.currency, new Set(target.assignees.map(({ id }) => id))),
  );
}

// One order: who is credited with what, which targets it counts for, and its allocations, which a manager can change.

import { openAllocationEditor } from '../editors/allocation-editor.js';
import { t } from '../i18n/i18n.js';
import { call, read } from '../lib/api.js';
import { coalesced } from '../lib/coalesce.js';
import { h, replace, replaceInPlace } from '../lib/dom.js';
import { day, money, quantity } from '../lib/format.js';
import { explain } from '../lib/problem.js';
import { announce } from '../parts/announce.js';
import { creditList, limitText } from '../parts/credits.js';
import { confirm, openDialog } from '../parts/dialog.js';
import { field } from '../parts/fields.js';
import { Form } from '../parts/form.js';
import { icon } from '../parts/icons.js';

export class OrderSheet {
  #id;
  #currency;
  #people;
  #sheet;
  #content = h('div', { 'aria-busy': 'true' }, h('div', { class: 'skeleton-row', 'aria-hidden': 'true' }));
  /** The shown order as JSON text; empty while none is shown. */
  #shown = '';
  /** The ids of everyone whose result the order may change. */
  #concerned = new Set();
  reread = coalesced(() => this.#read());

  /**
   * Opens the sheet.
   * @param currency the reporting currency, which credits are in
   * @param people the salespeople a manager can allocate to; null for a salesperson, who only reads
   */
  constructor(id, { currency, people, onclose }) {
    this.#id = id;
    this.#currency = currency;
    this.#people = people;
    this.#sheet = openDialog({ title: t('order.title', { number: id }), kind: 'sheet', onclose });
    this.#sheet.body.append(this.#content);
    this.reread();
  }

  concerns(salesperson) {
    return this.#concerned.has(salesperson);
  }

  async #read() {
    try {
      this.#show(await read(`/orders/${encodeURIComponent(this.#id)}`));
    } catch (error) {
      this.#shown = '';
      replaceInPlace(this.#content, h('p', { class: 'form-error', role: 'alert' }, explain(error)));
    }
    this.#content.setAttribute('aria-busy', 'false');
  }

  #show(order) {
    this.#concerned = new Set([order.owner, ...[...order.credits, ...order.allocations].map((one) => one.salesperson)]);
    // An order that has not changed is not drawn again: the viewer may be using its buttons.
    if (JSON.stringify(order) === this.#shown) return;
    this.#shown = JSON.stringify(order);
    this.#sheet.heading.textContent = t('order.title', { number: order.number || this.#id });
    replaceInPlace(this.#content, this.#contentOf(order));
  }

  #contentOf(order) {
    const { currency, credits } = order;
    return [
      h('p', { class: 'order-lead' }, [order.subject, order.account].filter(Boolean).join(' · ')),
      h('p', { class: 'order-figure' }, money(order.total, currency)),
      h('p', { class: 'order-meta' }, [day(order.date), order.status].filter(Boolean).join(' · '), order.deleted && ` · ${t('order.deleted')}`),
      h('h3', null, t('order.credits')),
      credits.length > 0 ? creditList(credits, currency, this.#currency) : h('p', { class: 'empty' }, t('order.credits.none')),
      h('h3', null, t('allocations')),
      this.#allocationsOf(order),
      h('h3', null, t('order.targets')),
      contributionsOf(order, this.#currency),
    ];
  }

  #allocationsOf(order) {
    const isManager = this.#people !== null;
    const rows = order.allocations.map((allocation) => allocationRow(allocation, order, isManager && this.#buttonsOf(allocation, order)));
    return [
      rows.length === 0 && h('p', { class: 'empty' }, t(isManager ? 'allocations.none.manager' : 'allocations.none')),
      h('ul', { class: 'allocations' }, rows),
      order.unallocated !== undefined &&
        h('p', { class: 'order-left' }, t('allocations.left', { left: money(order.unallocated, this.#currency) })),
      isManager &&
        h('button', { type: 'button', class: 'button', 'data-key': 'add', onclick: () => this.#edit(null, order) }, icon('add'), t('allocation.add')),
    ];
  }

  #buttonsOf(allocation, order) {
    const name = nameOf(allocation);
    const button = (kind, onclick) =>
      h(
        'button',
        { type: 'button', class: 'button-icon', 'data-key': `${kind} ${allocation.id}`, 'aria-label': t(`allocation.${kind}.of`, { name }), onclick },
        icon(kind),
      );
    return h(
      'div',
      { class: 'allocation-actions' },
      button('edit', () => this.#edit(allocation, order)),
      button('remove', () => this.#remove(allocation, order)),
    );
  }

  #edit(allocation, order) {
    openAllocationEditor({ order, allocation, people: this.#people, currency: this.#currency, onsaved: this.reread });
  }

  async #remove(allocation, order) {
    const path = `/allocations/${encodeURIComponent(allocation.id)}`;
    const after = h('div', { class: 'preview', 'aria-live': 'polite' });
    const preview = call('DELETE', path, { query: { order: order.id, preview: true } })
      .then(({ data }) => replace(after, h('h3', null, t('preview.after')), creditList(data.credits, order.currency, this.#currency)))
      .catch(() => after.remove());
    const isDone = await confirm({
      title: t('allocation.remove'),
      text: t('allocation.remove.sure', { name: nameOf(allocation), limit: limitText(allocation, order.currency) }),
      extra: after,
      action: t('remove'),
      act: () => call('DELETE', path, { query: { order: order.id }, etag: allocation.etag }),
      explain,
    });
    await preview;
    if (isDone) announce(t('allocation.removed'));
    this.reread();
  }
}

const nameOf = (allocation) => allocation.name ?? allocation.salesperson;

function allocationRow(allocation, order, buttons) {
  return h(
    'li',
    { class: 'allocation', 'data-allocation': allocation.id },
    h(
      'div',
      null,
      h('p', { class: 'allocation-name' }, nameOf(allocation)),
      h('p', { class: 'allocation-id' }, `${allocation.id} · ${t(`allocation.source.${allocation.source ?? 'own'}`)}`),
      allocation.counts === false && h('p', { class: 'allocation-uncounted' }, t('allocation.uncounted')),
    ),
    h('p', { class: 'amount' }, limitText(allocation, order.currency)),
    buttons,
  );
}

function contributionsOf({ contributions }, currency) {
  if (contributions.length === 0) return h('p', { class: 'empty' }, t('order.targets.none'));
  return h(
    'ul',
    { class: 'contributions' },
    contributions.map(({ target, amount }) =>
      h(
        'li',
        null,
        h('span', null, target.name || target.id, h('span', { class: 'target-people' }, target.salespeople.map(({ name }) => name).join(', '))),
        h('span', { class: 'amount' }, target.measure === 'orders' ? t('order.one', { number: amount }) : quantity(amount, target.measure, currency)),
      ),
    ),
  );
}

/** Asks for the id of an order; `onfound(id)` opens it. */
export function openOrderFinder(onfound) {
  const { body, close } = openDialog({ title: t('order.find') });
  const id = field(t('order.id'), h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', maxlength: '128' }), { hint: t('order.id.hint') });
  const value = () => id.control.value.trim();
  const form = new Form({
    fields: { id },
    action: t('order.open'),
    check: () => (/^[A-Za-z0-9._:@|-]{1,128}$/.test(value()) ? {} : { id: t('field.id') }),
    submit() {
      const found = value();
      close();
      onfound(found);
    },
    cancel: close,
  });
  body.append(form.element);
  id.control.focus();
}

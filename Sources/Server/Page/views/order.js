// One order: who is credited with what, which targets it counts for, and for a manager its allocations.

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

/**
 * Opens an order.
 * @param currency the reporting currency, which credits are in
 * @param people whom a manager may allocate to; null for someone who may only look
 * @returns `{reread(), concerns(person)}` for what changes while it is open
 */
export function openOrder(id, { currency, people, onclose }) {
  const content = h('div', { 'aria-busy': 'true' }, h('div', { class: 'skeleton-row', 'aria-hidden': 'true' }));
  const sheet = openDialog({ title: t('order.title', { number: id }), kind: 'sheet', onclose });
  sheet.body.append(content);
  let shown = '';
  let peopleConcerned = new Set();
  const reread = coalesced(show);
  reread();

  async function show() {
    try {
      const order = await read(`/orders/${encodeURIComponent(id)}`);
      peopleConcerned = new Set([order.owner, ...[...order.credits, ...order.allocations].map((one) => one.salesperson)]);
      // What has not changed is left alone: someone may be at work in it.
      if (JSON.stringify(order) !== shown) {
        shown = JSON.stringify(order);
        sheet.heading.textContent = t('order.title', { number: order.number || id });
        replaceInPlace(content, parts(order));
      }
    } catch (error) {
      shown = '';
      replaceInPlace(content, h('p', { class: 'form-error', role: 'alert' }, explain(error)));
    }
    content.setAttribute('aria-busy', 'false');
  }

  function parts(order) {
    return [
      h('p', { class: 'order-lead' }, [order.subject, order.account].filter(Boolean).join(' · ')),
      h('p', { class: 'order-figure' }, money(order.total, order.currency)),
      h('p', { class: 'order-meta' }, [day(order.date), order.status].filter(Boolean).join(' · '), order.deleted && ` · ${t('order.deleted')}`),
      h('h3', null, t('order.credits')),
      order.credits.length > 0 ? creditList(order.credits, order.currency, currency) : h('p', { class: 'empty' }, t('order.credits.none')),
      h('h3', null, t('allocations')),
      allocationsOf(order),
      h('h3', null, t('order.targets')),
      contributionsOf(order, currency),
    ];
  }

  function allocationsOf(order) {
    const edit = (allocation) => openAllocationEditor({ order, allocation, people, currency, onsaved: reread });
    return [
      order.allocations.length === 0 && h('p', { class: 'empty' }, t(people ? 'allocations.none.manager' : 'allocations.none')),
      h('ul', { class: 'allocations' }, order.allocations.map((allocation) => allocationRow(allocation, order, edit))),
      order.unallocated !== undefined &&
        h('p', { class: 'order-left' }, t('allocations.left', { left: money(order.unallocated, currency) })),
      people && h('button', { type: 'button', class: 'button', 'data-key': 'add', onclick: () => edit(null) }, icon('add'), t('allocation.add')),
    ];
  }

  function allocationRow(allocation, order, edit) {
    const name = allocation.name ?? allocation.salesperson;
    return h(
      'li',
      { class: 'allocation', 'data-allocation': allocation.id },
      h(
        'div',
        null,
        h('p', { class: 'allocation-name' }, name),
        h('p', { class: 'allocation-id' }, `${allocation.id} · ${t(`allocation.source.${allocation.source ?? 'own'}`)}`),
      ),
      h('p', { class: 'amount' }, limitText(allocation, order.currency)),
      people &&
        h(
          'div',
          { class: 'allocation-actions' },
          h('button', { type: 'button', class: 'button-icon', 'data-key': `edit ${allocation.id}`, 'aria-label': t('allocation.edit.of', { name }), onclick: () => edit(allocation) }, icon('edit')),
          h('button', { type: 'button', class: 'button-icon', 'data-key': `remove ${allocation.id}`, 'aria-label': t('allocation.remove.of', { name }), onclick: () => remove(allocation, order) }, icon('remove')),
        ),
    );
  }

  async function remove(allocation, order) {
    const path = `/allocations/${encodeURIComponent(allocation.id)}`;
    const after = h('div', { class: 'preview', 'aria-live': 'polite' });
    const preview = call('DELETE', path, { query: { order: order.id, preview: true } })
      .then(({ data }) => replace(after, h('h3', null, t('preview.after')), creditList(data.credits, order.currency, currency)))
      .catch(() => after.remove());
    const isDone = await confirm({
      title: t('allocation.remove'),
      text: t('allocation.remove.sure', { name: allocation.name ?? allocation.salesperson, limit: limitText(allocation, order.currency) }),
      extra: after,
      action: t('remove'),
      act: () => call('DELETE', path, { query: { order: order.id }, etag: allocation.etag }),
      explain,
    });
    await preview;
    if (isDone) announce(t('allocation.removed'));
    reread();
  }

  return { reread, concerns: (person) => peopleConcerned.has(person) };
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
    check: () => (/^[A-Za-z0-9._:@-]{1,128}$/.test(value()) ? {} : { id: t('field.id') }),
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

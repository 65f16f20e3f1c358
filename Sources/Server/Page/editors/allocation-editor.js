// Adds or changes an allocation, and shows what it leaves of the order before it is saved.

import { locale, t } from '../i18n/i18n.js';
import { call, read } from '../lib/api.js';
import { fromInput, sign } from '../lib/decimal.js';
import { h, replace } from '../lib/dom.js';
import { money, plain } from '../lib/format.js';
import { Problem } from '../lib/problem.js';
import { announce } from '../parts/announce.js';
import { creditList } from '../parts/credits.js';
import { openDialog } from '../parts/dialog.js';
import { field, fieldGroup, segments, select } from '../parts/fields.js';
import { form } from '../parts/form.js';
import { percentOf, progressBar } from '../parts/progress-bar.js';

/** Typing goes on for this long before it is looked at. */
const PAUSE = 250;

/**
 * Opens the editor.
 * @param allocation the one to change; null for a new one
 * @param onsaved called once it is saved
 */
export function openAllocationEditor({ order, allocation, people, currency, onsaved }) {
  let kind = kindOf(allocation);
  let timer = null;
  let asked = 0;
  const { body, close } = openDialog({ title: t(allocation ? 'allocation.edit' : 'allocation.add'), onclose: () => clearTimeout(timer) });
  const person = field(t('salesperson'), select(peopleOf(people, allocation), allocation?.salesperson ?? '', { required: true, onchange: soon }));
  const value = field(t('allocation.value'), h('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', oninput: soon }));
  const limit = fieldGroup(
    t('allocation.limit'),
    segments(
      t('allocation.limit'),
      [['percent', t('limit.percent')], ['amount', t('limit.amount')], ['whole', t('limit.whole')]],
      kind,
      (chosen) => {
        kind = chosen;
        showKind();
        soon();
      },
    ),
  );
  const preview = allocationPreview(order, currency);
  const fields = { salesperson: person, percent: value, amount: value };
  const editor = form({
    fields,
    content: [person.element, limit.element, value.element, preview.element],
    action: t('save'),
    check,
    submit,
    cancel: close,
  });
  body.append(editor.element);
  if (kind !== 'whole' && allocation) value.control.value = plain(String(allocation[kind]));
  showKind();
  soon();
  person.control.focus();

  function showKind() {
    value.element.hidden = kind === 'whole';
    value.element.querySelector('label').textContent =
      kind === 'percent' ? t('limit.percent.long') : t('limit.amount.long', { currency: order.currency });
    value.showError('');
  }

  function typed() {
    return kind === 'whole' ? {} : { [kind]: fromInput(value.control.value, locale()) };
  }

  function check() {
    const wrong = {};
    if (!person.control.value) wrong.salesperson = t('field.salesperson.missing');
    const number = typed()[kind];
    if (kind !== 'whole' && !value.control.value.trim()) wrong[kind] = t('field.missing');
    else if (kind !== 'whole' && number === null) wrong[kind] = t('field.number');
    else if (kind !== 'whole' && sign(number) <= 0) wrong[kind] = t('field.aboveZero');
    else if (kind === 'percent' && Number(number) > 100) wrong[kind] = t('field.percent');
    return wrong;
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  }

  /** What is not complete yet has nothing to show; the answer to an earlier question is not shown. */
  async function show() {
    asked += 1;
    const mine = asked;
    if (Object.keys(check()).length > 0) return preview.clear();
    try {
      const { data } = await send(true);
      if (mine !== asked) return;
      value.showError('');
      preview.show(data);
    } catch (error) {
      if (mine !== asked) return;
      preview.clear();
      const own = error instanceof Problem ? error.errors.find(({ member }) => fields[member]) : null;
      if (own) fields[own.member].showError(t('field.refused', { reason: own.reason }));
    }
  }

  function send(isPreview) {
    const content = { salesperson: person.control.value, ...typed() };
    const asPreview = isPreview ? { preview: true } : {};
    if (!allocation) {
      return call('POST', `/orders/${encodeURIComponent(order.id)}/allocations`, { query: asPreview, body: content });
    }
    return call('PUT', `/allocations/${encodeURIComponent(allocation.id)}`, {
      query: { order: order.id, ...asPreview },
      body: content,
      etag: isPreview ? null : allocation.etag,
    });
  }

  async function submit() {
    try {
      const { status } = await send(false);
      announce(t(status === 202 ? 'saved.soon' : 'allocation.saved'));
      close();
      onsaved();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      editor.tell(t('conflict.allocation'), h('button', { type: 'button', class: 'button', onclick: takeTheirs }, t('conflict.take')));
    }
  }

  async function takeTheirs() {
    const now = await read(`/orders/${encodeURIComponent(order.id)}`);
    const theirs = now.allocations.find(({ id }) => id === allocation.id);
    close();
    onsaved();
    if (theirs) openAllocationEditor({ order: now, allocation: theirs, people, currency, onsaved });
  }
}

function kindOf(allocation) {
  if (!allocation || allocation.percent !== undefined) return 'percent';
  return allocation.amount !== undefined ? 'amount' : 'whole';
}

function peopleOf(people, allocation) {
  const options = [['', t('choose')], ...people.map(({ id, name }) => [id, name])];
  const own = allocation?.salesperson;
  if (own && !people.some(({ id }) => id === own)) options.push([own, allocation.name ?? own]);
  return options;
}

/** What the order would be like. */
function allocationPreview(order, currency) {
  const text = h('p', { class: 'preview-left' });
  const bar = progressBar(t('preview.given'));
  const credits = h('div');
  const content = h('div', { hidden: true }, text, bar.element, h('h4', null, t('preview.after')), credits);
  const hint = h('p', { class: 'field-hint' }, t('preview.hint'));
  const element = h('section', { class: 'preview', 'aria-live': 'polite', 'aria-label': t('preview') }, hint, content);

  return {
    element,
    clear() {
      content.hidden = true;
      hint.hidden = false;
    },
    show(after) {
      const left = money(after.unallocated, currency);
      text.textContent = t('preview.left', { left, total: money(order.total, order.currency) });
      const rate = Number(order.exchangeRate ?? 1);
      const given = 100 - percentOf(Number(after.unallocated) * rate, order.total);
      bar.update({ percent: given, text: text.textContent });
      replace(credits, creditList(after.credits, order.currency, currency));
      content.hidden = false;
      hint.hidden = true;
    },
  };
}

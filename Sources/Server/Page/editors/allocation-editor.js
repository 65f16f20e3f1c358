// Adds or changes an allocation, and shows what it leaves of the order before it is saved.

import { locale, t } from '../i18n/i18n.js';
import { call, read } from '../lib/api.js';
import { fromInput, sign } from '../lib/decimal.js';
import { h } from '../lib/dom.js';
import { plain } from '../lib/format.js';
import { Problem } from '../lib/problem.js';
import { announce } from '../parts/announce.js';
import { openDialog } from '../parts/dialog.js';
import { field, fieldGroup, segments, select } from '../parts/fields.js';
import { Form } from '../parts/form.js';
import { AllocationPreview } from './allocation-preview.js';

/** The preview is read when nothing was typed for this long. */
const PAUSE = 250;

/**
 * Opens the editor.
 * @param allocation the one to change; null for a new one
 * @param people the salespeople to choose from
 * @param currency the reporting currency
 * @param onsaved called once it is saved
 */
export function openAllocationEditor(options) {
  new AllocationEditor(options).open();
}

class AllocationEditor {
  #options;
  /** How the allocation is given: `percent`, `amount` or `whole`. */
  #kind;
  #person;
  #value;
  #limit;
  #preview;
  #form;
  #dialog;
  #timer = null;
  #lastRequest = 0;

  constructor(options) {
    const { order, allocation, people, currency } = options;
    this.#options = options;
    this.#kind = kindOf(allocation);
    const onchange = () => this.#previewSoon();
    const person = select(peopleOf(people, allocation), allocation?.salesperson ?? '', { required: true, onchange });
    const value = h('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', oninput: onchange });
    this.#person = field(t('salesperson'), person);
    this.#value = field(t('allocation.value'), value);
    this.#limit = fieldGroup(t('allocation.limit'), kindPicker(this.#kind, (kind) => this.#setKind(kind)));
    this.#preview = new AllocationPreview(order, currency);
    this.#form = new Form({
      fields: this.#fields,
      content: [this.#person.element, this.#limit.element, this.#value.element, this.#preview.element],
      action: t('save'),
      check: () => this.#check(),
      submit: () => this.#submit(),
      cancel: () => this.#dialog.close(),
    });
    if (this.#kind !== 'whole' && allocation) value.value = plain(String(allocation[this.#kind]));
    this.#showKind();
  }

  open() {
    const title = t(this.#options.allocation ? 'allocation.edit' : 'allocation.add');
    this.#dialog = openDialog({ title, onclose: () => clearTimeout(this.#timer) });
    this.#dialog.body.append(this.#form.element);
    this.#previewSoon();
    this.#person.control.focus();
  }

  /** By the member's name in the server's API. */
  get #fields() {
    return { salesperson: this.#person, percent: this.#value, amount: this.#value };
  }

  #setKind(kind) {
    this.#kind = kind;
    this.#showKind();
    this.#previewSoon();
  }

  #showKind() {
    const { currency } = this.#options.order;
    this.#value.element.hidden = this.#kind === 'whole';
    this.#value.element.querySelector('label').textContent =
      this.#kind === 'percent' ? t('limit.percent.long') : t('limit.amount.long', { currency });
    this.#value.showError('');
  }

  /** The percentage or amount as a decimal text; null when it is not a number. */
  #number() {
    return fromInput(this.#value.control.value, locale());
  }

  #check() {
    const errors = {};
    if (!this.#person.control.value) errors.salesperson = t('field.salesperson.missing');
    if (this.#kind !== 'whole') {
      const error = this.#valueError();
      if (error) errors[this.#kind] = error;
    }
    return errors;
  }

  #valueError() {
    const number = this.#number();
    if (!this.#value.control.value.trim()) return t('field.missing');
    if (number === null) return t('field.number');
    if (sign(number) <= 0) return t('field.aboveZero');
    return this.#kind === 'percent' && Number(number) > 100 ? t('field.percent') : null;
  }

  #previewSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#showPreview(), PAUSE);
  }

  async #showPreview() {
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    if (Object.keys(this.#check()).length > 0) return this.#preview.clear();
    try {
      const { data } = await this.#send({ isPreview: true });
      if (request !== this.#lastRequest) return;
      this.#value.showError('');
      this.#preview.show(data);
    } catch (error) {
      if (request !== this.#lastRequest) return;
      this.#preview.clear();
      const first = error instanceof Problem ? error.errors.find(({ member }) => this.#fields[member]) : null;
      if (first) this.#fields[first.member].showError(t('field.refused', { reason: first.reason }));
    }
  }

  #send({ isPreview }) {
    const { order, allocation } = this.#options;
    const body = { salesperson: this.#person.control.value };
    if (this.#kind !== 'whole') body[this.#kind] = this.#number();
    const query = isPreview ? { preview: true } : {};
    if (!allocation) return call('POST', `/orders/${encodeURIComponent(order.id)}/allocations`, { query, body });
    return call('PUT', `/allocations/${encodeURIComponent(allocation.id)}`, {
      query: { order: order.id, ...query },
      body,
      etag: isPreview ? null : allocation.etag,
    });
  }

  async #submit() {
    try {
      const { status } = await this.#send({ isPreview: false });
      announce(t(status === 202 ? 'saved.soon' : 'allocation.saved'));
      this.#dialog.close();
      this.#options.onsaved();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      const onclick = () => this.#takeCurrent();
      this.#form.showAlert(t('conflict.allocation'), h('button', { type: 'button', class: 'button', onclick }, t('conflict.take')));
    }
  }

  /** Opens the editor again with the values that someone else saved. */
  async #takeCurrent() {
    const { order, allocation, onsaved } = this.#options;
    const currentOrder = await read(`/orders/${encodeURIComponent(order.id)}`);
    const current = currentOrder.allocations.find(({ id }) => id === allocation.id);
    this.#dialog.close();
    onsaved();
    if (current) openAllocationEditor({ ...this.#options, order: currentOrder, allocation: current });
  }
}

function kindOf(allocation) {
  if (!allocation || allocation.percent !== undefined) return 'percent';
  return allocation.amount !== undefined ? 'amount' : 'whole';
}

function kindPicker(kind, onchange) {
  const kinds = [['percent', t('limit.percent')], ['amount', t('limit.amount')], ['whole', t('limit.whole')]];
  return segments(t('allocation.limit'), kinds, kind, onchange);
}

/** The options of the salesperson's field; an allocation's own salesperson is there even when they have left. */
function peopleOf(people, allocation) {
  const options = [['', t('choose')], ...people.map(({ id, name }) => [id, name])];
  const own = allocation?.salesperson;
  if (own && !people.some(({ id }) => id === own)) options.push([own, allocation.name ?? own]);
  return options;
}

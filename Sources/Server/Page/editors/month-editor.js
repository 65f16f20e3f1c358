// Creates a year's twelve monthly targets from one goal for the year.

import { t } from '../i18n/i18n.js';
import { call } from '../lib/api.js';
import { sign, spreadOverMonths } from '../lib/decimal.js';
import { h, replace } from '../lib/dom.js';
import { quantity, shortMonth } from '../lib/format.js';
import { announce } from '../parts/announce.js';
import { openDialog } from '../parts/dialog.js';
import { field } from '../parts/fields.js';
import { Form } from '../parts/form.js';
import { GoalFields } from './goal-fields.js';

/** @param onsaved called when the targets are created */
export function openMonthEditor(options) {
  new MonthEditor(options).open();
}

class MonthEditor {
  #currency;
  #onsaved;
  #year;
  #goal;
  #preview = h('ol', { class: 'month-goals', 'aria-label': t('months.preview'), hidden: true });
  #form;
  #dialog;

  constructor({ defaults, people, currency, onsaved }) {
    this.#currency = currency;
    this.#onsaved = onsaved;
    const onchange = () => this.#showPreview();
    const values = { name: '', goal: '', ...defaults };
    this.#year = field(t('year'), h('input', { type: 'number', min: '1900', max: '2200', required: true, value: defaults.year, oninput: onchange }));
    this.#goal = new GoalFields({ people, values, currency, goalLabel: t('months.goal'), nameHint: t('months.name.hint'), onchange });
    const { name, measure, goal, assignees } = this.#goal.fields;
    const goalAndYear = h('div', { class: 'field-pair' }, goal.element, this.#year.element);
    this.#form = new Form({
      fields: { ...this.#goal.fields, year: this.#year },
      content: [name.element, measure.element, goalAndYear, this.#preview, assignees.element],
      action: t('months.action'),
      check: () => this.#check(),
      submit: () => this.#submit(),
      cancel: () => this.#dialog.close(),
    });
  }

  open() {
    this.#dialog = openDialog({ title: t('months.title') });
    this.#dialog.body.append(h('p', { class: 'dialog-lead' }, t('months.lead')), this.#form.element);
    this.#goal.fields.name.control.focus();
  }

  #chosenYear() {
    const number = Number(this.#year.control.value);
    return Number.isInteger(number) && number >= 1900 && number <= 2200 ? number : null;
  }

  #check() {
    const errors = this.#goal.check();
    if (this.#chosenYear() === null) errors.year = t('field.year');
    return errors;
  }

  /** Shows the goal of each month, as the server calculates it. */
  #showPreview() {
    const { measure } = this.#goal;
    const total = this.#goal.goal();
    const year = this.#chosenYear();
    this.#preview.hidden = total === null || sign(total) <= 0 || year === null;
    if (this.#preview.hidden) return;
    replace(
      this.#preview,
      spreadOverMonths(withDecimals(total, measure), year).map((part, index) =>
        h('li', null, h('span', null, shortMonth(index + 1)), h('span', { class: 'amount' }, quantity(part, measure, this.#currency))),
      ),
    );
  }

  async #submit() {
    const { data } = await call('POST', '/targets/months', { body: { ...this.#goal.body(), year: this.#chosenYear() } });
    announce(t('targets.made', { count: data?.targets?.length ?? 12 }));
    this.#dialog.close();
    this.#onsaved();
  }
}

/** Revenue with at least two decimals, a number of orders with none. */
function withDecimals(total, measure) {
  if (measure !== 'revenue') return total.split('.')[0];
  return total.replace(/^(\d+)$/, '$1.00').replace(/\.(\d)$/, '.$10');
}

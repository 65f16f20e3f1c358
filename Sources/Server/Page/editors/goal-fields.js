// The fields that the target editors share: name, measure, goal and salespeople, and their checks.

import { locale, t } from '../i18n/i18n.js';
import { fromInput, sign } from '../lib/decimal.js';
import { h } from '../lib/dom.js';
import { plain } from '../lib/format.js';
import { field, fieldGroup, segments } from '../parts/fields.js';
import { assigneePicker } from './assignee-picker.js';

export class GoalFields {
  #currency;
  #goalLabel;
  #onchange;
  /** `revenue` or `orders`. */
  measure;
  /** By the member's name in the server's API. */
  fields;

  /**
   * @param values the initial values: `{name, measure, goal, assignees}`, with ids for assignees
   * @param onchange called at every change of measure or goal
   */
  constructor({ people, values, currency, nameHint, goalLabel, onchange = () => {} }) {
    this.measure = values.measure;
    this.#currency = currency;
    this.#goalLabel = goalLabel;
    this.#onchange = onchange;
    const name = h('input', { type: 'text', maxlength: '200', autocomplete: 'off', value: values.name });
    const goal = h('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', value: values.goal && plain(values.goal), oninput: onchange });
    const measures = [['revenue', t('measure.revenue')], ['orders', t('measure.orders')]];
    this.fields = {
      name: field(t('target.name'), name, { hint: nameHint, wide: true }),
      measure: fieldGroup(t('measure'), segments(t('measure'), measures, this.measure, (measure) => this.#setMeasure(measure))),
      goal: field('', goal),
      assignees: assigneePicker(people, values.assignees),
    };
    this.#labelGoal();
  }

  /** The typed goal as a decimal text; null when it is not a number. */
  goal() {
    return fromInput(this.fields.goal.control.value, locale());
  }

  /** The members of the request body. */
  body() {
    const { name, assignees } = this.fields;
    return { name: name.control.value.trim(), measure: this.measure, goal: this.goal(), assignees: assignees.chosen() };
  }

  /** The errors by member. */
  check() {
    const { name, goal, assignees } = this.fields;
    const errors = {};
    const number = this.goal();
    if (!name.control.value.trim()) errors.name = t('field.missing');
    if (!goal.control.value.trim()) errors.goal = t('field.missing');
    else if (number === null) errors.goal = t('field.number');
    else if (sign(number) <= 0) errors.goal = t('field.aboveZero');
    else if (this.measure === 'orders' && /\.\d*[1-9]/.test(number)) errors.goal = t('field.whole');
    if (assignees.chosen().length === 0) errors.assignees = t('field.assignees.missing');
    return errors;
  }

  #setMeasure(measure) {
    this.measure = measure;
    this.#labelGoal();
    this.#onchange();
  }

  #labelGoal() {
    const unit = this.measure === 'revenue' ? this.#currency : t('unit.orders');
    this.fields.goal.element.querySelector('label').textContent = `${this.#goalLabel} (${unit})`;
  }
}

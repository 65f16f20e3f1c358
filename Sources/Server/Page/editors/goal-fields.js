// What the editors of targets have in common: name, measure, goal, people, and what can be wrong with them.

import { locale, t } from '../i18n/i18n.js';
import { fromInput, sign } from '../lib/decimal.js';
import { h } from '../lib/dom.js';
import { plain } from '../lib/format.js';
import { field, fieldGroup, segments } from '../parts/fields.js';
import { assigneePicker } from './assignee-picker.js';

/**
 * @param values what they begin with: `{name, measure, goal, assignees}`, ids for assignees
 * @param onchange called at every change of measure or goal
 */
export function goalFields({ people, values, currency, nameHint, goalLabel, onchange = () => {} }) {
  let measure = values.measure;
  const name = field(t('target.name'), h('input', { type: 'text', maxlength: '200', autocomplete: 'off', value: values.name }), { hint: nameHint, wide: true });
  const goal = field('', h('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', value: values.goal && plain(values.goal), oninput: onchange }));
  const measures = fieldGroup(
    t('measure'),
    segments(t('measure'), [['revenue', t('measure.revenue')], ['orders', t('measure.orders')]], measure, (chosen) => {
      measure = chosen;
      labelGoal();
      onchange();
    }),
  );
  const assignees = assigneePicker(people, values.assignees);
  labelGoal();

  function labelGoal() {
    const unit = measure === 'revenue' ? currency : t('unit.orders');
    goal.element.querySelector('label').textContent = `${goalLabel} (${unit})`;
  }

  return {
    fields: { name, measure: measures, goal, assignees },
    goal: () => fromInput(goal.control.value, locale()),
    measure: () => measure,
    /** The members as the server takes them. */
    body: () => ({
      name: name.control.value.trim(),
      measure,
      goal: fromInput(goal.control.value, locale()),
      assignees: assignees.chosen(),
    }),
    check() {
      const wrong = {};
      const typed = goal.control.value.trim();
      const number = fromInput(typed, locale());
      if (!name.control.value.trim()) wrong.name = t('field.missing');
      if (!typed) wrong.goal = t('field.missing');
      else if (number === null) wrong.goal = t('field.number');
      else if (sign(number) <= 0) wrong.goal = t('field.aboveZero');
      else if (measure === 'orders' && /\.\d*[1-9]/.test(number)) wrong.goal = t('field.whole');
      if (assignees.chosen().length === 0) wrong.assignees = t('field.assignees.missing');
      return wrong;
    },
  };
}

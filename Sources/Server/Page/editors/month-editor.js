// Fills the months of a year from the year's goal.

import { t } from '../i18n/i18n.js';
import { call } from '../lib/api.js';
import { sign, spreadOverMonths } from '../lib/decimal.js';
import { h, replace } from '../lib/dom.js';
import { quantity, shortMonth } from '../lib/format.js';
import { announce } from '../parts/announce.js';
import { openDialog } from '../parts/dialog.js';
import { field } from '../parts/fields.js';
import { form } from '../parts/form.js';
import { goalFields } from './goal-fields.js';

/** @param onsaved called once they are there */
export function openMonthEditor({ defaults, people, currency, onsaved }) {
  const { body, close } = openDialog({ title: t('months.title') });
  const values = { name: '', goal: '', ...defaults };
  const year = field(t('year'), h('input', { type: 'number', min: '1900', max: '2200', required: true, value: defaults.year, oninput: show }));
  const goal = goalFields({ people, values, currency, goalLabel: t('months.goal'), nameHint: t('months.name.hint'), onchange: show });
  const fields = { ...goal.fields, year };
  const preview = h('ol', { class: 'month-goals', 'aria-label': t('months.preview'), hidden: true });
  const editor = form({
    fields,
    content: [fields.name.element, fields.measure.element, h('div', { class: 'field-pair' }, goal.fields.goal.element, year.element), preview, fields.assignees.element],
    action: t('months.action'),
    check,
    submit,
    cancel: close,
  });
  body.append(h('p', { class: 'dialog-lead' }, t('months.lead')), editor.element);
  fields.name.control.focus();

  function chosenYear() {
    const number = Number(year.control.value);
    return Number.isInteger(number) && number >= 1900 && number <= 2200 ? number : null;
  }

  function check() {
    const wrong = goal.check();
    if (chosenYear() === null) wrong.year = t('field.year');
    return wrong;
  }

  /** What each month would get: the server counts it the same way. */
  function show() {
    const total = goal.goal();
    preview.hidden = total === null || sign(total) <= 0 || chosenYear() === null;
    if (preview.hidden) return;
    const text = goal.measure() === 'revenue' ? total.replace(/^(\d+)$/, '$1.00').replace(/\.(\d)$/, '.$10') : total.split('.')[0];
    replace(
      preview,
      spreadOverMonths(text, chosenYear()).map((part, index) =>
        h('li', null, h('span', null, shortMonth(index + 1)), h('span', { class: 'amount' }, quantity(part, goal.measure(), currency))),
      ),
    );
  }

  async function submit() {
    const { data } = await call('POST', '/targets/months', { body: { ...goal.body(), year: chosenYear() } });
    announce(t('targets.made', { count: data?.targets?.length ?? 12 }));
    close();
    onsaved();
  }
}

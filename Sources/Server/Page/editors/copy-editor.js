// Copies a year's targets to another year, with goals raised or lowered by a percentage.

import { locale, t } from '../i18n/i18n.js';
import { call } from '../lib/api.js';
import { fromInput } from '../lib/decimal.js';
import { h } from '../lib/dom.js';
import { announce } from '../parts/announce.js';
import { openDialog } from '../parts/dialog.js';
import { field, select } from '../parts/fields.js';
import { Form } from '../parts/form.js';

/** @param onsaved called with the year that was copied to */
export function openCopyEditor({ defaults, people, onsaved }) {
  const { body, close } = openDialog({ title: t('copy.title') });
  const fields = copyFields(defaults, people);
  const { from, to, percent, salesperson, measure } = fields;
  const form = new Form({
    fields,
    content: [
      h('div', { class: 'field-pair' }, from.element, to.element),
      percent.element,
      h('div', { class: 'field-pair' }, salesperson.element, measure.element),
    ],
    action: t('copy.action'),
    check: () => check(fields),
    submit,
    cancel: close,
  });
  body.append(h('p', { class: 'dialog-lead' }, t('copy.lead')), form.element);
  from.control.focus();

  async function submit() {
    const content = copyBody(fields);
    const { data } = await call('POST', '/targets/copies', { body: content });
    const count = data?.targets?.length;
    if (count === 0) return form.showAlert(t('copy.nothing'));
    announce(count === undefined ? t('saved.soon') : t('targets.made', { count }));
    close();
    onsaved(content.to);
  }
}

/** By the member's name in the server's API. */
function copyFields({ year }, people) {
  const yearInput = (value) => h('input', { type: 'number', min: '1900', max: '2200', required: true, value });
  const percentInput = h('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', value: '0' });
  const everyone = [['', t('everyone')], ...people.map(({ id, name }) => [id, name])];
  const measures = [['', t('copy.both')], ['revenue', t('measure.revenue')], ['orders', t('measure.orders')]];
  return {
    from: field(t('copy.from'), yearInput(year)),
    to: field(t('copy.to'), yearInput(year + 1)),
    percent: field(t('copy.percent'), percentInput, { hint: t('copy.percent.hint') }),
    salesperson: field(t('salesperson'), select(everyone, '')),
    measure: field(t('measure'), select(measures, '')),
  };
}

function check({ from, to, percent }) {
  const errors = {};
  for (const [member, { control }] of Object.entries({ from, to })) {
    if (!/^(19|20|21)\d\d$/.test(control.value)) errors[member] = t('field.year');
  }
  if (!errors.to && from.control.value === to.control.value) errors.to = t('field.sameYear');
  const number = fromInput(percent.control.value, locale());
  if (percent.control.value.trim() && number === null) errors.percent = t('field.number');
  else if (number !== null && (Number(number) < -99 || Number(number) > 1000)) errors.percent = t('field.copyPercent');
  return errors;
}

/** The request body, without what is not filled in. */
function copyBody({ from, to, percent, salesperson, measure }) {
  const optional = { percent: fromInput(percent.control.value, locale()), salesperson: salesperson.control.value, measure: measure.control.value };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value));
  return { from: Number(from.control.value), to: Number(to.control.value), ...given };
}

// Copies a year's targets to another year, plus or minus a percentage.

import { locale, t } from '../i18n/i18n.js';
import { call } from '../lib/api.js';
import { fromInput } from '../lib/decimal.js';
import { h } from '../lib/dom.js';
import { announce } from '../parts/announce.js';
import { openDialog } from '../parts/dialog.js';
import { field, select } from '../parts/fields.js';
import { form } from '../parts/form.js';

/** @param onsaved called with the year that was copied to */
export function openCopyEditor({ defaults, people, onsaved }) {
  const { body, close } = openDialog({ title: t('copy.title') });
  const yearInput = (value) => h('input', { type: 'number', min: '1900', max: '2200', required: true, value });
  const from = field(t('copy.from'), yearInput(defaults.year));
  const to = field(t('copy.to'), yearInput(defaults.year + 1));
  const percent = field(t('copy.percent'), h('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', value: '0' }), { hint: t('copy.percent.hint') });
  const salesperson = field(t('salesperson'), select([['', t('everyone')], ...people.map(({ id, name }) => [id, name])], ''));
  const measure = field(t('measure'), select([['', t('copy.both')], ['revenue', t('measure.revenue')], ['orders', t('measure.orders')]], ''));
  const fields = { from, to, percent, salesperson, measure };
  const editor = form({
    fields,
    content: [
      h('div', { class: 'field-pair' }, from.element, to.element),
      percent.element,
      h('div', { class: 'field-pair' }, salesperson.element, measure.element),
    ],
    action: t('copy.action'),
    check,
    submit,
    cancel: close,
  });
  body.append(h('p', { class: 'dialog-lead' }, t('copy.lead')), editor.element);
  from.control.focus();

  function check() {
    const wrong = {};
    for (const [member, item] of Object.entries({ from, to })) {
      if (!/^(19|20|21)\d\d$/.test(item.control.value)) wrong[member] = t('field.year');
    }
    if (!wrong.to && from.control.value === to.control.value) wrong.to = t('field.sameYear');
    const number = fromInput(percent.control.value, locale());
    if (percent.control.value.trim() && number === null) wrong.percent = t('field.number');
    else if (number !== null && (Number(number) < -99 || Number(number) > 1000)) wrong.percent = t('field.copyPercent');
    return wrong;
  }

  async function submit() {
    const optional = { percent: fromInput(percent.control.value, locale()), salesperson: salesperson.control.value, measure: measure.control.value };
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value));
    const year = Number(to.control.value);
    const { data } = await call('POST', '/targets/copies', { body: { from: Number(from.control.value), to: year, ...given } });
    const count = data?.targets?.length;
    if (count === 0) return editor.tell(t('copy.nothing'));
    announce(count === undefined ? t('saved.soon') : t('targets.made', { count }));
    close();
    onsaved(year);
  }
}

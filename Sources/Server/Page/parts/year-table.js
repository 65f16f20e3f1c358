// The year's lines as a table: the same numbers, exact.

import { h, replace } from '../lib/dom.js';
import { month, quantity } from '../lib/format.js';
import { t } from '../i18n/i18n.js';

export function yearTable() {
  const caption = h('caption', { class: 'visually-hidden' });
  const body = h('tbody');
  const foot = h('tfoot');
  const columns = ['month', 'goal', 'result', 'goalToDate', 'resultToDate'];
  const element = h(
    'table',
    { class: 'numbers' },
    caption,
    h('thead', null, h('tr', null, columns.map((key) => h('th', { scope: 'col' }, t(`column.${key}`))))),
    body,
    foot,
  );

  function update({ year, salesperson, measure, currency, months, total }) {
    const cell = (text) => h('td', null, quantity(text, measure, currency));
    caption.textContent = t('table.caption', { who: nameOf(salesperson), measure: t(`measure.${measure}`), year });
    replace(
      body,
      months.map((entry) =>
        h('tr', null, h('th', { scope: 'row' }, month(entry.month)), columns.slice(1).map((key) => cell(entry[key]))),
      ),
    );
    replace(foot, h('tr', null, h('th', { scope: 'row' }, t('total')), cell(total.goal), cell(total.result), h('td'), h('td')));
  }

  return { element, update };
}

/** The name of a chart's person; everyone's is in the viewer's language. */
export function nameOf(salesperson) {
  return salesperson.id === 'all' ? t('everyone') : salesperson.name;
}

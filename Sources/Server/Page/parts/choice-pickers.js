// The pickers of salesperson, measure and year.

import { t } from '../i18n/i18n.js';
import { thisYear } from '../lib/calendar.js';
import { h } from '../lib/dom.js';
import { segments, select } from './fields.js';
import { icon } from './icons.js';

/**
 * The pickers.
 * @param people `[{id, name}]` for a manager; null for a salesperson, who sees only their own year
 */
export function choicePickers({ choice, people, onchange }) {
  const change = (part) => onchange({ ...choice, ...part });
  return h(
    'div',
    { class: 'choice' },
    people && personPicker(people, choice, change),
    segments(
      t('measure'),
      [['revenue', t('measure.revenue')], ['orders', t('measure.orders')]],
      choice.measure,
      (measure) => change({ measure }),
    ),
    yearPicker(choice, change),
  );
}

function personPicker(people, choice, change) {
  const options = [['all', t('everyone')], ...people.map(({ id, name }) => [id, name])];
  // A salesperson who has left stays in the list until another is chosen.
  if (!options.some(([id]) => id === choice.salesperson)) options.push([choice.salesperson, choice.salesperson]);
  const element = select(options, choice.salesperson, {
    class: 'person',
    'data-key': 'person',
    'aria-label': t('salesperson'),
    onchange: (event) => change({ salesperson: event.target.value }),
  });
  return h('span', { class: 'select' }, element, icon('down'));
}

function yearPicker(choice, change) {
  const first = Math.min(thisYear() - 9, choice.year);
  const last = Math.max(thisYear() + 2, choice.year);
  const years = Array.from({ length: last - first + 1 }, (_, index) => last - index);
  const step = (by, sign, label) =>
    h('button', { type: 'button', class: 'button-icon step', 'data-key': sign, 'aria-label': label, onclick: () => change({ year: choice.year + by }) }, icon(sign));
  const picker = select(years.map((year) => [year, year]), choice.year, {
    'aria-label': t('year'),
    'data-key': 'year',
    onchange: (event) => change({ year: Number(event.target.value) }),
  });
  return h(
    'span',
    { class: 'years' },
    step(-1, 'previous', t('year.previous')),
    h('span', { class: 'select' }, picker, icon('down')),
    step(1, 'next', t('year.next')),
  );
}

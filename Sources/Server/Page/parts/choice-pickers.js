// What the viewer looks at: whose year, which year, which measure. The choice is remembered for the next sign-in.

import { call } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { today } from '../lib/format.js';
import { segments, select } from './form.js';
import { icon } from './icons.js';
import { t } from '../i18n/i18n.js';

/** Where the viewer left off. */
export function rememberedChoice(viewer) {
  const { year, salesperson, measure } = viewer.preferences.widget;
  return {
    year: year ?? Number(today().slice(0, 4)),
    salesperson: viewer.role === 'manager' ? (salesperson ?? 'all') : viewer.id,
    measure: measure ?? 'revenue',
  };
}

let writing = Promise.resolve();

/** Keeps it on the server; one after the other, so that the last one stays. A choice that cannot be kept is no error. */
export function rememberChoice(viewer, choice) {
  viewer.preferences.widget = choice;
  writing = writing.then(() => call('PUT', '/me/preferences', { body: { widget: choice } })).catch(() => {});
}

/** Waits until the last choice is kept: before signing out. */
export function choiceKept() {
  return writing;
}

/**
 * The pickers.
 * @param people `[{id, name}]` for a manager; null for someone who sees their own only
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
  // One who has left is still looked at until another is chosen.
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
  const thisYear = Number(today().slice(0, 4));
  const first = Math.min(thisYear - 9, choice.year);
  const last = Math.max(thisYear + 2, choice.year);
  const years = Array.from({ length: last - first + 1 }, (_, index) => last - index);
  const step = (by, sign, label) =>
    h('button', { type: 'button', class: 'button-icon step', 'data-key': sign, 'aria-label': label, onclick: () => change({ year: choice.year + by }) }, icon(sign));
  return h(
    'span',
    { class: 'years' },
    step(-1, 'previous', t('year.previous')),
    h(
      'span',
      { class: 'select' },
      select(years.map((year) => [year, year]), choice.year, {
        'aria-label': t('year'),
        'data-key': 'year',
        onchange: (event) => change({ year: Number(event.target.value) }),
      }),
      icon('down'),
    ),
    step(1, 'next', t('year.next')),
  );
}

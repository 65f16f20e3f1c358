// The year in one look: the result, what it is of the goal, and what is left to do.

import { t } from '../i18n/i18n.js';
import { currentMonth, placeOfToday } from '../lib/calendar.js';
import { absolute, sign, subtract } from '../lib/decimal.js';
import { h, replace, setText } from '../lib/dom.js';
import { month, percent, quantity } from '../lib/format.js';
import { figure, glow } from './figure.js';
import { percentOf, progressBar } from './progress-bar.js';

export function yearSummary() {
  const label = h('p', { class: 'summary-label' });
  const result = figure({ class: 'summary-result' });
  const share = h('span', { class: 'summary-percent' });
  const goal = h('span', { class: 'summary-goal' });
  const bar = progressBar(t('progress'));
  const facts = h('dl', { class: 'facts' });
  const empty = h('p', { class: 'summary-empty', hidden: true });
  const element = h(
    'div',
    { class: 'summary' },
    label,
    h('p', { class: 'summary-figure' }, result.element),
    h('p', { class: 'summary-share' }, share, goal),
    bar.element,
    facts,
    empty,
  );

  function update(data) {
    const { year, measure, currency, months, total } = data;
    const show = (text) => quantity(text, measure, currency);
    const hasGoal = sign(total.goal) !== 0;
    setText(label, t('summary.label', { measure: t(`measure.${measure}`), year }));
    result.update(total.result, measure, currency);
    const isNew = share.textContent === '';
    if (setText(share, hasGoal ? percent(total.percent) : t('goal.none')) && !isNew) glow(share);
    share.classList.toggle('is-none', !hasGoal);
    setText(goal, hasGoal ? t('ofGoal', { goal: show(total.goal) }) : '');
    bar.element.hidden = !hasGoal;
    bar.update({
      percent: total.percent,
      expected: expectedPercent(data),
      status: total.percent >= 100 ? 'achieved' : '',
      text: t('progress.text', { percent: percent(total.percent), result: show(total.result), goal: show(total.goal) }),
    });
    replace(facts, factsOf(data, show, hasGoal));
    empty.hidden = hasGoal || sign(total.result) !== 0 || months.some((entry) => sign(entry.result) !== 0);
    setText(empty, t('summary.empty'));
  }

  return { element, update };
}

function factsOf({ year, months, total }, show, hasGoal) {
  const fact = (name, value, more) =>
    h('div', null, h('dt', null, name), h('dd', null, value, more && h('span', { class: 'fact-more' }, more)));
  const current = months[currentMonth(year)];
  const left = subtract(total.goal, total.result);
  return [
    current && fact(month(current.month), show(current.result), hasGoal && t('ofGoal', { goal: show(current.goal) })),
    current && hasGoal && fact(t('fact.goalToDate', { month: month(current.month) }), show(current.goalToDate)),
    hasGoal && fact(sign(left) > 0 ? t('fact.left') : t('fact.above'), show(absolute(left))),
  ];
}

/** Where the year should be by today, for the mark on the bar: the month that runs counts by its days. */
function expectedPercent({ year, months, total }) {
  const index = currentMonth(year);
  if (index === null) return null;
  const before = index === 0 ? 0 : Number(months[index - 1].goalToDate);
  return percentOf(before + Number(months[index].goal) * (placeOfToday(year) - index), total.goal);
}

// The year at a glance: the result, its part of the goal, and what is left to do.

import { t } from '../i18n/i18n.js';
import { currentMonth, placeOfToday } from '../lib/calendar.js';
import { absolute, sign, subtract } from '../lib/decimal.js';
import { h, replace, setText } from '../lib/dom.js';
import { month, percent, quantity } from '../lib/format.js';
import { figure, glow } from './figure.js';
import { percentOf, progressBar } from './progress-bar.js';

export class YearSummary {
  #label = h('p', { class: 'summary-label' });
  #result = figure({ class: 'summary-result' });
  #share = h('span', { class: 'summary-percent' });
  #goal = h('span', { class: 'summary-goal' });
  #bar = progressBar(t('progress'));
  #facts = h('dl', { class: 'facts' });
  #empty = h('p', { class: 'summary-empty', hidden: true });
  element = h(
    'div',
    { class: 'summary' },
    this.#label,
    h('p', { class: 'summary-figure' }, this.#result.element),
    h('p', { class: 'summary-share' }, this.#share, this.#goal),
    this.#bar.element,
    this.#facts,
    this.#empty,
  );

  update(data) {
    const { year, measure, currency, months, total } = data;
    const show = (text) => quantity(text, measure, currency);
    const hasGoal = sign(total.goal) !== 0;
    setText(this.#label, t('summary.label', { measure: t(`measure.${measure}`), year }));
    this.#result.update(total.result, measure, currency);
    const isFirst = this.#share.textContent === '';
    if (setText(this.#share, hasGoal ? percent(total.percent) : t('goal.none')) && !isFirst) glow(this.#share);
    this.#share.classList.toggle('is-none', !hasGoal);
    setText(this.#goal, hasGoal ? t('ofGoal', { goal: show(total.goal) }) : '');
    this.#bar.element.hidden = !hasGoal;
    this.#bar.update({
      percent: total.percent,
      expected: expectedPercent(data),
      status: total.percent >= 100 ? 'achieved' : '',
      text: t('progress.text', { percent: percent(total.percent), result: show(total.result), goal: show(total.goal) }),
    });
    replace(this.#facts, factsOf(data, show, hasGoal));
    this.#empty.hidden = hasGoal || sign(total.result) !== 0 || months.some((entry) => sign(entry.result) !== 0);
    setText(this.#empty, t('summary.empty'));
  }
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

/** The percentage to have reached by today, for the mark on the bar; the current month counts by its days. */
function expectedPercent({ year, months, total }) {
  const index = currentMonth(year);
  if (index === null) return null;
  const before = index === 0 ? 0 : Number(months[index - 1].goalToDate);
  return percentOf(before + Number(months[index].goal) * (placeOfToday(year) - index), total.goal);
}

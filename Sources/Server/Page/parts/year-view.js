// A year as a chart or as a table. Without the chart library there is only the table.

import { t } from '../i18n/i18n.js';
import { sign } from '../lib/decimal.js';
import { h, replace } from '../lib/dom.js';
import { month, nameOf, percent, quantity } from '../lib/format.js';
import { device } from '../lib/storage.js';
import { segments } from './fields.js';
import { isChartAvailable, YearChart } from './year-chart.js';

const KEY = 'salestargets.view';

export class YearView {
  #canvas = h('canvas', { role: 'img' });
  #chart = isChartAvailable() ? new YearChart(this.#canvas) : null;
  #table = yearTable();
  #nothing = h('p', { class: 'chart-empty', hidden: true }, t('chart.empty'));
  #drawing = h('div', { class: 'chart-canvas' }, this.#canvas, this.#nothing);
  // While the chart is shown, screen readers still find the table.
  #frame = h('div', { class: 'chart-table', tabindex: '0', role: 'region', 'aria-label': t('view.table') }, this.#table.element);
  #redraw = () => this.#chart?.redraw();
  element = h('div', { class: 'chart' }, this.#chart && this.#drawing, this.#frame);
  /** Chooses between chart and table; null without the chart library. */
  switcher = this.#chart && segments(t('view'), [['chart', t('view.chart')], ['table', t('view.table')]], this.#view(), (view) => this.#choose(view));

  constructor() {
    this.#show(this.#view());
    window.addEventListener('salestargets:theme', this.#redraw);
  }

  update(data) {
    this.#table.update(data);
    this.#canvas.setAttribute('aria-label', chartLabel(data));
    const isEmpty = [data.total.goal, ...data.months.map((entry) => entry.result)].every((text) => sign(text) === 0);
    this.#nothing.hidden = !isEmpty;
    this.#canvas.hidden = isEmpty;
    this.#chart?.draw(data);
  }

  close() {
    window.removeEventListener('salestargets:theme', this.#redraw);
    this.#chart?.destroy();
  }

  #view() {
    return this.#chart && device.get(KEY) !== 'table' ? 'chart' : 'table';
  }

  #choose(view) {
    device.set(KEY, view);
    this.#show(view);
  }

  #show(view) {
    this.#drawing.hidden = view !== 'chart';
    this.#frame.classList.toggle('visually-hidden', view === 'chart');
    if (view === 'chart') this.#frame.removeAttribute('tabindex');
    else this.#frame.setAttribute('tabindex', '0');
    this.#redraw();
  }
}

function chartLabel({ salesperson, year, measure, currency, total }) {
  return t('chart.label', {
    who: nameOf(salesperson),
    year,
    measure: t(`measure.${measure}`),
    result: quantity(total.result, measure, currency),
    goal: quantity(total.goal, measure, currency),
    percent: percent(total.percent),
  });
}

/** The year's months as a table: the same numbers as in the chart, exact. */
function yearTable() {
  const caption = h('caption', { class: 'visually-hidden' });
  const body = h('tbody');
  const foot = h('tfoot');
  const columns = ['month', 'goal', 'result', 'goalToDate', 'resultToDate'];
  const head = h('thead', null, h('tr', null, columns.map((key) => h('th', { scope: 'col' }, t(`column.${key}`)))));

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

  return { element: h('table', { class: 'numbers' }, caption, head, body, foot), update };
}

/** Names the chart's two lines. */
export function legend() {
  return h(
    'ul',
    { class: 'legend' },
    h('li', { class: 'legend-result' }, t('result')),
    h('li', { class: 'legend-goal' }, t('goal')),
  );
}

// A year as a chart, and as a table for whoever prefers one, or has no chart.

import { t } from '../i18n/i18n.js';
import { sign } from '../lib/decimal.js';
import { h, replace } from '../lib/dom.js';
import { month, nameOf, percent, quantity } from '../lib/format.js';
import { device } from '../lib/storage.js';
import { segments } from './fields.js';
import { isChartAvailable, yearChart } from './year-chart.js';

const KEY = 'salestargets.view';

/** @returns {{element: HTMLElement, switcher: HTMLElement | null, update: (data) => void, destroy: () => void}} */
export function yearView() {
  const hasChart = isChartAvailable();
  const canvas = h('canvas', { role: 'img' });
  const chart = hasChart ? yearChart(canvas) : null;
  const table = yearTable();
  const nothing = h('p', { class: 'chart-empty', hidden: true }, t('chart.empty'));
  const drawing = h('div', { class: 'chart-canvas' }, canvas, nothing);
  // While the chart is shown, the table stays there for screen readers.
  const frame = h('div', { class: 'chart-table', tabindex: '0', role: 'region', 'aria-label': t('view.table') }, table.element);
  const element = h('div', { class: 'chart' }, hasChart && drawing, frame);
  const switcher = hasChart
    ? segments(t('view'), [['chart', t('view.chart')], ['table', t('view.table')]], shown(), (view) => {
        device.set(KEY, view);
        show(view);
      })
    : null;
  show(shown());

  function shown() {
    return hasChart && device.get(KEY) !== 'table' ? 'chart' : 'table';
  }

  function show(view) {
    drawing.hidden = view !== 'chart';
    frame.classList.toggle('visually-hidden', view === 'chart');
    if (view === 'chart') frame.removeAttribute('tabindex');
    else frame.setAttribute('tabindex', '0');
    chart?.redraw();
  }

  function update(data) {
    table.update(data);
    const { salesperson, year, measure, currency, total } = data;
    canvas.setAttribute(
      'aria-label',
      t('chart.label', {
        who: nameOf(salesperson),
        year,
        measure: t(`measure.${measure}`),
        result: quantity(total.result, measure, currency),
        goal: quantity(total.goal, measure, currency),
        percent: percent(total.percent),
      }),
    );
    const isEmpty = [total.goal, ...data.months.map((entry) => entry.result)].every((text) => sign(text) === 0);
    nothing.hidden = !isEmpty;
    canvas.hidden = isEmpty;
    chart?.draw(data);
  }

  const recolour = () => chart?.redraw();
  window.addEventListener('salestargets:theme', recolour);

  return {
    element,
    switcher,
    update,
    destroy() {
      window.removeEventListener('salestargets:theme', recolour);
      chart?.destroy();
    },
  };
}

/** What the two lines are. */
export function legend() {
  return h(
    'ul',
    { class: 'legend' },
    h('li', { class: 'legend-result' }, t('result')),
    h('li', { class: 'legend-goal' }, t('goal')),
  );
}

/** The year's months as a table: the same numbers as the chart, exact. */
function yearTable() {
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

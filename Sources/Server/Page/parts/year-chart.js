// The year's chart: the goal as a dashed line, the result as a filled line up to today. Chart.js draws it. The server has
// it at `/assets/chart.js` when it is installed.

import { t } from '../i18n/i18n.js';
import { placeOfToday } from '../lib/calendar.js';
import { compact, month, quantity, shortMonth } from '../lib/format.js';

export const isChartAvailable = () => typeof window.Chart === 'function';

export class YearChart {
  #canvas;
  #chart = null;
  /** The data and colours that are drawn; the chart's callbacks read them. */
  #data = null;
  #colours = null;

  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** Draws a year. Chart.js animates from the year drawn before. */
  draw(data) {
    this.#data = data;
    this.#colours = readColours(this.#canvas);
    const { goal, result } = points(data);
    this.#chart ??= create(this.#canvas, () => this.#data, () => this.#colours);
    const [resultBefore, goalBefore] = this.#chart.data.datasets;
    this.#chart.data.datasets = [
      merge(resultBefore, resultLine(this.#colours), { data: result, label: t('result') }),
      merge(goalBefore, goalLine(this.#colours), { data: goal, label: t('goal') }),
    ];
    style(this.#chart, this.#colours);
    this.#chart.update();
  }

  /** Draws the same year again, after a change of theme. */
  redraw() {
    if (this.#data) this.draw(this.#data);
  }

  destroy() {
    this.#chart?.destroy();
  }
}

/** Changes the earlier dataset: Chart.js animates only when it keeps its objects. */
function merge(dataset = {}, ...parts) {
  return Object.assign(dataset, ...parts);
}

/** From zero at the year's beginning to each month's end; the result ends at today, or at the last month that has one. */
function points({ year, months, total }) {
  const place = placeOfToday(year);
  const beyond = months.findLastIndex((entry) => Number(entry.result) !== 0) + 1;
  const goal = Number(total.goal) === 0 ? [] : [{ x: 0, y: 0 }, ...months.map((entry, i) => ({ x: i + 1, y: Number(entry.goalToDate) }))];
  const result = [{ x: 0, y: 0 }];
  months.forEach((entry, index) => {
    const end = index + 1;
    if (index >= Math.ceil(place) && end > beyond) return;
    const isCurrent = index < place && place < end && beyond <= end;
    result.push({ x: isCurrent ? place : end, y: Number(entry.resultToDate) });
  });
  return { goal, result: place === 0 && beyond === 0 ? [] : result };
}

function create(canvas, data, colours) {
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  return new window.Chart(canvas, {
    type: 'line',
    data: { datasets: [] },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: isStill ? false : { duration: 450, easing: 'easeOutCubic' },
      interaction: { mode: 'index', intersect: false },
      layout: { padding: { top: 18, right: 6 } },
      plugins: { legend: { display: false }, tooltip: tooltip(data) },
      scales: { x: monthScale(), y: valueScale(data) },
    },
    plugins: [todayMarker(data, colours)],
  });
}

function resultLine({ result, fill }) {
  return {
    borderColor: result,
    backgroundColor: ({ chart }) => fade(chart, fill),
    borderWidth: 2.5,
    fill: 'origin',
    tension: 0.25,
    cubicInterpolationMode: 'monotone',
    pointRadius: ({ dataIndex, dataset }) => (dataIndex === dataset.data.length - 1 ? 4 : 0),
    pointBackgroundColor: result,
    pointHoverRadius: 5,
  };
}

function goalLine({ goal }) {
  return { borderColor: goal, borderDash: [6, 5], borderWidth: 1.75, fill: false, pointRadius: 0, pointHoverRadius: 4, pointBackgroundColor: goal };
}

function fade({ ctx, chartArea }, colour) {
  if (!chartArea) return 'transparent';
  const gradient = ctx.createLinearGradient(0, chartArea.top, 0, chartArea.bottom);
  gradient.addColorStop(0, withAlpha(colour, 0.3));
  gradient.addColorStop(1, withAlpha(colour, 0.02));
  return gradient;
}

const withAlpha = (colour, alpha) => colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);

function monthScale() {
  return {
    type: 'linear',
    min: 0,
    max: 12,
    // A month's name is at the middle of the month.
    afterBuildTicks: (axis) => {
      axis.ticks = Array.from({ length: 12 }, (_, index) => ({ value: index + 0.5 }));
    },
    grid: { display: false, drawBorder: false },
    ticks: { autoSkip: true, maxRotation: 0, autoSkipPadding: 6, callback: (value) => shortMonth(value + 0.5) },
  };
}

function valueScale(data) {
  return {
    grid: { drawBorder: false },
    ticks: {
      maxTicksLimit: 5,
      padding: 8,
      precision: 0,
      callback: (value) => compact(value, data().measure, data().currency),
    },
  };
}

function tooltip(data) {
  return {
    filter: ({ dataIndex }) => dataIndex > 0,
    displayColors: false,
    padding: 10,
    cornerRadius: 8,
    callbacks: {
      title: (items) => (items[0] ? t('upToAndWith', { month: month(data().months[items[0].dataIndex - 1].month) }) : ''),
      label: ({ dataIndex, datasetIndex, dataset }) => {
        const { months, measure, currency } = data();
        const entry = months[dataIndex - 1];
        return `${dataset.label}: ${quantity(datasetIndex === 0 ? entry.resultToDate : entry.goalToDate, measure, currency)}`;
      },
    },
  };
}

function todayMarker(data, colours) {
  return {
    id: 'today',
    beforeDatasetsDraw({ ctx, chartArea, scales }) {
      const place = placeOfToday(data().year);
      if (place <= 0 || place >= 12) return;
      const { mark, text, font } = colours();
      const x = Math.round(scales.x.getPixelForValue(place)) + 0.5;
      ctx.save();
      ctx.strokeStyle = mark;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top - 2);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.fillStyle = text;
      ctx.font = `500 11px ${font}`;
      ctx.textAlign = place > 11 ? 'right' : place < 1 ? 'left' : 'center';
      ctx.fillText(t('today'), place > 11 ? x + 5 : x, chartArea.top - 7);
      ctx.restore();
    },
  };
}

/** The theme's colours, as the browser computes them for an element in the page. */
function readColours(canvas) {
  const probe = document.createElement('span');
  canvas.parentElement.append(probe);
  const read = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    result: read('--result'),
    fill: read('--result'),
    goal: read('--goal'),
    grid: read('--line'),
    text: read('--ink-soft'),
    mark: read('--line-strong'),
    tip: read('--tip'),
    tipText: read('--tip-ink'),
    font: getComputedStyle(probe).fontFamily,
  };
  probe.remove();
  return colours;
}

function style(chart, colours) {
  const { options } = chart.config;
  for (const axis of [options.scales.x, options.scales.y]) {
    Object.assign(axis.ticks, { color: colours.text, font: { family: colours.font, size: 11.5 } });
  }
  options.scales.y.grid.color = colours.grid;
  Object.assign(options.plugins.tooltip, {
    backgroundColor: colours.tip,
    titleColor: colours.tipText,
    bodyColor: colours.tipText,
    titleFont: { family: colours.font, weight: '600' },
    bodyFont: { family: colours.font },
  });
}

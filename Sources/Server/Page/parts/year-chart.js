// The year's lines: the goal dashed, the result filled up to today. Drawn by Chart.js, which `/assets/chart.js` brings
// and which may be missing.

import { t } from '../i18n/i18n.js';
import { placeOfToday } from '../lib/calendar.js';
import { compact, month, quantity, shortMonth } from '../lib/format.js';

export const isChartAvailable = () => typeof window.Chart === 'function';

/** A chart on this canvas; `draw` shows a year's data, also over an earlier one's. */
export function yearChart(canvas) {
  let chart = null;
  let shown = null;
  let colours = null;

  function draw(data) {
    shown = data;
    colours = readColours(canvas);
    const { goal, result } = points(data);
    if (!chart) chart = create(canvas, () => shown, () => colours);
    chart.data.datasets = [
      merge(chart.data.datasets[0], resultLine(colours), { data: result, label: t('result') }),
      merge(chart.data.datasets[1], goalLine(colours), { data: goal, label: t('goal') }),
    ];
    style(chart, colours);
    chart.update();
  }

  return {
    draw,
    /** After a change of theme or language. */
    redraw: () => shown && draw(shown),
    destroy: () => chart?.destroy(),
  };
}

/** Chart.js animates from what was there only when it keeps its objects. */
function merge(dataset = {}, ...parts) {
  return Object.assign(dataset, ...parts);
}

/** From zero at the year's beginning to each month's end; the result goes as far as today. */
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
    // A month's name stands in its middle.
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

/** The theme's colours as the browser resolves them for an element inside the page. */
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

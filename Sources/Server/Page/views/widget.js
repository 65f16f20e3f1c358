// The home widget: the year's lines in a small frame.

import { t } from '../i18n/i18n.js';
import { read, whenSignedOut } from '../lib/api.js';
import { saveChoice, savedChoice } from '../lib/choice.js';
import { coalesced } from '../lib/coalesce.js';
import { sign } from '../lib/decimal.js';
import { h, replace, replaceInPlace, setText } from '../lib/dom.js';
import { nameOf, percent, quantity } from '../lib/format.js';
import { follow } from '../lib/live-feed.js';
import { explain, isTemporary } from '../lib/problem.js';
import { backoff, retryingReader } from '../lib/retry.js';
import { resume } from '../lib/session.js';
import { choicePickers } from '../parts/choice-pickers.js';
import { figure, glow } from '../parts/figure.js';
import { freshnessLine } from '../parts/freshness-line.js';
import { icon } from '../parts/icons.js';
import { liveSign } from '../parts/top-bar.js';
import { yearView } from '../parts/year-view.js';
import { signInView } from './sign-in.js';
import '../lib/theme.js';

const root = document.getElementById('app');
let viewer = null;
let shown = null;

window.addEventListener('salestargets:language', () => show());
whenSignedOut(leave);
const entrance = backoff(enter);
enter();

async function enter() {
  entrance.stop();
  try {
    viewer = await resume();
    entrance.worked();
    show();
  } catch (error) {
    if (error.status === 401) return show(t('signIn.linkRefused'));
    if (isTemporary(error)) entrance.failed();
    // What is read out already is not read out again at every attempt.
    if (root.querySelector('.door .form-error')?.textContent === explain(error)) return;
    replace(root, h('main', { class: 'door' }, h('p', { class: 'form-error', role: 'alert' }, explain(error)), h('button', { type: 'button', class: 'button', onclick: enter }, t('tryAgain'))));
  }
}

function show(message) {
  shown?.close();
  shown = null;
  document.title = t('product');
  if (viewer && viewer.role !== 'ingest') shown = showWidget();
  else if (viewer) replace(root, h('main', { class: 'door' }, h('p', null, t('role.ingest.text'))));
  else replace(root, signInView({ message, onsignedin: welcome }));
}

function welcome(who) {
  viewer = who;
  show();
}

function leave() {
  if (!viewer) return;
  viewer = null;
  show(t('signIn.again'));
}

function showWidget() {
  const isManager = viewer.role === 'manager';
  let choice = savedChoice(viewer);
  let people = null;
  let isClosed = false;
  const live = liveSign();
  const pickers = h('div', { class: 'pickers' });
  const result = figure({ class: 'summary-result' });
  const share = h('span', { class: 'summary-percent' });
  const goal = h('span', { class: 'summary-goal' });
  const alert = h('p', { class: 'form-error', role: 'alert', hidden: true });
  const line = freshnessLine({ onchange: live.fresh, onback: () => reader.now() });
  const reader = retryingReader({ alert, line, again: readAll });
  const view = yearView();
  replace(
    root,
    h(
      'main',
      { class: 'widget' },
      h('h1', { class: 'visually-hidden' }, t('product')),
      h('div', { class: 'widget-head' }, pickers, live.element, openButton()),
      h('div', { class: 'widget-notices' }, line.element, alert),
      h('div', { class: 'widget-figures' }, h('p', null, result.element, ' ', goal), h('p', null, share), view.switcher),
      view.element,
    ),
  );
  const readYear = coalesced(showYear);
  const feed = follow({
    progress: () => {},
    results({ salesperson, year }) {
      if (year === choice.year && salesperson === choice.salesperson) readYear();
    },
    removed: readYear,
    resumed: readYear,
    reload: readYear,
    state(state, heard) {
      live.show(state);
      line.connection(state, heard);
    },
    freshness: line.tell,
    refused: leave,
  });
  choose(choice, true);

  async function readPeople() {
    people = (await reader.read(() => read('/salespeople')))?.salespeople ?? people;
    showPickers();
  }

  function choose(chosen, isFirst = false) {
    choice = chosen;
    if (!isFirst) saveChoice(viewer, choice);
    showPickers();
    readAll();
  }

  function readAll() {
    readYear();
    if (isManager && people === null) readPeople();
  }

  function showPickers() {
    replaceInPlace(pickers, choicePickers({ choice, people: isManager ? (people ?? []) : null, onchange: choose }));
  }

  async function showYear() {
    const asked = choice;
    const data = await reader.read(() => read('/widget', asked));
    if (!data || asked !== choice || isClosed) return;
    const { measure, currency, total, salesperson } = data;
    const hasGoal = sign(total.goal) !== 0;
    document.title = `${nameOf(salesperson)} · ${t('product')}`;
    result.update(total.result, measure, currency);
    const isNew = share.textContent === '';
    if (setText(share, hasGoal ? percent(total.percent) : '') && !isNew) glow(share);
    setText(goal, hasGoal ? t('ofGoal', { goal: quantity(total.goal, measure, currency) }) : t('goal.none'));
    view.update(data);
  }

  return {
    close() {
      isClosed = true;
      feed.close();
      reader.close();
      line.close();
      view.destroy();
    },
  };
}

function openButton() {
  return h('a', { class: 'button-icon', href: '/', target: '_blank', rel: 'noopener', 'aria-label': t('widget.open') }, icon('open'));
}

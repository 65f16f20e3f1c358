// The home widget: the year's lines in a small frame.

import { read, whenSignedOut } from './api.js';
import { choicePickers, rememberChoice, rememberedChoice } from './choice.js';
import { coalesced } from './coalesce.js';
import { sign } from './decimal.js';
import { h, replace, replaceInPlace, setText } from './dom.js';
import { figure, glow } from './figures.js';
import { percent, quantity } from './format.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { follow } from './live.js';
import { explain } from './problem.js';
import { resume } from './session.js';
import { signInView } from './signin.js';
import { liveSign } from './topbar.js';
import { nameOf } from './yeartable.js';
import { yearView } from './yearview.js';
import './theme.js';

const root = document.getElementById('app');
let viewer = null;
let shown = null;

window.addEventListener('salestargets:language', () => show());
whenSignedOut(leave);
enter();

async function enter() {
  try {
    viewer = await resume();
    show();
  } catch (error) {
    if (error.status === 401) return show(t('signIn.linkRefused'));
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
  let choice = rememberedChoice(viewer);
  let people = [];
  let isClosed = false;
  const live = liveSign();
  const pickers = h('div', { class: 'pickers' });
  const result = figure({ class: 'summary-result' });
  const share = h('span', { class: 'summary-percent' });
  const goal = h('span', { class: 'summary-goal' });
  const alert = h('p', { class: 'form-error', role: 'alert', hidden: true });
  const view = yearView();
  replace(
    root,
    h(
      'main',
      { class: 'widget' },
      h('h1', { class: 'visually-hidden' }, t('product')),
      h('div', { class: 'widget-head' }, pickers, live.element, openButton()),
      alert,
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
    state: live.show,
    refused: leave,
  });
  choose(choice, true);
  if (isManager) readPeople();

  async function readPeople() {
    people = (await attempt(() => read('/salespeople')))?.salespeople ?? [];
    showPickers();
  }

  function choose(chosen, isFirst = false) {
    choice = chosen;
    if (!isFirst) rememberChoice(viewer, choice);
    showPickers();
    readYear();
  }

  function showPickers() {
    replaceInPlace(pickers, choicePickers({ choice, people: isManager ? people : null, onchange: choose }));
  }

  async function showYear() {
    const asked = choice;
    const data = await attempt(() => read('/widget', asked));
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

  async function attempt(work) {
    try {
      const value = await work();
      alert.hidden = true;
      return value;
    } catch (error) {
      alert.textContent = explain(error);
      alert.hidden = false;
      return null;
    }
  }

  return {
    close() {
      isClosed = true;
      feed.close();
      view.destroy();
    },
  };
}

function openButton() {
  return h('a', { class: 'button-icon', href: '/', target: '_blank', rel: 'noopener', 'aria-label': t('widget.open') }, icon('open'));
}

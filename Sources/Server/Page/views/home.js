// The full view: the year, the targets, and for a manager what steers them.

import { openCopyEditor } from '../editors/copy-editor.js';
import { openMonthEditor } from '../editors/month-editor.js';
import { openTargetEditor } from '../editors/target-editor.js';
import { t } from '../i18n/i18n.js';
import { call, download, read } from '../lib/api.js';
import { saveChoice, savedChoice } from '../lib/choice.js';
import { coalesced } from '../lib/coalesce.js';
import { h, replace, replaceInPlace, setText } from '../lib/dom.js';
import { nameOf, percent, quantity } from '../lib/format.js';
import { follow } from '../lib/live-feed.js';
import { explain } from '../lib/problem.js';
import { retryingReader } from '../lib/retry.js';
import { announce, announceLater } from '../parts/announce.js';
import { choicePickers } from '../parts/choice-pickers.js';
import { confirm } from '../parts/dialog.js';
import { freshnessLine } from '../parts/freshness-line.js';
import { icon } from '../parts/icons.js';
import { targetList } from '../parts/target-list.js';
import { liveSign, topBar } from '../parts/top-bar.js';
import { yearSummary } from '../parts/year-summary.js';
import { legend, yearView } from '../parts/year-view.js';
import { openDrillDown } from './drill-down.js';
import { openOrder, openOrderFinder } from './order.js';

/**
 * Shows the page in `root` until `close()`.
 * @param onsignout asked for by the viewer
 * @param onrefused the server no longer knows the viewer
 */
export function showHome(root, viewer, { onsignout, onrefused }) {
  const isManager = viewer.role === 'manager';
  let choice = savedChoice(viewer);
  let people = null;
  let currency = 'EUR';
  let drill = null;
  let order = null;
  let isClosed = false;

  const live = liveSign();
  const title = h('h1', { class: 'page-title' });
  const pickers = h('div', { class: 'pickers' });
  const alert = h('p', { class: 'form-error', role: 'alert', hidden: true });
  const line = freshnessLine({ onchange: live.fresh, onback: () => reader.now() });
  const reader = retryingReader({ alert, line, again: readAll });
  const summary = yearSummary();
  const view = yearView();
  const list = targetList({
    on: { open: openTarget, ...(isManager ? { edit: editTarget, remove: removeTarget } : {}) },
    empty: () => h('p', null, t(isManager ? 'targets.none.manager' : 'targets.none')),
  });
  const year = h('section', { class: 'card year', 'aria-label': t('year.section'), 'aria-busy': 'true' }, summary.element, figureOf(view));
  replace(
    root,
    h('a', { class: 'skip', href: '#content' }, t('skip')),
    topBar({ viewer, live, onsignout }),
    line.element,
    h(
      'main',
      { id: 'content', tabindex: '-1' },
      h('div', { class: 'page-head' }, title, pickers),
      alert,
      year,
      h('section', { class: 'targets-section', 'aria-labelledby': 'targets-title' }, targetsHead(), list.element),
    ),
  );

  const readYear = coalesced(showYear);
  const feed = follow({
    progress,
    results({ salesperson, year: changed }) {
      if (changed === choice.year && salesperson === choice.salesperson) readYear();
      if (order?.concerns(salesperson)) order.reread();
    },
    removed({ id }) {
      list.remove(id);
      if (drill?.id === id) drill.removed();
      readYear();
    },
    resumed: readYear,
    reload: readAll,
    state(state, heard) {
      live.show(state);
      line.connection(state, heard);
    },
    freshness: line.tell,
    refused: onrefused,
  });
  start();

  function start() {
    choose(choice, { isFirst: true });
    const asked = new URLSearchParams(location.hash.slice(1));
    if (asked.get('order')) openOne(asked.get('order'));
  }

  function choose(chosen, { isFirst = false } = {}) {
    choice = chosen;
    if (!isFirst) saveChoice(viewer, choice);
    showPickers();
    readAll();
  }

  function showPickers() {
    replaceInPlace(pickers, choicePickers({ choice, people: isManager ? (people ?? []) : null, onchange: choose }));
  }

  function readAll() {
    readYear();
    reader.read(() => list.load(choice));
    if (isManager && people === null) readPeople();
    drill?.reread();
    order?.reread();
  }

  async function readPeople() {
    people = (await reader.read(() => read('/salespeople')))?.salespeople ?? people;
    showPickers();
  }

  async function showYear() {
    const asked = choice;
    year.setAttribute('aria-busy', 'true');
    const data = await reader.read(() => read('/widget', asked));
    year.setAttribute('aria-busy', 'false');
    if (!data || asked !== choice || isClosed) return;
    currency = data.currency;
    setText(title, nameOf(data.salesperson));
    document.title = `${nameOf(data.salesperson)} · ${t('product')}`;
    year.classList.add('is-filled');
    summary.update(data);
    view.update(data);
    const result = quantity(data.total.result, data.measure, data.currency);
    announceLater(() => t('said.year', { who: nameOf(data.salesperson), result, percent: percent(data.total.percent) }));
  }

  async function keepTable() {
    try {
      await download('/targets.csv', choice, `targets-${choice.year}.csv`);
    } catch (error) {
      reader.showError(error);
    }
  }

  function progress(target) {
    const before = list.known(target.id);
    list.put(target);
    if (drill?.id === target.id) drill.update(target);
    // A new or changed goal moves the dashed line.
    if (!before || before.etag !== target.etag) readYear();
  }

  function openTarget(target) {
    drill = openDrillDown(target, {
      openOrder: openOne,
      onclose: () => {
        drill = null;
      },
    });
  }

  function openOne(id) {
    order = openOrder(id, {
      currency,
      people: isManager ? (people ?? []) : null,
      onclose: () => {
        order = null;
      },
    });
  }

  function targetsHead() {
    const button = (key, sign, onclick, kind = '') => h('button', { type: 'button', class: `button ${kind}`, onclick }, icon(sign), t(key));
    return h(
      'div',
      { class: 'section-head' },
      h('h2', { id: 'targets-title' }, t('targets')),
      h(
        'div',
        { class: 'section-actions' },
        isManager && button('target.new', 'add', () => editTarget(null), 'button-primary'),
        isManager && button('months.open', 'months', fillMonths),
        isManager && button('copy.open', 'copy', copyYear),
        isManager && button('order.find', 'search', () => openOrderFinder(openOne)),
        button('download', 'download', keepTable),
      ),
    );
  }

  function defaults() {
    return { measure: choice.measure, year: choice.year, assignees: choice.salesperson === 'all' ? [] : [choice.salesperson] };
  }

  function saved(target) {
    if (target) list.put(target);
    readYear();
  }

  function editTarget(target) {
    openTargetEditor({ target, defaults: defaults(), people, currency, onsaved: saved });
  }

  function fillMonths() {
    openMonthEditor({ defaults: defaults(), people, currency, onsaved: readAll });
  }

  function copyYear() {
    openCopyEditor({ defaults: defaults(), people, onsaved: (to) => choose({ ...choice, year: to }) });
  }

  async function removeTarget(target) {
    const name = target.name || target.id;
    const isDone = await confirm({
      title: t('target.remove'),
      text: t('target.remove.sure', { name, count: target.orders }),
      action: t('remove'),
      act: () => call('DELETE', `/targets/${encodeURIComponent(target.id)}`, { etag: list.known(target.id)?.etag ?? target.etag }),
      explain: (error) => (error.status === 412 ? t('conflict.remove') : explain(error)),
    });
    if (!isDone) return;
    list.remove(target.id);
    announce(t('target.removed', { name }));
    readYear();
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

function figureOf(view) {
  return h('figure', { class: 'year-figure' }, h('figcaption', { class: 'figure-head' }, legend(), view.switcher), view.element);
}

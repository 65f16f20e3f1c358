// One target: what it is, how far it is, and whether it will be reached.

import { t } from '../i18n/i18n.js';
import { today } from '../lib/calendar.js';
import { h, replace, setText } from '../lib/dom.js';
import { list, percent, period, quantity } from '../lib/format.js';
import { figure, glow } from './figure.js';
import { icon } from './icons.js';
import { percentOf, progressBar } from './progress-bar.js';

/**
 * A card, which `update` keeps true.
 * @param viewed the id of whose targets are looked at: what is theirs alone need not name them
 * @param on `open(target)`, and for a manager `edit(target)` and `remove(target)`
 */
export function targetCard(target, viewed, on) {
  let current = target;
  const name = h('h4', { class: 'target-name' });
  const when = h('p', { class: 'target-meta' });
  const bar = progressBar('');
  const realized = figure({ class: 'target-realized' });
  const goal = h('span', { class: 'target-goal' });
  const share = h('span', { class: 'target-percent' });
  const status = h('span', { class: 'status' });
  const pace = h('p', { class: 'target-pace' });
  const orders = h('button', { type: 'button', class: 'button button-quiet target-orders', onclick: () => on.open(current) });
  const edit = on.edit && h('button', { type: 'button', class: 'button-icon', onclick: () => on.edit(current) }, icon('edit'));
  const remove = on.remove && h('button', { type: 'button', class: 'button-icon', onclick: () => on.remove(current) }, icon('remove'));
  const element = h(
    'li',
    { class: 'target', 'data-target': target.id },
    h('div', { class: 'target-what' }, name, when),
    h('div', { class: 'target-progress' }, bar.element, h('p', { class: 'target-numbers' }, realized.element, goal), pace),
    h('p', { class: 'target-standing' }, share, status),
    h('div', { class: 'target-actions' }, orders, edit, remove),
  );
  update(target);

  function update(next) {
    const isNew = share.textContent === '';
    current = next;
    setText(name, next.name || next.id);
    setText(when, [period(next.start, next.end), people(next.assignees, viewed)].filter(Boolean).join(' · '));
    realized.update(next.realized, next.measure, next.currency);
    setText(goal, t('ofGoal', { goal: quantity(next.goal, next.measure, next.currency) }));
    if (setText(share, percent(next.percent)) && !isNew) glow(share);
    showStatus(status, next);
    setText(pace, paceText(next));
    bar.element.setAttribute('aria-label', t('progress.of', { name: next.name || next.id }));
    bar.update({
      percent: next.percent,
      expected: isRunning(next) ? percentOf(next.pace.expected, next.goal) : null,
      status: next.pace.status,
      text: t('progress.text', progressValues(next)),
    });
    replace(orders, t('orders.count', { count: next.orders, number: quantity(String(next.orders), 'orders') }), icon('next'));
    orders.setAttribute('aria-label', t('orders.of', { count: next.orders, name: next.name || next.id }));
    edit?.setAttribute('aria-label', t('target.edit.of', { name: next.name || next.id }));
    remove?.setAttribute('aria-label', t('target.remove.of', { name: next.name || next.id }));
  }

  return { element, update };
}

export function progressValues(target) {
  const show = (text) => quantity(text, target.measure, target.currency);
  return { percent: percent(target.percent), result: show(target.realized), goal: show(target.goal) };
}

/** Its sign and its word: never the colour alone. */
export function showStatus(element, { pace, counting }) {
  element.dataset.status = counting ? 'counting' : pace.status;
  replace(element, icon(counting ? 'upcoming' : pace.status), t(counting ? 'status.counting' : `status.${pace.status}`));
}

/** What it should be by today, and what it will come to. */
export function paceText(target) {
  if (!isRunning(target)) return '';
  const show = (text) => quantity(text, target.measure, target.currency);
  return t('pace', { expected: show(target.pace.expected), projected: show(target.pace.projected) });
}

/** Under way: a pace can be kept. */
function isRunning({ pace, start, end }) {
  if (pace.status !== 'achieved') return pace.status === 'ahead' || pace.status === 'behind';
  const now = today();
  return start <= now && now <= end;
}

function people(assignees, viewed) {
  if (assignees.length === 1 && assignees[0].id === viewed) return '';
  const names = assignees.map((assignee) => assignee.name);
  if (names.length <= 3) return list(names);
  return t('people.more', { names: names.slice(0, 2).join(', '), count: names.length - 2 });
}

// One target: what it is, its progress, and whether it is on course.

import { t } from '../i18n/i18n.js';
import { today } from '../lib/calendar.js';
import { h, replace, setText } from '../lib/dom.js';
import { list, percent, period, quantity } from '../lib/format.js';
import { figure, glow } from './figure.js';
import { icon } from './icons.js';
import { percentOf, progressBar } from './progress-bar.js';

export class TargetCard {
  #target;
  #viewed;
  #name = h('h4', { class: 'target-name' });
  #when = h('p', { class: 'target-meta' });
  #bar = progressBar('');
  #realized = figure({ class: 'target-realized' });
  #goal = h('span', { class: 'target-goal' });
  #share = h('span', { class: 'target-percent' });
  #status = h('span', { class: 'status' });
  #pace = h('p', { class: 'target-pace' });
  #orders;
  #edit;
  #remove;
  element;

  /**
   * @param viewed the id of the salesperson whose targets are shown; a target of theirs alone does not name them
   * @param on `open(target)`, and for a manager `edit(target)` and `remove(target)`
   */
  constructor(target, viewed, on) {
    this.#viewed = viewed;
    const button = (kind) => on[kind] && h('button', { type: 'button', class: 'button-icon', onclick: () => on[kind](this.#target) }, icon(kind));
    this.#orders = h('button', { type: 'button', class: 'button button-quiet target-orders', onclick: () => on.open(this.#target) });
    this.#edit = button('edit');
    this.#remove = button('remove');
    const numbers = h('p', { class: 'target-numbers' }, this.#realized.element, this.#goal);
    this.element = h(
      'li',
      { class: 'target', 'data-target': target.id },
      h('div', { class: 'target-what' }, this.#name, this.#when),
      h('div', { class: 'target-progress' }, this.#bar.element, numbers, this.#pace),
      h('p', { class: 'target-state' }, this.#share, this.#status),
      h('div', { class: 'target-actions' }, this.#orders, this.#edit, this.#remove),
    );
    this.update(target);
  }

  update(target) {
    this.#target = target;
    const { start, end, assignees, measure, currency } = target;
    setText(this.#name, nameOf(target));
    setText(this.#when, [period(start, end), people(assignees, this.#viewed)].filter(Boolean).join(' · '));
    this.#realized.update(target.realized, measure, currency);
    setText(this.#goal, t('ofGoal', { goal: quantity(target.goal, measure, currency) }));
    const isFirst = this.#share.textContent === '';
    if (setText(this.#share, percent(target.percent)) && !isFirst) glow(this.#share);
    showStatus(this.#status, target);
    setText(this.#pace, paceText(target));
    this.#updateBar();
    this.#updateButtons();
  }

  #updateBar() {
    const target = this.#target;
    const show = (text) => quantity(text, target.measure, target.currency);
    this.#bar.element.setAttribute('aria-label', t('progress.of', { name: nameOf(target) }));
    this.#bar.update({
      percent: target.percent,
      expected: isRunning(target) ? percentOf(target.pace.expected, target.goal) : null,
      status: target.pace.status,
      text: t('progress.text', { percent: percent(target.percent), result: show(target.realized), goal: show(target.goal) }),
    });
  }

  #updateButtons() {
    const count = this.#target.orders;
    const name = nameOf(this.#target);
    replace(this.#orders, t('orders.count', { count, number: quantity(String(count), 'orders') }), icon('next'));
    this.#orders.setAttribute('aria-label', t('orders.of', { count, name }));
    this.#edit?.setAttribute('aria-label', t('target.edit.of', { name }));
    this.#remove?.setAttribute('aria-label', t('target.remove.of', { name }));
  }
}

const nameOf = (target) => target.name || target.id;

/** Shows the status as an icon and a word, so that it does not depend on the colour. */
export function showStatus(element, { pace, counting }) {
  element.dataset.status = counting ? 'counting' : pace.status;
  replace(element, icon(counting ? 'upcoming' : pace.status), t(counting ? 'status.counting' : `status.${pace.status}`));
}

/** What the result should be by today, and what it will be at the end at this pace. */
function paceText(target) {
  if (!isRunning(target)) return '';
  const show = (text) => quantity(text, target.measure, target.currency);
  return t('pace', { expected: show(target.pace.expected), projected: show(target.pace.projected) });
}

/** Whether today is within the target's period. */
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

// The targets of the viewer's choice, in groups: current ones open, the others folded.

import { t } from '../i18n/i18n.js';
import { read } from '../lib/api.js';
import { today } from '../lib/calendar.js';
import { h, replace, replaceInPlace, setText } from '../lib/dom.js';
import { compare } from '../lib/format.js';
import { icon } from './icons.js';
import { TargetCard } from './target-card.js';

const PAGE = 1_000;
/** With this many targets or more, the list has a search field. */
const SEARCHABLE = 9;
const groups = ['running', 'upcoming', 'finished'];

export class TargetList {
  #on;
  #empty;
  #entries = new Map();
  /** Cards by target id; made when the card is first seen. */
  #cards = new Map();
  #choice = null;
  /** The choice that the list was last drawn for. */
  #drawn = null;
  /** The cursor of the next page; null after the last one. */
  #next = null;
  #search = h('input', { type: 'search', 'aria-label': t('targets.search'), placeholder: t('targets.search'), oninput: () => this.#draw() });
  #searchBox = h('div', { class: 'search', hidden: true }, icon('search'), this.#search);
  #sections = Object.fromEntries(groups.map((group) => [group, section(group, () => this.#drawGroup(group))]));
  #more = h('button', { type: 'button', class: 'button', hidden: true, onclick: () => this.#readMore() }, t('targets.more'));
  #nothing = h('div', { class: 'empty', hidden: true });
  element = h(
    'div',
    { class: 'targets', 'aria-busy': 'true' },
    skeleton(),
    this.#searchBox,
    this.#nothing,
    groups.map((group) => this.#sections[group].element),
    this.#more,
  );

  /**
   * @param on what a card's buttons do: `open(target)`, and for a manager `edit(target)` and `remove(target)`
   * @param empty the content of a list without targets
   */
  constructor({ on, empty }) {
    this.#on = on;
    this.#empty = empty;
  }

  /** The target with an id, as the list last got it. */
  known(id) {
    return this.#entries.get(id);
  }

  /** Reads the targets of a choice; they replace the list's targets. */
  async load(choice) {
    this.#choice = choice;
    const page = await read('/targets', { ...choice, limit: PAGE });
    if (this.#choice !== choice) return;
    const isNewChoice = this.#drawn !== choice;
    const isFirst = isNewChoice || this.#entries.size === 0;
    this.#entries.clear();
    this.#take(page);
    for (const id of this.#cards.keys()) if (isNewChoice || !this.#entries.has(id)) this.#cards.delete(id);
    this.element.querySelector('.skeleton')?.remove();
    this.element.setAttribute('aria-busy', 'false');
    if (isFirst) this.#openFirst();
    this.#drawn = choice;
    this.#draw();
  }

  /** Takes the new state of a target. */
  put(target) {
    const before = this.#entries.get(target.id);
    if (!matches(target, this.#choice)) return this.remove(target.id);
    const isFirst = this.#entries.size === 0;
    this.#entries.set(target.id, target);
    if (isFirst) this.#openFirst();
    if (before && placeOf(before) === placeOf(target)) this.#cards.get(target.id)?.update(target);
    else this.#draw();
  }

  remove(id) {
    if (!this.#entries.delete(id)) return;
    this.#cards.delete(id);
    this.#draw();
  }

  async #readMore() {
    const choice = this.#choice;
    const page = await read('/targets', { ...choice, limit: PAGE, cursor: this.#next });
    if (this.#choice !== choice) return;
    this.#take(page);
    this.#draw();
  }

  #take(page) {
    for (const target of page.targets) this.#entries.set(target.id, target);
    this.#next = page.next ?? null;
    this.#more.hidden = this.#next === null;
  }

  #openFirst() {
    const first = groups.find((group) => this.#inGroup(group).length > 0);
    for (const group of groups) this.#sections[group].open(group === first || group === 'running');
  }

  #draw() {
    this.#searchBox.hidden = this.#entries.size < SEARCHABLE;
    for (const group of groups) this.#drawGroup(group);
    this.#nothing.hidden = this.#entries.size > 0;
    if (this.#entries.size === 0) replace(this.#nothing, this.#empty());
  }

  #drawGroup(group) {
    const targets = this.#inGroup(group);
    this.#sections[group].draw(targets.length, () => targets.map((target) => this.#cardOf(target)));
  }

  #cardOf(target) {
    const card = this.#cards.get(target.id);
    if (!card) this.#cards.set(target.id, new TargetCard(target, this.#choice.salesperson, this.#on));
    else card.update(target);
    return this.#cards.get(target.id).element;
  }

  #inGroup(group) {
    const words = this.#search.value.trim().toLocaleLowerCase();
    return [...this.#entries.values()].filter((target) => groupOf(target) === group && contains(target, words)).sort(byPeriod);
  }
}

/** Whether a list of this choice holds the target. */
function matches(target, { year, salesperson, measure }) {
  if (target.measure !== measure) return false;
  if (Number(target.start.slice(0, 4)) > year || Number(target.end.slice(0, 4)) < year) return false;
  return salesperson === 'all' || target.assignees.some(({ id }) => id === salesperson);
}

function groupOf({ start, end }) {
  const now = today();
  return now < start ? 'upcoming' : now > end ? 'finished' : 'running';
}

/** Targets with the same text have the same place in the list. */
const placeOf = (target) => [groupOf(target), target.start, target.end, target.name].join(' ');

function contains({ name, id, assignees }, words) {
  return words === '' || [name, id, ...assignees.map((one) => one.name)].some((text) => text.toLocaleLowerCase().includes(words));
}

/** The earliest end comes first; among finished targets, the latest end. */
function byPeriod(a, b) {
  const isFinished = groupOf(a) === 'finished';
  if (a.end !== b.end) return (a.end < b.end) === isFinished ? 1 : -1;
  if (a.start !== b.start) return a.start < b.start ? 1 : -1;
  return compare(a.name, b.name) || compare(names(a), names(b)) || compare(a.id, b.id);
}

const names = ({ assignees }) => assignees.map((one) => one.name).join();

function section(group, draw) {
  const count = h('span', { class: 'group-count' });
  const content = h('ul', { class: 'target-list' });
  const element = h(
    'details',
    { class: 'group', 'data-group': group, hidden: true, ontoggle: draw },
    h('summary', null, h('h3', null, t(`group.${group}`)), count, icon('down')),
    content,
  );
  return {
    element,
    open: (isOpen) => {
      element.open = isOpen;
    },
    draw(length, make) {
      element.hidden = length === 0;
      setText(count, String(length));
      replaceInPlace(content, element.open ? make() : []);
    },
  };
}

function skeleton() {
  return h('div', { class: 'skeleton', 'aria-hidden': 'true' }, [1, 2, 3].map(() => h('div', { class: 'skeleton-row' })));
}

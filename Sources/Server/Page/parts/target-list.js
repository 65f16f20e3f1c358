// The targets of what the viewer looks at: those under way first, the others folded away.

import { t } from '../i18n/i18n.js';
import { read } from '../lib/api.js';
import { today } from '../lib/calendar.js';
import { h, replace, replaceInPlace, setText } from '../lib/dom.js';
import { compare } from '../lib/format.js';
import { icon } from './icons.js';
import { targetCard } from './target-card.js';

const PAGE = 1_000;
/** From this many on, there is something to search for. */
const SEARCHABLE = 9;
const groups = ['running', 'upcoming', 'finished'];

/**
 * The list.
 * @param on what a card's buttons do
 * @param empty what to show where there is no target
 */
export function targetList({ on, empty }) {
  const entries = new Map();
  const cards = new Map();
  let choice = null;
  let opened = null;
  let next = null;
  const search = h('input', { type: 'search', 'aria-label': t('targets.search'), placeholder: t('targets.search'), oninput: draw });
  const searchBox = h('div', { class: 'search', hidden: true }, icon('search'), search);
  const sections = Object.fromEntries(groups.map((group) => [group, section(group, drawGroup)]));
  const more = h('button', { type: 'button', class: 'button', hidden: true, onclick: readMore }, t('targets.more'));
  const nothing = h('div', { class: 'empty', hidden: true });
  const element = h(
    'div',
    { class: 'targets', 'aria-busy': 'true' },
    skeleton(),
    searchBox,
    nothing,
    groups.map((group) => sections[group].element),
    more,
  );

  /** Reads the targets of a choice, in the place of those that are there. */
  async function load(asked) {
    choice = asked;
    const page = await read('/targets', { ...asked, limit: PAGE });
    if (choice !== asked) return;
    const isFirst = opened !== asked || entries.size === 0;
    entries.clear();
    take(page);
    for (const id of cards.keys()) if (opened !== asked || !entries.has(id)) cards.delete(id);
    element.querySelector('.skeleton')?.remove();
    element.setAttribute('aria-busy', 'false');
    if (isFirst) openFirst();
    opened = asked;
    draw();
  }

  async function readMore() {
    const asked = choice;
    const page = await read('/targets', { ...asked, limit: PAGE, cursor: next });
    if (choice !== asked) return;
    take(page);
    draw();
  }

  function take(page) {
    for (const target of page.targets) entries.set(target.id, target);
    next = page.next ?? null;
    more.hidden = next === null;
  }

  /** A target as it now stands, from the feed or from an editor. */
  function put(target) {
    const before = entries.get(target.id);
    if (!matches(target, choice)) return remove(target.id);
    const isFirst = entries.size === 0;
    entries.set(target.id, target);
    if (isFirst) openFirst();
    if (before && placeOf(before) === placeOf(target)) cards.get(target.id)?.update(target);
    else draw();
  }

  function remove(id) {
    if (!entries.delete(id)) return;
    cards.delete(id);
    draw();
  }

  function openFirst() {
    const first = groups.find((group) => inGroup(group).length > 0);
    for (const group of groups) sections[group].open(group === first || group === 'running');
  }

  function draw() {
    searchBox.hidden = entries.size < SEARCHABLE;
    for (const group of groups) drawGroup(group);
    nothing.hidden = entries.size > 0;
    if (entries.size === 0) replace(nothing, empty());
  }

  /** Cards are made when they are first seen. */
  function drawGroup(group) {
    const found = inGroup(group);
    sections[group].draw(found.length, () => found.map(cardOf));
  }

  function cardOf(target) {
    const card = cards.get(target.id);
    if (!card) cards.set(target.id, targetCard(target, choice.salesperson, on));
    else card.update(target);
    return cards.get(target.id).element;
  }

  function inGroup(group) {
    const words = search.value.trim().toLocaleLowerCase();
    return [...entries.values()].filter((target) => groupOf(target) === group && says(target, words)).sort(inOrder);
  }

  return { element, load, put, remove, known: (id) => entries.get(id) };
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

const placeOf = (target) => [groupOf(target), target.start, target.end, target.name].join(' ');

function says({ name, id, assignees }, words) {
  return words === '' || [name, id, ...assignees.map((one) => one.name)].some((text) => text.toLocaleLowerCase().includes(words));
}

/** What ends first stands first; what has ended last, too. */
function inOrder(a, b) {
  const ended = groupOf(a) === 'finished';
  if (a.end !== b.end) return (a.end < b.end) === ended ? 1 : -1;
  if (a.start !== b.start) return a.start < b.start ? 1 : -1;
  return compare(a.name, b.name) || compare(names(a), names(b)) || compare(a.id, b.id);
}

const names = ({ assignees }) => assignees.map((one) => one.name).join();

function section(group, draw) {
  const count = h('span', { class: 'group-count' });
  const content = h('ul', { class: 'target-list' });
  const element = h(
    'details',
    { class: 'group', 'data-group': group, hidden: true, ontoggle: () => draw(group) },
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

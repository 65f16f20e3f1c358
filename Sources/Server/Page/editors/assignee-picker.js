// A field that chooses the salespeople of a target from a list with a search box.

import { t } from '../i18n/i18n.js';
import { h, setText } from '../lib/dom.js';
import { fieldGroup } from '../parts/fields.js';
import { icon } from '../parts/icons.js';

/** With this many salespeople or more, the list has a search box. */
const SEARCHABLE = 9;

/** A field; `chosen()` returns the chosen ids. */
export function assigneePicker(people, ids) {
  const chosen = new Set(ids);
  const missing = ids.filter((id) => !people.some((one) => one.id === id)).map((id) => ({ id, name: id }));
  const count = h('p', { class: 'field-hint', 'aria-live': 'polite' });
  const rows = [...people, ...missing].map(({ id, name }) => ({
    name: name.toLocaleLowerCase(),
    element: h(
      'label',
      { class: 'check' },
      h('input', { type: 'checkbox', value: id, checked: chosen.has(id), onchange: (event) => set(id, event.target.checked) }),
      h('span', null, name),
    ),
  }));
  const search = h('input', { type: 'search', 'aria-label': t('assignees.search'), placeholder: t('assignees.search'), oninput: filter });
  const list = h('div', { class: 'checks' }, rows.map((row) => row.element));
  const content = h('div', null, rows.length >= SEARCHABLE && h('div', { class: 'search' }, icon('search'), search), list, count);
  const picker = fieldGroup(t('assignees'), content, { control: list.querySelector('input') });
  showCount();

  function set(id, isChosen) {
    if (isChosen) chosen.add(id);
    else chosen.delete(id);
    showCount();
  }

  function showCount() {
    setText(count, t('assignees.count', { count: chosen.size }));
  }

  function filter() {
    const words = search.value.trim().toLocaleLowerCase();
    for (const row of rows) row.element.hidden = !row.name.includes(words);
  }

  return { ...picker, chosen: () => [...chosen] };
}

// Creates and changes a target.

import { t } from '../i18n/i18n.js';
import { call } from '../lib/api.js';
import { daysInMonth, today } from '../lib/calendar.js';
import { h } from '../lib/dom.js';
import { Problem } from '../lib/problem.js';
import { announce } from '../parts/announce.js';
import { openDialog } from '../parts/dialog.js';
import { field } from '../parts/fields.js';
import { form } from '../parts/form.js';
import { goalFields } from './goal-fields.js';

/**
 * Opens the editor.
 * @param target the one to change; null for a new one
 * @param defaults what a new one begins with: `{measure, year, assignees}`
 * @param onsaved called with the target as the server shows it; with null when it has yet to be applied
 */
export function openTargetEditor({ target, defaults, people, currency, onsaved }) {
  const values = target ? { ...target, assignees: target.assignees.map(({ id }) => id) } : newTarget(defaults);
  const { body, close } = openDialog({ title: t(target ? 'target.edit' : 'target.new') });
  const goal = goalFields({ people, values, currency, goalLabel: t('goal') });
  const start = field(t('target.start'), h('input', { type: 'date', required: true, value: values.start }));
  const end = field(t('target.end'), h('input', { type: 'date', required: true, value: values.end }));
  const fields = { ...goal.fields, start, end };
  const editor = form({
    fields,
    content: [
      fields.name.element,
      fields.measure.element,
      goal.fields.goal.element,
      h('div', { class: 'field-pair' }, start.element, end.element),
      periodShortcuts(values.start, (from, to) => {
        start.control.value = from;
        end.control.value = to;
      }),
      fields.assignees.element,
    ],
    action: t('save'),
    check,
    submit,
    cancel: close,
  });
  body.append(editor.element);
  fields.name.control.focus();

  function check() {
    const wrong = goal.check();
    const [from, to] = [start.control.value, end.control.value];
    if (!from) wrong.start = t('field.date');
    if (!to) wrong.end = t('field.date');
    if (from && to && to < from) wrong.end = t('field.endBeforeStart');
    return wrong;
  }

  async function submit() {
    const content = { ...goal.body(), start: start.control.value, end: end.control.value };
    try {
      const { status, data } = target
        ? await call('PUT', `/targets/${encodeURIComponent(target.id)}`, { body: content, etag: target.etag })
        : await call('POST', '/targets', { body: content });
      announce(t(status === 202 ? 'saved.soon' : 'target.saved', { name: content.name }));
      close();
      onsaved(status === 202 ? null : data);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      editor.tell(t('conflict.target'), h('button', { type: 'button', class: 'button', onclick: takeTheirs }, t('conflict.take')));
    }
  }

  async function takeTheirs() {
    const { data, etag } = await call('GET', `/targets/${encodeURIComponent(target.id)}`);
    const theirs = { ...data, etag: data.etag ?? etag };
    close();
    onsaved(theirs);
    openTargetEditor({ target: theirs, defaults, people, currency, onsaved });
  }
}

function newTarget({ measure, year, assignees }) {
  return { name: '', measure, goal: '', start: `${year}-01-01`, end: `${year}-12-31`, assignees };
}

/** Month, quarter and year around today, or in the year that is looked at. */
function periodShortcuts(start, set) {
  const year = Number(start.slice(0, 4));
  const month = today().startsWith(String(year)) ? Number(today().slice(5, 7)) : 1;
  const two = (value) => String(value).padStart(2, '0');
  const months = (first, last) => [
    `${year}-${two(first)}-01`,
    `${year}-${two(last)}-${daysInMonth(year, last)}`,
  ];
  const quarter = Math.ceil(month / 3) * 3;
  const shortcut = (key, period) => h('button', { type: 'button', class: 'button button-small', onclick: () => set(...period) }, t(key));
  return h(
    'div',
    { class: 'shortcuts' },
    shortcut('period.month', months(month, month)),
    shortcut('period.quarter', months(quarter - 2, quarter)),
    shortcut('period.year', months(1, 12)),
  );
}

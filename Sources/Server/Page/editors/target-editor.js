// Creates or changes a target.

import { t } from '../i18n/i18n.js';
import { call } from '../lib/api.js';
import { daysInMonth, today } from '../lib/calendar.js';
import { h } from '../lib/dom.js';
import { Problem } from '../lib/problem.js';
import { announce } from '../parts/announce.js';
import { openDialog } from '../parts/dialog.js';
import { field } from '../parts/fields.js';
import { Form } from '../parts/form.js';
import { GoalFields } from './goal-fields.js';

/**
 * Opens the editor.
 * @param target the one to change; null for a new one
 * @param defaults what a new one starts with: `{measure, year, assignees}`
 * @param onsaved called with the target as the server shows it; with null when the server has not applied it yet
 */
export function openTargetEditor(options) {
  new TargetEditor(options).open();
}

class TargetEditor {
  #options;
  #goal;
  #start;
  #end;
  #inYear;
  #form;
  #dialog;

  constructor(options) {
    const { target, defaults, people, currency } = options;
    this.#options = options;
    const values = target ? { ...target, assignees: target.assignees.map(({ id }) => id) } : newTarget(defaults);
    this.#goal = new GoalFields({ people, values, currency, goalLabel: t('goal') });
    this.#start = field(t('target.start'), h('input', { type: 'date', required: true, value: values.start }));
    this.#end = field(t('target.end'), h('input', { type: 'date', required: true, value: values.end }));
    this.#inYear = h('input', { type: 'checkbox', checked: values.inYear });
    const { name, measure, goal, assignees } = this.#goal.fields;
    const period = h('div', { class: 'field-pair' }, this.#start.element, this.#end.element);
    const shortcuts = periodShortcuts(values.start, (start, end) => this.#setPeriod(start, end));
    this.#form = new Form({
      fields: { ...this.#goal.fields, start: this.#start, end: this.#end },
      content: [name.element, measure.element, goal.element, period, shortcuts, assignees.element, h('label', { class: 'check' }, this.#inYear, t('target.inYear'))],
      action: t('save'),
      check: () => this.#check(),
      submit: () => this.#submit(),
      cancel: () => this.#dialog.close(),
    });
  }

  open() {
    this.#dialog = openDialog({ title: t(this.#options.target ? 'target.edit' : 'target.new') });
    this.#dialog.body.append(this.#form.element);
    this.#goal.fields.name.control.focus();
  }

  #setPeriod(start, end) {
    this.#start.control.value = start;
    this.#end.control.value = end;
  }

  #check() {
    const errors = this.#goal.check();
    const [start, end] = [this.#start.control.value, this.#end.control.value];
    if (!start) errors.start = t('field.date');
    if (!end) errors.end = t('field.date');
    if (start && end && end < start) errors.end = t('field.endBeforeStart');
    return errors;
  }

  async #submit() {
    const { target, onsaved } = this.#options;
    const body = { ...this.#goal.body(), start: this.#start.control.value, end: this.#end.control.value, inYear: this.#inYear.checked };
    try {
      const { status, data } = target
        ? await call('PUT', `/targets/${encodeURIComponent(target.id)}`, { body, etag: target.etag })
        : await call('POST', '/targets', { body });
      announce(t(status === 202 ? 'saved.soon' : 'target.saved', { name: body.name }));
      this.#dialog.close();
      onsaved(status === 202 ? null : data);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      const onclick = () => this.#takeCurrent();
      this.#form.showAlert(t('conflict.target'), h('button', { type: 'button', class: 'button', onclick }, t('conflict.take')));
    }
  }

  /** Opens the editor again with the values that someone else saved. */
  async #takeCurrent() {
    const { target, onsaved } = this.#options;
    const { data, etag } = await call('GET', `/targets/${encodeURIComponent(target.id)}`);
    const current = { ...data, etag: data.etag ?? etag };
    this.#dialog.close();
    onsaved(current);
    openTargetEditor({ ...this.#options, target: current });
  }
}

function newTarget({ measure, year, assignees }) {
  return { name: '', measure, goal: '', start: `${year}-01-01`, end: `${year}-12-31`, assignees, inYear: true };
}

/** Buttons for the month, quarter and year around today, or the first ones of another year. */
function periodShortcuts(start, set) {
  const year = Number(start.slice(0, 4));
  const month = today().startsWith(String(year)) ? Number(today().slice(5, 7)) : 1;
  const two = (value) => String(value).padStart(2, '0');
  const months = (first, last) => [`${year}-${two(first)}-01`, `${year}-${two(last)}-${daysInMonth(year, last)}`];
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

// A form: it shows errors at their fields, and above the fields what concerns the form as a whole.

import { t } from '../i18n/i18n.js';
import { h } from '../lib/dom.js';
import { explain, Problem } from '../lib/problem.js';

export class Form {
  #fields;
  #check;
  #submit;
  #alert = h('div', { class: 'form-error', role: 'alert', hidden: true });
  #button;
  element;

  /**
   * @param fields by the member's name in the server's API
   * @param content the elements to show; the fields when it is left out
   * @param action the text of the button that submits
   * @param check returns `{member: text}` for the errors that can be seen before the form is sent
   * @param submit sends the form; a `Problem` that it throws is shown
   * @param cancel called by the cancel button; without it there is none
   */
  constructor({ fields, content, action, check, submit, cancel }) {
    this.#fields = fields;
    this.#check = check;
    this.#submit = submit;
    this.#button = h('button', { type: 'submit', class: 'button button-primary' }, action);
    const cancelButton = cancel && h('button', { type: 'button', class: 'button', onclick: cancel }, t('cancel'));
    this.element = h(
      'form',
      { class: 'form', novalidate: true, onsubmit: (event) => this.#onSubmit(event) },
      this.#alert,
      content ?? Object.values(fields).map((item) => item.element),
      h('div', { class: 'form-actions' }, this.#button, cancelButton),
    );
  }

  /** Shows a message above the fields. */
  showAlert(text, ...more) {
    this.#alert.replaceChildren(h('p', null, text), ...more);
    this.#alert.hidden = false;
    this.#alert.scrollIntoView({ block: 'nearest' });
  }

  async #onSubmit(event) {
    event.preventDefault();
    this.#clear();
    const errors = this.#check?.() ?? {};
    if (Object.keys(errors).length > 0) return this.#showErrors(errors);
    this.#button.disabled = true;
    try {
      await this.#submit();
    } catch (error) {
      this.#showFailure(error);
    } finally {
      this.#button.disabled = false;
    }
  }

  #clear() {
    this.#alert.hidden = true;
    this.#alert.replaceChildren();
    for (const item of Object.values(this.#fields)) item.showError('');
  }

  #showErrors(errors) {
    for (const [member, text] of Object.entries(errors)) this.#fields[member]?.showError(text);
    const first = Object.keys(this.#fields).find((member) => errors[member]);
    this.#fields[first]?.control.focus();
  }

  /** Shows each error at the field it names, and above the fields those that name none. */
  #showFailure(error) {
    const errors = error instanceof Problem ? error.errors : [];
    const atFields = errors.filter(({ member }) => this.#fields[fieldOf(member)]);
    this.#showErrors(Object.fromEntries(atFields.map(({ member, reason }) => [fieldOf(member), t('field.refused', { reason })])));
    const rest = errors.filter((item) => !atFields.includes(item)).map(({ member, reason }) => `${member} ${reason}`);
    if (atFields.length === 0 || rest.length > 0) this.showAlert([explain(error), ...rest].join(' '));
  }
}

/** `assignees[0]` and `goal.amount` belong to the fields `assignees` and `goal`. */
const fieldOf = (member) => member.split(/[.[]/)[0];

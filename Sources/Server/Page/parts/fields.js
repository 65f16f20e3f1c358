// The controls of a form: each field has a label, a hint and an error.

import { h, uniqueId } from '../lib/dom.js';

/** A field with its label. `showError(text)` shows what is wrong with it; an empty text removes the error. */
export function field(label, control, { hint, wide = false } = {}) {
  const id = uniqueId('field');
  const error = h('p', { class: 'field-error', id: `${id}-error`, hidden: true });
  const hintText = hint && h('p', { class: 'field-hint', id: `${id}-hint` }, hint);
  control.id = id;
  if (hint) control.setAttribute('aria-describedby', `${id}-hint`);
  const element = h('div', { class: wide ? 'field field-wide' : 'field' }, h('label', { for: id }, label), control, hintText, error);
  return { element, control, showError: errorShower(control, error, hint ? `${id}-hint` : '') };
}

/** Several controls under one label: radio buttons, or a list of checkboxes. */
export function fieldGroup(label, content, { hint, control } = {}) {
  const id = uniqueId('group');
  const error = h('p', { class: 'field-error', id: `${id}-error`, hidden: true });
  const element = h(
    'fieldset',
    { class: 'field field-wide' },
    h('legend', null, label),
    hint && h('p', { class: 'field-hint' }, hint),
    content,
    error,
  );
  return { element, control: control ?? content.querySelector('input'), showError: errorShower(control ?? element, error, '') };
}

function errorShower(control, error, hintId) {
  return (text) => {
    error.textContent = text;
    error.hidden = text === '';
    if (text) {
      control.setAttribute('aria-invalid', 'true');
      control.setAttribute('aria-describedby', `${error.id} ${hintId}`.trim());
    } else {
      control.removeAttribute('aria-invalid');
      if (hintId) control.setAttribute('aria-describedby', hintId);
      else control.removeAttribute('aria-describedby');
    }
  };
}

/** A choice between a few options, shown as a row of buttons. */
export function segments(label, options, chosen, onchange) {
  const name = uniqueId('choice');
  return h(
    'div',
    { class: 'segments', role: 'radiogroup', 'aria-label': label },
    options.map(([value, text]) =>
      h(
        'label',
        { class: 'segment' },
        h('input', { type: 'radio', name, value, 'data-key': `${label} ${value}`, checked: value === chosen, onchange: () => onchange(value) }),
        h('span', null, text),
      ),
    ),
  );
}

/** @param options `[value, text]` pairs */
export function select(options, chosen, attributes = {}) {
  return h(
    'select',
    attributes,
    options.map(([value, text]) => h('option', { value, selected: String(value) === String(chosen) }, text)),
  );
}

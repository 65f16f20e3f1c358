// Forms: a label, a hint and an error with every field, and one sentence for what concerns the whole.

import { t } from '../i18n/i18n.js';
import { h } from '../lib/dom.js';
import { explain, Problem } from '../lib/problem.js';

/**
 * A form around these fields.
 * @param fields by the name of the member that the server knows
 * @param check returns `{member: text}` for what can be seen to be wrong before it is sent
 * @param submit sends it; a `Problem` that it throws is shown where it belongs
 */
export function form({ fields, content, action, check, submit, cancel }) {
  const alert = h('div', { class: 'form-error', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit', class: 'button button-primary' }, action);
  const element = h(
    'form',
    { class: 'form', novalidate: true, onsubmit: onSubmit },
    alert,
    content ?? Object.values(fields).map((item) => item.element),
    h('div', { class: 'form-actions' }, button, cancel && h('button', { type: 'button', class: 'button', onclick: cancel }, t('cancel'))),
  );

  async function onSubmit(event) {
    event.preventDefault();
    clear();
    const wrong = check?.() ?? {};
    if (Object.keys(wrong).length > 0) return show(wrong);
    button.disabled = true;
    try {
      await submit();
    } catch (error) {
      fail(error);
    } finally {
      button.disabled = false;
    }
  }

  function clear() {
    alert.hidden = true;
    alert.replaceChildren();
    for (const item of Object.values(fields)) item.showError('');
  }

  function show(wrong) {
    for (const [member, text] of Object.entries(wrong)) fields[member]?.showError(text);
    const first = Object.keys(fields).find((member) => wrong[member]);
    fields[first]?.control.focus();
  }

  /** Errors at the fields they name; what names none of ours goes on top. */
  function fail(error) {
    const named = error instanceof Problem ? error.errors : [];
    const ours = named.filter(({ member }) => fields[root(member)]);
    show(Object.fromEntries(ours.map(({ member, reason }) => [root(member), t('field.refused', { reason })])));
    const rest = named.filter((item) => !ours.includes(item)).map(({ member, reason }) => `${member} ${reason}`);
    if (ours.length === 0 || rest.length > 0) tell([explain(error), ...rest].join(' '));
  }

  function tell(text, ...more) {
    alert.replaceChildren(h('p', null, text), ...more);
    alert.hidden = false;
    alert.scrollIntoView({ block: 'nearest' });
  }

  return { element, tell, show, clear };
}

const root = (member) => member.split(/[.[]/)[0];

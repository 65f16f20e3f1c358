// The door: name and password.

import { t } from '../i18n/i18n.js';
import { h } from '../lib/dom.js';
import { Problem } from '../lib/problem.js';
import { signIn } from '../lib/session.js';
import { field } from '../parts/fields.js';
import { Form } from '../parts/form.js';
import { brandMark } from '../parts/icons.js';
import { languageButton, themeButton } from '../parts/top-bar.js';

/**
 * The form.
 * @param message why the viewer stands here again; left out at the first time
 * @param onsignedin called with what `GET /me` answers
 */
export function signInView({ message, onsignedin }) {
  const username = field(t('username'), h('input', { type: 'text', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true }));
  const password = field(t('password'), h('input', { type: 'password', name: 'password', autocomplete: 'current-password', required: true }));
  const signInForm = new Form({
    fields: { username, password },
    action: t('signIn'),
    check() {
      const wrong = {};
      if (!username.control.value.trim()) wrong.username = t('field.username.missing');
      if (!password.control.value) wrong.password = t('field.password.missing');
      return wrong;
    },
    async submit() {
      try {
        onsignedin(await signIn(username.control.value.trim(), password.control.value));
      } catch (error) {
        password.control.value = '';
        password.control.focus();
        if (error instanceof Problem && error.status === 401) return signInForm.showAlert(t('signIn.wrong'));
        throw error;
      }
    },
  });
  if (message) signInForm.showAlert(message);
  return h(
    'main',
    { class: 'door', tabindex: '-1' },
    h(
      'div',
      { class: 'door-card' },
      h('div', { class: 'door-head' }, brandMark(), h('h1', null, t('product'))),
      h('p', { class: 'door-lead' }, t('signIn.lead')),
      signInForm.element,
    ),
    h('div', { class: 'door-settings' }, languageButton(), themeButton()),
  );
}

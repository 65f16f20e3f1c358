// The form to sign in with a user name and password.

import { t } from '../i18n/i18n.js';
import { h } from '../lib/dom.js';
import { Problem } from '../lib/problem.js';
import { signIn } from '../lib/session.js';
import { field } from '../parts/fields.js';
import { Form } from '../parts/form.js';
import { brandMark } from '../parts/icons.js';
import { languageButton, themeButton } from '../parts/top-bar.js';

/**
 * @param message why the viewer has to sign in again
 * @param onsignedin called with the viewer, as `GET /me` returns them
 */
export function signInView({ message, onsignedin }) {
  const username = field(t('username'), h('input', { type: 'text', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true }));
  const password = field(t('password'), h('input', { type: 'password', name: 'password', autocomplete: 'current-password', required: true }));
  const signInForm = new Form({
    fields: { username, password },
    action: t('signIn'),
    check() {
      const errors = {};
      if (!username.control.value.trim()) errors.username = t('field.username.missing');
      if (!password.control.value) errors.password = t('field.password.missing');
      return errors;
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
    { class: 'sign-in', tabindex: '-1' },
    h(
      'div',
      { class: 'sign-in-card' },
      h('div', { class: 'sign-in-head' }, brandMark(), h('h1', null, t('product'))),
      h('p', { class: 'sign-in-lead' }, t('signIn.lead')),
      signInForm.element,
    ),
    h('div', { class: 'sign-in-settings' }, languageButton(), themeButton()),
  );
}

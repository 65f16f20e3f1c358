// The bar at the top: whether the numbers are live, the viewer's settings, and signing out.

import { currentLanguage, setLanguage, t } from '../i18n/i18n.js';
import { h, replace, setText } from '../lib/dom.js';
import { isDark, toggleTheme } from '../lib/theme.js';
import { brandMark, icon } from './icons.js';

/** Shows whether the numbers update by themselves. */
export function liveSign() {
  const text = h('span', { class: 'live-text' });
  const element = h('span', { class: 'live', role: 'status', 'data-state': 'connecting' }, h('span', { class: 'live-dot', 'aria-hidden': 'true' }), text);
  let connection = 'connecting';
  let isFresh = true;
  const show = () => {
    const state = connection === 'live' && !isFresh ? 'late' : connection;
    element.dataset.state = state;
    setText(text, t(`live.${state}`));
  };
  show();
  return {
    element,
    setConnection(state) {
      connection = state;
      show();
    },
    /** Whether the results are up to date. */
    setFresh(value) {
      isFresh = value;
      show();
    },
  };
}

export function topBar({ viewer, liveSign, onsignout }) {
  return h(
    'header',
    { class: 'topbar' },
    h('p', { class: 'brand' }, brandMark(), h('span', null, t('product'))),
    liveSign.element,
    h(
      'div',
      { class: 'topbar-settings' },
      languageButton(),
      themeButton(),
      h('p', { class: 'viewer' }, h('span', { class: 'viewer-name' }, viewer.name), h('span', { class: 'viewer-role' }, t(`role.${viewer.role}`))),
      h('button', { type: 'button', class: 'button button-quiet', onclick: onsignout }, icon('leave'), h('span', { class: 'signout-text' }, t('signOut'))),
    ),
  );
}

const names = { en: 'English', nl: 'Nederlands' };

/** Names the other language in that language, for those who read only that one. */
export function languageButton() {
  const other = currentLanguage() === 'nl' ? 'en' : 'nl';
  return h(
    'button',
    { type: 'button', class: 'button button-quiet', lang: other, 'data-focus': 'language', 'aria-label': names[other], onclick: () => setLanguage(other) },
    other.toUpperCase(),
  );
}

export function themeButton() {
  const button = h('button', { type: 'button', class: 'button-icon', onclick: toggleTheme });
  const show = () => {
    replace(button, icon(isDark() ? 'sun' : 'moon'));
    button.setAttribute('aria-label', t(isDark() ? 'theme.light' : 'theme.dark'));
  };
  show();
  window.addEventListener('salestargets:theme', show);
  return button;
}

// Who is looking, how fresh it is, and the way out.

import { h, setText } from '../lib/dom.js';
import { brandMark, icon } from './icons.js';
import { t } from '../i18n/i18n.js';
import { languageButton, themeButton } from './preference-buttons.js';

/** Tells whether the numbers move by themselves. */
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
    show(state) {
      connection = state;
      show();
    },
    /** Whether what is shown is as new as it could be. */
    fresh(value) {
      isFresh = value;
      show();
    },
  };
}

export function topBar({ viewer, live, onsignout }) {
  return h(
    'header',
    { class: 'topbar' },
    h('p', { class: 'brand' }, brandMark(), h('span', null, t('product'))),
    live.element,
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

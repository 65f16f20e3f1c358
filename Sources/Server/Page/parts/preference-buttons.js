// Language and theme: what a viewer sets on this device.

import { h, replace } from '../lib/dom.js';
import { icon } from './icons.js';
import { currentLanguage, setLanguage, t } from '../i18n/i18n.js';
import { isDark, toggleTheme } from '../lib/theme.js';

const names = { en: 'English', nl: 'Nederlands' };

/** Says the other language's name in that language, as its speakers look for it. */
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

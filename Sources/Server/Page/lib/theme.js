// The light or dark theme: the system's, unless the viewer chose the other on this device.

import { device } from './storage.js';

const KEY = 'salestargets.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

apply(device.get(KEY));
system.addEventListener('change', notify);

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : system.matches;
}

export function toggleTheme() {
  const chosen = isDark() ? 'light' : 'dark';
  // The system's own theme is not stored, so that the page follows the system again.
  const stored = (chosen === 'dark') === system.matches ? null : chosen;
  device.set(KEY, stored);
  apply(stored);
  notify();
}

function apply(theme) {
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function notify() {
  window.dispatchEvent(new Event('salestargets:theme'));
}

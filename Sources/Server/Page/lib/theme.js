// Light or dark: the system's choice, until the viewer makes another on this device.

import { device } from './storage.js';

const KEY = 'salestargets.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

apply(device.get(KEY));
system.addEventListener('change', tell);

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : system.matches;
}

export function toggleTheme() {
  const chosen = isDark() ? 'light' : 'dark';
  // Back on the system's own choice, there is nothing to remember.
  const kept = (chosen === 'dark') === system.matches ? null : chosen;
  device.set(KEY, kept);
  apply(kept);
  tell();
}

function apply(theme) {
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function tell() {
  window.dispatchEvent(new Event('salestargets:theme'));
}

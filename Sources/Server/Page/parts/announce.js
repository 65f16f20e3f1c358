// Announcements for screen readers. Changes that come by themselves are announced once a minute at most.

import { h } from '../lib/dom.js';

const PAUSE = 60_000;
const region = h('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
document.body.append(region);

let waiting = null;
let last = 0;

/** Announces at once, after something the viewer did. */
export function announce(text) {
  clearTimeout(waiting);
  waiting = null;
  last = Date.now();
  region.textContent = text;
}

/** Announces after a pause. A later call replaces the one that waits. `text()` is called when it is announced. */
export function announceLater(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => announce(text()), Math.max(1_000, last + PAUSE - Date.now()));
}

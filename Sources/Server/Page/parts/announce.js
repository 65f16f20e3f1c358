// Tells people who do not see the screen what changed: politely, and not at every order.

import { h } from '../lib/dom.js';

const PAUSE = 60_000;
const region = h('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
document.body.append(region);

let waiting = null;
let last = 0;

/** Says it at once: the answer to something the viewer did. */
export function announce(text) {
  clearTimeout(waiting);
  waiting = null;
  last = Date.now();
  region.textContent = text;
}

/** Says it when there has been a pause; what comes in meanwhile takes its place. `text` is asked for at that moment. */
export function announceLater(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => announce(text()), Math.max(1_000, last + PAUSE - Date.now()));
}

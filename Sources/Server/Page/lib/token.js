// The session's token, where the cookie does not reach: in a third-party frame, or with cookies blocked.

import { tab } from './storage.js';

const KEY = 'salestargets.token';

export const isFramed = window.self !== window.top;

let token = isFramed ? tab.get(KEY) : null;

/** What to send as a bearer; null when the cookie speaks for the viewer. */
export function bearer() {
  return token;
}

/** In memory; in a frame also until the tab is closed, because a frame is often loaded anew. */
export function keepBearer(value) {
  token = value;
  if (isFramed) tab.set(KEY, value);
}

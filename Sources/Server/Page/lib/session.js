// Signing in and out.

import { call, isFramed, read, setToken } from './api.js';
import { Problem } from './problem.js';

/**
 * The viewer who is signed in already, by the cookie, by the tab's stored token, or by the link that opened the page.
 * @returns {Promise<object | null>} what `GET /me` returns; null when no one is signed in
 */
export async function resume() {
  const link = takeLink();
  if (!link) return current();
  try {
    return await start({ link });
  } catch (error) {
    // A frame that is loaded again has the used link once more, and the session that it began.
    const viewer = isRefusal(error) ? await current() : null;
    if (viewer && isFor(viewer, link)) return viewer;
    throw error;
  }
}

/** The viewer of the cookie or of the tab's stored token; null when there is none. */
async function current() {
  try {
    return await read('/me');
  } catch (error) {
    if (!isRefusal(error)) throw error;
    setToken(null);
    return null;
  }
}

/** @returns what `GET /me` returns */
export function signIn(username, password) {
  return start({ username, password });
}

export async function signOut() {
  await call('DELETE', '/session');
  setToken(null);
}

async function start(proof) {
  const { data } = await call('POST', '/session', { body: proof });
  // In a frame the browser may share, partition or block the cookie. The token always works.
  setToken(isFramed ? data.token : null);
  try {
    return await read('/me');
  } catch (error) {
    if (isFramed || !isRefusal(error)) throw error;
    setToken(data.token);
    return read('/me');
  }
}

function isRefusal(error) {
  return error instanceof Problem && error.status === 401;
}

/** Whether a link names this viewer. The browser may still have another person's session. */
function isFor(viewer, link) {
  try {
    return JSON.parse(atob(link.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).sub === viewer.id;
  } catch {
    return false;
  }
}

/** Removes the link's token from the address at once, so that it is not bookmarked or shared. */
function takeLink() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const link = fragment.get('link');
  if (!link) return null;
  fragment.delete('link');
  const rest = fragment.toString();
  history.replaceState(null, '', location.pathname + location.search + (rest ? `#${rest}` : ''));
  return link;
}

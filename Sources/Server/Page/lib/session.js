// Signing in and out.

import { call, isFramed, read, setToken } from './api.js';
import { Problem } from './problem.js';

/**
 * The viewer who is signed in already, by the cookie, by the tab's stored token, or by the link that opened the page.
 * @returns {Promise<object | null>} what `GET /me` returns; null when no one is signed in
 */
export async function resume() {
  const link = takeLink();
  if (link) return start({ link });
  try {
    return await read('/me');
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
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
    if (isFramed || !(error instanceof Problem) || error.status !== 401) throw error;
    setToken(data.token);
    return read('/me');
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

// Who is looking, and how they signed in.

import { call, read } from './api.js';
import { Problem } from './problem.js';
import { isFramed, keepBearer } from './token.js';

/**
 * Who is signed in already, by cookie, by what the tab kept, or by a link that brought them here; else null.
 * @returns {Promise<object | null>} what `GET /me` answers
 */
export async function resume() {
  const link = takeLink();
  if (link) return start({ link });
  try {
    return await read('/me');
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    keepBearer(null);
    return null;
  }
}

export function signIn(username, password) {
  return start({ username, password });
}

export async function signOut() {
  await call('DELETE', '/session');
  keepBearer(null);
}

async function start(proof) {
  const { data } = await call('POST', '/session', { body: proof });
  // In a frame the cookie may be shared, partitioned or refused: the token is sure.
  keepBearer(isFramed ? data.token : null);
  try {
    return await read('/me');
  } catch (error) {
    if (isFramed || !(error instanceof Problem) || error.status !== 401) throw error;
    keepBearer(data.token);
    return read('/me');
  }
}

/** A link's token leaves the address at once, so that nobody bookmarks or shares it. */
function takeLink() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const link = fragment.get('link');
  if (!link) return null;
  fragment.delete('link');
  const rest = fragment.toString();
  history.replaceState(null, '', location.pathname + location.search + (rest ? `#${rest}` : ''));
  return link;
}

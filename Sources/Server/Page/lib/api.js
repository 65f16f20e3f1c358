// Calls to the server. One that is refused throws a `Problem`.

import { Problem } from './problem.js';
import { bearer } from './token.js';

const BASE = '/api/v1';

let onSignedOut = () => {};

/** Called when the server no longer knows who is asking. */
export function whenSignedOut(listener) {
  onSignedOut = listener;
}

export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(given).toString();
  return BASE + path + (text ? `?${text}` : '');
}

/** The headers that say who is asking, where the cookie does not. */
export function credentials() {
  const token = bearer();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/**
 * Sends one call.
 * @param etag what If-Match has to say, so that nobody's change is overwritten unseen
 * @returns {Promise<{status: number, data: any, etag: string | null}>}
 */
export async function call(method, path, { query, body, etag } = {}) {
  const headers = { Accept: 'application/json', ...credentials() };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (etag) headers['If-Match'] = /^(W\/)?"/.test(etag) ? etag : `"${etag}"`;
  const response = await send(address(path, query), { method, headers, body: JSON.stringify(body) });
  const data = response.status === 204 ? null : await response.json().catch(() => null);
  return { status: response.status, data, etag: response.headers.get('ETag') };
}

/** What a `GET` answers. */
export async function read(path, query) {
  return (await call('GET', path, { query })).data;
}

/** A file for the viewer to keep. */
export async function download(path, query, name) {
  const response = await send(address(path, query), { headers: credentials() });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function send(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...options });
  } catch {
    throw new Problem(0);
  }
  if (response.ok) return response;
  if (response.status === 401 && !url.startsWith(address('/session'))) onSignedOut();
  throw new Problem(response.status, (await response.json().catch(() => null)) ?? {}, response.headers.get('Retry-After'));
}

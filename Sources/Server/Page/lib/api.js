// Calls to the server. A refused call throws a `Problem`.

import { Problem } from './problem.js';
import { tab } from './storage.js';

const BASE = '/api/v1';
const TOKEN_KEY = 'salestargets.token';

export const isFramed = window.self !== window.top;

/** The session's token, for where the cookie does not work: in a third-party frame, or with cookies blocked. */
let token = isFramed ? tab.get(TOKEN_KEY) : null;
let onSignedOut = () => {};

/** Keeps the token in memory; in a frame also until the tab is closed, because a frame is often reloaded. */
export function setToken(value) {
  token = value;
  if (isFramed) tab.set(TOKEN_KEY, value);
}

/** The headers that say who is asking; empty where the cookie says it. */
export function credentials() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** `listener` is called when the server no longer accepts the session. */
export function whenSignedOut(listener) {
  onSignedOut = listener;
}

export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(given).toString();
  return BASE + path + (text ? `?${text}` : '');
}

/**
 * Sends one call.
 * @param etag the value for If-Match, so that the call does not overwrite a change the viewer has not seen
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

/** The JSON that a `GET` returns. */
export async function read(path, query) {
  return (await call('GET', path, { query })).data;
}

/** Saves what a `GET` returns as a file on the viewer's device. */
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

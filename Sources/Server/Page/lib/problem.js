// Why a call was refused, in the viewer's language.

import { t } from '../i18n/i18n.js';

/** The server's error response; status 0 when the server cannot be reached. */
export class Problem extends Error {
  constructor(status, document = {}, retryAfter = null) {
    super(document.detail ?? '');
    this.status = status;
    this.detail = document.detail ?? '';
    this.errors = document.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

const known = new Set([0, 401, 403, 404, 409, 412, 413, 428, 429, 503]);

/** Whether the same call may succeed in a moment: something is unavailable or busy, and the call itself is right. */
export function isTemporary(error) {
  return error instanceof Problem && [0, 502, 503, 504].includes(error.status);
}

/** One sentence for the viewer. */
export function explain(error) {
  if (!(error instanceof Problem)) return t('problem.unexpected');
  if (error.status === 429 && error.retryAfter) return t('problem.429.after', { seconds: error.retryAfter });
  if (known.has(error.status)) return t(`problem.${error.status}`);
  if (error.status >= 500) return t('problem.500');
  return error.detail || t('problem.unexpected');
}

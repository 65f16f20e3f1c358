// Why someone is credited with an amount, in the viewer's language.

import { money, percentText } from '../lib/format.js';
import { t } from '../i18n/i18n.js';

/** @param currency the order's: an allocation's amount is in it */
export function reasonText(credit, currency) {
  if (!credit.reasons?.length) return credit.because;
  return credit.reasons.map((reason) => one(reason, currency)).join(', ');
}

function one({ kind, allocation, percent, amount }, currency) {
  if (kind !== 'allocation') return t(`reason.${kind}`);
  return t('reason.allocation', { limit: limitText({ percent, amount }, currency), id: allocation });
}

/** What an allocation gives: a part, an amount, or all. */
export function limitText({ percent, amount }, currency) {
  if (percent !== undefined) return percentText(String(percent));
  if (amount !== undefined) return money(String(amount), currency);
  return t('limit.whole');
}

// Who is credited with how much of an order, and why.

import { t } from '../i18n/i18n.js';
import { h } from '../lib/dom.js';
import { money, percentText } from '../lib/format.js';

/**
 * The credits as a list.
 * @param orderCurrency the order's own currency, which an allocation's amount is in
 * @param currency the reporting currency, which credits are in
 * @param assignees the ids whose credits count here; all count when it is left out
 */
export function creditList(credits, orderCurrency, currency, assignees) {
  return h(
    'ul',
    { class: 'credits' },
    credits.map((credit) =>
      h(
        'li',
        { class: assignees && !assignees.has(credit.salesperson) ? 'credit credit-other' : 'credit' },
        h('span', { class: 'credit-name' }, credit.name ?? credit.salesperson),
        h('span', { class: 'credit-reason' }, reasonText(credit, orderCurrency)),
        h('span', { class: 'amount' }, money(credit.amount, currency)),
      ),
    ),
  );
}

function reasonText(credit, currency) {
  if (!credit.reasons?.length) return credit.because;
  return credit.reasons.map((reason) => oneReason(reason, currency)).join(', ');
}

function oneReason({ kind, allocation, percent, amount }, currency) {
  if (kind !== 'allocation') return t(`reason.${kind}`);
  return t('reason.allocation', { limit: limitText({ percent, amount }, currency), id: allocation });
}

/** How much an allocation gives: a percentage, an amount, or the whole order. */
export function limitText({ percent, amount }, currency) {
  if (percent !== undefined) return percentText(String(percent));
  if (amount !== undefined) return money(String(amount), currency);
  return t('limit.whole');
}

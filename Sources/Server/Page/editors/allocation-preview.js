// What an order would be like with an allocation that is not saved yet.

import { t } from '../i18n/i18n.js';
import { h, replace } from '../lib/dom.js';
import { money } from '../lib/format.js';
import { creditList } from '../parts/credits.js';
import { percentOf, progressBar } from '../parts/progress-bar.js';

export class AllocationPreview {
  #order;
  #currency;
  #text = h('p', { class: 'preview-left' });
  #bar = progressBar(t('preview.given'));
  #credits = h('div');
  #content = h('div', { hidden: true }, this.#text, this.#bar.element, h('h4', null, t('preview.after')), this.#credits);
  #hint = h('p', { class: 'field-hint' }, t('preview.hint'));
  element = h('section', { class: 'preview', 'aria-live': 'polite', 'aria-label': t('preview') }, this.#hint, this.#content);

  /** @param currency the reporting currency */
  constructor(order, currency) {
    this.#order = order;
    this.#currency = currency;
  }

  clear() {
    this.#content.hidden = true;
    this.#hint.hidden = false;
  }

  /** @param after the server's preview of the order */
  show(after) {
    const { total, currency, exchangeRate } = this.#order;
    const text = t('preview.left', { left: money(after.unallocated, this.#currency), total: money(total, currency) });
    const leftInOrderCurrency = Number(after.unallocated) * Number(exchangeRate ?? 1);
    this.#text.textContent = text;
    this.#bar.update({ percent: 100 - percentOf(leftInOrderCurrency, total), text });
    replace(this.#credits, creditList(after.credits, currency, this.#currency));
    this.#content.hidden = false;
    this.#hint.hidden = true;
  }
}

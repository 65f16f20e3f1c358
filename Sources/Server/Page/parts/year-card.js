// The card at the top of the full page: the year's summary beside its chart.

import { t } from '../i18n/i18n.js';
import { h } from '../lib/dom.js';
import { YearSummary } from './year-summary.js';
import { legend, YearView } from './year-view.js';

export class YearCard {
  #summary = new YearSummary();
  #view = new YearView();
  element = h(
    'section',
    { class: 'card year', 'aria-label': t('year.section'), 'aria-busy': 'true' },
    this.#summary.element,
    h('figure', { class: 'year-figure' }, h('figcaption', { class: 'figure-head' }, legend(), this.#view.switcher), this.#view.element),
  );

  setBusy(isBusy) {
    this.element.setAttribute('aria-busy', String(isBusy));
  }

  update(data) {
    this.element.classList.add('is-filled');
    this.#summary.update(data);
    this.#view.update(data);
  }

  close() {
    this.#view.close();
  }
}

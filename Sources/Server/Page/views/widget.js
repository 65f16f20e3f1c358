// The home widget, for a small frame: `widget.html` loads this file.

import { t } from '../i18n/i18n.js';
import { sign } from '../lib/decimal.js';
import { h, replace, setText } from '../lib/dom.js';
import { percent, quantity } from '../lib/format.js';
import '../lib/theme.js';
import { figure, glow } from '../parts/figure.js';
import { icon } from '../parts/icons.js';
import { YearView } from '../parts/year-view.js';
import { LiveYear } from './live-year.js';
import { SignInFlow } from './sign-in-flow.js';

class Widget {
  #live;
  #result = figure({ class: 'summary-result' });
  #share = h('span', { class: 'summary-percent' });
  #goal = h('span', { class: 'summary-goal' });
  #view = new YearView();

  constructor(root, viewer, { onrefused }) {
    this.#live = new LiveYear(viewer, { year: (data) => this.#showYear(data), refused: onrefused });
    const { pickers, liveSign, line, alert } = this.#live;
    const result = h('p', null, this.#result.element, ' ', this.#goal);
    replace(
      root,
      h(
        'main',
        { class: 'widget' },
        h('h1', { class: 'visually-hidden' }, t('product')),
        h('div', { class: 'widget-head' }, pickers, liveSign.element, openButton()),
        h('div', { class: 'widget-notices' }, line.element, alert),
        h('div', { class: 'widget-figures' }, result, h('p', null, this.#share), this.#view.switcher),
        this.#view.element,
      ),
    );
    this.#live.start();
  }

  close() {
    this.#live.close();
    this.#view.close();
  }

  #showYear(data) {
    const { measure, currency, total } = data;
    const hasGoal = sign(total.goal) !== 0;
    this.#result.update(total.result, measure, currency);
    const isFirst = this.#share.textContent === '';
    if (setText(this.#share, hasGoal ? percent(total.percent) : '') && !isFirst) glow(this.#share);
    setText(this.#goal, hasGoal ? t('ofGoal', { goal: quantity(total.goal, measure, currency) }) : t('goal.none'));
    this.#view.update(data);
  }
}

function openButton() {
  return h('a', { class: 'button-icon', href: '/', target: '_blank', rel: 'noopener', 'aria-label': t('widget.open') }, icon('open'));
}

const root = document.getElementById('app');
const open = (viewer, handlers) => new Widget(root, viewer, handlers);
new SignInFlow(root, { open, isWidget: true }).start();

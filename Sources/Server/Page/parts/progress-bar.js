// A bar from zero to the goal, with a mark where it should be by today. The bar is to scale above the goal too: 130 %
// looks like 130 %. Below zero it grows to the other side.

import { h } from '../lib/dom.js';

/** A bar; `update` moves it. */
export function progressBar(label) {
  const fill = h('span', { class: 'bar-fill' });
  const pace = h('span', { class: 'bar-pace' });
  const goal = h('span', { class: 'bar-goal' });
  const element = h(
    'div',
    { class: 'bar', role: 'progressbar', 'aria-label': label, 'aria-valuemin': '0', 'aria-valuemax': '100' },
    h('span', { class: 'bar-track' }, fill),
    goal,
    pace,
  );

  /**
   * @param percent of the goal
   * @param expected percent of the goal by today; null when nothing is expected by today
   * @param text the value for screen readers
   */
  function update({ percent, expected = null, status = '', text }) {
    const low = Math.min(0, percent);
    const high = Math.max(100, percent);
    const place = (value) => `${((value - low) / (high - low)) * 100}%`;
    fill.style.insetInlineStart = place(Math.min(0, percent));
    fill.style.inlineSize = `${(Math.abs(percent) / (high - low)) * 100}%`;
    goal.hidden = percent <= 100;
    goal.style.insetInlineStart = place(100);
    pace.hidden = expected === null || expected <= 0 || expected >= 100;
    pace.style.insetInlineStart = place(expected ?? 0);
    element.dataset.status = percent < 0 ? 'negative' : status;
    element.setAttribute('aria-valuenow', String(Math.min(100, Math.max(0, percent))));
    element.setAttribute('aria-valuetext', text);
  }

  return { element, update };
}

/** `part` as a percentage of `whole`, for drawing. */
export function percentOf(part, whole) {
  return Number(whole) === 0 ? 0 : (Number(part) / Number(whole)) * 100;
}

// Numbers with small cents, which glow briefly when they change.

import { h, replace } from '../lib/dom.js';
import { quantityParts } from '../lib/format.js';

/** A quantity that can be updated. */
export function figure(attributes) {
  const element = h('span', attributes);
  let shown = null;

  function update(text, measure, currency) {
    const parts = quantityParts(text, measure, currency);
    const whole = parts.map((part) => part.value).join('');
    if (whole === shown) return;
    const at = parts.findIndex((part) => part.type === 'decimal');
    const end = parts.findLastIndex((part) => part.type === 'fraction') + 1;
    const join = (some) => some.map((part) => part.value).join('');
    replace(
      element,
      ...(at < 0
        ? [whole]
        : [join(parts.slice(0, at)), h('span', { class: 'cents' }, join(parts.slice(at, end))), join(parts.slice(end))]),
    );
    if (shown !== null) glow(element);
    shown = whole;
  }

  return { element, update };
}

/** Highlights an element that changed, unless the viewer asked for less motion. */
export function glow(element) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  element.classList.remove('glow');
  // Reading a size restarts the animation.
  void element.offsetWidth;
  element.classList.add('glow');
  element.addEventListener('animationend', () => element.classList.remove('glow'), { once: true });
}

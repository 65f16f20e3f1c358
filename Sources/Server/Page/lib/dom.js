// Builds and changes elements. Data becomes text or an attribute, never markup.

const SVG = 'http://www.w3.org/2000/svg';

/** An element with attributes (`on…` are listeners; false, null and undefined are left out) and children. */
export function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for an element of an SVG drawing. */
export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Replaces all children. */
export function replace(parent, ...children) {
  parent.replaceChildren(...nodes(children));
  return parent;
}

/**
 * Replaces all children and keeps the focus: when the focused element is removed, the new one with the same `data-key`
 * gets the focus.
 */
export function replaceInPlace(parent, ...children) {
  const next = nodes(children);
  const isSame = next.length === parent.childNodes.length && next.every((child, index) => child === parent.childNodes[index]);
  if (isSame) return parent;
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  parent.replaceChildren(...next);
  if (focused) {
    const key = focused.dataset.key;
    const successor = focused.isConnected ? focused : key && parent.querySelector(`[data-key="${CSS.escape(key)}"]`);
    (successor || parent.closest('dialog')?.querySelector('h2') || document.querySelector('main'))?.focus();
  }
  return parent;
}

/** Sets a text; changes nothing when it is the same. Returns whether it changed. */
export function setText(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

let lastId = 0;

/** An id for one element. */
export function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false);
}

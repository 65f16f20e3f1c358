// Dialogs: the browser's own modal dialog, which keeps the focus inside.

import { t } from '../i18n/i18n.js';
import { h, uniqueId } from '../lib/dom.js';
import { icon } from './icons.js';

/**
 * Opens a dialog.
 * @param kind `sheet` (at the side, for reading) or `form`
 * @param onclose called once, when it is closed in any way
 * @returns {{element: HTMLDialogElement, heading: HTMLElement, body: HTMLElement, close: () => void}}
 */
export function openDialog({ title, kind = 'form', onclose }) {
  const id = uniqueId('dialog');
  const heading = h('h2', { id, tabindex: '-1', autofocus: kind === 'sheet' }, title);
  const body = h('div', { class: 'dialog-body' });
  const element = h(
    'dialog',
    { class: `dialog dialog-${kind}`, 'aria-labelledby': id },
    h(
      'header',
      { class: 'dialog-head' },
      heading,
      h('button', { type: 'button', class: 'button-icon', 'aria-label': t('close'), onclick: () => element.close() }, icon('close')),
    ),
    body,
  );
  const opener = document.activeElement;
  element.addEventListener('close', () => {
    element.remove();
    // The button that opened the dialog may have been replaced since then.
    const below = [...document.querySelectorAll('dialog[open]')].at(-1)?.querySelector('h2');
    if (opener?.isConnected) opener.focus();
    else (below ?? document.querySelector('main'))?.focus();
    onclose?.();
  });
  if (kind === 'sheet') {
    element.addEventListener('click', (event) => {
      if (event.target === element) element.close();
    });
  }
  document.body.append(element);
  element.showModal();
  return { element, heading, body, close: () => element.close() };
}

/** Closes all open dialogs. */
export function closeDialogs() {
  for (const element of document.querySelectorAll('dialog[open]')) element.close();
}

/**
 * Asks before something is deleted.
 * @param extra an element to show below the text
 * @param act deletes it; the dialog stays open until it is done, and shows the error when it throws
 * @param explain the text for an error
 * @returns {Promise<boolean>} whether it was done
 */
export function confirm({ title, text, extra, action, act, explain }) {
  return new Promise((resolve) => {
    let done = false;
    const alert = h('p', { class: 'form-error', role: 'alert', hidden: true });
    const { body, close } = openDialog({ title, onclose: () => resolve(done) });
    const button = h('button', { type: 'button', class: 'button button-danger', onclick: run }, action);
    body.append(
      h('p', null, text),
      ...(extra ? [extra] : []),
      alert,
      h(
        'div',
        { class: 'form-actions' },
        button,
        h('button', { type: 'button', class: 'button', autofocus: true, onclick: close }, t('cancel')),
      ),
    );
    body.querySelector('[autofocus]').focus();

    async function run() {
      button.disabled = true;
      alert.hidden = true;
      try {
        await act();
        done = true;
        close();
      } catch (error) {
        alert.textContent = explain(error);
        alert.hidden = false;
        button.disabled = false;
      }
    }
  });
}

// The full view, from the door on.

import { t } from '../i18n/i18n.js';
import { whenSignedOut } from '../lib/api.js';
import { choiceSaved } from '../lib/choice.js';
import { h, replace } from '../lib/dom.js';
import { explain, isTemporary } from '../lib/problem.js';
import { backoff } from '../lib/retry.js';
import { resume, signOut } from '../lib/session.js';
import { closeDialogs } from '../parts/dialog.js';
import { showHome } from './home.js';
import { signInView } from './sign-in.js';
import '../lib/theme.js';

const root = document.getElementById('app');
let viewer = null;
let home = null;

window.addEventListener('salestargets:language', () => {
  const focus = document.activeElement?.dataset.focus;
  show();
  if (focus) root.querySelector(`[data-focus="${focus}"]`)?.focus();
});
whenSignedOut(() => leave(t('signIn.again')));
const entrance = backoff(enter);
enter();

async function enter() {
  entrance.stop();
  try {
    viewer = await resume();
    entrance.worked();
    show();
  } catch (error) {
    if (error.status === 401) return show(t('signIn.linkRefused'));
    if (isTemporary(error)) entrance.failed();
    // What is read out already is not read out again at every attempt.
    if (root.querySelector('.door .form-error')?.textContent === explain(error)) return;
    replace(
      root,
      h(
        'main',
        { class: 'door' },
        h('div', { class: 'door-card' }, h('h1', null, t('product')), h('p', { class: 'form-error', role: 'alert' }, explain(error)), h('button', { type: 'button', class: 'button button-primary', onclick: enter }, t('tryAgain'))),
      ),
    );
  }
}

/** Also after a change of language: everything is built anew in it. */
function show(message) {
  home?.close();
  home = null;
  document.title = t('product');
  if (!viewer) {
    replace(root, signInView({ message, onsignedin: welcome }));
    root.querySelector('input').focus();
  } else if (viewer.role === 'ingest') {
    replace(root, h('main', { class: 'door' }, h('div', { class: 'door-card' }, h('h1', null, t('product')), h('p', null, t('role.ingest.text')))));
  } else {
    home = showHome(root, viewer, { onsignout, onrefused: () => leave(t('signIn.again')) });
  }
}

function welcome(who) {
  viewer = who;
  show();
  root.querySelector('main')?.focus({ preventScroll: true });
}

function leave(message) {
  if (!viewer) return;
  viewer = null;
  closeDialogs();
  show(message);
}

async function onsignout() {
  await choiceSaved();
  try {
    await signOut();
  } catch {
    // The session may have ended by itself; whoever wants to leave leaves.
  }
  leave();
}

// From loading the page to the viewer's own view, and back to the form when the session ends.

import { t } from '../i18n/i18n.js';
import { whenSignedOut } from '../lib/api.js';
import { choiceSaved } from '../lib/choice.js';
import { h, replace } from '../lib/dom.js';
import { explain, isTemporary } from '../lib/problem.js';
import { backoff } from '../lib/retry.js';
import { resume, signOut } from '../lib/session.js';
import { closeDialogs } from '../parts/dialog.js';
import { signInView } from './sign-in.js';

export class SignInFlow {
  #root;
  #open;
  #isWidget;
  #viewer = null;
  /** The viewer's view while one is shown: `{close()}`. */
  #view = null;
  #retry = backoff(() => this.start());

  /**
   * @param open shows the view of a signed-in viewer in `root` and returns it: `open(viewer, {onsignout, onrefused})`
   * @param isWidget in a frame: messages have no card around them, and the focus stays in the page around the frame
   */
  constructor(root, { open, isWidget = false }) {
    this.#root = root;
    this.#open = open;
    this.#isWidget = isWidget;
    window.addEventListener('salestargets:language', () => this.#showInNewLanguage());
    whenSignedOut(() => this.#signedOut(t('signIn.again')));
  }

  /** Finds out who is signed in already. */
  async start() {
    this.#retry.stop();
    try {
      this.#viewer = await resume();
      this.#retry.worked();
      this.#show();
    } catch (error) {
      if (error.status === 401) return this.#show(t('signIn.linkRefused'));
      if (isTemporary(error)) this.#retry.failed();
      this.#showError(explain(error));
    }
  }

  /** @param message why the viewer has to sign in again */
  #show(message) {
    this.#view?.close();
    this.#view = null;
    document.title = t('product');
    if (!this.#viewer) {
      replace(this.#root, signInView({ message, onsignedin: (viewer) => this.#signedIn(viewer) }));
      if (!this.#isWidget) this.#root.querySelector('input').focus();
    } else if (this.#viewer.role === 'ingest') {
      this.#showMessage(h('p', null, t('role.ingest.text')));
    } else {
      const onrefused = () => this.#signedOut(t('signIn.again'));
      this.#view = this.#open(this.#viewer, { onsignout: () => this.#signOut(), onrefused });
    }
  }

  #showError(text) {
    // A screen reader would read the same message again at every attempt.
    if (this.#root.querySelector('.sign-in .form-error')?.textContent === text) return;
    const kind = this.#isWidget ? 'button' : 'button button-primary';
    this.#showMessage(
      h('p', { class: 'form-error', role: 'alert' }, text),
      h('button', { type: 'button', class: kind, onclick: () => this.start() }, t('tryAgain')),
    );
  }

  #showMessage(...content) {
    const card = h('div', { class: 'sign-in-card' }, h('h1', null, t('product')), content);
    replace(this.#root, h('main', { class: 'sign-in' }, this.#isWidget ? content : card));
  }

  /** Builds the view again; the focus stays on the button that changed the language. */
  #showInNewLanguage() {
    const focus = document.activeElement?.dataset.focus;
    this.#show();
    if (focus) this.#root.querySelector(`[data-focus="${focus}"]`)?.focus();
  }

  #signedIn(viewer) {
    this.#viewer = viewer;
    this.#show();
    if (!this.#isWidget) this.#root.querySelector('main')?.focus({ preventScroll: true });
  }

  #signedOut(message) {
    if (!this.#viewer) return;
    this.#viewer = null;
    closeDialogs();
    this.#show(message);
  }

  async #signOut() {
    await choiceSaved();
    try {
      await signOut();
    } catch {
      // The session may have ended already. The viewer leaves all the same.
    }
    this.#signedOut();
  }
}

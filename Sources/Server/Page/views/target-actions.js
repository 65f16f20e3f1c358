// The buttons above the targets, and what they and a target's own buttons do.

import { openCopyEditor } from '../editors/copy-editor.js';
import { openMonthEditor } from '../editors/month-editor.js';
import { openTargetEditor } from '../editors/target-editor.js';
import { t } from '../i18n/i18n.js';
import { call, download } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { explain } from '../lib/problem.js';
import { announce } from '../parts/announce.js';
import { confirm } from '../parts/dialog.js';
import { icon } from '../parts/icons.js';
import { openOrderFinder } from './order.js';

export class TargetActions {
  #live;
  #list;
  #openOrder;

  /**
   * @param live the `LiveYear` that is shown
   * @param list the `TargetList` that is shown
   * @param openOrder shows the order with an id
   */
  constructor({ live, list, openOrder }) {
    this.#live = live;
    this.#list = list;
    this.#openOrder = openOrder;
  }

  buttons() {
    const { isManager } = this.#live;
    return h(
      'div',
      { class: 'section-actions' },
      isManager && button('target.new', 'add', () => this.edit(null), 'button-primary'),
      isManager && button('months.open', 'months', () => this.#fillMonths()),
      isManager && button('copy.open', 'copy', () => this.#copyYear()),
      isManager && button('order.find', 'search', () => openOrderFinder(this.#openOrder)),
      button('download', 'download', () => this.#download()),
    );
  }

  /** @param target the one to change; null for a new one */
  edit(target) {
    const onsaved = (saved) => {
      if (saved) this.#list.put(saved);
      this.#live.readYear();
    };
    openTargetEditor({ target, ...this.#editorInput(), onsaved });
  }

  async remove(target) {
    const name = target.name || target.id;
    const isDone = await confirm({
      title: t('target.remove'),
      text: t('target.remove.sure', { name, count: target.orders }),
      action: t('remove'),
      act: () => call('DELETE', `/targets/${encodeURIComponent(target.id)}`, { etag: this.#list.known(target.id)?.etag ?? target.etag }),
      explain: (error) => (error.status === 412 ? t('conflict.remove') : explain(error)),
    });
    if (!isDone) return;
    this.#list.remove(target.id);
    announce(t('target.removed', { name }));
    this.#live.readYear();
  }

  #fillMonths() {
    openMonthEditor({ ...this.#editorInput(), onsaved: () => this.#live.readAll() });
  }

  #copyYear() {
    const onsaved = (year) => this.#live.choose({ ...this.#live.choice, year });
    openCopyEditor({ ...this.#editorInput(), onsaved });
  }

  async #download() {
    const { choice, reader } = this.#live;
    try {
      await download('/targets.csv', choice, `targets-${choice.year}.csv`);
    } catch (error) {
      reader.showError(error);
    }
  }

  #editorInput() {
    const { choice, people, currency } = this.#live;
    const assignees = choice.salesperson === 'all' ? [] : [choice.salesperson];
    return { defaults: { measure: choice.measure, year: choice.year, assignees }, people, currency };
  }
}

function button(key, sign, onclick, kind = '') {
  return h('button', { type: 'button', class: `button ${kind}`, onclick }, icon(sign), t(key));
}

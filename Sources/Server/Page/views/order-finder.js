// Opens an order by its id.

import { openDialog } from '../parts/dialog.js';
import { h } from '../lib/dom.js';
import { field, form } from '../parts/form.js';
import { t } from '../i18n/i18n.js';

export function openOrderFinder(onfound) {
  const { body, close } = openDialog({ title: t('order.find') });
  const id = field(t('order.id'), h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', maxlength: '128' }), { hint: t('order.id.hint') });
  const value = () => id.control.value.trim();
  const editor = form({
    fields: { id },
    action: t('order.open'),
    check: () => (/^[A-Za-z0-9._:@-]{1,128}$/.test(value()) ? {} : { id: t('field.id') }),
    submit() {
      const found = value();
      close();
      onfound(found);
    },
    cancel: close,
  });
  body.append(editor.element);
  id.control.focus();
}

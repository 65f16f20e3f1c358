// What the viewer looks at: whose year, which year, which measure. The server keeps it for the next sign-in.

import { call } from './api.js';
import { thisYear } from './calendar.js';

/** The choice from the viewer's last visit. */
export function savedChoice(viewer) {
  const { year, salesperson, measure } = viewer.preferences.widget;
  return {
    year: year ?? thisYear(),
    salesperson: viewer.role === 'manager' ? (salesperson ?? 'all') : viewer.id,
    measure: measure ?? 'revenue',
  };
}

let saving = Promise.resolve();

/** Saves the choice on the server. The calls go one after the other, so that the last one stays; a failure is ignored. */
export function saveChoice(viewer, choice) {
  viewer.preferences.widget = choice;
  saving = saving.then(() => call('PUT', '/me/preferences', { body: { widget: choice } })).catch(() => {});
}

/** Waits until the last choice is saved. */
export function choiceSaved() {
  return saving;
}

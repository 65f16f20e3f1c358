// The icons: strokes on a grid of 20, in the colour of the text beside them.

import { svg } from '../lib/dom.js';

const paths = {
  ahead: 'M10 16V4M5 9l5-5 5 5',
  behind: 'M10 4v12M5 11l5 5 5-5',
  achieved: 'M4 10.5l4 4 8-9',
  missed: 'M5 5l10 10M15 5L5 15',
  upcoming: 'M10 5.5V10l3 2M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0z',
  close: 'M5 5l10 10M15 5L5 15',
  edit: 'M4 16l.8-3.4L13 4.4a1.6 1.6 0 0 1 2.3 0l.3.3a1.6 1.6 0 0 1 0 2.3L7.4 15.2 4 16z',
  remove: 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6M8.6 9v4M11.4 9v4',
  add: 'M10 4v12M4 10h12',
  next: 'M8 5l5 5-5 5',
  previous: 'M12 5l-5 5 5 5',
  down: 'M5 8l5 5 5-5',
  download: 'M10 3v9M6 8.5l4 4 4-4M4 16.5h12',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  months: 'M4 5.5h12v11H4zM4 9h12M7.5 3.5v3M12.5 3.5v3',
  sun: 'M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4zM10 2v2M10 16v2M2 10h2M16 10h2M4.4 4.4l1.4 1.4M14.2 14.2l1.4 1.4M15.6 4.4l-1.4 1.4M5.8 14.2l-1.4 1.4',
  moon: 'M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z',
  leave: 'M8 4H4v12h4M9 10h8M14 7l3 3-3 3',
  open: 'M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7',
  search: 'M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4',
  chart: 'M4 4v12h12M6.5 12.5l3-4 3 2.5 4-6',
  table: 'M4 5h12v10H4zM4 8.5h12M4 12h12M9 5v10',
};

export function icon(name) {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 20 20', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: paths[name] }),
  );
}

/** The product's logo: a line that rises above its goal. */
export function brandMark() {
  return svg(
    'svg',
    { class: 'brand-mark', viewBox: '0 0 32 32', 'aria-hidden': 'true', focusable: 'false' },
    svg('rect', { class: 'brand-ground', width: '32', height: '32', rx: '9' }),
    svg('path', { class: 'brand-goal', d: 'M6 12h20' }),
    svg('path', { class: 'brand-line', d: 'M6 24c5 0 6-5 10-7s6-2 10-9' }),
  );
}

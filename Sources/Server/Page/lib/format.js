// Money, counts, percentages and dates in the viewer's format. Intl gets amounts as texts, because it reads texts exactly.

import { locale, t } from '../i18n/i18n.js';

const cache = new Map();

function cached(Kind, options) {
  const key = `${Kind.name} ${locale()} ${JSON.stringify(options)}`;
  if (!cache.has(key)) cache.set(key, new Kind(locale(), options));
  return cache.get(key);
}

const number = (options) => cached(Intl.NumberFormat, options);
const date = (options) => cached(Intl.DateTimeFormat, { timeZone: 'UTC', ...options });

/** `1250.00` and `EUR` as the viewer writes them. */
export function money(text, currency) {
  return number({ style: 'currency', currency }).format(text);
}

/** A quantity of a measure: money, or a count. */
export function quantity(text, measure, currency) {
  return measure === 'revenue' ? money(text, currency) : number({ maximumFractionDigits: 0 }).format(text);
}

/** The same in parts, so that the cents can be shown smaller. */
export function quantityParts(text, measure, currency) {
  const format = measure === 'revenue' ? number({ style: 'currency', currency }) : number({ maximumFractionDigits: 0 });
  return format.formatToParts(text);
}

/** A short form, for an axis. */
export function compact(value, measure, currency) {
  const style = measure === 'revenue' ? { style: 'currency', currency } : {};
  return number({ ...style, notation: 'compact', maximumFractionDigits: 1, minimumFractionDigits: 0 }).format(value);
}

/** A decimal as the viewer would type it. */
export function plain(text) {
  // Not every browser knows more than 20 digits after the point.
  const decimals = Math.min(text.split('.')[1]?.length ?? 0, 20);
  return number({ minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(text);
}

/** 67.7 as the viewer writes it. */
export function percent(value) {
  return number({ style: 'unit', unit: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}

/** A limit with all its decimals, four at most. */
export function percentText(text) {
  return number({ style: 'unit', unit: 'percent', maximumFractionDigits: 4 }).format(text);
}

const at = (day) => new Date(`${day}T00:00:00Z`);

/** A calendar day. */
export function day(text) {
  return date({ day: 'numeric', month: 'short', year: 'numeric' }).format(at(text));
}

/** First and last day, as short as the language allows. */
export function period(start, end) {
  return date({ day: 'numeric', month: 'short', year: 'numeric' }).formatRange(at(start), at(end));
}

/** `2026-03` as March 2026. */
export function month(text) {
  return date({ month: 'long', year: 'numeric' }).format(at(`${text}-01`));
}

/** Month 1 to 12, short. */
export function shortMonth(index) {
  return date({ month: 'short' }).format(new Date(Date.UTC(2026, index - 1, 1))).replace(/\.$/, '');
}

/** Names as one text: A, B and C. */
export function list(names) {
  return cached(Intl.ListFormat, { type: 'conjunction' }).format(names);
}

/** The name of a year's salesperson; `all` is named in the viewer's language. */
export function nameOf(salesperson) {
  return salesperson.id === 'all' ? t('everyone') : salesperson.name;
}

/** Compares two texts by the viewer's alphabet. */
export function compare(a, b) {
  return cached(Intl.Collator, { numeric: true }).compare(a, b);
}

/** The time of a moment by the viewer's clock, with the day when it is not today. */
export function clock(moment) {
  const isToday = new Date(moment).toDateString() === new Date().toDateString();
  const time = { hour: '2-digit', minute: '2-digit' };
  return cached(Intl.DateTimeFormat, isToday ? time : { day: 'numeric', month: 'short', ...time }).format(moment);
}

/** How long ago a moment was, in minutes, hours or days. */
export function ago(moment) {
  const minutes = Math.floor((Date.now() - moment) / 60_000);
  const relative = (value, unit) => cached(Intl.RelativeTimeFormat, {}).format(-value, unit);
  if (minutes < 1) return t('fresh.justNow');
  if (minutes < 120) return relative(minutes, 'minute');
  return minutes < 2_880 ? relative(Math.floor(minutes / 60), 'hour') : relative(Math.floor(minutes / 1_440), 'day');
}

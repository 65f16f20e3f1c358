// Exact arithmetic on decimal texts. No number that is shown or sent is ever a double.

import { daysInMonth } from './calendar.js';

function parse(text) {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  return { units: BigInt(sign + whole + fraction), scale: fraction.length };
}

function text(units, scale) {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = scale > 0 ? `.${digits.slice(point)}` : '';
  return (units < 0n ? '-' : '') + digits.slice(0, point) + fraction;
}

/** `a - b`, with the decimals of the one that has more. */
export function subtract(a, b) {
  const [x, y] = [parse(a), parse(b)];
  const scale = Math.max(x.scale, y.scale);
  const units = (value) => value.units * 10n ** BigInt(scale - value.scale);
  return text(units(x) - units(y), scale);
}

/** -1, 0 or 1. */
export function sign(value) {
  const { units } = parse(value);
  return units === 0n ? 0 : units < 0n ? -1 : 1;
}

/** Without the sign. */
export function absolute(value) {
  return value.replace(/^-/, '');
}

/**
 * What the viewer typed, as a decimal text; null when it is not a number. Both `1.250,50` and `1,250.50` are understood:
 * the last separator is the decimal one, unless it is the only one, is the locale's thousands separator, and has three
 * digits after it.
 */
export function fromInput(typed, locale) {
  const bare = typed.replace(/[\s\u00a0\u202f'’]|\p{Sc}|%/gu, '').replace(/\u2212/g, '-');
  if (!/^-?\d[\d.,]*$|^-?[.,]\d+$/.test(bare)) return null;
  const separators = [...bare.matchAll(/[.,]/g)];
  const last = separators.at(-1);
  const isDecimal = last && decidesFraction(bare, separators, last, locale);
  if (!isDecimal) return bare.replace(/[.,]/g, '');
  const whole = bare.slice(0, last.index).replace(/[.,]/g, '');
  return `${whole === '' || whole === '-' ? `${whole}0` : whole}.${bare.slice(last.index + 1) || '0'}`;
}

function decidesFraction(bare, separators, last, locale) {
  const sameKind = separators.filter((found) => found[0] === last[0]);
  if (sameKind.length > 1) return false;
  if (separators.length > 1 || last[0] === decimalSeparator(locale)) return true;
  return bare.length - last.index - 1 !== 3;
}

function decimalSeparator(locale) {
  return new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === 'decimal').value;
}

/** A year's goal spread over its months by days, as the server does it: a running sum, rounded half-even. */
export function spreadOverMonths(goal, year) {
  const { units, scale } = parse(goal);
  const lengths = Array.from({ length: 12 }, (_, month) => daysInMonth(year, month + 1));
  const days = BigInt(lengths.reduce((sum, length) => sum + length, 0));
  let passed = 0n;
  let given = 0n;
  return lengths.map((length) => {
    passed += BigInt(length);
    const upTo = divideHalfEven(units * passed, days);
    const month = upTo - given;
    given = upTo;
    return text(month, scale);
  });
}

function divideHalfEven(value, by) {
  const quotient = value / by;
  const twice = (value % by) * 2n;
  return twice > by || (twice === by && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

// The viewer's language: the one chosen on this device, else the first of the browser's languages that the page has.

import en from './en.js';
import nl from './nl.js';
import { device } from '../lib/storage.js';

const KEY = 'salestargets.language';
const texts = { en, nl };

const languages = Object.keys(texts);

let language = pick();
document.documentElement.lang = language;

function pick() {
  const chosen = device.get(KEY);
  if (languages.includes(chosen)) return chosen;
  const first = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => languages.includes(tag));
  return first ?? 'en';
}

export function currentLanguage() {
  return language;
}

/** Stores the language on this device. Views build their texts again on the event. */
export function setLanguage(chosen) {
  language = chosen;
  device.set(KEY, chosen);
  document.documentElement.lang = chosen;
  window.dispatchEvent(new Event('salestargets:language'));
}

/** The locale of numbers and dates: the browser's variant of the language (nl-BE, en-GB) when it has one. */
export function locale() {
  const own = navigator.languages.find((tag) => tag.toLowerCase().startsWith(language));
  return own ?? (language === 'nl' ? 'nl-NL' : 'en-GB');
}

/** A text in the viewer's language; `{name}` is replaced, and `count` chooses between `one` and `other`. */
export function t(key, values = {}) {
  let text = texts[language][key] ?? texts.en[key] ?? key;
  if (typeof text === 'object') text = text[new Intl.PluralRules(language).select(values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

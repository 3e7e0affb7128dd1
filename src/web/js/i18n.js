// SPDX-License-Identifier: MIT
// i18n.js - English, Korean, Turkish. A text is a key of /i18n/LANG.json; {name} is
// replaced. Numbers, dates and percent follow the language.

export const languages = ['en', 'ko', 'tr'];
let texts = {};
let language = 'en';
let timezone = 'UTC';

export function chosen() {
  const wanted = new URLSearchParams(location.search).get('ui') ?? localStorage.getItem('lang');
  if (languages.includes(wanted)) return wanted;
  return navigator.languages.map((l) => l.slice(0, 2)).find((l) => languages.includes(l)) ?? 'en';
}

export async function setLanguage(next) {
  const answer = await fetch(`/i18n/${next}.json`);
  texts = await answer.json();
  language = next;
  document.documentElement.lang = next;
  localStorage.setItem('lang', next);
}

export const current = () => language;
export const setTimezone = (zone) => { if (zone) timezone = zone; };

export function t(key, values = {}) {
  const text = texts[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}
export const has = (key) => key in texts;
// A text for a value of the data ("channel.x"); the value itself where there is none.
export const name = (kind, value) => texts[`${kind}.${value || 'none'}`] ?? value;

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
export const percent = (share, digits = 0) =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: digits }).format(share);
// Difference of two shares: "+17 points", "+17%p", "+17 puan".
export const points = (difference) => t(Math.abs(Math.round(difference * 100)) === 1 ? 'point' : 'points', {
  n: new Intl.NumberFormat(language, { signDisplay: 'exceptZero', maximumFractionDigits: 0 })
    .format(difference * 100).replace('-', '−'),
});
export const time = (value, options = { dateStyle: 'medium', timeStyle: 'short' }) =>
  new Intl.DateTimeFormat(language, { ...options, timeZone: timezone }).format(new Date(value));
export function ago(value) {
  const seconds = (new Date(value) - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const steps = [[86400, 'day'], [3600, 'hour'], [60, 'minute']];
  for (const [size, unit] of steps) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(Math.trunc(seconds), 'second');
}
// The same for a time to come; one that has just passed is now.
export const soon = (value) => (new Date(value) - Date.now() < 1000 ? t('now') : ago(value));
export const list = (items) => new Intl.ListFormat(language).format(items);

// SPDX-License-Identifier: MIT
// search.js - what is wrong with a search, or odd about it: each place marked in the query.
import { h } from './dom.js';
import { current, has, t } from './i18n.js';
import { indexOf } from './mention.js';

// In English as the parser says it; else in the reader's language, and exactly so below.
function sentences({ code, message, mend }) {
  const exact = mend ? `${message}; ${mend}` : message;
  return has(`query.${code}`) && current() !== 'en'
    ? [h('p', {}, t(`query.${code}`)), h('small', { lang: 'en' }, exact)]
    : [h('p', {}, exact)];
}

function place(query, { start, end }) {
  const index = indexOf(query);
  const from = index[start], to = index[Math.max(end, start)];
  return h('code', { class: 'query' }, query.slice(0, from), h('mark', {}, query.slice(from, to) || ' '), query.slice(to));
}

// `checked` is the answer of /api/v1/check. A card for what is wrong, a line for what is odd; words
// side by side are what a search box is for.
export function notes(query, checked) {
  return checked.valid
    ? checked.warnings.filter(({ code }) => code !== 'implicit-and').map((note) => h('div', { class: 'odd quiet' }, place(query, note), sentences(note)))
    : [h('div', { class: 'card bad', role: 'alert' }, checked.errors.map((note) => h('div', { class: 'wrong' }, place(query, note), sentences(note))))];
}

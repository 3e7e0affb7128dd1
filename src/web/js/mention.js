// SPDX-License-Identifier: MIT
// mention.js - one mention: its words, those that decided marked, and why.
import { h } from './dom.js';
import { ago, name, number, percent, t, time } from './i18n.js';
import { sign } from './chart.js';

const ONE = 1024; // weights are fixed point, 1/1024 (config/schema/mention.schema.json)

// Byte offset in UTF-8 -> index in the string, for every byte.
export function indexOf(text) {
  const map = [];
  let index = 0;
  for (const character of text) {
    const code = character.codePointAt(0);
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let i = 0; i < bytes; i++) map.push(index);
    index += character.length;
  }
  map.push(index);
  return map;
}

// The text as nodes, the parts that decide in <mark>: those of a quarter of the heaviest one's
// weight and more (all of them stand in the table below). Overlaps: the heavier wins.
export function marked(text, field, why = []) {
  const index = indexOf(text);
  const least = Math.max(1, ...why.map((p) => (p.len > 0 ? Math.abs(p.weight ?? 0) / 4 : 0)));
  const parts = why.filter((p) => p.in === field && Math.abs(p.weight ?? 0) >= least && p.len > 0 && p.start + p.len < index.length)
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const taken = [];
  for (const part of parts) {
    const from = index[part.start], to = index[part.start + part.len];
    if (!taken.some((o) => from < o.to && o.from < to)) taken.push({ from, to, weight: part.weight });
  }
  taken.sort((a, b) => a.from - b.from);
  const nodes = [];
  let at = 0;
  for (const { from, to, weight } of taken) {
    const label = weight > 0 ? 'positive' : 'negative';
    nodes.push(text.slice(at, from), h('mark', {
      class: label, title: `${t(label)} ${number(weight / ONE, 2)}`,
    }, text.slice(from, to), h('span', { class: 'sign', 'aria-hidden': 'true' }, weight > 0 ? '+' : '−')));
    at = to;
  }
  nodes.push(text.slice(at));
  return nodes;
}

function whyTable(sentiment) {
  const rows = (sentiment.why ?? []).map((part) => h('tr', {},
    h('td', {}, part.term || '–'),
    h('td', {}, name('rule', part.rule)),
    h('td', { class: 'n' }, number((part.weight ?? 0) / ONE, 2)),
    h('td', { class: 'n' }, number((part.neutrality ?? 0) / ONE, 2))));
  return h('table', { class: 'why' },
    h('thead', {}, h('tr', {}, ['word', 'rule', 'polarity', 'neutrality'].map((k) => h('th', { scope: 'col' }, t(k))))),
    h('tbody', {}, rows),
    sentiment.raw && h('tfoot', {}, h('tr', {}, h('th', { scope: 'row', colspan: 2 }, t('sum')),
      h('td', { class: 'n' }, number(sentiment.raw.polarity / ONE, 2)),
      h('td', { class: 'n' }, number(sentiment.raw.neutrality / ONE, 2)))));
}

export function why(item) {
  const { prob, confidence } = item.sentiment ?? {};
  return h('details', { class: 'because' }, h('summary', {}, t('why')),
    prob && h('p', {}, ['positive', 'neutral', 'negative']
      .map((l) => `${sign[l]} ${t(l)} ${percent(prob[l])}`).join(' · '),
    confidence !== undefined && ` · ${t('confidence')} ${percent(confidence)}`),
    item.sentiment && whyTable(item.sentiment));
}

export function chip(label, extra = '') {
  return h('span', { class: `chip ${label}` }, h('span', { 'aria-hidden': 'true' }, sign[label]), ` ${t(label)}${extra}`);
}

export function mention(item, tools = null) {
  const changed = item.machine && item.machine !== item.label;
  const author = item.author?.name ?? item.author?.handle;
  return h('article', { class: `mention ${item.label}`, 'data-id': item.id, tabindex: -1, lang: ['en', 'ko', 'tr'].includes(item.lang) ? item.lang : undefined },
    h('header', { lang: document.documentElement.lang },
      chip(item.label),
      changed && h('span', { class: 'corrected' }, t('was', { label: t(item.machine) })),
      h('span', { class: 'quiet' }, [name('channel', item.channel), ...(author ? [author] : [])].join(' · ')),
      item.rating && h('span', { class: 'quiet' }, `★ ${number(item.rating.value, 1)}${item.rating.max ? `/${number(item.rating.max)}` : ''}`),
      h('time', { class: 'quiet', datetime: item.event_at, 'data-ago': true, title: time(item.event_at) }, ago(item.event_at)),
      item.cluster && h('span', { class: 'quiet' }, t('alike', { n: number(item.cluster.n - 1) })),
      item.url?.startsWith('http') && h('a', { class: 'quiet', href: item.url, rel: 'noopener noreferrer', target: '_blank' }, t('open_source'))),
    item.title && h('h3', {}, marked(item.title, 'title', item.sentiment?.why)),
    h('p', { class: 'text' }, marked(item.text ?? '', 'text', item.sentiment?.why)),
    h('footer', { lang: document.documentElement.lang },
      (item.topics ?? []).map((topic) => h('span', { class: 'tag' }, topic.id)),
      (item.flags ?? []).map((flag) => h('span', { class: 'tag flag' }, flag.rule)),
      why(item)),
    tools);
}

// Makes the box show the items in their order; those that are there and have not
// changed are not touched: what a reader opened stays open.
export function follow(box, items) {
  const key = (item) => `${item.id} ${item.rev} ${item.label}`;
  const there = new Map([...box.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => there.get(key(item)) ?? mention(item));
  wanted.forEach((node, i) => { node.dataset.key = key(items[i]); });
  for (const child of [...box.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((node, i) => { if (box.children[i] !== node) box.insertBefore(node, box.children[i] ?? null); });
}

// SPDX-License-Identifier: MIT
// chart.js - small SVG charts. Each has a title for screen readers and a table with
// the same numbers behind "show as a table": a picture is never the only way.
import { h, s } from './dom.js';
import { number, percent, t, time } from './i18n.js';

export const labels = ['positive', 'neutral', 'negative'];
export const sign = { positive: '▲', neutral: '●', negative: '▼' };

export function legend() {
  return h('ul', { class: 'legend' }, labels.map((label) =>
    h('li', { class: label }, h('span', { 'aria-hidden': 'true' }, sign[label]), ` ${t(label)}`)));
}

function niceCeiling(value) {
  // its half is a whole number too
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 4, 6, 8, 10].map((m) => m * power).find((m) => m >= value);
}

// Stacked bars over time; negative lies at the bottom, where differences show best.
export function series(data, width = 760, height = 330) {
  const left = 36, bottom = 24, top = 8;
  const inner = width - left - 4, tall = height - top - bottom;
  const most = niceCeiling(Math.max(2, ...data.buckets.map((b) => b.n)));
  const step = inner / Math.max(1, data.buckets.length);
  const bar = Math.max(1, step - Math.min(3, step * 0.2));
  const y = (n) => top + tall - (n / most) * tall;
  const format = data.step === 'hour' ? { hour: '2-digit', minute: '2-digit' } : { month: 'short', day: 'numeric' };
  const svg = s('svg', { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'img' },
    s('title', {}, t('chart.time')));
  const start = new Date(data.since).getTime(), whole = new Date(data.until).getTime() - start;
  const unheard = [];
  for (const deaf of data.deaf ?? []) {
    const from = Math.max(0, (new Date(deaf.since).getTime() - start) / whole);
    const to = Math.min(1, ((deaf.until ? new Date(deaf.until).getTime() : start + whole) - start) / whole);
    if (to <= from) continue;
    const words = `${t('chart.deaf', { source: deaf.source })}, ${time(deaf.since)} – ${deaf.until ? time(deaf.until) : t('now')}`;
    unheard.push(words);
    svg.append(s('rect', {
      x: left + from * inner, y: top, width: Math.max(2, (to - from) * inner), height: tall, class: 'deaf',
    }, s('title', {}, words)));
  }
  for (const part of [0, 0.5, 1]) {
    svg.append(s('line', { x1: left, x2: width - 4, y1: y(most * part), y2: y(most * part), class: 'grid' }),
      s('text', { x: left - 6, y: y(most * part) + 4, class: 'axis end' }, number(most * part)));
  }
  const every = Math.ceil(data.buckets.length / (width < 500 ? 4 : 8));
  data.buckets.forEach((bucket, i) => {
    const x = left + i * step;
    let base = 0;
    const group = s('g', {}, s('title', {}, `${time(bucket.at, data.step === 'hour' ? undefined : { dateStyle: 'medium' })}: ` +
      labels.map((label) => `${sign[label]} ${number(bucket[label])}`).join('  ')));
    for (const label of ['negative', 'neutral', 'positive']) {
      if (!bucket[label]) continue;
      group.append(s('rect', {
        x, width: bar, y: y(base + bucket[label]), height: y(base) - y(base + bucket[label]), class: `fill-${label}`,
      }));
      base += bucket[label];
    }
    svg.append(group);
    if (i % every === 0) svg.append(s('text', { x, y: height - 6, class: 'axis' }, time(bucket.at, format)));
  });
  const deafness = unheard.length > 0 && h('details', { class: 'as-table' },
    h('summary', {}, h('span', { class: 'deaf-key', 'aria-hidden': 'true' }), t('chart.deaf_n', { n: number(unheard.length) })),
    h('ul', {}, unheard.map((words) => h('li', {}, words))));
  return h('figure', {}, svg, deafness, table([t('when'), t('volume'), ...labels.map((l) => t(l))],
    data.buckets.map((b) => [time(b.at, { dateStyle: 'medium', ...(data.step === 'hour' && { timeStyle: 'short' }) }),
      number(b.n), ...labels.map((l) => number(b[l]))])));
}

// One line a row: name, a bar cut by label, numbers.
export function bars(rows) {
  const most = Math.max(1, ...rows.map((r) => r.n));
  return h('ul', { class: 'bars' }, rows.map((row) => h('li', {},
    h('span', { class: 'bar-name' }, row.link ? h('a', { href: row.link, 'data-link': true }, row.name) : row.name),
    split(row, (row.n / most) * 100),
    h('span', { class: 'bar-n' }, number(row.n), row.n > 0 && h('small', { class: 'negative' },
      ` ${sign.negative} ${percent(row.negative / row.n)}`)))));
}

export function split(row, width = 100) {
  const box = s('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', class: 'split', role: 'img' },
    s('title', {}, labels.map((l) => `${t(l)} ${number(row[l])}`).join(', ')));
  let x = 0;
  for (const label of ['negative', 'neutral', 'positive']) {
    const w = row.n ? (row[label] / row.n) * width : 0;
    box.append(s('rect', { x, y: 0, width: w, height: 10, class: `fill-${label}` }));
    x += w;
  }
  return box;
}

// Share of voice with its interval as a whisker.
export function shares(rows) {
  return h('ul', { class: 'bars' }, rows.map((row) => h('li', {},
    h('span', { class: 'bar-name' }, h('a', { href: row.link, 'data-link': true }, row.name), row.competitor && h('small', {}, ` ${t('competitor')}`)),
    s('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', class: 'split', role: 'img' },
      s('title', {}, `${row.name} ${percent(row.share ?? 0)}`),
      s('rect', { x: 0, y: 0, width: (row.share ?? 0) * 100, height: 10, class: row.competitor ? 'fill-rival' : 'fill-own' }),
      row.lo !== null && s('rect', { x: row.lo * 100, y: 4, width: Math.max(0.3, (row.hi - row.lo) * 100), height: 2, class: 'whisker' })),
    h('span', { class: 'bar-n' }, row.share === null ? '–' : percent(row.share),
      row.lo !== null && h('small', {}, ` ${percent(row.lo)}–${percent(row.hi)}`)))));
}

export function table(head, rows) {
  return h('details', { class: 'as-table' }, h('summary', {}, t('as_table')),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('as_table') }, h('table', {},
      h('thead', {}, h('tr', {}, head.map((c) => h('th', { scope: 'col' }, c)))),
      h('tbody', {}, rows.map((r) => h('tr', {}, r.map((c, i) => (i ? h('td', {}, c) : h('th', { scope: 'row' }, c)))))))));
}

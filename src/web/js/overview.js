// SPDX-License-Identifier: MIT
// overview.js - one look: what changed, then colour, then evidence.
import { $, attempt, h, redraw, replace } from './dom.js';
import { name, number, percent, t } from './i18n.js';
import { get, onChange } from './api.js';
import { bars, legend, series, shares, sign } from './chart.js';
import { follow } from './mention.js';
import { first } from './first.js';
import { sentences } from './sentences.js';

const spans = { '24h': 'hour', '7d': 'day', '30d': 'day', '26w': 'week' };
const state = { since: '30d', topic: '' };

function card(id, title, ...children) {
  return h('section', { class: 'card', id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...children);
}

function counts(summary) {
  return h('dl', { class: 'counts' },
    h('div', {}, h('dt', {}, t('mentions')), h('dd', {}, h('a', { id: 'count-n', ...to({}) }, number(summary.n)))),
    ['positive', 'neutral', 'negative'].map((label) => h('div', { class: label },
      h('dt', {}, h('span', { 'aria-hidden': 'true' }, sign[label]), ` ${t(label)}`),
      h('dd', {}, h('a', { id: `count-${label}`, ...to({ label }) }, number(summary[label])),
        summary.n > 0 && h('small', {}, ` ${percent(summary[label] / summary.n)}`)))));
}

const filter = () => ({ since: state.since, topic: state.topic });

// A link to the mentions that a number counts.
function to(what, of = filter()) {
  const address = new URLSearchParams(Object.entries({ ...of, ...what }).filter(([, value]) => value));
  return { href: `/mentions?${address}`, 'data-link': true };
}

// The choice stands in the address: a link to the page shows the same.
function readState() {
  const address = new URLSearchParams(location.search);
  state.since = address.get('since') in spans ? address.get('since') : '30d';
  state.topic = address.get('topic') ?? '';
}
function writeState() {
  const address = new URL(location.href);
  for (const [key, value] of Object.entries(state)) {
    if (value) address.searchParams.set(key, value); else address.searchParams.delete(key);
  }
  history.replaceState(null, '', address);
}

async function drawCounts() {
  redraw($('#counts'), await get('summary', filter()).then(({ seq, ...rest }) => ({ ...rest, ...state })), counts);
}

async function drawCharts() {
  const [time, sov, channels] = await Promise.all([
    get('series', { ...filter(), step: spans[state.since] }), get('sov', { since: state.since }),
    get('channels', filter()),
  ]);
  // drawn as wide as it is shown, so that its letters keep their size on a phone
  const width = Math.max(320, Math.min(760, $('#time-chart').clientWidth));
  redraw($('#time-chart'), time, () => series(time, width, width < 500 ? 240 : 330));
  redraw($('#sov-chart'), { sov, ...state }, () => (sov.n ? shares(sov.brands.map((b) => ({ ...b, link: to({ brand: b.brand }, { since: state.since }).href }))) : h('p', { class: 'quiet' }, t('no_data'))));
  redraw($('#channel-chart'), { channels, ...state }, () => (channels.channels.length
    ? bars(channels.channels.slice(0, 10).map((c) => ({ ...c, name: name('channel', c.channel), link: c.channel && to({ channel: c.channel }).href })))
    : h('p', { class: 'quiet' }, t('no_data'))));
}

async function drawSentences() {
  const { items } = await get('changes', { window: '7d' });
  redraw($('#sentences'), items, sentences);
}

async function drawMentions() {
  const page = await get('mentions', { topic: state.topic, limit: 8 });
  if (page.items.length) follow($('#latest-list'), page.items);
  else replace($('#latest-list'), h('p', { class: 'quiet' }, t('nothing_yet')));
}

const drawAll = () => Promise.all([drawSentences(), drawCounts(), drawCharts(), drawMentions()]);

function controls(topics) {
  const choose = (id, text, options, value, change) => h('label', {}, h('span', {}, t(text)),
    h('select', { id, onchange: (event) => { change(event.target.value); writeState(); attempt(drawAll)(); } },
      options.map(([key, label]) => h('option', { value: key, selected: key === value }, label))));
  return h('div', { class: 'controls' },
    choose('since', 'period', Object.keys(spans).map((k) => [k, t(`span.${k}`)]), state.since, (v) => { state.since = v; }),
    choose('topic', 'topic', [['', t('all_topics')], ...topics.brands.flatMap((b) => b.topics.map((x) => [x.topic, `${b.name} · ${x.topic}`]))],
      state.topic, (v) => { state.topic = v; }));
}

export async function overview(main) {
  readState();
  const [topics, summary] = await Promise.all([get('topics'), get('summary')]);
  const heard = summary.n > 0 || (await get('sources')).sources;
  replace(main,
    h('h1', { class: 'hidden' }, t('overview')),
    heard !== true && first(!heard.length),
    h('div', { id: 'sentences' }),
    controls(topics),
    h('div', { id: 'counts' }),
    h('div', { class: 'grid' },
      card('time', t('over_time'), legend(), h('div', { id: 'time-chart' })),
      card('sov', t('share_of_voice'), h('div', { id: 'sov-chart' })),
      card('channels', t('channels'), h('div', { id: 'channel-chart' }))),
    card('latest', t('latest'), h('div', { id: 'latest-list' }),
      h('p', {}, h('a', { href: '/mentions', 'data-link': true }, t('all_mentions')))));
  await drawAll();
  // counts follow at once; the heavier parts at most every 3 seconds, and not while hidden
  let waiting = false;
  return onChange((change) => {
    if (document.hidden) return;
    if (change.n > 0) $('#first')?.remove();
    drawCounts().catch(() => {}); // the live line says that the server is gone
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (location.pathname === '/') drawAll().catch(() => {});
    }, 3000);
  });
}

// SPDX-License-Identifier: MIT
// overview.js - one look: what changed, then colour, then evidence.
import { $, h, replace } from './dom.js';
import { name, number, t } from './i18n.js';
import { get, onChange } from './api.js';
import { bars, legend, series, shares, sign } from './chart.js';
import { mention } from './mention.js';
import { sentences } from './sentences.js';

const spans = { '24h': 'hour', '7d': 'day', '30d': 'day', '26w': 'week' };
const state = { since: '30d', topic: '' };

function card(id, title, ...children) {
  return h('section', { class: 'card', id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...children);
}

function counts(summary) {
  const share = (n) => (summary.n ? ` ${Math.round((100 * n) / summary.n)}%` : '');
  return h('dl', { class: 'counts' },
    h('div', {}, h('dt', {}, t('mentions')), h('dd', { id: 'count-n' }, number(summary.n))),
    ['positive', 'neutral', 'negative'].map((label) => h('div', { class: label },
      h('dt', {}, h('span', { 'aria-hidden': 'true' }, sign[label]), ` ${t(label)}`),
      h('dd', { id: `count-${label}`, title: share(summary[label]) }, number(summary[label])))));
}

const filter = () => ({ since: state.since, topic: state.topic });

async function drawCounts() {
  replace($('#counts'), counts(await get('summary', filter())));
}

async function drawCharts() {
  const [time, sov, channels] = await Promise.all([
    get('series', { ...filter(), step: spans[state.since] }), get('sov', { since: state.since }),
    get('channels', filter()),
  ]);
  // drawn as wide as it is shown, so that its letters keep their size on a phone
  const width = Math.max(320, Math.min(760, $('#time-chart').clientWidth));
  replace($('#time-chart'), series(time, width, width < 500 ? 240 : 330));
  replace($('#sov-chart'), sov.n ? shares(sov.brands) : h('p', { class: 'quiet' }, t('no_data')));
  replace($('#channel-chart'), channels.channels.length
    ? bars(channels.channels.slice(0, 10).map((c) => ({ ...c, name: name('channel', c.channel), link: `/mentions?channel=${encodeURIComponent(c.channel)}` })))
    : h('p', { class: 'quiet' }, t('no_data')));
}

async function drawSentences() {
  replace($('#sentences'), sentences(await get('changes', { window: '7d' })));
}

async function drawMentions() {
  const page = await get('mentions', { topic: state.topic, limit: 8 });
  replace($('#latest-list'), page.items.length ? page.items.map((item) => mention(item))
    : h('p', { class: 'quiet' }, t('nothing_yet')));
}

const drawAll = () => Promise.all([drawSentences(), drawCounts(), drawCharts(), drawMentions()]);

function controls(topics) {
  const choose = (id, text, options, value, change) => h('label', {}, h('span', {}, t(text)),
    h('select', { id, onchange: (event) => { change(event.target.value); drawAll(); } },
      options.map(([key, label]) => h('option', { value: key, selected: key === value }, label))));
  return h('div', { class: 'controls' },
    choose('since', 'period', Object.keys(spans).map((k) => [k, t(`span.${k}`)]), state.since, (v) => { state.since = v; }),
    choose('topic', 'topic', [['', t('all_topics')], ...topics.brands.flatMap((b) => b.topics.map((x) => [x.topic, `${b.name} · ${x.topic}`]))],
      state.topic, (v) => { state.topic = v; }));
}

export async function overview(main) {
  const topics = await get('topics');
  replace(main,
    h('h1', { class: 'hidden' }, t('overview')),
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
  return onChange(() => {
    if (document.hidden) return;
    drawCounts();
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (location.pathname === '/') drawAll();
    }, 3000);
  });
}

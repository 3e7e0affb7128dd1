// SPDX-License-Identifier: MIT
// sentences.js - the three sentences on top: what changed, who is named, what waits.
// The numbers are the API's (/api/v1/changes); a name never takes a suffix, it stands alone.
import { h } from './dom.js';
import { ago, list, name, number, percent, points, t } from './i18n.js';

const MANY = 3; // names a sentence carries; the others are a number

function names(values) {
  const rest = values.length - MANY;
  return rest > 0 ? `${values.slice(0, MANY).join(', ')} +${number(rest)}` : list(values);
}

function negative(item) {
  if (item.state === 'few') return t('s.few', { n: number(item.now.n) });
  return t(`s.negative.${item.state}`, {
    share: percent(item.now.share), diff: points(item.diff.value), k: number(item.now.k), n: number(item.now.n),
    topic: item.topic ?? t('all_topics'),
  });
}

function competitor(item) {
  if (item.state === 'none') return t('s.competitor.none');
  const values = {
    name: item.name ?? item.brand, people: number(item.named.people),
    share: item.own.now.share === null ? '–' : percent(item.own.now.share),
    diff: item.own.diff ? points(item.own.diff.value) : '',
  };
  return t(item.own.diff && item.state !== 'level' ? 's.competitor.moved' : 's.competitor', values);
}

function waiting(item) {
  if (!item.open) return t('s.waiting.quiet');
  return t(item.overdue ? 's.waiting.late' : 's.waiting.open', { open: number(item.open), overdue: number(item.overdue) });
}

// What cannot be heard and what is silent; it leads to the sources, not to the queue.
function hearing(item) {
  const parts = [];
  if (item.unreachable.length) parts.push(t('s.deaf', { sources: names(item.unreachable.map((x) => x.source)) }));
  if (item.silent.length) {
    parts.push(t('s.silent', { sources: names(item.silent.map((x) =>
      t('s.since', { name: name('channel', x.channel), when: ago(x.since) }))) }));
  }
  return parts.length ? h('a', { class: 'more', href: '/sources', 'data-link': true }, parts.join(' ')) : null;
}

const write = { negative_share: negative, competitor, waiting };
// a rise of the negative share is bad news, a rise of our share of voice is good news
const mood = {
  negative_share: { up: 'worse', down: 'better' },
  competitor: { up: 'better', down: 'worse' },
  waiting: { late: 'worse' },
};

export function sentences(items) {
  return h('ol', { class: 'sentences' }, items.map((item) => h('li', { class: mood[item.kind][item.state] ?? '' },
    h('a', { href: item.link, 'data-link': true }, write[item.kind](item)), item.kind === 'waiting' && hearing(item))));
}

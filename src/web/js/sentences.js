// SPDX-License-Identifier: MIT
// sentences.js - the three sentences on top: what changed, who is named, what waits.
// The numbers are the API's (/api/v1/changes); a name never takes a suffix, it stands alone.
import { h } from './dom.js';
import { ago, list, number, percent, points, t } from './i18n.js';

const page = (link) => link.replace(/^\/api\/v1/, '');

function negative(item) {
  if (item.state === 'few') return t('s.few', { n: number(item.now.n) });
  const values = {
    share: percent(item.now.share), diff: points(item.diff.value), n: number(item.now.n),
    topic: item.topic ?? t('all_topics'),
  };
  return t(`s.negative.${item.state}`, values);
}

function competitor(item) {
  if (item.state === 'none') return t('s.competitor.none');
  const values = {
    name: item.name ?? item.brand, people: number(item.named.people), posts: number(item.named.posts),
    share: item.own.now.share === null ? '–' : percent(item.own.now.share),
    diff: item.own.diff ? points(item.own.diff.value) : '',
  };
  return t(item.own.diff && item.state !== 'level' ? 's.competitor.moved' : 's.competitor', values);
}

function waiting(item) {
  const parts = [item.open
    ? t(item.overdue ? 's.waiting.late' : 's.waiting.open', { open: number(item.open), overdue: number(item.overdue) })
    : t('s.waiting.quiet')];
  if (item.unreachable.length) {
    parts.push(t('s.deaf', { sources: list(item.unreachable.map((x) => x.source)) }));
  }
  if (item.silent.length) {
    parts.push(t('s.silent', { sources: list(item.silent.map((x) => `${x.source} (${ago(x.since)})`)) }));
  }
  return parts.join(' ');
}

const write = { negative_share: negative, competitor, waiting };
// a rise of the negative share is bad news, a rise of our share of voice is good news
const mood = {
  negative_share: { up: 'worse', down: 'better' },
  competitor: { up: 'better', down: 'worse' },
  waiting: { late: 'worse' },
};

export function sentences(changes) {
  return h('ol', { class: 'sentences' }, changes.items.map((item) => h('li', { class: mood[item.kind][item.state] ?? '' },
    h('a', { href: page(item.link), 'data-link': true }, write[item.kind](item)))));
}

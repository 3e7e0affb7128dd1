// SPDX-License-Identifier: MIT
// first.js - what a log without posts shows: what to do next, instead of empty charts.
import { h } from './dom.js';
import { t } from './i18n.js';

const example = `sources:
  - {id: news, kind: feed, url: "https://example.com/feed.xml"}
brands:
  - {id: acme, name: Acme, topics: [{id: acme-all, query: "acme"}]}`;

export function first(noSource) {
  return h('section', { class: 'card first', id: 'first' }, h('h2', {}, t('first.title')),
    noSource
      ? [h('p', {}, t('first.no_source')), h('pre', { tabindex: 0 }, example)]
      : [h('p', {}, t('first.waiting')), h('p', {}, h('a', { href: '/sources', 'data-link': true }, t('first.sources')))]);
}

// SPDX-License-Identifier: MIT
// sources.js - what is heard and what is not: "no mentions" and "cannot hear" never
// look the same.
import { h, replace } from './dom.js';
import { ago, has, number, soon, t, time } from './i18n.js';
import { get, onChange } from './api.js';
import { first } from './first.js';

const mark = { ok: '✓', silent: '…', unreachable: '✕', new: '·' };

const when = (value) => (value ? h('time', { datetime: value, 'data-ago': true, title: time(value) }, ago(value)) : '–');

// "unreachable, next try in 5 minutes", in the language of the page where it knows the cause
function trouble(source) {
  const cause = has(`error.${source.error_code}`) ? t(`error.${source.error_code}`) : source.error;
  return source.next_try_at ? t('next_try', { cause, when: soon(source.next_try_at) }) : cause;
}

// What stands below the state: why it is not heard, since when it is silent, where it has gone.
function remark(source) {
  if (source.error) return h('small', { title: source.error }, trouble(source));
  const usedUp = { budget: 'budget.used', cost: 'cost.used' }[source.waits_by];
  if (usedUp && source.next_try_at) return h('small', {}, t(usedUp, { when: soon(source.next_try_at) }));
  if (source.state === 'silent' && source.since) return h('small', {}, t('silent.since', { when: ago(source.since) }));
  return source.moved_to && h('small', { title: source.moved_to }, t('moved', { to: source.moved_to }));
}

export async function sources(main) {
  const box = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('sources') });
  const draw = async () => {
    const data = await get('sources');
    if (!data.sources.length) { replace(box, first(true)); return; }
    replace(box, h('table', { class: 'sources' },
      h('thead', {}, h('tr', {}, ['source', 'state', 'last_heard', 'last_item', 'last_post', 'posts_usual', 'posts', 'posts_7d'].map((k) => h('th', { scope: 'col', class: k.startsWith('posts') && 'n' }, t(k))))),
      h('tbody', {}, data.sources.map((source) => h('tr', { class: `source-${source.state}`, 'data-source': source.source },
        h('th', { scope: 'row' }, source.source),
        h('td', {}, h('span', { class: 'state' }, h('span', { 'aria-hidden': 'true' }, mark[source.state]), ` ${t(`state.${source.state}`)}`),
          remark(source)),
        h('td', { 'data-name': t('last_heard') }, when(source.last_ok_at)), h('td', { 'data-name': t('last_item') }, when(source.last_item_at)), h('td', { 'data-name': t('last_post') }, when(source.last_post_at)),
        h('td', { class: 'n', 'data-name': t('posts_usual') }, source.items_per_day === undefined ? '–' : number(source.items_per_day, 1)),
        h('td', { class: 'n', 'data-name': t('posts') }, number(source.posts ?? 0)), h('td', { class: 'n', 'data-name': t('posts_7d') }, number(source.posts_7d ?? 0)))))));
  };
  replace(main, h('h1', {}, t('sources')), h('p', { class: 'quiet' }, t('sources.hint')), box);
  await draw();
  return onChange((change) => {
    if (change.sources || change.new) draw().catch(() => {}); // the live line says that the server is gone
  });
}

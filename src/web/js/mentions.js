// SPDX-License-Identifier: MIT
// mentions.js - all mentions, filtered by the address, so that a link shows what it says.
import { $, h, replace } from './dom.js';
import { name, t } from './i18n.js';
import { get } from './api.js';
import { mention } from './mention.js';
import { go } from './main.js';

const keys = ['q', 'topic', 'brand', 'label', 'lang', 'channel', 'voice', 'source', 'since', 'until'];

function read() {
  const address = new URLSearchParams(location.search);
  return Object.fromEntries(keys.map((key) => [key, address.get(key) ?? '']));
}

function form(filter, topics, channels) {
  const select = (key, options) => h('label', {}, h('span', {}, t(key === 'label' ? 'sentiment' : key)),
    h('select', { name: key }, [['', t('any')], ...options].map(([value, text]) =>
      h('option', { value, selected: value === filter[key] }, text))));
  return h('form', {
    class: 'controls', role: 'search',
    onsubmit: (event) => {
      event.preventDefault();
      const wanted = new URLSearchParams();
      for (const [key, value] of [...Object.entries(filter), ...new FormData(event.target)]) {
        if (value) wanted.set(key, value); else wanted.delete(key);
      }
      go(`/mentions?${wanted}`);
    },
    onchange: (event) => { if (event.target.name !== 'q') event.currentTarget.requestSubmit(); },
  },
  h('label', { class: 'wide' }, h('span', {}, t('search')), h('input', { type: 'search', name: 'q', value: filter.q })),
  select('topic', topics.brands.flatMap((b) => b.topics.map((x) => [x.topic, `${b.name} · ${x.topic}`]))),
  select('label', ['positive', 'neutral', 'negative'].map((l) => [l, t(l)])),
  select('lang', ['en', 'ko', 'tr', 'other', 'unknown'].map((l) => [l, name('lang', l)])),
  select('channel', channels.channels.filter((c) => c.channel).map((c) => [c.channel, name('channel', c.channel)])),
  h('button', { type: 'submit' }, t('search')));
}

export async function mentions(main) {
  const filter = read();
  const [topics, channels] = await Promise.all([get('topics'), get('channels')]);
  const box = h('div', { id: 'list', 'aria-live': 'off' });
  const more = h('button', { class: 'more' }, t('more'));
  let cursor = '';
  const load = async () => {
    const page = await get('mentions', { ...filter, cursor, limit: 50 });
    box.append(...page.items.map((item) => mention(item)));
    if (!box.childElementCount) box.append(h('p', { class: 'quiet' }, t('nothing_found')));
    cursor = page.next ?? '';
    more.hidden = !cursor;
  };
  more.addEventListener('click', load);
  replace(main, h('h1', {}, t('mentions')), form(filter, topics, channels), box, more);
  await load();
  $('input[name=q]', main)?.setAttribute('autocomplete', 'off');
}

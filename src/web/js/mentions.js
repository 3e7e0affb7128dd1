// SPDX-License-Identifier: MIT
// mentions.js - all mentions, filtered by the address, so that a link shows what it says.
import { $, attempt, h, replace } from './dom.js';
import { has, name, number, t, time } from './i18n.js';
import { get, onChange } from './api.js';
import { mention } from './mention.js';
import { notes } from './search.js';
import { go } from './main.js';

const PAGE = 50;
const keys = ['q', 'topic', 'brand', 'with', 'label', 'lang', 'channel', 'voice', 'source', 'since', 'until'];
const counted = ['q', 'source', 'with']; // filters that /summary does not take

function read() {
  const address = new URLSearchParams(location.search);
  return Object.fromEntries(keys.map((key) => [key, address.get(key) ?? '']));
}

function address(filter) {
  const wanted = new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
  return `/mentions${wanted.size ? `?${wanted}` : ''}`;
}

function form(filter, topics, channels) {
  const select = (key, options) => {
    const known = options.some(([value]) => value === filter[key]);
    if (filter[key] && !known) options.push([filter[key], filter[key]]);
    return h('label', {}, h('span', {}, t(key === 'label' ? 'sentiment' : key)),
      h('select', { name: key }, [['', t('any')], ...options].map(([value, text]) =>
        h('option', { value, selected: value === filter[key] }, text))));
  };
  return h('form', {
    class: 'controls', role: 'search',
    onsubmit: (event) => {
      event.preventDefault();
      const wanted = { ...filter, ...Object.fromEntries(new FormData(event.target)) };
      if (wanted.topic) wanted.brand = ''; // a topic is of one brand: it says more
      go(address(wanted));
    },
    onchange: (event) => { if (event.target.name !== 'q') event.currentTarget.requestSubmit(); },
  },
  h('label', { class: 'wide' }, h('span', {}, t('search')), h('input', { type: 'search', name: 'q', value: filter.q, autocomplete: 'off' })),
  select('topic', topics.brands.flatMap((b) => b.topics.map((x) => [x.topic, `${b.name} · ${x.topic}`]))),
  select('label', ['positive', 'neutral', 'negative'].map((l) => [l, t(l)])),
  select('lang', ['en', 'ko', 'tr', 'other', 'unknown'].map((l) => [l, name('lang', l)])),
  select('channel', channels.channels.filter((c) => c.channel).map((c) => [c.channel, name('channel', c.channel)])),
  select('voice', ['customers', 'employee', 'brand', 'press'].map((v) => [v, t(`voice.${v}`)])),
  h('button', { type: 'submit' }, t('search')));
}

// What the address asks for and the form has no field for: each can be taken away.
function chips(filter, topics) {
  const brand = (id) => topics.brands.find((b) => b.brand === id)?.name ?? id;
  const moment = (value) => (has(`span.${value}`) ? t('last', { span: t(`span.${value}`) })
    : Number.isNaN(Date.parse(value)) ? value : time(value));
  const shown = [];
  if (filter.brand) shown.push([['brand'], `${t('brand')}: ${brand(filter.brand)}`]);
  if (filter.with) shown.push([['with'], `${t('with')}: ${brand(filter.with)}`]);
  if (filter.source) shown.push([['source'], `${t('source')}: ${filter.source}`]);
  if (filter.since || filter.until) {
    shown.push([['since', 'until'], `${t('period')}: ${filter.since && moment(filter.since)}${filter.until ? ` – ${moment(filter.until)}` : ''}`]);
  }
  return shown.length > 0 && h('ul', { class: 'chips', 'aria-label': t('filters') }, shown.map(([gone, text]) => {
    const rest = { ...filter };
    for (const key of gone) rest[key] = '';
    return h('li', {}, h('a', { href: address(rest), 'data-link': true, 'data-chip': gone[0], 'aria-label': t('remove_filter', { filter: text }) },
      text, h('span', { 'aria-hidden': 'true' }, ' ✕')));
  }), h('li', {}, h('a', { href: '/mentions', 'data-link': true }, t('clear'))));
}

export async function mentions(main) {
  const filter = read();
  const [topics, channels, checked] = await Promise.all([get('topics'), get('channels'), filter.q ? get('check', { q: filter.q }) : undefined]);
  const box = h('div', { id: 'list', 'aria-live': 'off' });
  const count = h('p', { id: 'found', class: 'quiet', role: 'status' });
  const fresh = h('button', { id: 'fresh', hidden: true });
  const more = h('button', { class: 'more' }, t('more'));
  let cursor = '', newest = new Set();
  const say = async () => {
    const n = box.querySelectorAll('.mention').length;
    if (!counted.some((key) => filter[key])) {
      replace(count, t('found', { n: number((await get('summary', filter)).n) }));
    } else replace(count, t('found', { n: `${number(n)}${cursor ? '+' : ''}` }));
  };
  // a search looks at so many mentions at a time: a page may be empty and yet not the last
  const ask = async (from) => {
    let page = await get('mentions', { ...filter, cursor: from, limit: PAGE });
    while (!page.items.length && page.next && main.isConnected) {
      page = await get('mentions', { ...filter, cursor: page.next, limit: PAGE });
    }
    return page;
  };
  const load = async () => {
    const page = await ask(cursor);
    if (!cursor) {
      replace(box);
      newest = new Set(page.items.map((item) => item.id));
      fresh.hidden = true;
    }
    box.append(...page.items.map((item) => mention(item)));
    if (!box.childElementCount) box.append(h('p', { class: 'quiet' }, t('nothing_found')));
    cursor = page.next ?? '';
    more.hidden = !cursor;
    await say();
  };
  more.addEventListener('click', attempt(load));
  fresh.addEventListener('click', attempt(async () => { cursor = ''; await load(); $('.mention', box)?.focus(); }));
  replace(main, h('h1', {}, t('mentions')), form(filter, topics, channels), chips(filter, topics), checked && notes(filter.q, checked), count, fresh, box, more);
  if (checked && !checked.valid) { // a query that cannot be: the box stays, so that it can be mended
    more.hidden = true;
    return () => {};
  }
  try {
    await load();
  } catch (error) { // another parameter of the address that cannot be
    if (error.code !== 'bad_parameter') throw error;
    replace(box, h('div', { class: 'card bad', role: 'alert' }, h('p', {}, error.message), error.hint && h('p', {}, error.hint)));
    more.hidden = true;
    return () => {};
  }
  // new ones are offered, not pushed in: what one reads stays where it is
  let waiting = 0;
  const off = onChange((change) => {
    if (!change.new || waiting || document.hidden) return;
    waiting = setTimeout(async () => {
      waiting = 0;
      try {
        const { items } = await get('mentions', { ...filter, limit: PAGE });
        const n = items.filter((item) => !newest.has(item.id)).length;
        fresh.hidden = n === 0;
        replace(fresh, t('fresh', { n: number(n) }));
      } catch { /* the live line says that the server is gone */ }
    }, 1500);
  });
  return () => { off(); clearTimeout(waiting); };
}

// SPDX-License-Identifier: MIT
// main.js - the frame: pages by address, language, the live line. Read this first.
import { $, h, replace } from './dom.js';
import { ago, chosen, number, setLanguage, setTimezone, t } from './i18n.js';
import { connect, get, onChange } from './api.js';
import { overview } from './overview.js';
import { mentions } from './mentions.js';
import { queue } from './queue.js';
import { sources } from './sources.js';

// path -> {text, page}; a page fills its element and returns what ends it
const pages = {
  '/': { text: 'overview', page: overview },
  '/mentions': { text: 'mentions', page: mentions },
  '/queue': { text: 'queue', page: queue },
  '/sources': { text: 'sources', page: sources },
};

let end = () => {};
let broken = false; // the page could not be drawn
let last = { n: 0, open: 0 };

function showNav() {
  replace($('#nav'), Object.entries(pages).map(([path, { text }]) =>
    h('a', {
      href: path, 'data-link': true,
      'aria-current': path === location.pathname ? 'page' : undefined,
    }, t(text), path === '/queue' && h('span', { class: 'badge', id: 'open' }, number(last.open)))));
}

function showFrame() {
  for (const element of document.querySelectorAll('[data-i18n]')) {
    element.textContent = t(element.dataset.i18n);
  }
  for (const element of document.querySelectorAll('[data-i18n-label]')) {
    element.setAttribute('aria-label', t(element.dataset.i18nLabel));
  }
  showNav();
}

export async function show() {
  end();
  end = () => {};
  const { text, page } = pages[location.pathname] ?? pages['/'];
  document.title = `${t(text)} – earshot`;
  showFrame();
  const main = $('#main');
  // each page has a place of its own: one that comes too late draws where nobody looks
  const place = h('div', { class: 'wait' }, h('p', {}, t('loading')));
  replace(main, place);
  broken = false;
  try {
    const leave = (await page(place)) ?? (() => {});
    if (place.isConnected) end = leave;
    else leave();
  } catch (error) {
    if (!place.isConnected) return;
    broken = true;
    replace(place, h('div', { class: 'card bad', role: 'alert' },
      h('h2', {}, t('failed')), h('p', {}, error.message), error.hint && h('p', {}, error.hint),
      h('button', { onclick: show }, t('again'))));
  }
  place.classList.remove('wait');
}

export function go(address) {
  history.pushState(null, '', address);
  show().then(() => $('#main').focus({ preventScroll: true }));
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-link]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute('href'));
});
window.addEventListener('popstate', show);

let connected = true;
function showLive() {
  $('#live').classList.toggle('off', !connected);
  $('#live-text').textContent = connected ? t('live', { n: number(last.n) }) : t('offline');
}

onChange((change) => {
  last = change;
  showLive();
  if (broken) show(); // the server is back
  const open = $('#open');
  if (open) open.textContent = number(change.open);
});

async function start() {
  await setLanguage(chosen());
  const select = $('#language');
  select.value = document.documentElement.lang;
  select.addEventListener('change', async () => {
    const address = new URL(location.href);
    address.searchParams.delete('ui');
    history.replaceState(null, '', address);
    await setLanguage(select.value);
    showLive();
    await show();
  });
  await get('series', { since: '1h' }).then((data) => setTimezone(data.timezone), () => {});
  await show();
  // "4 seconds ago" does not stay so
  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll('time[data-ago]')) element.textContent = ago(element.dateTime);
  }, 20000);
  connect((state) => { connected = state; showLive(); });
}

start();

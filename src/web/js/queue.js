// SPDX-License-Identifier: MIT
// queue.js - the review queue: one post at a time, by key or by button, with undo.
import { $, ask, h, replace, toast } from './dom.js';
import { ago, number, t } from './i18n.js';
import { get, onChange, post } from './api.js';
import { chip, mention } from './mention.js';

// key -> decision; the same table makes the buttons, the help and the keyboard
const decisions = [
  { key: '1', decision: 'label', label: 'negative' },
  { key: '2', decision: 'label', label: 'neutral' },
  { key: '3', decision: 'label', label: 'positive' },
  { key: 'd', decision: 'done' },
  { key: '0', decision: 'not_us' },
  { key: 'x', decision: 'spam' },
];
const text = (d) => (d.label ? t(d.label) : t(`decision.${d.decision}`));

let items = [];
let at = 0;
let busy = false;
const decided = []; // {item, at}: decisions of this visit, newest last
const gone = new Map(); // id -> rev of a decision: the read model follows a moment later
const back = new Map(); // id -> until when (ms) an undone post is kept, while it follows
let unsure = null; // {item, at}: the decision that had no answer

function head(data) {
  replace($('#queue-head'),
    h('strong', {}, t('queue.open', { n: number(data.open) })),
    data.overdue > 0 && h('span', { class: 'late' }, t('queue.overdue', { n: number(data.overdue) })),
    data.due_soon > 0 && h('span', {}, t('queue.soon', { n: number(data.due_soon) })));
}

function due(item) {
  const { queue } = item;
  return h('p', { class: 'due' },
    h('span', { class: `tag flag ${queue.priority}` }, t(`priority.${queue.priority}`)),
    queue.route && h('span', { class: 'tag' }, queue.route),
    queue.due && h('span', { class: queue.overdue ? 'late' : 'quiet' },
      t(queue.overdue ? 'was_due' : 'due', { when: ago(queue.due) })));
}

function place() {
  replace($('#queue-place'), items.length ? t('queue.place', { i: number(at + 1), n: number(items.length) }) : '');
  for (const [id, off] of [['previous', at === 0], ['next', at >= items.length - 1], ['undo', !decided.length]]) {
    $(`#${id}`).setAttribute('aria-disabled', String(off));
  }
}

function draw() {
  const item = items[at];
  if (!$('#queue-item')) return; // another page is shown; what was asked for is done all the same
  place();
  if (!item) {
    replace($('#queue-item'), h('p', { class: 'card quiet', id: 'queue-empty', tabindex: -1 }, t('queue.empty')));
    return;
  }
  replace($('#queue-item'), mention(item, h('div', { class: 'decide' }, due(item),
    h('div', { class: 'buttons', role: 'group', 'aria-label': t('correct') },
      decisions.map((d) => h('button', {
        class: d.label ?? '', 'data-key': d.key, 'aria-keyshortcuts': d.key,
        onclick: () => decide(d),
      }, text(d), h('kbd', { 'aria-hidden': 'true' }, d.key)))))));
}

// The next post is read out and stands at the top; the buttons follow it.
function focusItem() {
  const shown = $('#queue-item')?.firstElementChild;
  shown?.focus({ preventScroll: true });
  if (shown && shown.getBoundingClientRect().top < 0) shown.scrollIntoView();
}

// The post that is read stays on the screen, whatever comes in before or behind it.
async function load() {
  const data = await get('queue', { limit: 100 });
  if (location.pathname !== '/queue') return;
  const shown = items[at];
  const next = data.items.filter((item) => !(gone.has(item.id) && (item.rev ?? 0) < gone.get(item.id)));
  for (const id of gone.keys()) if (!data.items.some((item) => item.id === id)) gone.delete(id);
  head(data);
  let i = next.findIndex((item) => item.id === shown?.id);
  if (shown && i < 0) {
    if (back.get(shown.id) > Date.now()) {
      i = Math.min(at, next.length);
      next.splice(i, 0, shown);
    } else changed('elsewhere', shown);
  }
  const same = shown && i >= 0 && (next[i].rev ?? 0) === (shown.rev ?? 0) && next[i].label === shown.label;
  items = next;
  at = i >= 0 ? i : Math.max(0, Math.min(at, items.length - 1));
  if (same) place();
  else draw();
}

const placed = (item) => ({ item, at: Math.max(0, items.findIndex((other) => other.id === item.id)) });
const undoButton = () => h('button', { onclick: undo }, t('undo'), h('kbd', { 'aria-hidden': 'true' }, 'u'));

// Says so; where a decision on it had no answer that may be why, and it can be taken back.
function changed(text, item) {
  const mine = unsure?.item.id === item.id;
  if (mine) {
    decided.push(unsure);
    unsure = null;
  }
  toast(t(text), mine && undoButton());
}

// Takes a post out of the list; the one that is read stays on the screen.
function drop(item) {
  const shown = items[at];
  items = items.filter((other) => other.id !== item.id);
  const i = items.findIndex((other) => other.id === shown?.id);
  at = i >= 0 ? i : Math.max(0, Math.min(at, items.length - 1));
  draw();
  if (shown?.id === item.id) focusItem();
}

async function decide(d, item = items[at]) {
  if (!item || busy) return; // one decision at a time: a key held down decides nothing else
  busy = true;
  try {
    const result = await post('reviews', { id: item.id, decision: d.decision, label: d.label, base_rev: item.rev ?? 0 });
    decided.push(placed(item));
    gone.set(item.id, result.rev);
    back.delete(item.id);
    if (unsure?.item.id === item.id) unsure = null;
    drop(item);
    toast(d.label && result.machine && result.machine !== d.label
      ? h('span', {}, t('corrected'), ' ', chip(result.machine), ' → ', chip(d.label))
      : t('decided', { decision: text(d) }), undoButton());
  } catch (error) {
    if (error.code === 'stale' || error.code === 'not_found') {
      changed(error.code === 'stale' ? 'stale' : 'elsewhere', item);
      if (error.code === 'not_found') drop(item);
      await load().catch(() => {});
    } else {
      const lost = error.code === 'offline';
      if (lost) unsure = placed(item);
      ask(lost ? t('unsure', { what: text(d) }) : t('not_saved', { decision: text(d), error: error.message }),
        h('button', { onclick: () => decide(d, item) }, t('again')));
    }
  } finally {
    busy = false;
  }
}

async function undo() {
  const last = decided.at(-1);
  if (!last) { toast(t('nothing_to_undo')); return; }
  if (busy) return;
  busy = true;
  try {
    const result = await post('reviews/undo', { id: last.item.id });
    decided.pop();
    gone.delete(last.item.id);
    back.set(last.item.id, Date.now() + 5000);
    items = items.filter((other) => other.id !== last.item.id);
    at = Math.min(last.at, items.length);
    items.splice(at, 0, { ...last.item, rev: result.rev });
    draw();
    focusItem();
    toast(t('undone'));
  } catch (error) {
    if (error.code === 'gone' || error.code === 'not_found') decided.pop(); // it can not be had back
    if (error.code === 'offline') ask(t('unsure', { what: t('undo') }), h('button', { onclick: undo }, t('again')));
    else toast(t('not_undone', { error: error.message }));
  } finally {
    busy = false;
  }
}

function move(step) {
  const to = Math.max(0, Math.min(items.length - 1, at + step));
  if (to === at) return;
  at = to;
  draw();
  focusItem();
}

// The key by its letter: so it is on every Latin layout, Turkish F too. Where an input
// method swallows the letter (Hangul: the j key gives ㅓ or "Process"), by its place.
function keyOf(event) {
  if (/^[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]$|^Process$|^Unidentified$/.test(event.key)) {
    return /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code)?.[1].toLowerCase() ?? '';
  }
  return event.key.length === 1 ? event.key.toLowerCase() : '';
}

function onKey(event) {
  if (event.target.closest?.('input, select, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = keyOf(event);
  const decision = decisions.find((d) => d.key === key);
  if (decision) { if (!event.repeat) decide(decision); }
  else if (key === 'j') move(1);
  else if (key === 'k') move(-1);
  else if (key === 'u') { if (!event.repeat) undo(); }
  else if (key === 'e') { const why = $('#queue-item details'); if (why) why.open = !why.open; }
  else if (key === '?') { const help = $('#queue-help'); help.open = !help.open; }
  else return;
  event.preventDefault();
}

function help() {
  const rows = [...decisions.map((d) => [d.key, text(d)]), ['j / k', t('next_previous')], ['u', t('undo')], ['e', t('why')], ['?', t('help')]];
  return h('details', { id: 'queue-help', class: 'quiet' }, h('summary', {}, t('keys')),
    h('dl', { class: 'keys' }, rows.map(([key, what]) => h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)))));
}

export async function queue(main) {
  items = [];
  at = 0;
  replace(main,
    h('h1', {}, t('queue')),
    h('div', { id: 'queue-head', class: 'queue-head', 'aria-live': 'polite' }),
    h('div', { id: 'queue-item' }),
    h('div', { class: 'queue-foot' },
      h('button', { id: 'previous', onclick: () => move(-1), 'aria-label': t('previous') }, '←', h('kbd', { 'aria-hidden': 'true' }, 'k')),
      h('span', { id: 'queue-place', class: 'quiet' }),
      h('button', { id: 'next', onclick: () => move(1), 'aria-label': t('next') }, '→', h('kbd', { 'aria-hidden': 'true' }, 'j')),
      h('button', { id: 'undo', onclick: undo }, t('undo'), h('kbd', { 'aria-hidden': 'true' }, 'u'))),
    help());
  await load();
  document.addEventListener('keydown', onKey);
  const off = onChange((change) => {
    if (change.queue || change.new) load().catch(() => {}); // the live line says that the server is gone
  });
  return () => { off(); document.removeEventListener('keydown', onKey); };
}

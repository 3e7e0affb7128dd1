// SPDX-License-Identifier: MIT
// queue.js - the review queue: one post at a time, by key or by button, with undo.
import { $, h, replace, toast } from './dom.js';
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
let undone = []; // decisions of this visit, newest last

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

function draw() {
  const item = items[at];
  if (!item) {
    replace($('#queue-item'), h('p', { class: 'card quiet', id: 'queue-empty' }, t('queue.empty')));
    return;
  }
  replace($('#queue-item'), mention(item, h('div', { class: 'decide' }, due(item),
    h('div', { class: 'buttons', role: 'group', 'aria-label': t('correct') },
      decisions.map((d) => h('button', {
        class: d.label ?? '', 'data-key': d.key, 'aria-keyshortcuts': d.key,
        onclick: () => decide(d),
      }, text(d), h('kbd', { 'aria-hidden': 'true' }, d.key)))))));
  replace($('#queue-place'), t('queue.place', { i: number(at + 1), n: number(items.length) }));
}

async function load() {
  const data = await get('queue', { limit: 100 });
  const shown = items[at]?.id;
  items = data.items;
  at = Math.max(0, items.findIndex((item) => item.id === shown));
  head(data);
  draw();
}

async function decide(d) {
  const item = items[at];
  if (!item) return;
  try {
    const result = await post('reviews', { id: item.id, decision: d.decision, label: d.label, base_rev: item.rev ?? 0 });
    undone.push(item.id);
    items.splice(at, 1);
    at = Math.min(at, Math.max(0, items.length - 1));
    draw();
    $('#main').focus({ preventScroll: true });
    toast(d.label && result.machine && result.machine !== d.label
      ? h('span', {}, t('corrected'), ' ', chip(result.machine), ' → ', chip(d.label))
      : t('decided', { decision: text(d) }), h('button', { onclick: undo }, t('undo'), h('kbd', {}, 'u')));
  } catch (error) {
    if (error.code !== 'stale') throw error;
    toast(t('stale'));
    await load();
  }
}

async function undo() {
  const id = undone.pop();
  if (!id) { toast(t('nothing_to_undo')); return; }
  await post('reviews/undo', { id });
  toast(t('undone'));
  await load();
}

function move(step) {
  at = Math.max(0, Math.min(items.length - 1, at + step));
  draw();
}

function onKey(event) {
  if (event.target.closest('input, select, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
  const decision = decisions.find((d) => d.key === event.key);
  if (decision) decide(decision);
  else if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
  else if (event.key === 'u') undo();
  else if (event.key === 'e') { const why = $('#queue-item details'); if (why) why.open = !why.open; }
  else if (event.key === '?') { const help = $('#queue-help'); help.open = !help.open; }
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
  undone = [];
  replace(main,
    h('h1', {}, t('queue')),
    h('div', { id: 'queue-head', class: 'queue-head', 'aria-live': 'polite' }),
    h('div', { id: 'queue-item' }),
    h('div', { class: 'queue-foot' },
      h('button', { onclick: () => move(-1), 'aria-label': t('previous') }, '←', h('kbd', { 'aria-hidden': 'true' }, 'k')),
      h('span', { id: 'queue-place', class: 'quiet' }),
      h('button', { onclick: () => move(1), 'aria-label': t('next') }, '→', h('kbd', { 'aria-hidden': 'true' }, 'j')),
      h('button', { id: 'undo', onclick: undo }, t('undo'), h('kbd', { 'aria-hidden': 'true' }, 'u'))),
    help());
  document.addEventListener('keydown', onKey);
  const off = onChange((change) => { if (change.queue || change.new) load(); });
  await load();
  return () => { off(); document.removeEventListener('keydown', onKey); };
}

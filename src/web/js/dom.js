// SPDX-License-Identifier: MIT
// dom.js - making elements. Text is only ever set as text: what people wrote can not
// become markup.
import { t } from './i18n.js';

// h('p', {class: 'x', onclick: f}, 'text', child, ...)
export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// The same for SVG.
export function s(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(9).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(9).filter(Boolean));
}

// Draws `data` into the box, only where it differs from what stands there; what is
// open stays open and the focus stays on the same link.
const drawn = new WeakMap();
export function redraw(box, data, draw) {
  const now = `${document.documentElement.lang}${JSON.stringify(data)}`;
  if (drawn.get(box) === now) return;
  drawn.set(box, now);
  const places = 'a, button, summary, [tabindex]';
  const open = [...box.querySelectorAll('details')].map((d) => d.open);
  const at = [...box.querySelectorAll(places)].indexOf(document.activeElement);
  replace(box, draw(data));
  box.querySelectorAll('details').forEach((d, i) => { d.open = open[i] ?? false; });
  if (at >= 0) box.querySelectorAll(places)[at]?.focus({ preventScroll: true });
}

export const $ = (selector, root = document) => root.querySelector(selector);

// Runs what a person asked for; where it fails, it is said.
export const attempt = (work) => async (...values) => {
  try {
    await work(...values);
  } catch (error) {
    toast(`${t('failed')}: ${error.message}`, error.hint ?? '');
  }
};

let toastTimer = 0;
export function toast(...content) {
  ask(...content);
  const box = $('#toast');
  toastTimer = setTimeout(() => box.classList.remove('show'), $('button', box) ? 20000 : 8000);
}

// The same for what waits for an answer: it stays until something else is said.
export function ask(...content) {
  const box = $('#toast');
  replace(box, content.map((c) => (typeof c === 'string' ? h('span', {}, c) : c)));
  box.classList.add('show');
  clearTimeout(toastTimer);
}

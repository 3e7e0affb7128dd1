// SPDX-License-Identifier: MIT
// dom.js - making elements. Text is only ever set as text: what people wrote can not
// become markup.

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

export const $ = (selector, root = document) => root.querySelector(selector);

let toastTimer = 0;
export function toast(...content) {
  const box = $('#toast');
  replace(box, content.map((c) => (typeof c === 'string' ? h('span', {}, c) : c)));
  box.classList.add('show');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.classList.remove('show'), 8000);
}

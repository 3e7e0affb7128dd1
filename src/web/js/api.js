// SPDX-License-Identifier: MIT
// api.js - the API of src/desk/API.md.
import { t } from './i18n.js';

export class ApiError extends Error {
  constructor(status, body) {
    super(body.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.error ?? 'internal';
    this.hint = body.hint ?? '';
    this.body = body;
  }
}

const WAIT_MS = 30000; // for a whole answer

// `offline`: nothing is known of what was asked for: it may have been done all the same.
async function ask(path, options) {
  const offline = () => new ApiError(0, { error: 'offline', message: t('no_server') });
  let response;
  let text;
  try {
    response = await fetch(`/api/v1/${path}`, { ...options, signal: AbortSignal.timeout(WAIT_MS) });
    text = await response.text();
  } catch {
    throw offline();
  }
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    if (response.ok) throw offline(); // somebody between us and the server has answered
  }
  if (!response.ok) throw new ApiError(response.status, body);
  return body;
}

export async function get(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') query.set(key, value);
  }
  const tail = query.toString();
  return ask(`${path}${tail ? `?${tail}` : ''}`);
}

export async function post(path, body) {
  return ask(path, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
}

// One stream for the whole page; listeners come and go with the pages.
const listeners = new Set();
export const onChange = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export function connect(onState) {
  const source = new EventSource('/api/v1/events');
  source.addEventListener('open', () => onState(true));
  source.addEventListener('error', () => {
    onState(false);
    // a refused stream is not tried again by the browser
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(onState), 3000);
  });
  source.addEventListener('change', (event) => {
    const change = JSON.parse(event.data);
    for (const listener of listeners) listener(change);
  });
}

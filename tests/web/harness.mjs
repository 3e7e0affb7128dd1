// SPDX-License-Identifier: MIT
// harness.mjs - a test is test('sentence', async (t) => {...}); run() runs them in order
// with a real Chromium and a real earshot, and ends both.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const require = createRequire(join(root, 'build/npm/package.json'));
export const { chromium } = require('playwright-core');
export const axe = require.resolve('axe-core/axe.min.js');
const build = join(root, process.env.B ?? 'build');

const tests = [];
export const test = (sentence, body) => tests.push({ sentence, body });

export function check(condition, what) {
  if (!condition) throw new Error(what);
}
export function equal(got, want, what = '') {
  if (JSON.stringify(got) !== JSON.stringify(want)) {
    throw new Error(`${what}: got ${JSON.stringify(got)}, not ${JSON.stringify(want)}`);
  }
}

// What `look` finds, as soon as it finds something; for what no event of a page tells.
export async function until(look, what) {
  for (let i = 0; ; i++) {
    const found = await look();
    if (found) return found;
    check(i < 2400, typeof what === 'function' ? what() : what);
    await new Promise((done) => { setTimeout(done, 50); });
  }
}

// Starts `earshot run` and waits for its address; `port` is one that an earlier one had.
export async function startEarshot(args, port = 0) {
  const child = spawn(join(build, 'earshot'), ['run', ...args, '--set', `http.listen=127.0.0.1:${port}`],
    { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  const url = await new Promise((found, failed) => {
    const timer = setTimeout(() => failed(new Error(`no address in 120 s\n${text}`)), 120000);
    child.stderr.on('data', (piece) => {
      text += piece;
      const match = /event=http\.listening url=(\S+)/.exec(text);
      if (match) { clearTimeout(timer); found(match[1]); }
    });
    child.on('exit', (code) => failed(new Error(`earshot ended with ${code}\n${text}`)));
  });
  return {
    url,
    log: () => text,
    signal: (name) => child.kill(name),
    stop: () => new Promise((done) => {
      if (child.exitCode !== null) { done(); return; }
      child.removeAllListeners('exit');
      child.on('exit', done);
      child.kill('SIGTERM');
    }),
  };
}

export function folder() {
  return mkdtempSync(join(tmpdir(), 'earshot-web-'));
}
export const remove = (path) => rmSync(path, { recursive: true, force: true });

export async function startBrowser() {
  return chromium.launch({
    timeout: 120000,
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export async function run(setUp, tearDown) {
  let failed = 0;
  const wanted = process.argv.slice(2);
  const state = await setUp();
  for (const { sentence, body } of tests) {
    if (wanted.length && !wanted.some((w) => sentence.includes(w))) continue;
    try {
      await body(state);
      console.log(`ok - ${sentence}`);
    } catch (error) {
      failed++;
      for (const line of String(error.stack ?? error).split('\n').slice(0, 12)) console.log(`# ${line}`);
      console.log(`not ok - ${sentence}`);
    }
  }
  await tearDown(state);
  process.exit(failed ? 1 : 0);
}

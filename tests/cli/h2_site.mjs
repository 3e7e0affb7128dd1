// SPDX-License-Identifier: MIT
// h2_site.mjs KEY CERT - a site over TLS that speaks HTTP/2 (and HTTP/1.1, for /stats); prints its port. /pair/N answers
// when two streams of the same connection are open, so that feeds which are asked one after the other take a second each.
import { createSecureServer } from 'node:http2';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const [key, cert] = process.argv.slice(2).map((path) => readFileSync(path));
const stats = { sessions: 0, most: 0, alone: 0, versions: {}, encodings: {} };
const feed = (name) => Buffer.from(`<rss version="2.0"><channel><title>t</title><item><guid isPermaLink="false">${name}</guid>`
  + `<title>acme ${name} 배송 좋아요</title></item></channel></rss>`);

// A frame of Zstandard (RFC 8878) by hand: blocks of raw bytes, or of one byte that is repeated.
function zstd(bytes, zeros = 0) {
  const frame = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])]; // a window of 128 KiB
  const block = (last, type, size, body) => {
    const head = Buffer.alloc(3);
    head.writeUIntLE(last | (type << 1) | (size << 3), 0, 3);
    frame.push(head, body);
  };
  for (let i = 0; i < zeros; i++) block(0, 1, 128 * 1024, Buffer.from([0x20]));
  block(1, 0, bytes.length, bytes);
  return Buffer.concat(frame);
}

const large = Buffer.alloc(80 * 1024 * 1024, 0x20);
const bodies = {
  '/gzip': ['gzip', () => gzipSync(feed('gzip'))], '/br': ['br', () => brotliCompressSync(feed('br'))],
  '/zstd': ['zstd', () => zstd(feed('zstd'))], '/bomb-zstd': ['zstd', () => zstd(feed('bomb'), 640)],
  '/bomb-br': ['br', () => brotliCompressSync(large)], '/no-zstd': ['zstd', () => feed('none')], '/no-br': ['br', () => feed('none')],
};

const waiting = new Map(); // session -> answers that wait for company
function pair(session, answer) {
  const others = waiting.get(session) ?? [];
  if (others.length) {
    waiting.delete(session);
    for (const other of [...others, answer]) other();
    return;
  }
  const timer = setTimeout(() => { waiting.delete(session); stats.alone++; answer(); }, 10000);
  waiting.set(session, [() => { clearTimeout(timer); answer(); }]);
}

const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
  const path = request.url;
  if (path === '/stats') return response.end(JSON.stringify(stats));
  stats.versions[request.httpVersion] = (stats.versions[request.httpVersion] ?? 0) + 1;
  stats.encodings[request.headers['accept-encoding']] = true;
  if (path.startsWith('/pair/')) {
    const session = request.stream?.session ?? request.socket;
    session.open = (session.open ?? 0) + 1;
    stats.most = Math.max(stats.most, session.open);
    return pair(session, () => { session.open--; response.end(feed(path)); });
  }
  const [encoding, make] = bodies[path] ?? [null, () => feed(path)];
  if (encoding) response.setHeader('content-encoding', encoding);
  return response.end(make());
});
server.on('session', () => { stats.sessions++; });
server.on('sessionError', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

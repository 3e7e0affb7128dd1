# SPDX-License-Identifier: MIT
"""A WebSocket in the shape of Bluesky's Jetstream. Debian 12's libcurl has none: EARSHOT_LIBCURL names the folder of one
from 8.11 on (libcurl.so.4), without which only what is said about that can be tested."""

import base64
import hashlib
import http.server
import json
import os
import random
import re
import subprocess
import threading
import time
import urllib.parse

from harness import EARSHOT, Running, Skipped, check, earshot, equal, main, tail, test, wait_until, write

CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
allow_private: ["127.0.0.1"]
brands: [{id: acme, topics: [{id: all, query: acme}]}]
privacy: {redact: false}
sources:
'''
FOLDER = os.environ.get('EARSHOT_LIBCURL', '')
DID = 'did:plc:aaaabbbbccccddddeeeeffff'
FIRST = 1795425164329308


def libcurl():
    """The version that the program runs with, and whether it can."""
    said = earshot('check', '-c', '/dev/stdin', stdin=CONFIG + '  - {id: j, kind: bluesky_jetstream}\n', program=EARSHOT,
                   env={'LD_LIBRARY_PATH': FOLDER}).err
    return said


def needed():
    said = libcurl()
    if 'needs libcurl' in said:
        raise Skipped('this libcurl has no WebSockets (' + said.strip()[-80:].replace('\n', ' ') + '); EARSHOT_LIBCURL names the folder of one')
    if FOLDER:
        os.environ['LD_LIBRARY_PATH'] = FOLDER  # of `tail`, too: it reads the same config


def commit(n, operation='create', text=None, rkey=None):
    record = {} if operation == 'delete' else {'record': {
        '$type': 'app.bsky.feed.post', 'createdAt': '2026-11-23T09:12:44.000Z', 'langs': ['en'], 'text': text or f'acme number {n}'}}
    return {'did': DID, 'time_us': FIRST + n, 'kind': 'commit',
            'commit': {'rev': f'r{n}', 'operation': operation, 'collection': 'app.bsky.feed.post', 'rkey': rkey or f'k{n}', **record}}


class Jetstream(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, cuts=False):
        super().__init__(('127.0.0.1', 0), Handler)
        self.cuts, self.random = cuts, random.Random(11)
        self.log, self.asked, self.opened, self.status = [], [], 0, 101
        self.news, self.ending = threading.Condition(), False
        self.url = f'ws://127.0.0.1:{self.server_address[1]}'
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def __exit__(self, *unused):
        with self.news:
            self.ending = True
            self.news.notify_all()
        self.shutdown()
        self.server_close()

    def say(self, value):
        with self.news:
            self.log.append(value)
            self.news.notify_all()


def frame(data, opcode=1, last=True):
    head = bytes([(0x80 if last else 0) | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    return head + (bytes([126]) + len(data).to_bytes(2, 'big') if len(data) < 65536 else bytes([127]) + len(data).to_bytes(8, 'big')) + data


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def do_GET(self):
        site = self.server
        self.close_connection = True
        query = {k: v[-1] for k, v in urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).items()}
        site.asked.append(query)
        if site.status != 101:
            self.send_response(site.status)
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        key = self.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.wfile.write(('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                          f'Sec-WebSocket-Accept: {accept}\r\n\r\n').encode())
        cursor = int(query.get('cursor', 0))
        with site.news:
            at = next((i for i, value in enumerate(site.log) if value['time_us'] >= cursor), len(site.log)) if cursor else len(site.log)
            site.opened += 1
            site.news.notify_all()
        left = site.random.randrange(5000, 80000) if site.cuts else 1 << 60
        while left > 0:
            with site.news:
                site.news.wait_for(lambda: at < len(site.log) or site.ending)
                if site.ending:
                    return
                value, at = site.log[at], at + 1
            text = json.dumps(value, ensure_ascii=False).encode()
            # now whole, now in three parts with a ping between them
            n = len(text) // 3
            data = frame(text) if at % 2 else frame(text[:n], 1, False) + frame(b'hi', 9) + frame(text[n:2 * n], 0, False) + frame(text[2 * n:], 0)
            self.wfile.write(data[:left])
            left -= len(data)


def config(folder, site):
    return write(folder, 'earshot.yaml', CONFIG + f'  - {{id: j, kind: bluesky_jetstream, base: "{site.url}"}}\n')


def posts(conf):
    return [record['value'] for record in tail(conf, 'posts')]


@test('a libcurl without WebSockets is told with file, line and column, and with the one that is needed')
def _(folder):
    conf = write(folder, 'earshot.yaml', CONFIG + '  - {id: h, kind: hackernews, query: acme}\n  - {id: j, kind: bluesky_jetstream}\n')
    linked = subprocess.run(['ldd', EARSHOT], capture_output=True, text=True, check=True).stdout
    check('libcurl.so.4' in linked, linked)
    result = earshot('check', '-c', conf, program=EARSHOT)
    if result.code == 0:
        raise Skipped('the libcurl of this machine has WebSockets')
    equal(result.code, 78, result.err)
    check(re.search(r'earshot\.yaml:10:19: the kind "bluesky_jetstream" needs libcurl 8\.11 or later with WebSockets, and this is libcurl \d', result.err), result.err)


@test('Jetstream: posts and deletions are heard, whole and in parts; it goes on by the time of the last one')
def _(folder):
    needed()
    with Jetstream() as site:
        conf = config(folder, site)
        with Running('-c', conf, '--role', 'collect') as run:
            run.event('source.stream')
            wait_until(lambda: site.opened == 1, 'it is open')
            for n in range(1, 41):
                site.say(commit(n))
            site.say({'did': DID, 'time_us': FIRST + 41, 'kind': 'identity', 'identity': {'did': DID}})
            site.say(commit(42, 'delete', rkey='k3'))
            site.say(commit(43, text='acme ' + 'long ' * 40000))
            wait_until(lambda: len(posts(conf)) == 42, 'all of it')
            equal(run.stop(), 0)
        one = next(p for p in posts(conf) if p['native_id'].endswith('/k7'))
        equal((one['native_id'], one['text'], one['author'], one['lang']),
              (f'at://{DID}/app.bsky.feed.post/k7', 'acme number 7', {'key': DID}, 'en'))
        equal([p['op'] for p in posts(conf) if p['native_id'].endswith('/k3')], ['create', 'delete'])
        site.say(commit(44))
        with Running('-c', conf, '--role', 'collect') as run:
            wait_until(lambda: len(posts(conf)) == 43, 'what was said meanwhile')
            run.stop()
        equal(site.asked[-1]['cursor'], str(FIRST + 43))


@test('a WebSocket that is cut off anywhere, and a collector that is killed, lose nothing and repeat nothing')
def _(folder):
    needed()
    with Jetstream(cuts=True) as site:
        conf = config(folder, site)
        done = threading.Event()

        def speak():
            for n in range(1, 801):
                site.say(commit(n))
                time.sleep(0.01)
            done.set()
        with Running('-c', conf, '--role', 'collect'):
            wait_until(lambda: site.opened, 'it is open')
            threading.Thread(target=speak).start()
            wait_until(lambda: posts(conf), 'the first of it')
        chance, kills = random.Random(2), 0
        while not done.is_set():
            with Running('-c', conf, '--role', 'collect') as run:
                run.url()
                done.wait(0.5 + chance.random())
                run.kill()
                kills += 1
        with Running('-c', conf, '--role', 'collect') as run:
            wait_until(lambda: len(posts(conf)) >= 800, 'all of it', 120, 0.5)
            run.stop()
        equal(sorted(int(p['text'].split()[-1]) for p in posts(conf)), list(range(1, 801)))
        check(kills >= 3 and site.opened > kills, f'{kills} kills, {site.opened} connections')


@test('a server that wants no WebSocket is a source that cannot be heard, with words')
def _(folder):
    needed()
    with Jetstream() as site:
        site.status = 503
        conf = config(folder, site)
        with Running('-c', conf, '--role', 'collect') as run:
            said = run.event('source.cannot_hear')
            equal(said['error'], 'http')
            run.stop()
        state = tail(conf, 'sources')[-1]['value']
        check('trouble of its own' in state['message'], state)


if __name__ == '__main__':
    main()

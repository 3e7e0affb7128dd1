# SPDX-License-Identifier: MIT
"""streaming.py - a server on loopback with a timeline and event streams, shaped as Mastodon's, for the suites of streams."""

import http.server
import json
import queue
import random
import threading
import time
import urllib.parse

from harness import check

START = 115500000000000000


def status(n, **more):
    number = str(START + n)
    return {'id': number, 'uri': f'https://mstdn.example/users/ayse/statuses/{number}', 'url': f'https://mstdn.example/@ayse/{number}',
            'created_at': '2026-11-23T09:12:44.102Z', 'edited_at': None, 'spoiler_text': '', 'language': 'en', 'reblog': None,
            'content': f'<p>acme number {n}</p>', 'account': {'id': '901', 'acct': 'ayse', 'display_name': 'Ayşe', 'followers_count': 1},
            'favourites_count': 0, 'reblogs_count': 0, 'replies_count': 0, 'quotes_count': 0, 'in_reply_to_id': None,
            'tags': [{'name': 'acme'}], **more}


def event(kind, data, number=None):
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f'id: {number}\n' if number is not None else '') + f'event: {kind}\ndata: {text}\n\n'


class Fediverse(http.server.ThreadingHTTPServer):
    """Its timeline is what is said and not deleted. A stream gets what is said while it is open; with `numbered` every
    event has an id, and who comes with Last-Event-ID gets what came behind it. `cuts`: each stream is closed after a
    random number of bytes, wherever that is."""
    daemon_threads = True

    def __init__(self, numbered=False, cuts=False, seed=7):
        super().__init__(('127.0.0.1', 0), Handler)
        self.numbered, self.cuts, self.random = numbered, cuts, random.Random(seed)
        self.statuses, self.log, self.streams, self.asked, self.opened = {}, [], [], [], 0
        self.answer = self.heartbeat = None
        self.greeting = 'retry: 100\n:)\n\n'
        self.news = threading.Condition()
        self.url = f'http://127.0.0.1:{self.server_address[1]}'
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # who was killed, or cut off, does not read its answer

    def __exit__(self, *unused):
        self.hang_up()
        self.shutdown()
        self.server_close()

    def say(self, kind, data):
        with self.news:
            if kind == 'delete':
                self.statuses.pop(data, None)
            else:
                self.statuses[data['id']] = data
            text = event(kind, data, len(self.log) + 1 if self.numbered else None)
            self.log.append(text)
            for stream in self.streams:
                stream.put(text)

    def send(self, text):
        """To all who listen, and to nobody else."""
        with self.news:
            for stream in self.streams:
                stream.put(text)

    def hang_up(self):
        with self.news:
            for stream in self.streams:
                stream.put(None)

    def listen(self, last):
        """A queue of what is said from now on; of what was said behind `last`, too."""
        stream = queue.SimpleQueue()
        with self.news:
            for text in self.log[last:] if last is not None and self.numbered else ():
                stream.put(text)
            self.streams.append(stream)
            self.opened += 1
            self.news.notify_all()
        return stream

    def leave(self, stream):
        with self.news:
            self.streams.remove(stream)
            self.news.notify_all()

    def wait_open(self, n=1, seconds=60):
        with self.news:
            check(self.news.wait_for(lambda: len(self.streams) >= n, seconds), f'{n} streams are open')

    def page(self, query):
        with self.news:
            found = sorted(self.statuses.values(), key=lambda one: -int(one['id']))
        found = [s for s in found if int(s['id']) > int(query.get('since_id', 0)) and int(s['id']) < int(query.get('max_id', 1 << 62))]
        return found[:int(query.get('limit', 40))]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def do_GET(self):
        site, split = self.server, urllib.parse.urlsplit(self.path)
        query = {k: v[-1] for k, v in urllib.parse.parse_qs(split.query).items()}
        with site.news:
            site.asked.append((time.monotonic(), self.path, dict(self.headers)))
            site.news.notify_all()
        if '/streaming/' in split.path:
            self.stream()
        else:
            self.whole(200, json.dumps(site.page(query)), {'Content-Type': 'application/json'})

    def whole(self, code, text, headers):
        self.send_response(code)
        for name, value in {**headers, 'Content-Length': str(len(text.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def stream(self):
        site = self.server
        if site.answer:
            self.whole(*site.answer)
            return
        self.close_connection = True
        last = self.headers.get('Last-Event-ID')
        left = site.random.randrange(200, 20000) if site.cuts else None
        stream = site.listen(int(last) if last else None)
        try:
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n' + site.greeting.encode())
            while True:
                try:
                    text = stream.get(timeout=site.heartbeat)
                except queue.Empty:
                    text = ':thump\n'
                if text is None:
                    return
                data = text.encode()
                self.wfile.write(data if left is None else data[:left])
                if left is not None and len(data) >= left:
                    return
                left = None if left is None else left - len(data)
        finally:
            site.leave(stream)

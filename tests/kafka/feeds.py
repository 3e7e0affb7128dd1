# SPDX-License-Identifier: MIT
"""feeds.py - a site on the loopback with many feeds that grow: RSS, Atom and JSON Feed, with
ETag and 304, so that a source whose feed stays as it is costs no one anything."""

import asyncio
import hashlib
import html
import json
import time

from kafka import text_of
from server import Server

KINDS = ('rss', 'atom', 'json')
TYPES = {'rss': 'application/rss+xml', 'atom': 'application/atom+xml', 'json': 'application/feed+json'}


class Feed:
    def __init__(self, number):
        self.number, self.kind, self.items = number, KINDS[number % len(KINDS)], []
        self.body, self.etag = b'', ''
        self.render()

    @property
    def source(self):
        return f'f{self.number}'

    def add(self, n, text):
        self.items.insert(0, (f'urn:trial:{n}', text, n))
        self.render()

    def render(self):
        self.body = getattr(self, self.kind)().encode()
        self.etag = '"' + hashlib.sha256(self.body).hexdigest()[:16] + '"'

    def rss(self):
        items = ''.join(f'<item><guid isPermaLink="false">{guid}</guid><title>{html.escape(text)}</title>'
                        f'<pubDate>Thu, 01 Jan 2026 {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02} GMT</pubDate></item>'
                        for guid, text, n in self.items)
        return f'<rss version="2.0"><channel><title>{self.source}</title>{items}</channel></rss>'

    def atom(self):
        items = ''.join(f'<entry><id>{guid}</id><title>{html.escape(text)}</title>'
                        f'<published>2026-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z</published></entry>'
                        for guid, text, n in self.items)
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{self.source}</title>{items}</feed>'

    def json(self):
        return json.dumps({'version': 'https://jsonfeed.org/version/1.1', 'title': self.source, 'items': [
            {'id': guid, 'content_text': text,
             'date_published': f'2026-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z'}
            for guid, text, n in self.items]})


class Site(Server):
    """HTTP/1.1 on a port of its own; a thread adds `rate` posts a second to feeds that `rng` picks."""

    def __init__(self, feeds, offered, rng):
        self.feeds, self.offered, self.rng = [Feed(n) for n in range(feeds)], offered, rng
        self.requests = self.unchanged = 0
        super().__init__()

    def yaml(self, every):
        return [f'  - {{id: {feed.source}, kind: feed, url: "http://127.0.0.1:{self.port}/{feed.number}", every: {every}}}'
                for feed in self.feeds]

    async def on_client(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b'\r\n\r\n')
                feed = self.feeds[int(head.split(b' ', 2)[1][1:])]
                self.requests += 1
                if f'if-none-match: {feed.etag}'.encode() in head.lower():
                    self.unchanged += 1
                    writer.write(f'HTTP/1.1 304 Not Modified\r\nETag: {feed.etag}\r\n\r\n'.encode())
                else:
                    writer.write(f'HTTP/1.1 200 OK\r\nContent-Type: {TYPES[feed.kind]}\r\nETag: {feed.etag}\r\n'
                                 f'Content-Length: {len(feed.body)}\r\n\r\n'.encode() + feed.body)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    def grow(self, ended, rate):
        """Until the event `ended` is set."""
        step, begin, first = 0.05, time.monotonic(), len(self.offered.posts)
        while not ended.wait(step):
            while len(self.offered.posts) < first + int((time.monotonic() - begin) * rate):
                self.add()

    def add(self):
        n = len(self.offered.posts)
        feed = self.rng.choice(self.feeds)
        self.offered.add('', f'urn:trial:{n}', feed.source, n)
        self.loop.call_soon_threadsafe(feed.add, n, text_of(n)[0])

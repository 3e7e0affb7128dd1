# SPDX-License-Identifier: MIT
"""hub.py - a site with a feed and its hub (WebSub), for the suites that need one."""

import hashlib
import hmac
import http.client
import http.server
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request

from harness import check, tail, wait_until


def entry(name):
    return (f'<entry><id>urn:{name}</id><title>acme {name}</title><updated>2026-11-01T00:00:00Z</updated></entry>')


def atom(names, links=''):
    return ('<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>t</title>'
            f'{links}{"".join(map(entry, names))}</feed>').encode()


class Hub(http.server.ThreadingHTTPServer):
    """A site with a feed, and its hub at /hub. `how`: what it does with a request to subscribe."""
    daemon_threads = True

    def __init__(self, how='verify', lease=864000, where='feed'):
        super().__init__(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server_address[1]}'
        self.how, self.lease, self.where = how, lease, where
        self.names, self.asked, self.verified, self.looks = ['a', 'b'], [], [], 0
        self.news = threading.Condition()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, *unused):
        """A client that was killed."""

    def __exit__(self, *unused):
        self.shutdown()
        self.server_close()

    def tell(self, change):
        with self.news:
            change()
            self.news.notify_all()

    def wait(self, condition, what, seconds=60):
        with self.news:
            check(self.news.wait_for(condition, seconds), what)

    @property
    def topic(self):
        return f'{self.url}/feed'

    def links(self):
        return f'<{self.url}/hub>; rel="hub", <{self.topic}>; rel=self' if self.where == 'header' else ''

    def feed(self, *names):
        inside = self.where == 'feed'
        return atom(names or self.names, f'<link rel="hub" href="/hub"/><link href="{self.topic}" rel="self"/>' if inside else '')

    def verify(self, form, **other):
        query = {'hub.mode': 'subscribe', 'hub.topic': form['hub.topic'], 'hub.challenge': 'is it <you>?',
                 'hub.lease_seconds': self.lease, **other}
        status, body = knock(f'{form["hub.callback"]}?{urllib.parse.urlencode(query)}')
        self.tell(lambda: self.verified.append((status, body)))

    def push(self, body, method='sha256', secret=None, callback=None, header=None, **headers):
        form = self.asked[-1]
        name = {'sha1': 'X-Hub-Signature', 'sha256': 'X-Hub-Signature-256'}[method]
        signed = hmac.new((secret or form['hub.secret']).encode(), body, getattr(hashlib, method)).hexdigest()
        return knock(callback or form['hub.callback'], body, {'Content-Type': 'application/atom+xml',
                                                              header or name: f'{method}={signed}', **headers})[0]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def answer(self, status, body=b'', **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == '/gone':
            self.answer(410)
            return
        hub, body = self.server, self.server.feed()
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        same = self.headers.get('If-None-Match') == tag
        hub.tell(lambda: setattr(hub, 'looks', hub.looks + 1))
        more = {'Link': hub.links()} if hub.links() else {}
        self.answer(304 if same else 200, b'' if same else body, ETag=tag, **more)

    def do_POST(self):
        hub = self.server
        text = self.rfile.read(int(self.headers['Content-Length'])).decode()
        form = dict(urllib.parse.parse_qsl(text, strict_parsing=True))
        how = hub.how
        if how == 'quick':  # before it answers
            hub.verify(form)
        hub.tell(lambda: hub.asked.append(form))
        self.answer(403 if how == 'refuse' else 202)
        if how == 'verify':
            hub.verify(form)
        elif how == 'deny':
            hub.verify(form, **{'hub.mode': 'denied', 'hub.reason': 'not for you'})


def knock(url, body=None, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ''
    except (OSError, http.client.HTTPException):
        return 0, ''


def free_port():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


def titles(conf):
    return sorted(r['value']['title'].removeprefix('acme ') for r in tail(conf, 'posts'))


def health(conf, source='blog'):
    """What the last record of the source says of its hub."""
    records = [r for r in tail(conf, 'sources') if r['key'] == source]
    return records[-1]['value'].get('push', {}) if records else {}


def subscribed(conf):
    return wait_until(lambda: health(conf).get('state') == 'subscribed' and health(conf), 'subscribed')

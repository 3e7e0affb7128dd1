# SPDX-License-Identifier: MIT
"""hub.py - a site with a feed and its hub (WebSub), for the suites that need one."""

import hashlib
import hmac
import http.client
import urllib.error
import urllib.parse
import urllib.request

from harness import tail, wait_until
from loopback import Site


def entry(name):
    return (f'<entry><id>urn:{name}</id><title>acme {name}</title><updated>2026-11-01T00:00:00Z</updated></entry>')


def atom(names, links=''):
    return ('<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>t</title>'
            f'{links}{"".join(map(entry, names))}</feed>').encode()


class Hub(Site):
    """A site with a feed, and its hub at /hub. `how`: what it does with a request to subscribe, of which `forms` has
    every one; `verified` has what its questions were answered, `looks` counts those at the feed."""

    def __init__(self, how='verify', lease=864000, where='feed'):
        self.how, self.lease, self.where = how, lease, where
        self.names, self.forms, self.verified, self.looks = ['a', 'b'], [], [], 0
        super().__init__(self.say)

    def say(self, request):
        if request.method == 'POST':
            form = request.form()
            if self.how == 'quick':  # before it answers
                self.verify(form)
            self.tell(lambda: self.forms.append(form))
            return 403 if self.how == 'refuse' else 202
        if request.path == '/gone':
            return 410
        body = self.feed()
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        same = request.headers.get('If-None-Match') == tag
        self.tell(lambda: setattr(self, 'looks', self.looks + 1))
        more = {'Link': self.links()} if self.links() else {}
        return 304 if same else 200, b'' if same else body, {'ETag': tag, **more}

    def answered(self, request):
        if request.method == 'POST' and self.how == 'verify':
            self.verify(request.form())
        elif request.method == 'POST' and self.how == 'deny':
            self.verify(request.form(), **{'hub.mode': 'denied', 'hub.reason': 'not for you'})

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
        form = self.forms[-1]
        name = {'sha1': 'X-Hub-Signature', 'sha256': 'X-Hub-Signature-256'}[method]
        signed = hmac.new((secret or form['hub.secret']).encode(), body, getattr(hashlib, method)).hexdigest()
        return knock(callback or form['hub.callback'], body, {'Content-Type': 'application/atom+xml',
                                                              header or name: f'{method}={signed}', **headers})[0]


def knock(url, body=None, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ''
    except (OSError, http.client.HTTPException):
        return 0, ''


def titles(conf):
    return sorted(r['value']['title'].removeprefix('acme ') for r in tail(conf, 'posts'))


def health(conf, source='blog'):
    """What the last record of the source says of its hub."""
    records = [r for r in tail(conf, 'sources') if r['key'] == source]
    return records[-1]['value'].get('push', {}) if records else {}


def subscribed(conf):
    return wait_until(lambda: health(conf).get('state') == 'subscribed' and health(conf), 'subscribed')

# SPDX-License-Identifier: MIT
"""POST /ingest/SOURCE: who may, what is taken, and that 202 means it is in the log."""

import hashlib
import hmac
import http.client
import json
import os
import random
import socket
import threading
import time
import urllib.parse

from harness import Running, announced, check, earshot, equal, get, main, metrics, ready, tail, test, wait_until, write

SECRET = 'a secret of the forms'

CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
privacy: {redact: false}
sources:
  - {id: forms, kind: ingest, secret: "%s", channel: survey, post_kind: survey, map: {text: why, survey.nps: score}}
brands: [{id: acme, topics: [{id: all, query: acme}]}]
''' % SECRET


class Sender:
    """One connection, kept."""

    def __init__(self, url):
        place = urllib.parse.urlsplit(url)
        self.http = http.client.HTTPConnection(place.hostname, place.port, timeout=60)

    def post(self, body, headers=None, path='/ingest/forms'):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.http.request('POST', path, data, {'Authorization': f'Bearer {SECRET}'} if headers is None else headers)
        answer = self.http.getresponse()
        return answer.status, answer.read().decode()


def signed(body, seconds=None, secret=SECRET):
    seconds = int(time.time()) if seconds is None else seconds
    sum_ = hmac.new(secret.encode(), f'{seconds}.'.encode() + body, hashlib.sha256).hexdigest()
    return {'X-Earshot-Signature': f't={seconds},sha256={sum_}'}


def run(folder):
    return Running('-c', write(folder, 'earshot.yaml', CONFIG))


def posts(folder):
    return [r['value'] for r in tail(os.path.join(folder, 'earshot.yaml'), 'posts')]


@test('an object, a list and lines are taken, mapped as the source says, and are in the log when 202 is there')
def _(folder):
    with run(folder) as service:
        wait_until(lambda: ready(service.url()), "it is ready")
        to = Sender(service.url())
        equal(to.post({'id': 'a', 'why': 'acme is slow', 'score': 3})[0], 202)
        equal([(p['text'], p['survey'], p['channel'], p['kind'], p['source']) for p in posts(folder)],
              [('acme is slow', {'nps': 3}, 'survey', 'survey', 'forms')])
        equal(to.post([{'id': 'b', 'why': 'acme 1'}, {'id': 'c', 'why': 'acme 2'}])[0], 202)
        equal(to.post(b'{"id": "d", "why": "acme 3"}\n{"id": "e", "why": "\xed\x95\xb4\xec\xa7\x80 acme"}\n')[0], 202)
        equal(len(posts(folder)), 5)
        # the same again is known; another text is an edit
        equal(to.post([{'id': 'b', 'why': 'acme 1'}])[0], 202)
        equal(len(posts(folder)), 5)
        equal(to.post([{'id': 'b', 'why': 'acme is better'}])[0], 202)
        equal([(p['op'], p['text']) for p in posts(folder) if p['native_id'] == 'b'],
              [('create', 'acme 1'), ('update', 'acme is better')])
        wait_until(lambda: get(service.url() + '/api/v1/summary')['n'] == 5, 'the pages have them')
        source = tail(os.path.join(folder, 'earshot.yaml'), 'sources')[-1]['value']
        equal((source['kind'], source['state'], source['posts']), ('ingest', 'ok', 6))
        check('next_try' not in source, source)
        check(SECRET not in json.dumps(source) + '\n'.join(service.lines), 'the secret is told')


@test('who has neither the secret nor a signature of now is not let in, and nothing is written')
def _(folder):
    body = json.dumps({'id': 'x', 'why': 'acme'}).encode()
    with run(folder) as service:
        wait_until(lambda: ready(service.url()), "it is ready")
        to, now = Sender(service.url()), int(time.time())
        wrong = [{}, {'Authorization': 'Bearer '}, {'Authorization': f'Bearer {SECRET}x'}, {'Authorization': f'Bearer {SECRET[:-1]}'},
                 {'Authorization': f'Basic {SECRET}'}, {'Authorization': SECRET}, signed(body, secret=SECRET[:-1]), signed(body + b' '),
                 signed(body, now - 400), signed(body, now + 400), {'X-Earshot-Signature': ''}, {'X-Earshot-Signature': 't=1,sha256='},
                 {'X-Earshot-Signature': f't={now}'}, {'X-Earshot-Signature': signed(body)['X-Earshot-Signature'].replace('sha256', 'sha1')},
                 {'X-Earshot-Signature': 't=99999999999999999999,sha256=00'},
                 # a wrong signature is not made good by a bearer
                 {**signed(body, now - 400), 'Authorization': f'Bearer {SECRET}'}]
        for headers in wrong:
            equal(to.post(body, headers)[0], 401, headers)
        equal(to.post(body, path='/ingest/other')[0], 404)
        equal(to.post(body, path='/ingest/')[0], 404)
        equal(posts(folder), [])
        equal(to.post(body, signed(body))[0], 202)
        # sent once more by whoever has heard it: known
        equal(to.post(body, signed(body))[0], 202)
        equal(len(posts(folder)), 1)
        check(f'earshot_collect_pushes_total{{outcome="forged"}} {len(wrong)}\n' in metrics(service.url()), 'counted')


@test('what is no JSON, no UTF-8, no record or too large is told, and nothing of it is written')
def _(folder):
    good = '{"id": "g", "why": "acme"}'
    with run(folder) as service:
        wait_until(lambda: ready(service.url()), "it is ready")
        to = Sender(service.url())
        for body in (b'', b' ', b'{', b'nonsense', good.encode() + b'\n{"id": ', b'[' + good.encode() + b', 7]', b'"text"', b'7',
                     b'{"id": "u", "why": "acme \xff"}', b'{"id": "n", "why": "acme \\ud800"}', good.encode() + b',' + good.encode()):
            status, said = to.post(body)
            equal(status, 400, body)
            check(json.loads(said)['error'], said)
        equal(announced(service.url() + '/ingest/forms', (1 << 20) + 1), 413)
        equal(posts(folder), [])
        # one without anything to say among good ones: they are taken, it goes where one can look at it
        equal(to.post([{'id': 'h', 'why': 'acme'}, {'id': 'i'}])[0], 202)
        equal(len(posts(folder)), 1)
        equal(len(tail(os.path.join(folder, 'earshot.yaml'), 'deadletter')), 1)


@test('a body that does not come to its end keeps nobody waiting')
def _(folder):
    with run(folder) as service:
        wait_until(lambda: ready(service.url()), "it is ready")
        place = urllib.parse.urlsplit(service.url())
        slow = [socket.create_connection((place.hostname, place.port), 60) for _n in range(20)]
        for one in slow:
            one.sendall(f'POST /ingest/forms HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {SECRET}\r\n'
                        'Content-Length: 100\r\n\r\n{"id"'.encode())
        equal(Sender(service.url()).post({'id': 'q', 'why': 'acme'})[0], 202)
        for one in slow:
            one.close()
        equal(len(posts(folder)), 1)


@test('killed while many send, the log has every post that was answered 202, once')
def _(folder):
    seed = int(os.environ.get('EARSHOT_SEED', random.randrange(10**6)))
    print(f'# EARSHOT_SEED={seed}')
    dice, taken, lock = random.Random(seed), set(), threading.Lock()

    def send(url, worker, life, stop):
        to, n = Sender(url), 0
        while not stop.is_set():
            ids = [f'{life}-{worker}-{n}-{i}' for i in range(20)]
            n += 1
            try:
                status, _said = to.post([{'id': i, 'why': f'acme {i}'} for i in ids])
            except (OSError, http.client.HTTPException):
                return
            if status == 202:
                with lock:
                    taken.update(ids)

    for life in range(int(os.environ.get('EARSHOT_KILLS', '5'))):
        with run(folder) as service:
            wait_until(lambda: ready(service.url()), "it is ready")
            stop, enough = threading.Event(), len(taken) + dice.randrange(20, 400)
            workers = [threading.Thread(target=send, args=(service.url(), w, life, stop)) for w in range(4)]
            for worker in workers:
                worker.start()
            wait_until(lambda: len(taken) > enough, 'some are taken')
            service.kill()
            stop.set()
            for worker in workers:
                worker.join()
    got = [p['native_id'] for p in posts(folder)]
    equal(len(got), len(set(got)), 'came twice')
    equal(taken - set(got), set(), 'answered 202, and not there')
    print(f'# {len(taken)} answered, {len(got)} in the log')


@test('a source of kind ingest without a good secret, or with an address, is an error with its place')
def _(folder):
    for given, words in (('kind: ingest', 'needs a secret of 16'), ('kind: ingest, secret: short', 'needs a secret of 16'),
                         ('kind: ingest, secret: "0123456789abcdef", url: "https://x.example"', 'has no address')):
        conf = write(folder, 'earshot.yaml', CONFIG.split('sources:')[0] + 'sources:\n  - {id: f, ' + given + '}\n')
        result = earshot('check', '-c', conf)
        equal(result.code, 78, given)
        check('earshot.yaml:7:' in result.err and words in result.err, result.err)


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""Connectors that are sent to (`receive`): those that come with earshot, with payloads in their shape (tests/cases/connectors), and one
of an invented service: who may, what is taken, what a changed payload and a kill come to."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import threading
import time
import urllib.parse

from apis import cases, health, holds, renamed
from harness import Running, announced, check, earshot, equal, main, metrics, ready, tail, test, wait_until, write

CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
privacy: {redact: false}
connectors: [kinds]
brands: [{id: nordwind, topics: [{id: all, query: nordwind}]}]
sources:
'''

# a service that nobody has: signs time and body, asks with a challenge
INVENTED = '''
about: Bellboy, notes of a hotel's guests
channel: survey
post_kind: survey
params:
  secret: {required: true, secret: true}
  verify: {default: hello}
receive:
  signature: {header: X-Bell-Signature, key: "{secret}", prefix: "v0=", text: "v0:{time}:{body}"}
  time: {header: X-Bell-Time, within: 2m}
  challenge: {param: bell.challenge, token_param: bell.token, token: "{verify}"}
items: notes[]
map: {native_id: no, text: words, survey.csat: stars}
'''

BELL = 'the secret of the bell'


def signed(how, body, secret=None):
    sum_ = hmac.new((secret or how['key']).encode(), body, getattr(hashlib, how['hmac']))
    text = base64.b64encode(sum_.digest()).decode() if how['digits'] == 'base64' else sum_.hexdigest()
    return {how['header']: how['prefix'] + text}


def bell(body, at=None, secret=BELL):
    at = str(int(time.time()) if at is None else at)
    sum_ = hmac.new(secret.encode(), b'v0:' + at.encode() + b':' + body, hashlib.sha256).hexdigest()
    return {'X-Bell-Time': at, 'X-Bell-Signature': f'v0={sum_}'}


class Sender:
    def __init__(self, url):
        place = urllib.parse.urlsplit(url)
        self.http = http.client.HTTPConnection(place.hostname, place.port, timeout=60)

    def send(self, source, body, headers, method='POST'):
        self.http.request(method, f'/ingest/{source}', body, headers)
        answer = self.http.getresponse()
        return answer.status, answer.read().decode()


def run(folder, sources):
    os.makedirs(os.path.join(folder, 'kinds'), exist_ok=True)
    write(folder, 'kinds/bellboy.yaml', INVENTED)
    lines = ''.join(f'  - {json.dumps(source, ensure_ascii=False)}\n' for source in sources)
    return Running('-c', write(folder, 'earshot.yaml', CONFIG + lines))


def shipped(folder):
    return run(folder, [{'id': kind, 'kind': kind, **case['source']} for kind, case in cases('sent').items()])


def posts(folder):
    return [r['value'] for r in tail(os.path.join(folder, 'earshot.yaml'), 'posts')]


def dumped(value):
    return json.dumps(value, ensure_ascii=False).encode()


@test('each takes what its service sends, signed as the service signs, maps it, and knows what is sent again')
def _(folder):
    with shipped(folder) as service:
        wait_until(lambda: ready(service.url()), 'it is ready')
        to = Sender(service.url())
        for kind, case in cases('sent').items():
            for payload in case['sent'] * 2:
                body = dumped(payload)
                equal(to.send(kind, body, {**signed(case['signature'], body), 'Content-Type': 'application/json'})[0], 202, f'{kind}: {payload}')
            mine = {p['native_id']: p for p in posts(folder) if p['source'] == kind}
            equal(sorted(mine), sorted(p['native_id'] for p in case['posts']), kind)
            equal(len(mine), len([p for p in posts(folder) if p['source'] == kind]), 'once each')
            for want in case['posts']:
                holds(mine[want['native_id']], want, f'{kind} {want["native_id"]}')
            # the service looks whether somebody is there
            for method in ('GET', 'HEAD'):
                equal(to.send(kind, None, {}, method), (200, ''))
        for kind, state in health(os.path.join(folder, 'earshot.yaml')).items():
            equal((state['kind'], state['state']), (kind, 'ok'))
            check(cases('sent')[kind]['signature']['key'] not in json.dumps(state) + '\n'.join(service.lines), 'the secret is told')


@test('without the signature of the service nothing is taken; what is no JSON, no UTF-8 or too large is told')
def _(folder):
    with shipped(folder) as service:
        wait_until(lambda: ready(service.url()), 'it is ready')
        to, n = Sender(service.url()), 0
        for kind, case in cases('sent').items():
            how, body = case['signature'], dumped(case['sent'][1])
            right = signed(how, body)[how['header']]
            prefix = how['prefix']
            for given in (None, '', prefix, right[:-1], right + '=', right.replace(prefix, ''), right.replace(prefix, 'md5='), right[:-2] + ('AA' if right[-2:] != 'AA' else 'BB'),
                          signed(how, body, 'another')[how['header']], signed(how, body + b' ')[how['header']]):
                equal(to.send(kind, body, {} if given is None else {how['header']: given})[0], 401, f'{kind}: {given}')
                n += 1
            equal(to.send(kind, body, {'Authorization': f'Bearer {how["key"]}'})[0], 401)
            n += 1
            for bad in (b'', b'{', b'nonsense', body + b'}', body.replace(b'"', b'"\xff', 1), b'[' * 5000):
                equal(to.send(kind, bad, signed(how, bad))[0], 400, f'{kind}: {bad[:40]}')
            equal(announced(f'{service.url()}/ingest/{kind}', (1 << 20) + 1), 413)
        equal(posts(folder), [])
        check(f'earshot_collect_pushes_total{{outcome="forged"}} {n}\n' in metrics(service.url()), 'counted')


@test('a service that names its members anew is told 422 and cannot be heard, until it is mended')
def _(folder):
    conf = os.path.join(folder, 'earshot.yaml')
    with shipped(folder) as service:
        wait_until(lambda: ready(service.url()), 'it is ready')
        to = Sender(service.url())
        for n, (kind, case) in enumerate(cases('sent').items()):
            payload = case['sent'][0 if kind == 'typeform' else 1]
            body = dumped(renamed(payload, case['drift']))
            status, said = to.send(kind, body, signed(case['signature'], body))
            equal((status, json.loads(said)['error']), (422, 'not_understood'), kind)
            state = health(conf)[kind]
            equal((state['state'], state['error']), ('cannot_hear', 'data'), kind)
            check(state['message'].startswith('no items mapped'), state)
            equal(len(posts(folder)), n)
            body = dumped(payload)
            equal(to.send(kind, body, signed(case['signature'], body))[0], 202)
            equal((health(conf)[kind]['state'], len(posts(folder))), ('ok', n + 1))


@test('one of an invented service: a signed time that is over is nobody, a challenge is answered to whoever knows the token')
def _(folder):
    with run(folder, [{'id': 'bell', 'kind': 'bellboy', 'params': {'secret': BELL}}, {'id': 'plain', 'kind': 'ingest', 'secret': BELL}]) as service:
        wait_until(lambda: ready(service.url()), 'it is ready')
        to, now = Sender(service.url()), int(time.time())
        body = dumped({'notes': [{'no': 1, 'words': 'nordwind was loud', 'stars': 2}, {'no': 2, 'words': 'nordwind was kind'}, {'words': 'no number'}]})
        for headers in (bell(body, now - 180), bell(body, now + 180), bell(body, 'yesterday'), {**bell(body), 'X-Bell-Time': str(now - 1)}, bell(body, secret='x'),
                        {'X-Bell-Signature': bell(body)['X-Bell-Signature']}):
            equal(to.send('bell', body, headers)[0], 401, headers)
        equal(to.send('bell', body, bell(body, now - 60))[0], 202)
        equal(to.send('bell', body, bell(body))[0], 202)
        equal([(p['native_id'], p['survey'] if p['native_id'] == '1' else None) for p in posts(folder)], [('1', {'csat': 2}), ('2', None)])
        check('1 of 3 items have no id' in health(os.path.join(folder, 'earshot.yaml'))['bell']['message'], 'what was lost is told')
        equal(to.send('bell?bell.challenge=abc%3C&bell.token=hello', None, {}, 'GET'), (200, 'abc<'))
        equal(to.send('bell?bell.challenge=abc&bell.token=hallo', None, {}, 'GET')[0], 403)
        equal(to.send('bell?bell.challenge=abc', None, {}, 'GET')[0], 403)
        equal(to.send('bell', None, {}, 'GET'), (200, ''))
        equal(to.send('plain', None, {}, 'GET')[0], 405)
        equal(to.send('none', None, {}, 'GET')[0], 405)


@test('killed while it is sent to, the log has everything that was answered 202, once')
def _(folder):
    seed = int(os.environ.get('EARSHOT_SEED', random.randrange(10**6)))
    print(f'# EARSHOT_SEED={seed}')
    dice, taken, lock = random.Random(seed), set(), threading.Lock()

    def send(url, worker, life, stop):
        to, n = Sender(url), 0
        while not stop.is_set():
            ids = [f'{life}-{worker}-{n}-{i}' for i in range(10)]
            n += 1
            body = dumped({'notes': [{'no': i, 'words': f'nordwind {i}'} for i in ids]})
            try:
                # a service that had no answer sends it again
                status = [to.send('bell', body, bell(body))[0] for _n in range(2)]
            except (OSError, http.client.HTTPException):
                return
            if 202 in status:
                with lock:
                    taken.update(ids)

    for life in range(int(os.environ.get('EARSHOT_KILLS', '5'))):
        with run(folder, [{'id': 'bell', 'kind': 'bellboy', 'params': {'secret': BELL}}]) as service:
            wait_until(lambda: ready(service.url()), 'it is ready')
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


@test('what is wrong with one is told with its place')
def _(folder):
    def error_of(text, source='{id: bell, kind: bellboy, params: {secret: s}}'):
        os.makedirs(os.path.join(folder, 'kinds'), exist_ok=True)
        write(folder, 'kinds/bellboy.yaml', text)
        result = earshot('check', '-c', write(folder, 'earshot.yaml', CONFIG + f'  - {source}\n'))
        equal(result.code, 78, result.err)
        return result.err
    for old, new, words in (('key: "{secret}", ', '', 'does not say how the service proves itself'), ('"{secret}"', '"{hush}"', 'names {hush}'),
                            ('  time:', '  events: [a]\n  time:', 'where the name of an event stands'), (', token: "{verify}"', '', 'a token_param without a token'),
                            ('items:', 'request: {url: "https://x.example"}\nitems:', 'asks for nothing'),
                            ('items:', 'stream: {url: "https://x.example"}\nitems:', 'asks for nothing'), ('items: notes[]\n', '', '"items" and "map" are needed'),
                            ('prefix:', 'hmac: md5, prefix:', 'md5'), ('prefix:', 'digits: oct, prefix:', 'oct'), ('receive:', 'accept:', 'accept')):
        said = error_of(INVENTED.replace(old, new, 1))
        check('bellboy.yaml:' in said and words in said, (new, said))
    said = error_of(INVENTED, '{id: bell, kind: bellboy}')
    check('does not say its secret' in said, said)
    said = error_of(INVENTED, '{id: bell, kind: bellboy, params: {secret_file: x}}')
    check('no param "secret_file"' in said, said)


if __name__ == '__main__':
    main()

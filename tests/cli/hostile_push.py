# SPDX-License-Identifier: MIT
"""Bytes of anybody to /ingest and /form, as they come over the wire, to the sanitized program: it lives, answers what it
understands with a status, and every record in the log keeps its contract. EARSHOT_INPUTS: how many; EARSHOT_SEED: which."""

import base64
import hashlib
import hmac
import json
import os
import random
import re
import socket
import time
import urllib.parse

from harness import EARSHOT_DEV, Running, check, equal, main, ready, tail, test, wait_until, write

SECRET = 'a secret of everybody'

CONFIG = f'''
bus: ./log.db
view: {{path: ./view.db}}
http: {{listen: "127.0.0.1:0", public_url: "https://forms.example"}}
sources:
  - {{id: api, kind: ingest, secret: "{SECRET}"}}
  - {{id: hook, kind: typeform, params: {{secret: "{SECRET}"}}}}
  - {{id: form, kind: form, secret: "{SECRET}", form: {{ask: nps, per_minute: 1000000}}}}
  - {{id: numbers, kind: series, secret: "{SECRET}"}}
brands: [{{id: acme, topics: [{{id: all, query: acme}}]}}]
'''

GOOD = {200, 202, 303}
STATUSES = {None, *GOOD, 400, 401, 403, 404, 405, 411, 413, 415, 417, 421, 422, 431, 501, 503, 505}
PIECES = [b'\r\n', b'\0', b'\xff', b'%00', b'%ff', b'"', b'{', b'}', b'[', b'&', b'=', b'+', b',', b'\\ud800', b'1e999', b'-0', b'Transfer-Encoding: chunked\r\n', b'Content-Length: 7\r\n',
          b'Expect: 100-continue\r\n', b'X' * 5000, '한국어'.encode(), b'"text":', b'null', b'../', b'?lang=ko', b'HTTP/9.9', b'Host: evil.example\r\n', b'Origin: null\r\n']


def mac(text):
    return hmac.new(SECRET.encode(), text, hashlib.sha256)


def seeds(dice, host):
    """A good request of each kind."""
    def request(path, body, *headers, method='POST'):
        lines = [f'{method} {path} HTTP/1.1', f'Host: {host}', 'Connection: close', *headers, f'Content-Length: {len(body)}']
        return '\r\n'.join(lines).encode() + b'\r\n\r\n' + body

    n = dice.randrange(10**9)
    claim = f'{int(time.time())}.{n:032x}'
    token = f'{claim}.{mac(f"form{chr(10)}form{chr(10)}{claim}".encode()).hexdigest()}'
    answer = urllib.parse.urlencode({'token': token, 'score': dice.randrange(11), 'met': 'no', 'text': f'acme {n} 한국어'}).encode()
    post = json.dumps([{'id': n, 'text': f'acme {n}', 'survey': {'nps': 3}}, {'id': n + 1, 'text': 'ç'}]).encode()
    number = json.dumps({'metric': 'page_load', 'time': '2026-11-26', 'value': n, 'dimensions': {'page': '/a'}}).encode()
    hook = json.dumps({'event_type': 'form_response', 'form_response': {'token': f't{n}', 'answers': [{'type': 'text', 'text': f'acme {n}'}]}}).encode()
    bearer = f'Authorization: Bearer {SECRET}'
    seconds = int(time.time())
    return [request('/form/form?lang=tr', answer, 'Content-Type: application/x-www-form-urlencoded'), request('/ingest/api', post, bearer),
            request('/ingest/api', post, f'X-Earshot-Signature: t={seconds},sha256={mac(f"{seconds}.".encode() + post).hexdigest()}'),
            request('/ingest/numbers', number, bearer), request('/form/form', b'', method='GET'), request('/form/form/qr.svg', b'', method='GET'),
            request('/ingest/hook', hook, f'Typeform-Signature: sha256={base64.b64encode(mac(hook).digest()).decode()}')]


def spoilt(dice, data):
    data = bytearray(data)
    for _n in range(dice.choice((0, 1, 1, 2, 4, 16))):
        at = dice.randrange(len(data) + 1)
        what = dice.randrange(5)
        if what == 0 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        elif what == 1:
            data[at:at] = dice.choice(PIECES)
        elif what == 2:
            del data[at:at + dice.randrange(1, 40)]
        elif what == 3:
            data[at:at] = data[at:at + dice.randrange(1, 60)]
        elif at < len(data):
            data[at] = dice.randrange(256)
    return bytes(data)


def ask(place, data, patience=0.5):
    """The status; None where none comes, for the rest of a request that was cut short does not come either."""
    with socket.create_connection((place.hostname, place.port), 60) as to:
        to.settimeout(patience)
        try:
            to.sendall(data)
            said = b''
            while piece := to.recv(65536):
                said += piece
        except (ConnectionError, TimeoutError):
            return None
    found = re.match(rb'(?:HTTP/1\.1 100 Continue\r\n\r\n)?HTTP/1\.[01] (\d{3}) ', said)
    return int(found.group(1)) if found else None


@test('whatever comes over the wire, the program lives, answers with a status, and writes nothing that breaks its contract')
def _(folder):
    seed = int(os.environ.get('EARSHOT_SEED', random.randrange(10**6)))
    print(f'# EARSHOT_SEED={seed}')
    dice, n = random.Random(seed), int(os.environ.get('EARSHOT_INPUTS', '600'))
    path = write(folder, 'earshot.yaml', CONFIG)
    statuses = {}
    with Running('-c', path, program=EARSHOT_DEV) as service:
        wait_until(lambda: ready(service.url()), 'it is ready')
        place = urllib.parse.urlsplit(service.url())
        for _n in range(n):
            good = dice.choice(seeds(dice, place.netloc))
            data = spoilt(dice, good)
            status = ask(place, data, 60 if data == good else 0.5)
            check(status in (GOOD if data == good else STATUSES), f'{status} for {data!r}')
            check(service.process.poll() is None, f'it ended with {data!r}\n' + '\n'.join(service.lines[-20:]))
            statuses[status] = statuses.get(status, 0) + 1
        for data in seeds(dice, place.netloc):
            status = ask(place, data, 60)
            check(status in GOOD, f'{status} for {data!r}, which is good')
        equal(service.stop(30), 0)
    said = '\n'.join(service.lines)
    check('Sanitizer' not in said and 'runtime error' not in said, said[-3000:])
    records = tail(path, 'posts', 'metrics', 'sources', 'deadletter')  # each is held against its schema
    # some of each were taken whatever the dice say, for a good one of each was sent last
    check(statuses.get(400, 0) > 0 and statuses.get(401, 0) > 0, statuses)
    print(f'# {n} inputs, {len(records)} records, answers {dict(sorted(statuses.items(), key=str))}')


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""The HTTP API keeps config/schema/openapi.yaml: every operation is called with every parameter that
it has, and every answer, errors too, is what the page says, with no member that it does not name."""

import copy
import functools
import json
import re
import time
import urllib.error
import urllib.request

import jsonschema_rs

from harness import Failed, Running, check, config, equal, main, tail, test, wait_until, write
from schemas import closed, load

TEXTS = ('acme is great, I love it', 'acme refund is terrible, I hate it', 'acme opens at nine', 'rival is better than acme',
         'acme refund never came, awful', 'acme refund is a nightmare', 'acme kargo çok hızlı geldi', 'acme 배송이 너무 느려요')
# a value for each parameter; the others are texts that nothing has
VALUES = {'limit': '2', 'since': '30d', 'until': '1m', 'label': 'negative', 'voice': 'customers', 'step': 'hour', 'by': 'label',
          'window': '24h', 'topic': 'acme-all', 'brand': 'acme', 'with': 'rival', 'q': 'acme refund'}
ERRORS = (
    ('GET', '/api/v1/mentions?limit=x', None, 400, 'bad_parameter'),
    ('GET', '/api/v1/mentions?topic=a&brand=b', None, 400, 'bad_parameter'),
    ('GET', '/api/v1/summary?nothing=1', None, 400, 'bad_parameter'),
    ('GET', '/api/v1/series?step=century', None, 400, 'bad_parameter'),
    ('GET', '/api/v1/mentions/' + '0' * 32, None, 404, 'not_found'),
    ('GET', '/api/v1/nothing', None, 404, 'not_found'),
    ('POST', '/api/v1/summary', {}, 405, 'method'),
    ('POST', '/api/v1/reviews', {'id': 'x'}, 400, 'bad_body'),
    ('POST', '/api/v1/reviews', {'id': '0' * 32, 'decision': 'done', 'base_rev': 0}, 404, 'not_found'),
    ('POST', '/api/v1/reviews/undo', {'id': '0' * 32}, 404, 'not_found'),
)


@functools.cache
def document():
    return load('openapi.yaml')


@functools.cache
def bundle():
    """The schemas of the page, closed, with the mention's in them; what allOf puts together is closed as a whole."""
    schemas = copy.deepcopy(document()['components']['schemas'])
    for schema in schemas.values():
        if 'allOf' in schema:
            schema['unevaluatedProperties'] = False
    mention = load('mention.schema.json')
    bundled = {name: closed(schema) for name, schema in schemas.items()}
    bundled['Item']['allOf'] = [{'$ref': mention['$id']}, {**bundled['Item']['allOf'][1]}]
    del bundled['Item']['allOf'][1]['additionalProperties']
    mention = closed(mention)
    del mention['additionalProperties']
    return {'components': {'schemas': bundled}, '$defs': {'mention': mention}}


def validator(schema):
    return jsonschema_rs.Draft202012Validator({**schema, **bundle()}, validate_formats=True)


def hold(schema, value, what):
    for error in validator(schema).iter_errors(value):
        raise Failed(f'{what}: {"/".join(map(str, error.instance_path))}: {error.message[:300]}')


def resolved(part):
    while '$ref' in part:
        part = functools.reduce(lambda node, name: node[name], part['$ref'][2:].split('/'), document())
    return part


def call(url, method, path, body=None):
    """(status, content type, the body) of an answer."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, data=data, method=method, headers={'Content-Type': 'application/json'} if data else {})
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        kind = answer.headers.get_content_type()
        if kind == 'text/event-stream':
            lines = ['']
            while not lines[-1].startswith('data:'):
                lines.append(answer.readline().decode())
            return answer.status, kind, ''.join(lines)
        return answer.status, kind, answer.read().decode()


def ask(url, method, template, path=None, body=None, status=200):
    """Calls it, holds the answer against the page, and gives it back."""
    operation = document()['paths'][template][method.lower()]
    got, kind, text = call(url, method, path or template, body)
    what = f'{method} {path or template}'
    equal(got, status, f'{what}: {text[:300]}')
    content = resolved(operation['responses'].get(str(got), operation['responses']['default'])).get('content', {})
    check(kind in content, f'{what}: {kind} is none of {list(content)}')
    if kind != 'application/json':
        return text
    value = json.loads(text)
    hold(content[kind]['schema'], value, what)
    return value


class System:
    """All roles over TEXTS; ready when everything is in the read model."""

    def __init__(self, folder):
        now = time.time()
        lines = [json.dumps({'native_id': str(n), 'text': text, 'author': {'handle': f'a{n}'}, 'channel': 'x',
                             'published_at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(now - 3600 * n))}) + '\n'
                 for n, text in enumerate(TEXTS)]
        write(folder, 'posts.jsonl', ''.join(lines))
        self.conf = config(folder)
        self.run = Running('-c', self.conf)

    def __enter__(self):
        self.run.__enter__()
        self.url = self.run.url()
        wait_until(lambda: json.loads(call(self.url, 'GET', '/api/v1/summary')[2]).get('n') == len(TEXTS), 'all mentions')
        return self

    def __exit__(self, *why):
        self.run.__exit__(*why)


def parameters(template):
    return [resolved(p) for p in document()['paths'][template].get('get', {}).get('parameters', ())]


def read_everything(url):
    """Every GET, alone and with each of its parameters."""
    one = ask(url, 'GET', '/api/v1/mentions')['items'][0]['id']
    called = 0
    for template in document()['paths']:
        # of sources that are sent to, which this config has none of: websub.py, connectors_push.py, forms.py
        if 'get' not in document()['paths'][template] or template.startswith(('/websub/', '/ingest/', '/form/')):
            continue
        path = template.replace('{id}', one)
        needed = any(parameter['in'] == 'query' and parameter.get('required') for parameter in parameters(template))
        ask(url, 'GET', template, path, status=400 if needed else 200)
        called += 1
        for parameter in parameters(template):
            if parameter['in'] != 'query' or parameter['name'] == 'cursor':
                continue
            value = VALUES.get(parameter['name'], 'none')
            check(validator(parameter['schema']).is_valid(int(value) if parameter['schema'].get('type') == 'integer' else value),
                  f'{template}?{parameter["name"]}={value} is not of the page')
            ask(url, 'GET', template, f'{path}?{parameter["name"]}={urllib.request.quote(value)}')
            called += 1
    return called


@test('every operation that reads, alone and with each of its parameters, answers as the page says')
def reads(folder):
    with System(folder) as system:
        url = system.url
        called = read_everything(url)
        check(called > 60, f'{called} calls')
        page = ask(url, 'GET', '/api/v1/mentions', '/api/v1/mentions?limit=3')
        seen = len(page['items'])
        while page['next']:
            page = ask(url, 'GET', '/api/v1/mentions', f'/api/v1/mentions?limit=3&cursor={page["next"]}')
            seen += len(page['items'])
        equal(seen, len(TEXTS), 'mentions over all pages')
        queue = ask(url, 'GET', '/api/v1/queue')
        check(queue['items'] and all('queue' in item for item in queue['items']), queue)
        text = ask(url, 'GET', '/api/v1/events')
        found = re.fullmatch(r'retry: \d+\n\nid: (\d+)\nevent: change\ndata: (.*)\n', text)
        check(found, text)
        stream = document()['paths']['/api/v1/events']['get']['responses']['200']['content']['text/event-stream']
        hold(stream['x-event-data'], json.loads(found[2]), 'an event')
        print(f'# {called} calls')


@test('what nobody can answer is an error of the page, with the status that it names')
def errors(folder):
    schema = {'$ref': '#/components/schemas/Error'}
    with System(folder) as system:
        for method, path, body, status, code in ERRORS:
            got, kind, text = call(system.url, method, path, body)
            equal((got, kind), (status, 'application/json'), f'{method} {path}: {text[:200]}')
            value = json.loads(text)
            hold(schema, value, f'{method} {path}')
            equal(value['error'], code, f'{method} {path}')


@test('decisions and their undo answer as the page says; what stands then does too, and the records')
def decides(folder):
    with System(folder) as system:
        url = system.url
        items = ask(url, 'GET', '/api/v1/queue')['items']
        check(len(items) >= 3, f'{len(items)} in the queue')
        bodies = ({'decision': 'label', 'label': 'neutral', 'note': 'seen'}, {'decision': 'spam'}, {'decision': 'done'})
        for item, body in zip(items, bodies):
            body = {'id': item['id'], 'base_rev': item['rev'], **body}
            hold({'$ref': '#/components/schemas/Decision'}, body, 'the body')
            said = ask(url, 'POST', '/api/v1/reviews', body=body)
            equal(said['hidden'], body['decision'] == 'spam', said)

            def seen(id=item['id'], wanted=body['decision']):
                shown = ask(url, 'GET', '/api/v1/mentions/{id}', f'/api/v1/mentions/{id}')
                queued = any(other['id'] == id for other in ask(url, 'GET', '/api/v1/queue')['items'])
                return not queued and (wanted == 'done' or shown.get('decision', {}).get('decision') == wanted)
            wait_until(seen, f'{body} is seen')
            if body['decision'] != 'done':
                equal(ask(url, 'POST', '/api/v1/reviews', body=body, status=409)['error'], 'stale', 'the same again')
        read_everything(url)
        for item in items[:2]:
            undo = {'id': item['id']}
            hold({'$ref': '#/components/schemas/Undo'}, undo, 'the body')
            equal(ask(url, 'POST', '/api/v1/reviews/undo', body=undo)['decision'], 'undo')
        equal(system.run.stop(), 0, 'the exit code')
    records = tail(system.conf, 'reviews', 'audit', 'flagged', 'mentions.negative', 'mentions.neutral', 'mentions.positive')
    equal(sum(r['topic'] == 'earshot.audit' for r in records), 5, 'records in audit')
    check(sum(r['topic'] == 'earshot.reviews' for r in records) == 5, 'records in reviews')
    check(any(r['headers'].get('decision') == 'spam' for r in records), 'a null that hides')


main()

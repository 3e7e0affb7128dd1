# SPDX-License-Identifier: MIT
"""The contracts in config/schema/ themselves: well-formed by the schemas of those who define their
formats, one with the program, and nothing in them breaks what was released. That records and answers
keep them is held where they are produced: by every suite that reads topics (schemas.py), and api.py."""

import copy
import json
import os
import re
import subprocess

import jsonschema_rs
import openapi_spec_validator

import evolution
from harness import ROOT, Failed, check, equal, main, test
from schemas import FOLDER, Broken, hold, load, pointed

RELEASED = os.path.join(ROOT, 'tests', 'fixtures', 'contracts')
NOT_YET = {'rollups'}  # nothing is written there
MS = {'ES_DAY': 86400000}


def schema_files():
    return sorted(name for name in os.listdir(FOLDER) if name.endswith('.schema.json'))


def of_files():
    """Schemas of files that people write, not of records."""
    return {'config.schema.json', 'connector.schema.json'}


def references(part):
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == '$ref')
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from references(one)


def first_error(validator, document, what):
    for error in validator.iter_errors(document):
        raise Failed(f'{what}: {"/".join(map(str, error.instance_path))}: {error.message[:500]}')


@test('every schema is JSON Schema 2020-12, has a name of its own, and its references lead somewhere')
def well_formed(folder):
    names = set()
    for name in schema_files():
        schema = load(name)
        equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema', name)
        jsonschema_rs.meta.validate(schema)
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        equal(schema['$id'], f'urn:earshot:schema:{name.split(".")[0]}:v1', name)
        check(schema['title'] and len(schema['description']) > 40, f'{name}: what is it?')
        names.add(schema['$id'])
        for ref in references(schema):
            pointed(schema, ref)
    equal(len(names), len(schema_files()))
    with open(os.path.join(FOLDER, 'README.md'), encoding='utf-8') as file:
        page = file.read()
    for name in os.listdir(FOLDER):
        check(name == 'README.md' or f'`{name}`' in page, f'config/schema/README.md does not name {name}')


@test('asyncapi.yaml keeps the official schema of AsyncAPI 3.0, and every file that it names is there')
def asyncapi(folder):
    npm = subprocess.run(['sh', os.path.join(ROOT, 'tests', 'npm.sh')], capture_output=True, timeout=600)
    equal(npm.returncode, 0, f'npm: {npm.stderr.decode()[-500:]}')
    path = os.path.join(ROOT, 'build', 'npm', 'node_modules', '@asyncapi', 'specs', 'schemas', '3.0.0.json')
    with open(path, encoding='utf-8') as file:
        official = jsonschema_rs.Draft7Validator(json.load(file))
    document = load('asyncapi.yaml')
    first_error(official, document, 'asyncapi.yaml')
    wrong = copy.deepcopy(document)
    wrong['channels']['posts']['adress'] = wrong['channels']['posts'].pop('address')
    check(not official.is_valid(wrong), 'a slip is not found: the official schema is not what it was')
    used = set()
    for ref in references(document):
        if ref.startswith('#'):
            pointed(document, ref)
        else:
            used.add(ref.removeprefix('./'))
    equal(used, set(schema_files()) - of_files(), 'files that asyncapi.yaml names')
    named = {pointed(document, op['channel']['$ref'])['address'] for op in document['operations'].values()}
    equal(named, {channel['address'] for channel in document['channels'].values()}, 'channels that an operation names')


def number(text):
    """What topics.c says: "400 * ES_DAY"."""
    value = 1
    for part in text.split('*'):
        value *= MS.get(part.strip()) or int(part)
    return value


@test('asyncapi.yaml has the topics of the program, with their cleanup, partitions and retention')
def topics(folder):
    with open(os.path.join(ROOT, 'src', 'bus', 'topics.c'), encoding='utf-8') as file:
        text = file.read()
    words = {name: value.strip('()') for name, value in re.findall(r'^#define (\w+)\s+(\(?[^\n/]+\)?)$', text, re.M)}
    rows = re.findall(r'\[ES_TOPIC_\w+\] = \{ "([^"]+)", ([^,]+), (\d+), ([^,]+), ([^}]+) \}', text)
    equal(len(rows), 13, 'topics')
    channels = load('asyncapi.yaml')['channels']
    equal(set(channels), {row[0] for row in rows} - NOT_YET, 'topics')
    for name, cleanup, partitions, retention, lag in rows:
        if name in NOT_YET:
            continue
        kafka = channels[name]['bindings']['kafka']
        conf = kafka['topicConfiguration']
        equal((channels[name]['address'], kafka['topic']), (f'earshot.{name}', f'earshot.{name}'))
        equal(conf['cleanup.policy'], [word.strip().lower() for word in cleanup.split('|')], f'{name}: cleanup')
        equal(kafka['partitions'], int(partitions) or 8, f'{name}: partitions')
        equal(conf['retention.ms'], number(words.get(retention.strip(), retention)), f'{name}: retention')
        equal(conf.get('max.compaction.lag.ms', 0), number(words.get(lag.strip(), lag)), f'{name}: compaction lag')


@test('openapi.yaml is OpenAPI 3.1 and has the routes of the program, all of them and no other')
def openapi(folder):
    document = load('openapi.yaml')
    openapi_spec_validator.validate(document, base_uri=f'file://{FOLDER}/openapi.yaml')
    routes = set()
    for source in ('src/desk/read.c', 'src/http/health.c', 'src/collect/push.c', 'src/collect/ingest.c', 'src/collect/form.c'):
        with open(os.path.join(ROOT, source), encoding='utf-8') as file:
            routes |= set(re.findall(r'\{ "(GET|POST|PUT|DELETE|PATCH)", "([^"]+)", \w+(?:, \.\w+ = \w+)* \}', file.read()))
    routes -= {('GET', '/api/*'), ('GET', '/*')}  # what is none, and the pages
    paths = {(method.upper(), re.sub(r'\{\w+\}', '*', path)) for path, item in document['paths'].items() for method in item}
    equal(paths, routes, 'paths')
    operations = [op['operationId'] for item in document['paths'].values() for op in item.values()]
    equal(len(operations), len(set(operations)), 'operationId')


@test('nothing that was released is broken: no member gone, no type narrowed, none asked for that need not have been')
def evolves(folder):
    releases = sorted(os.listdir(RELEASED))
    check('0' in releases, f'{RELEASED} holds {releases}')
    for release in releases:
        if os.path.isdir(os.path.join(RELEASED, release)):
            found = evolution.broken(os.path.join(RELEASED, release))
            equal(found, [], f'against release {release}')


def without(name):
    def alter(part):
        del part[name]
    return alter


def set_to(name, value):
    def alter(part):
        part[name] = value
    return alter


def both(part):
    part['required'].append('text')


MENTION = 'mention.schema.json'
# file, where in it, what is done there, a word of the complaint; None: it is allowed
CHANGES = (
    (MENTION, '#/properties', without('text'), 'text: is gone'),
    (MENTION, '#/properties/author/properties', without('key'), 'author/key: is gone'),
    (MENTION, '#/properties/sentiment/properties/why/items/properties', without('term'), 'why/items/term: is gone'),
    (MENTION, '#', both, 'text must be there now'),
    (MENTION, '#/properties/rev', set_to('type', 'number'), 'type was integer'),
    (MENTION, '#/properties/rev', set_to('minimum', 1), 'minimum'),
    (MENTION, '#/properties/text', set_to('maxLength', 100), 'maxLength'),
    (MENTION, '#/properties/op', set_to('enum', ['create', 'update']), 'values are gone'),
    (MENTION, '#/properties/lang', set_to('enum', ['en']), 'values are gone'),
    (MENTION, '#/$defs/label', set_to('enum', ['negative', 'positive']), 'values are gone'),
    (MENTION, '#/$defs/id', set_to('pattern', '^[0-9]+$'), 'pattern'),
    (MENTION, '#', set_to('additionalProperties', False), 'other members'),
    (MENTION, '#/properties', set_to('mood', {'type': 'string'}), None),
    (MENTION, '#/properties/op', set_to('enum', ['create', 'update', 'rescore', 'delete', 'merge']), None),
    (MENTION, '#/properties/text', set_to('maxLength', 10 ** 6), None),
    (MENTION, '#', set_to('required', ['id']), None),
    ('headers.schema.json', '#/properties', without('ce_id'), 'ce_id: is gone'),
    ('asyncapi.yaml', '#/channels', without('flagged'), 'flagged: is gone'),
    ('asyncapi.yaml', '#/channels/posts/messages', without('tombstone'), 'tombstone: is gone'),
    ('asyncapi.yaml', '#/channels/posts/bindings/kafka/topicConfiguration', set_to('cleanup.policy', ['delete']), 'posts: was'),
    ('asyncapi.yaml', '#/components/messages/review/bindings/kafka/key', set_to('pattern', '^.+$'), 'key: pattern'),
    ('asyncapi.yaml', '#/components/messages/post', set_to('name', 'io.earshot.post.v2'), 'name was'),
    ('asyncapi.yaml', '#/channels', set_to('more', {'address': 'earshot.more'}), None),
    ('openapi.yaml', '#/paths', without('/api/v1/sov'), '/api/v1/sov: is gone'),
    ('openapi.yaml', '#/components/parameters/q', set_to('required', True), 'q must be there now'),
    ('openapi.yaml', '#/components/parameters/label', set_to('schema', {'enum': ['positive']}), 'values are gone'),
    ('openapi.yaml', '#/components/schemas/Summary/properties', without('seq'), 'seq: is gone'),
    ('openapi.yaml', '#/components/schemas/Decision', set_to('required', ['id', 'decision', 'base_rev', 'note']), 'note must be'),
    ('openapi.yaml', '#/paths/~1readyz/get/responses', without('503'), '503: is gone'),
    ('openapi.yaml', '#/components/schemas/Summary/properties', set_to('mood', {'type': 'string'}), None),
)


@test(f'{len(CHANGES)} changes of a contract: those that break a reader are found, those that add are not')
def finds(folder):
    old, new = os.path.join(folder, 'old'), os.path.join(folder, 'new')
    for place in (old, new):
        os.makedirs(place)
        for name in os.listdir(FOLDER):
            if not name.endswith('.md'):
                with open(os.path.join(place, name), 'w', encoding='utf-8') as file:
                    json.dump(load(name), file)  # JSON is YAML
    equal(evolution.broken(old, new), [], 'the same')
    for name, pointer, alter, complaint in CHANGES:
        document = load(name)
        alter(document if pointer == '#' else pointed(document, pointer))
        with open(os.path.join(new, name), 'w', encoding='utf-8') as file:
            json.dump(document, file)
        found = evolution.broken(old, new)
        if complaint is None:
            equal(found, [], f'{name} {pointer}')
        else:
            check(any(complaint in line for line in found), f'{name} {pointer}: {complaint!r} is not among {found[:5]}')
        with open(os.path.join(new, name), 'w', encoding='utf-8') as file:
            json.dump(load(name), file)
    with open(os.path.join(old, 'rollup.schema.json'), 'w', encoding='utf-8') as file:
        json.dump({'type': 'object'}, file)
    equal(evolution.broken(old, new), ['rollup.schema.json: is gone'], 'a file that is gone')


ID = '0123456789abcdef' * 2
HEADERS = {'ce_specversion': '1.0', 'ce_type': 'io.earshot.post.v1', 'ce_source': '/earshot/host/news', 'ce_id': f'{ID}/0',
           'ce_time': '2026-01-01T10:00:00Z', 'content-type': 'application/json', 'rev': '0'}
POST = {'id': ID, 'rev': 0, 'source': 'news', 'observed_at': '2026-01-01T10:00:00Z', 'text': 'acme'}
NULL = {name: value for name, value in HEADERS.items() if name != 'content-type'}
DEAD = {**{name: value for name, value in HEADERS.items() if name.startswith('ce_')}, 'earshot.errors.stage': 'slice',
        'earshot.errors.exception.class.name': 'DATA', 'earshot.errors.exception.message': 'no JSON', 'earshot.errors.topic': 'posts',
        'earshot.errors.partition': '1', 'earshot.errors.offset': '7', 'earshot.errors.first_seen': '2026-01-01T10:00:00Z',
        'earshot.errors.attempts': '1'}


def less(part, name):
    return {key: value for key, value in part.items() if key != name}


# topic, key, headers, value; whether it is what its topic promises
RECORDS = (
    ('posts', ID, HEADERS, POST, True),
    ('posts', ID, {**NULL, 'rev': '5'}, None, True),
    ('deadletter', None, DEAD, 'anything', True),
    *(('posts', ID, less(HEADERS, name), POST, False) for name in HEADERS if name.startswith('ce_')),
    ('posts', ID, {**HEADERS, 'ce_type': 'io.earshot.mention.v1'}, POST, False),
    ('posts', ID, {**HEADERS, 'ce_time': 'yesterday'}, POST, False),
    ('posts', ID, {**HEADERS, 'x-mine': 'y'}, POST, False),
    ('posts', 'short', HEADERS, POST, False),
    ('posts', None, HEADERS, POST, False),
    ('posts', ID, HEADERS, less(POST, 'source'), False),
    ('posts', ID, HEADERS, {**POST, 'mood': 'good'}, False),
    ('posts', ID, HEADERS, {**POST, 'author': {'shoe_size': 44}}, False),
    ('posts', ID, HEADERS, {**POST, 'observed_at': '2026-13-41T10:00:00Z'}, False),
    ('reviews', ID, NULL, None, False),
    ('mentions.positive', ID, HEADERS, POST, False),
    ('deadletter', None, less(DEAD, 'earshot.errors.stage'), 'anything', False),
    ('deadletter', None, less(DEAD, 'earshot.errors.topic'), 'anything', False),
    ('deadletter', None, less(DEAD, 'ce_id'), 'anything', False),
    ('rollups', 'k', HEADERS, POST, False),
)


@test(f'{len(RECORDS)} records: those that break what their topic promises are found')
def holds(folder):
    for topic, key, headers, value, fine in RECORDS:
        record = {'topic': f'earshot.{topic}', 'partition': 0, 'offset': 0, 'key': key, 'headers': headers, 'value': value}
        try:
            equal(hold([record]), 1)
            check(fine, f'{topic} {key} {headers} {value}: taken')
        except Broken as reason:
            check(not fine, str(reason))


main()

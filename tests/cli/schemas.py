# SPDX-License-Identifier: MIT
"""schemas.py - holds records against the contracts in config/schema/.

What a record of a topic may be stands in asyncapi.yaml: its messages, each with the schema of
its headers, of its value and of its key. Published schemas are open, for members are added with
time and those of strangers pass; what a test produces is held against them closed, so that a
member that no schema knows shows."""

import copy
import functools
import json
import os

import jsonschema_rs
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, 'config', 'schema')


class Broken(Exception):
    """A record that breaks its contract."""


def load(name, folder=FOLDER):
    with open(os.path.join(folder, name), encoding='utf-8') as file:
        return json.load(file) if name.endswith('.json') else yaml.safe_load(file)


def closed(schema):
    """The same with no other members than those that it names."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    new = {name: closed(part) for name, part in schema.items()}
    if 'object' in new.get('type', ()) and 'properties' in new:
        new.setdefault('additionalProperties', False)
    return new


def pointed(document, pointer):
    """What "#/a/b" is."""
    for name in pointer.removeprefix('#/').split('/'):
        document = document[name.replace('~1', '/').replace('~0', '~')]
    return document


def schema_of(part):
    """The schema of a payload or of headers: its file, or what stands there."""
    schema = part['schema'] if 'schemaFormat' in part else part
    return load(schema['$ref'].removeprefix('./')) if '$ref' in schema else copy.deepcopy(schema)


def validator(schema):
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


class Message:
    def __init__(self, message):
        self.name, self.null = message['name'], message['payload'].get('type') == 'null'
        headers = schema_of(message['headers'])
        self.dead = message['name'].startswith('io.earshot.deadletter')
        # a dead letter has the headers of its record beside its own
        self.headers = validator(headers if self.dead else closed(headers))
        self.key = validator(message.get('bindings', {}).get('kafka', {}).get('key', {'type': 'null'}))
        self.open = validator(schema_of(message['payload']))
        # each kind of setting and of change adds members of its own
        more = message['name'] in ('io.earshot.setting.v1', 'io.earshot.audit.v1')
        self.closed = self.open if more else validator(closed(schema_of(message['payload'])))

    def complaints(self, record, strangers):
        if not self.dead:
            yield from self.key.iter_errors(record['key'])
            yield from (self.open if strangers else self.closed).iter_errors(record.get('value'))
        yield from self.headers.iter_errors(record['headers'])

    def is_of(self, record):
        """May it be that message: a null, or what ce_type says?"""
        letter = 'earshot.errors.stage' in record['headers']
        if self.dead or letter:
            return self.dead and letter
        null = record.get('value', 0) is None
        return null == self.null and (null or record['headers'].get('ce_type') == self.name)


@functools.cache
def channels():
    """{topic without prefix: its messages}."""
    document = load('asyncapi.yaml')
    return {name: [Message(pointed(document, m['$ref'])) for m in channel['messages'].values()]
            for name, channel in document['channels'].items()}


def name_of(topic):
    """Its name in asyncapi.yaml, whatever the prefix of the config."""
    return next((name for name in sorted(channels(), key=len, reverse=True)
                 if topic == name or topic.endswith(f'.{name}')), topic)


def hold(records, strangers=()):
    """Every record as `earshot tail` prints it: key, headers and value are those of a message of its
    topic. `strangers`: topics into which the test itself has put records; those without CloudEvents
    headers are passed over, and others may have members that are not ours. Returns how many were held."""
    n = 0
    for record in records:
        topic = name_of(record['topic'])
        where = f'{topic} {record["partition"]}:{record["offset"]} {record["key"]}'
        if topic in strangers and 'ce_specversion' not in record['headers']:
            continue
        if topic not in channels():
            raise Broken(f'{where}: asyncapi.yaml has no such topic')
        messages = [message for message in channels()[topic] if message.is_of(record)]
        if not messages:
            raise Broken(f'{where}: no message of its topic: {record["headers"]} {str(record.get("value"))[:100]}')
        for message in messages:
            for error in message.complaints(record, strangers):
                raise Broken(f'{where}: {message.name}: {"/".join(map(str, error.instance_path))}: {error.message[:300]}')
        n += 1
    return n

# SPDX-License-Identifier: MIT
"""evolution.py - what a newer contract breaks of an older one.

Within a version members are only added. Broken is: a member, value, path, topic or message that is
gone; a type that is another; a limit that is tighter, for what was written must stay valid; a member
that must be there now and need not have been."""

import os

from schemas import FOLDER, load, pointed

# narrower when it is larger, when it is smaller; and what may not change at all
LOWEST, HIGHEST = ('minimum', 'minLength', 'minItems', 'minProperties'), ('maximum', 'maxLength', 'maxItems')
SAME = ('type', 'const', 'format', 'pattern', 'items', 'contentType', 'address', 'name')


class Tree:
    """A document of a folder, whose references are followed."""

    def __init__(self, folder, name):
        self.folder, self.document = folder, load(name, folder)

    def at(self, schema):
        """(tree, schema) behind its references; what stands beside a reference is no constraint here."""
        tree = self
        while isinstance(schema, dict) and '$ref' in schema:
            file, _, pointer = schema['$ref'].partition('#')
            tree = Tree(tree.folder, os.path.basename(file)) if file else tree
            schema = pointed(tree.document, '#' + pointer) if pointer else tree.document
        return tree, schema


def schemas(old, new, where):
    """Complaints about a schema; `old` and `new` are (tree, schema)."""
    old, new = old[0].at(old[1]), new[0].at(new[1])
    before, after = old[1], new[1]
    if not isinstance(before, dict) or not isinstance(after, dict):
        if before != after:
            yield f'{where}: was {before}, is {after}'
        return
    for key in SAME:
        if not isinstance(before.get(key), dict) and not isinstance(after.get(key), dict) and before.get(key) != after.get(key):
            yield f'{where}: {key} was {before.get(key)}, is {after.get(key)}'
    gone = [value for value in before.get('enum', ()) if value not in after.get('enum', before['enum'])]
    if gone or ('enum' in after and 'enum' not in before):
        yield f'{where}: values are gone: {gone or "any other than " + str(after["enum"])}'
    for keys, narrower in ((LOWEST, lambda a, b: a is None or b > a), (HIGHEST, lambda a, b: a is None or b < a)):
        for key in keys:
            if key in after and narrower(before.get(key), after[key]):
                yield f'{where}: {key} was {before.get(key)}, is {after[key]}'
    if after.get('additionalProperties') is False and before.get('additionalProperties') is not False:
        yield f'{where}: other members were allowed, and are not'
    for name in sorted(set(after.get('required', ())) - set(before.get('required', ()))):
        yield f'{where}: {name} must be there now'
    for name, part in before.get('properties', {}).items():
        if name not in after.get('properties', {}):
            yield f'{where}/{name}: is gone'
        else:
            yield from schemas((old[0], part), (new[0], after['properties'][name]), f'{where}/{name}')
    for key in ('items', 'additionalProperties', 'then', 'else'):
        if isinstance(before.get(key), dict) and isinstance(after.get(key), dict):
            yield from schemas((old[0], before[key]), (new[0], after[key]), f'{where}/{key}')
    for key in ('allOf', 'prefixItems'):
        for n, part in enumerate(before.get(key, ())):
            if n >= len(after.get(key, ())):
                yield f'{where}/{key}: {n} is gone'
            else:
                yield from schemas((old[0], part), (new[0], after[key][n]), f'{where}/{key}/{n}')


def parts(old, new, where):
    """Named things: (name, old, new) of those that both have; complaints about those that are gone."""
    both = [(name, part, new[name]) for name, part in old.items() if name in new]
    return both, [f'{where}/{name}: is gone' for name in old if name not in new]


def payload(tree, part):
    return tree, part['schema'] if 'schemaFormat' in part else part


def topics(old, new):
    """Complaints about asyncapi.yaml."""
    channels, gone = parts(old.document['channels'], new.document['channels'], 'topics')
    yield from gone
    for topic, before, after in channels:
        one, two = (c['bindings']['kafka']['topicConfiguration']['cleanup.policy'] for c in (before, after))
        if before['address'] != after['address'] or one != two:
            yield f'{topic}: was {before["address"]} {one}, is {after["address"]} {two}'
        messages, gone = parts(before['messages'], after['messages'], topic)
        yield from gone
        for name, one, two in messages:
            one, two = old.at(one)[1], new.at(two)[1]
            where = f'{topic}: {name}'
            for key in ('name', 'contentType'):
                if one.get(key) != two.get(key):
                    yield f'{where}: {key} was {one.get(key)}, is {two.get(key)}'
            key_of = [m.get('bindings', {}).get('kafka', {}).get('key', {}) for m in (one, two)]
            yield from schemas((old, key_of[0]), (new, key_of[1]), f'{where}: key')
            for part in ('headers', 'payload'):
                yield from schemas(payload(old, one[part]), payload(new, two[part]), f'{where}: {part}')


def bodies(old, new, before, after, where):
    contents, gone = parts(before.get('content', {}), after.get('content', {}), where)
    yield from gone
    for kind, one, two in contents:
        yield from schemas((old, one['schema']), (new, two['schema']), f'{where} {kind}')


def http(old, new):
    """Complaints about openapi.yaml."""
    paths, gone = parts(old.document['paths'], new.document['paths'], 'paths')
    yield from gone
    for path, before, after in paths:
        methods, gone = parts(before, after, path)
        yield from gone
        for method, one, two in methods:
            where = f'{method} {path}'
            known, asked = ({p['name']: p for p in (tree.at(p)[1] for p in op.get('parameters', ()))}
                            for tree, op in ((old, one), (new, two)))
            both, gone = parts(known, asked, where)
            yield from gone
            yield from (f'{where}: {name} must be there now' for name, p in asked.items()
                        if p.get('required') and not known.get(name, {}).get('required'))
            for name, p, q in both:
                yield from schemas((old, p['schema']), (new, q['schema']), f'{where}?{name}')
            yield from bodies(old, new, one.get('requestBody', {}), two.get('requestBody', {}), f'{where} body')
            answers, gone = parts(one['responses'], two['responses'], where)
            yield from gone
            for status, p, q in answers:
                yield from bodies(old, new, old.at(p)[1], new.at(q)[1], f'{where} {status}')


def broken(before, now=FOLDER):
    """Every complaint about the contracts of a folder, against those of an older one."""
    found = []
    for name in sorted(os.listdir(before)):
        if not name.endswith(('.json', '.yaml')):
            continue
        if not os.path.exists(os.path.join(now, name)):
            found.append(f'{name}: is gone')
            continue
        old, new = Tree(before, name), Tree(now, name)
        if name == 'asyncapi.yaml':
            found += topics(old, new)
        elif name == 'openapi.yaml':
            found += http(old, new)
        else:
            found += schemas((old, old.document), (new, new.document), name)
    return found

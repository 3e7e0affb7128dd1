# SPDX-License-Identifier: MIT
"""The demo, once: the counts add up, every record keeps its schema, again changes nothing."""

import collections
import json
import os

from jsonschema import Draft202012Validator, FormatChecker

from harness import DEMO, EARSHOT, ROOT, Failed, check, demo_offline, earshot, equal, main, tail, test

LABELS = ('positive', 'neutral', 'negative')
SCHEMAS = {'posts': 'post', 'mentions.positive': 'mention', 'mentions.neutral': 'mention',
           'mentions.negative': 'mention', 'flagged': 'mention', 'sources': 'source',
           'reviews': 'review', 'deadletter': None, 'settings': None}
state = {}


def run(folder):
    result = earshot('run', '-c', DEMO, '--once', '--set', f'bus={folder}/log.db', '--set',
                     f'view.path={folder}/view.db', *demo_offline(), program=EARSHOT, timeout=300)
    equal(result.code, 0, result.err)
    return result


class Conf:
    def __init__(self, folder):
        self.args = ['--set', f'bus={folder}/log.db', '--set', f'view.path={folder}/view.db']

    def records(self, topic):
        result = earshot('tail', '-c', DEMO, *self.args, topic, program=EARSHOT)
        equal(result.code, 0, result.err)
        return result.lines()


def live(records):
    table = {}
    for record in records:
        table[record['key']] = record['value']
    return {k: v for k, v in table.items() if v is not None}


@test('run --once on the demo: posts = positive + neutral + negative + unmatched, over distinct ids')
def counts(folder):
    run(folder)
    conf = Conf(folder)
    posts = live(conf.records('posts'))
    labelled = {label: live(conf.records(f'mentions.{label}')) for label in LABELS}
    n = sum(len(table) for table in labelled.values())
    equal(len(set().union(*labelled.values())), n, 'no id has two labels')
    unmatched = set(posts) - set().union(*labelled.values())
    equal(len(posts), n + len(unmatched), 'the sum')
    check(set().union(*labelled.values()) <= set(posts), 'every mention is a post')
    check(len(posts) > 800 and n > 600 and unmatched, f'{len(posts)} posts, {n} mentions, {len(unmatched)} unmatched')
    equal(conf.records('deadletter'), [], 'dead letters')
    print(f'# {len(posts)} posts = ' + ' + '.join(f'{len(labelled[l])} {l}' for l in LABELS) + f' + {len(unmatched)} unmatched')
    flagged = live(conf.records('flagged'))
    check(len(flagged) > 20, f'{len(flagged)} flagged')
    validate(conf)
    again(folder, conf)


def validate(conf):
    """Every record that was produced is valid against its schema."""
    n = 0
    for topic, name in SCHEMAS.items():
        records = conf.records(topic)
        for record in records:
            headers = record['headers']
            if topic not in ('settings', 'sources'):
                for needed in ('ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time'):
                    check(needed in headers, f'{topic}: no header {needed}: {headers}')
        if not name:
            continue
        with open(os.path.join(ROOT, 'config', 'schema', f'{name}.schema.json'), encoding='utf-8') as file:
            schema = json.load(file)
        Draft202012Validator.check_schema(schema)
        validator = validator_of(schema)
        for record in records:
            if record['value'] is None or (topic == 'sources' and record['key'].startswith('import:')):
                continue
            errors = list(validator.iter_errors(record['value']))
            if errors:
                raise Failed(f'{topic} {record["key"]}: {errors[0].json_path}: {errors[0].message}')
            n += 1
    check(n > 1500, f'{n} records validated')
    print(f'# {n} records valid against their schemas')


def validator_of(schema):
    """Schemas may point at each other by file name."""
    from referencing import Registry, Resource
    folder = os.path.join(ROOT, 'config', 'schema')
    resources = []
    for name in os.listdir(folder):
        if name.endswith('.schema.json'):
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                body = json.load(file)
            resources.append((name, Resource.from_contents(body)))
            if '$id' in body:
                resources.append((body['$id'], Resource.from_contents(body)))
    return Draft202012Validator(schema, registry=Registry().with_resources(resources), format_checker=FormatChecker())


def again(folder, conf):
    topics = [t for t in SCHEMAS]
    before = {topic: conf.records(topic) for topic in topics}
    run(folder)
    after = {topic: conf.records(topic) for topic in topics}
    for topic in topics:
        equal(len(after[topic]), len(before[topic]), f'records in {topic} after a second --once')
        equal(after[topic], before[topic], topic)
    print('# a second --once changed nothing')


@test('the labels of the demo: how many the scorer gets right')
def labels(folder):
    run(folder)
    conf = Conf(folder)
    intended = {}
    for lang in ('ko', 'tr', 'en'):
        path = os.path.join(ROOT, 'config', 'demo', 'script', f'{lang}.tsv')
        if not os.path.exists(path):
            continue
        with open(path, encoding='utf-8') as file:
            head = file.readline().lstrip('#').strip('\n').split('\t')
            for line in file:
                if line.startswith('#') or not line.strip():
                    continue
                row = dict(zip(head, line.rstrip('\n').split('\t')))
                if row.get('label') and row.get('text'):
                    intended[row['text'].replace('\\n', '\n').strip()] = (lang, row['label'])
    right, total = collections.Counter(), collections.Counter()
    for label in LABELS:
        for value in live(conf.records(f'mentions.{label}')).values():
            want = intended.get(value['text'].strip())
            if want:
                total[want[0]] += 1
                right[want[0]] += want[1] == label
    check(sum(total.values()) > 500, f'only {sum(total.values())} mentions are found in the scripts')
    for lang in sorted(total):
        print(f'# {lang}: {right[lang]} of {total[lang]} as intended ({100 * right[lang] / total[lang]:.0f} %)')
    check(sum(right.values()) > 0.5 * sum(total.values()), 'fewer than half of the labels are as intended')


main()

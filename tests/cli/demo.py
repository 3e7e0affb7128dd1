# SPDX-License-Identifier: MIT
"""The demo, once: the counts add up, every record keeps its schema, again changes nothing."""

import collections
import os

from harness import DEMO, EARSHOT, ROOT, check, demo_offline, earshot, equal, main, test
from schemas import channels, hold

LABELS = ('positive', 'neutral', 'negative')
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
    """Every record that was produced is what its topic promises."""
    n = hold([record for topic in channels() for record in conf.records(topic)])
    check(n > 1500, f'{n} records validated')
    print(f'# {n} records valid against their schemas')


def again(folder, conf):
    topics = list(channels())
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

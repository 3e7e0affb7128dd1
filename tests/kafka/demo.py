# SPDX-License-Identifier: MIT
"""The demo through Kafka and through the file: the same ids, labels and scores.

BROKER=host:port names a broker that runs already."""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
from harness import DEMO, EARSHOT, ROOT, check, demo_offline, earshot, equal, main, test  # noqa: E402

BROKER_SH = os.path.join(ROOT, 'tests', 'kafka', 'broker.sh')
LABELS = ('mentions.positive', 'mentions.neutral', 'mentions.negative')
TOPICS = ('posts', *LABELS, 'flagged')


class Broker:
    def __init__(self, folder):
        self.dir = os.path.join(folder, 'broker')
        self.own = 'BROKER' not in os.environ

    def __enter__(self):
        if not self.own:
            return os.environ['BROKER']
        run = subprocess.run([BROKER_SH, 'start', self.dir], stdout=subprocess.PIPE, check=True, timeout=300)
        return run.stdout.decode().split()[-1]

    def __exit__(self, *unused):
        if self.own:
            subprocess.run([BROKER_SH, 'wipe', self.dir], check=False, timeout=60)


def once(folder, name, *sets):
    # what `live` shows later depends on the clock: both runs see the whole recording
    args = ['--set', f'view.path={folder}/{name}.db', *demo_offline()]
    for one in sets:
        args += ['--set', one]
    start = time.monotonic()
    result = earshot('run', '-c', DEMO, '--once', *args, program=EARSHOT, timeout=300)
    equal(result.code, 0, f'{name}: {result.err[-3000:]}')
    print(f'# {name}: run --once in {time.monotonic() - start:.1f} s')
    tables = {}
    for topic in TOPICS:
        tail = earshot('tail', '-c', DEMO, *args, topic, program=EARSHOT, timeout=120)
        equal(tail.code, 0, f'{name} {topic}: {tail.err[-3000:]}')
        tables[topic] = tail.lines()
    return tables


def verdicts(records):
    """What a reader relies on, by id; the times of the two runs differ."""
    return sorted((r['key'], None if r['value'] is None else
                   [r['value'].get('rev'), r['value'].get('label'), r['value'].get('sentiment'),
                    r['value'].get('topics'), r['value'].get('themes')]
                   , r['partition']) for r in records)


@test('the demo through Kafka and through the file: the same ids, labels and scores, record for record')
def same(folder):
    with Broker(folder) as broker:
        file = once(folder, 'file', f'bus={folder}/log.db')
        kafka = once(folder, 'kafka', f'bus=kafka://{broker}', f'topic_prefix=demo{os.getpid()}-{int(time.time())}.')
    for topic in TOPICS:
        mine, theirs = verdicts(kafka[topic]), verdicts(file[topic])
        equal(len(mine), len(theirs), f'records in {topic}')
        differing = [pair for pair in zip(mine, theirs) if pair[0] != pair[1]]
        check(not differing, f'{topic}: {len(differing)} of {len(mine)} differ, first: {str(differing[:1])[:800]}')
        print(f'# {topic}: {len(mine)} records, the same')
    n = sum(len(kafka[topic]) for topic in LABELS)
    check(n > 600, f'only {n} mentions')


main()

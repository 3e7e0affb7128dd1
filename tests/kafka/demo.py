# SPDX-License-Identifier: MIT
"""The demo through Kafka and through the file: the same ids, labels and scores."""

import time

from kafka import EARSHOT, LABELS, Broker, check, earshot, equal, main, test
import schemas  # kafka.py says where it is
from harness import DEMO, demo_offline

TOPICS = ('posts', *LABELS, 'flagged')


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
        schemas.hold(tables[topic])
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
        kafka = once(folder, 'kafka', f'bus=kafka://{broker.address}')
    for topic in TOPICS:
        mine, theirs = verdicts(kafka[topic]), verdicts(file[topic])
        equal(len(mine), len(theirs), f'records in {topic}')
        differing = [pair for pair in zip(mine, theirs) if pair[0] != pair[1]]
        check(not differing, f'{topic}: {len(differing)} of {len(mine)} differ, first: {str(differing[:1])[:800]}')
        print(f'# {topic}: {len(mine)} records, the same')
    n = sum(len(kafka[topic]) for topic in LABELS)
    check(n > 600, f'only {n} mentions')


main()

# SPDX-License-Identifier: MIT
"""SIGKILL of `earshot run` 50 times at random moments while 20,000 posts pass."""

import json
import os
import random
import time

from harness import EARSHOT, Failed, Running, check, config, earshot, equal, main, tail, test, write

POSTS = int(os.environ.get('EARSHOT_KILL_POSTS', '20000'))
KILLS = int(os.environ.get('EARSHOT_KILLS', '50'))
WORDS = ['acme is great', 'acme refund is terrible', 'acme opens at nine', 'rival is better than acme',
         'acme 배송이 너무 느려요', 'acme kargo çok hızlı geldi', 'nothing about the brand']


def posts(first, n):
    rows = []
    for i in range(first, first + n):
        rows.append(json.dumps({'native_id': f'p{i}', 'text': f'{WORDS[i % len(WORDS)]} number {i}',
                                'published_at': f'2026-01-01T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z'},
                               ensure_ascii=False))
    return '\n'.join(rows) + '\n'


def live(records):
    """The last record of each key, tombstones taken out."""
    table = {}
    for record in records:
        table[record['key']] = record['value']
    return {key: value for key, value in table.items() if value is not None}


@test(f'{KILLS} SIGKILLs at random moments while {POSTS:,} posts pass: none lost, none twice')
def kills(folder):
    rng = random.Random(20261124)
    conf = config(folder)
    file = os.path.join(folder, 'posts.jsonl')
    per_round = POSTS // KILLS
    open(file, 'w').close()
    landed = []
    for i in range(KILLS):
        with open(file, 'a') as out:  # a source that grows while it is read
            out.write(posts(i * per_round, per_round))
        with Running('-c', conf) as run:
            # from before anything is open to well after the work of the round
            if i % 10 == 9:
                run.url()
            time.sleep(rng.random() ** 2 * 0.9)  # a random moment is the point of this test
            landed.append(any('http.listening' in line for line in run.lines))
            run.kill()
    with open(file, 'a') as out:
        out.write(posts(KILLS * per_round, POSTS - KILLS * per_round))
    end = earshot('run', '-c', conf, '--once', program=EARSHOT, timeout=300)
    equal(end.code, 0, end.err)
    check(any(landed), 'no kill hit a process that was up')
    read = tail(conf, 'posts')
    ids = [r['key'] for r in read]
    equal(len(ids), POSTS, 'records in posts')
    equal(len(set(ids)), POSTS, 'distinct ids in posts')
    labelled = {}
    for topic in ('positive', 'neutral', 'negative'):
        records = tail(conf, f'mentions.{topic}')
        keys = [r['key'] for r in records if r['value'] is not None]
        equal(len(keys), len(set(keys)), f'a record stands twice in mentions.{topic}')
        for key in live(records):
            if key in labelled:
                raise Failed(f'{key} is in {labelled[key]} and {topic}')
            labelled[key] = topic
    wanted = {r['key'] for r in read if 'acme' in r['value']['text'] or 'rival' in r['value']['text']}
    equal(len(labelled), len(wanted), 'labelled posts')
    equal(set(labelled), wanted, 'ids of the labelled posts')
    print(f'# {sum(landed)} of {KILLS} kills hit a process that was fully up')


main()

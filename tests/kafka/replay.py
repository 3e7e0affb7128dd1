# SPDX-License-Identifier: MIT
"""A replay beside live traffic while its workers are killed in turn: the topics end as a fresh run fills them."""

import time

from kafka import (EARSHOT, Broker, Feeder, Group, Member, Offered, check, config_of, count, earshot, equal, main,
                   moments, test, wait_until, write)
from harness import rescored_once, same_state, tail  # kafka.py says where it is

KILLS = count(6)
HISTORY = 6000
PARTITIONS = 4


def changed(text):
    """A brand that nobody has listened for, one query narrower, another flag."""
    return text.replace("query: 'acme'", "query: 'acme NOT nine'").replace(
        '  - {id: rival,', "  - {id: other, topics: [{id: other-all, query: '\"about the brand\"'}]}\n  - {id: rival,").replace(
        'sentiment:negative AND refund', 'topic:rival-all')


def once(conf, *args):
    result = earshot('run', '-c', conf, '--once', *args, program=EARSHOT, timeout=300)
    equal(result.code, 0, result.err[-3000:])


def done(conf):
    return {r['value']['partition'] for r in tail(conf, 'settings') if r['value'].get('state') == 'done'}


@test(f'{KILLS} SIGKILLs of two workers in turn while they replay beside live posts: as a fresh run')
def kills(folder):
    rng, offered, begun = moments(), Offered(), 0
    with Broker(folder) as broker:
        conf = config_of(folder, broker)
        feeder = Feeder(folder, offered, rate=200)
        feeder.offer(HISTORY)
        once(conf, '--role', 'collect,work')
        with open(conf, encoding='utf-8') as file:
            text = changed(file.read())
        write(folder, 'earshot.yaml', text)
        asked = earshot('replay', '-c', conf, '--from', 'beginning', '--apply')
        equal(asked.code, 0, asked.err)
        workers = [Member(conf, 'work', 'w1'), Member(conf, 'work', 'w2')]
        with Group('replay', Member(conf, 'collect', 'c1'), *workers) as group:
            group.start()
            feeder.start()
            for i in range(KILLS):
                worker = workers[i % 2]
                # it has to get partitions first; then a random moment is the point of this test
                wait_until(lambda w=worker: any('event=replay.begun' in line for line in w.now.lines) or
                           len(done(conf)) == PARTITIONS, 'a replay is begun', 90, 0.02)
                time.sleep(rng.random() * 0.3)
                begun += any('event=replay.begun' in line for line in worker.now.lines)
                worker.kill()
                worker.start()
            feeder.stop()
            wait_until(lambda: len(done(conf)) == PARTITIONS, 'the replay is done', 120, 0.5)
            group.stop()
        once(conf, '--role', 'collect,work')
        scored = rescored_once(conf)
        fresh = write(folder, 'fresh.yaml', text + '\ntopic_prefix: fresh.\n')
        once(fresh, '--role', 'collect,work')
        n = same_state(conf, fresh)
        check(begun, 'no kill hit a replay')
        print(f'# {begun} of {KILLS} kills hit a replay; {len(offered.posts):,} posts, {scored:,} re-scored, '
              f'{n:,} states as in a fresh run')


@test('the diff, then the replay of a new brand through Kafka by a running worker; again changes nothing')
def backfill(folder):
    offered = Offered()
    with Broker(folder) as broker:
        conf = config_of(folder, broker)
        Feeder(folder, offered).offer(700)
        once(conf, '--role', 'collect,work')
        with open(conf, encoding='utf-8') as file:
            text = changed(file.read())
        write(folder, 'earshot.yaml', text)
        told = earshot('replay', '-c', conf, '--from', '1d', '--json', program=EARSHOT)
        equal(told.code, 0, told.err)
        told = told.lines()[0]
        equal((told['new_mentions'], told['became']['unmatched'], told['failed']), (100, 100, 0), 'the diff')
        with Group('replay_backfill', Member(conf, 'work', 'w1')) as group:
            group.start()
            for want in (told['changed'], 0):
                result = earshot('replay', '-c', conf, '--from', '1d', '--apply', '--wait', program=EARSHOT)
                equal(result.code, 0, result.err)
                check(f'700 posts, {want} changed, 0 failed' in result.err, result.err)
            group.stop()
        fresh = write(folder, 'fresh.yaml', text + '\ntopic_prefix: fresh.\n')
        once(fresh, '--role', 'collect,work')
        same_state(conf, fresh)


main()

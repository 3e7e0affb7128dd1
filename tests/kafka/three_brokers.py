# SPDX-License-Identifier: MIT
"""Of three brokers (replication 3, min.insync 2) the one that matters is killed, in turn: the
leader of a partition that is read, of one that is written, the coordinator of a transaction, of
a group; it comes back before the next."""

import json
import subprocess
import time

from kafka import SEED, Broker, Feeder, Group, Member, Offered, config_of, count, main, moments, test, wait_until
from ledger import settle, wait_for

KILLS = count(10)
OF_COORDINATORS = {'__consumer_offsets', '__transaction_state'}
LEVEL = 4  # kills between two looks at whether everything has come through


def java_hash(text):
    """String.hashCode, without its sign: Kafka finds coordinators by it."""
    value = 0
    for char in text:
        value = (31 * value + ord(char)) & 0xffffffff
    return value & 0x7fffffff


class Cluster:
    """What the brokers say of partitions: {topic: [{leader, isrs ...}]}."""

    def __init__(self, address):
        run = subprocess.run(['kcat', '-L', '-J', '-b', address, '-m', '20'], capture_output=True, timeout=60)
        topics = json.loads(run.stdout)['topics'] if run.returncode == 0 else []
        self.topics = {t['topic']: sorted(t['partitions'], key=lambda p: p['partition']) for t in topics}

    def whole(self):
        """Those of the coordinators too, which are made at their first use."""
        return OF_COORDINATORS <= set(self.topics) and all(
            len(p['isrs']) == len(p['replicas']) and p['leader'] > 0
            for partitions in self.topics.values() for p in partitions)

    def leader(self, topic, partition):
        return self.topics[topic][partition]['leader']

    def coordinator(self, topic, name):
        return self.leader(topic, java_hash(name) % len(self.topics[topic]))


def moved(find, address, node):
    cluster = Cluster(address)
    return bool(cluster.topics) and find(cluster) not in (node, -1)


def victims(rng):
    """Without end: a role, and how its node is found. A seed says which is the first."""
    number = SEED
    while True:
        partition = rng.randrange(4)
        yield (('leader of posts', lambda c: c.leader('earshot.posts', partition)),
               ('coordinator of a transaction of work', lambda c: c.coordinator('__transaction_state', 'earshot.work-w1-0')),
               ('leader of mentions.neutral', lambda c: c.leader('earshot.mentions.neutral', partition)),
               ('coordinator of group work', lambda c: c.coordinator('__consumer_offsets', 'earshot.work')),
               ('leader of sources', lambda c: c.leader('earshot.sources', partition)),
               ('coordinator of a transaction of collect',
                lambda c: c.coordinator('__transaction_state', 'earshot.collect-c1-0')))[number % 6]
        number += 1


def whole(broker):
    """The cluster, where all its replicas are in sync."""
    cluster = Cluster(broker.address)
    return cluster if cluster.whole() else None


@test(f'{KILLS} SIGKILLs of the leader or the coordinator among three brokers: it goes on, none lost, none twice')
def kills(folder):
    rng, offered, slowest = moments(), Offered(), 0.0
    with Broker(folder, nodes=3) as broker:
        conf = config_of(folder, broker, replication=3)
        members = [Member(conf, 'collect', 'c1'), Member(conf, 'work', 'w1'), Member(conf, 'work', 'w2')]
        with Group('three_brokers', *members) as group:
            group.start()
            feeder = Feeder(folder, offered, rate=100)
            feeder.start()
            for i, (what, find) in zip(range(KILLS), victims(rng)):
                node = find(wait_until(lambda: whole(broker), f'before kill {i + 1}: all replicas in sync', 240, 0.5))
                time.sleep(rng.random())  # a random moment is the point of this test
                broker.kill(node)
                if i % 2:  # for long enough that another takes its part; else it is back before that is known
                    wait_until(lambda: moved(find, broker.address, node), f'another node is {what}', 240, 0.5)
                time.sleep(rng.random() * 3)
                broker.up(node)
                print(f'# {what}: node {node}', flush=True)
                if i % LEVEL == LEVEL - 1:
                    begin = time.monotonic()
                    if wait_for(conf, offered.matching, 240):
                        break  # the proof tells what is missing
                    slowest = max(slowest, time.monotonic() - begin)
            feeder.stop()
            wait_until(lambda: whole(broker), 'at the end: all replicas in sync', 240, 0.5)
            settle(conf, broker, group, offered, f'{i + 1} kills, at most {slowest:.0f} s to be level again')


main()

# SPDX-License-Identifier: MIT
"""Offsets are sent to a transaction while the coordinator of the group is away: librdkafka does not
look at the time-out of that call (its issue #5456). The worker must not wait with it."""

from kafka import Feeder, Group, Member, Offered, config_of, count, equal, main, test, wait_until
from ledger import settle
from proxy import broker_behind_proxy

STRANDED = count(3)
PATIENCE = 180  # seconds; a call may take 11


def posts(member):
    return sum(n for key, n in member.metrics().items() if key.startswith('earshot_posts_total'))


def left_behind(member):
    return sum('kafka.left_behind' in line and 'work-w1-0' in line for line in member.now.lines)


@test(f'{STRANDED} times the offsets of a transaction are never answered: the worker leaves that call behind '
      'and goes on, none lost, none twice')
def stranded(folder):
    offered = Offered()
    with broker_behind_proxy(folder) as (broker, proxy):
        conf = config_of(folder, broker)
        worker = Member(conf, 'work', 'w1')
        with Group('stranded', Member(conf, 'collect', 'c1'), worker) as group:
            group.start()
            feeder = Feeder(folder, offered, rate=200)
            feeder.start()
            for _ in range(STRANDED):
                before = posts(worker)
                wait_until(lambda: posts(worker) > before, 'posts that are worked', PATIENCE)
                left = left_behind(worker)
                proxy.strand('earshot.work-w1-0')
                wait_until(lambda: proxy.shut, 'a transaction with offsets', PATIENCE)
                wait_until(lambda: left_behind(worker) > left, 'a call that is left behind', PATIENCE, 0.2)
                proxy.let_in()
            feeder.stop()
            settle(conf, broker, group, offered, f'{STRANDED} times offsets without an answer')
            equal(len(worker.lives), 1, 'lives of the worker')


main()

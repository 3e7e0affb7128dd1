# SPDX-License-Identifier: MIT
"""A worker and a collector are stopped for longer than their sessions and transactions may
last, others take over, then they go on: what they still hold must not be written.

With EARSHOT_TRIAL_FULL the time-outs are the real ones (10 s, 15 s and up to 10 s more until
the broker looks), else shorter ones, so that ten pauses take two minutes."""

import os
import time

from kafka import Broker, Failed, Feeder, Group, Member, Offered, config_of, count, main, moments, test
from ledger import mentioned, settle

PAUSES = count(10)
FULL = 'EARSHOT_TRIAL_FULL' in os.environ
TIMES = '' if FULL else 'kafka: {session.timeout.ms: "3000", heartbeat.interval.ms: "500", transaction.timeout.ms: "4000"}\n'
LOOKED_AT = 'transaction.abort.timed.out.transaction.cleanup.interval.ms=' + ('10000' if FULL else '500')
PATIENCE = 120  # seconds until others have taken over, or a woken one works again
WORK_OF = {'work': 'earshot_posts_total', 'collect': 'earshot_collect_fetches_total'}


def done(member):
    """How many posts or looks at sources a process has done, -1 where it does not answer."""
    try:
        return sum(value for key, value in member.metrics().items() if key.startswith(WORK_OF[member.role]))
    except (OSError, Failed):
        return -1


def work_again(members, group):
    """Waits until each does something; how often one had to be started for that: who is fenced ends."""
    before = {member: (done(member), len(member.lives)) for member in members}
    starts, end = 0, time.monotonic() + PATIENCE
    while before:
        starts += group.restart_ended()
        for member, (was, lives) in list(before.items()):
            if done(member) > (was if len(member.lives) == lives else 0):
                del before[member]
        if time.monotonic() > end:
            raise Failed('\n'.join([f'{member.name} does nothing for {PATIENCE} s' for member in before] + group.log()))
        time.sleep(0.1)
    return starts


@test(f'{PAUSES} times a worker and a collector sleep past their time-outs and wake: others had their part, '
      'none lost, none twice')
def pauses(folder):
    rng, offered, ended = moments(), Offered(), 0
    with Broker(folder, properties=[LOOKED_AT]) as broker:
        conf = config_of(folder, broker, extra=TIMES)
        pairs = [[Member(conf, role, f'{role}{n}') for role in WORK_OF] for n in (1, 2)]
        with Group('pause', *pairs[0], *pairs[1]) as group:
            group.start()
            feeder = Feeder(folder, offered, rate=300)
            feeder.start()
            for i in range(PAUSES):
                pair = pairs[i % 2]
                ended += work_again(pair, group)
                for member in pair:
                    time.sleep(rng.random() / 2)  # a random moment is the point of this test
                    member.pause()
                time.sleep(0.1)
                feeder.stop()
                end = time.monotonic() + PATIENCE
                while missing := offered.matching - mentioned(conf):
                    ended += group.restart_ended()
                    if time.monotonic() > end:
                        raise Failed('\n'.join([f'pause {i + 1}: after {PATIENCE} s others have not done {len(missing)} '
                                                f'of {len(offered.matching)}'] + group.log()))
                    time.sleep(0.5)
                feeder = Feeder(folder, offered, rate=300)
                feeder.start()
                for member in pair:
                    member.go_on()
            ended += work_again(pair, group)
            feeder.stop()
            settle(conf, broker, group, offered, f'{PAUSES} pauses of both, {ended} times one was fenced and ended')


main()

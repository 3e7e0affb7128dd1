# SPDX-License-Identifier: MIT
"""The only broker is killed and started again while a collector and two workers run."""

import time

from kafka import Broker, Feeder, Group, Member, Offered, config_of, count, main, moments, test
from ledger import settle, wait_for

KILLS = count(10)
SETTLED = 3  # kills between two looks at whether everything has come through


@test(f'{KILLS} SIGKILLs of the broker while posts pass: it goes on by itself, none lost, none twice')
def kills(folder):
    rng, offered, slowest = moments(), Offered(), 0.0
    with Broker(folder) as broker:
        conf = config_of(folder, broker)
        members = [Member(conf, 'collect', 'c1'), Member(conf, 'work', 'w1'), Member(conf, 'work', 'w2')]
        with Group('kill_broker', *members) as group:
            group.start()
            for i in range(KILLS):
                feeder = Feeder(folder, offered, rate=300)
                feeder.start()
                time.sleep(0.2 + rng.random() * 1.5)  # a random moment is the point of this test
                broker.kill()
                time.sleep(rng.random() ** 2 * 3)  # some are gone for long enough that everything waits
                feeder.stop()
                broker.start()
                if i % SETTLED == SETTLED - 1:
                    begin = time.monotonic()
                    missing = wait_for(conf, offered.matching, 240)
                    slowest = max(slowest, time.monotonic() - begin)
                    if missing:
                        break  # the proof tells what is missing
            settle(conf, broker, group, offered, f'{i + 1} kills, at most {slowest:.0f} s to be level again')


main()

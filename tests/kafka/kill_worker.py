# SPDX-License-Identifier: MIT
"""Workers are killed, in turn, at random moments: some before they are up, most under way."""

import time

from kafka import Broker, Feeder, Group, Member, Offered, check, config_of, count, main, moments, test
from ledger import settle

KILLS = count(10)


@test(f'{KILLS} SIGKILLs of two workers at random moments while posts pass: none lost, none twice')
def kills(folder):
    rng, offered, up = moments(), Offered(), 0
    with Broker(folder) as broker:
        conf = config_of(folder, broker)
        workers = [Member(conf, 'work', 'w1'), Member(conf, 'work', 'w2')]
        with Group('kill_worker', Member(conf, 'collect', 'c1'), *workers) as group:
            group.start()
            feeder = Feeder(folder, offered)
            feeder.start()
            for i in range(KILLS):
                # a random moment is the point of this test: one in four before a worker is up
                time.sleep(rng.random() * (0.15 if rng.random() < 0.25 else 1.5))
                up += workers[i % 2].kill()
                workers[i % 2].start()
            feeder.stop()
            check(up, 'no kill hit a worker that was up')
            settle(conf, broker, group, offered, f'{KILLS} kills, {up} of a worker that was up')


main()

# SPDX-License-Identifier: MIT
"""Collectors are killed, in turn, at random moments, while 500 feeds on the loopback change."""

import threading
import time

from feeds import Site
from kafka import Broker, Group, Member, Offered, check, config_of, count, main, moments, test
from ledger import settle

KILLS = count(10)
FEEDS = 500


@test(f'{KILLS} SIGKILLs of two collectors at random moments while {FEEDS} feeds change: none lost, none twice')
def kills(folder):
    rng, offered, up = moments(), Offered(), 0
    with Broker(folder) as broker, Site(FEEDS, offered, moments()) as site:
        conf = config_of(folder, broker, site.yaml('2s'), 'allow_private: ["127.0.0.1"]\n')
        collectors = [Member(conf, 'collect', 'c1'), Member(conf, 'collect', 'c2')]
        ended = threading.Event()
        feeder = threading.Thread(target=site.grow, args=(ended, 150), daemon=True)
        with Group('kill_collector', *collectors, Member(conf, 'work', 'w1')) as group:
            group.start()
            feeder.start()
            for i in range(KILLS):
                # a random moment is the point of this test: one in four before a collector is up
                time.sleep(rng.random() * (0.15 if rng.random() < 0.25 else 3))
                up += collectors[i % 2].kill()
                collectors[i % 2].start()
            ended.set()
            feeder.join()
            check(up, 'no kill hit a collector that was up')
            settle(conf, broker, group, offered, f'{KILLS} kills, {up} of a collector that was up, '
                   f'{site.requests:,} requests, {site.unchanged:,} of them 304')


main()

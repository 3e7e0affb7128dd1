# SPDX-License-Identifier: MIT
"""An EndTxn that is late: it reaches the broker after the next begin of the same id."""


from kafka import Feeder, Group, Member, Offered, check, config_of, count, main, test, wait_until
from ledger import settle
from proxy import broker_behind_proxy

HELD = count(10)


@test(f'{HELD} EndTxn reach the broker after the next begin of the same transactional id: none lost, none twice')
def late(folder):
    offered = Offered()
    with broker_behind_proxy(folder) as (broker, proxy):
        conf = config_of(folder, broker)
        members = [Member(conf, 'collect', 'c1'), Member(conf, 'work', 'w1'), Member(conf, 'work', 'w2')]
        with Group('late_end', *members) as group:
            group.start()
            feeder = Feeder(folder, offered, rate=200)
            feeder.start()
            wait_until(lambda: len(offered.posts) > 200, 'posts')
            proxy.keep(HELD, 0.3)
            wait_until(lambda: len(proxy.settled) >= HELD, f'{HELD} late EndTxn', 60 + 10 * HELD, 0.2)
            feeder.stop()
            accepted = [late for late in proxy.settled if late.error == 0]
            for late in accepted:
                print(f'# {late}')
            settle(conf, broker, group, offered, f'{HELD} late EndTxn, {len(accepted)} taken by the broker')
            check(not accepted, f'{len(accepted)} ended a transaction that was not theirs')


main()

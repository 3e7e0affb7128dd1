# SPDX-License-Identifier: MIT
"""An EndTxn that is late: it reaches the broker after the next begin of the same id."""


from kafka import Broker, Feeder, Group, Member, Offered, check, config_of, count, main, moments, test, wait_until
from ledger import settle
from proxy import Proxy

HELD = count(10)


@test(f'{HELD} EndTxn reach the broker after the next begin of the same transactional id: none lost, none twice')
def late(folder):
    offered, broker = Offered(), Broker(folder)
    with Proxy(broker.port(), moments()) as proxy:
        broker.set(f'advertised.listeners=PLAINTEXT://127.0.0.1:{proxy.port}')
        with broker:
            broker.address = f'127.0.0.1:{proxy.port}'
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

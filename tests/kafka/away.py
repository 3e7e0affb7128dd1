# SPDX-License-Identifier: MIT
"""Brokers that are away at the start are waited for.

EARSHOT_TRIAL_AWAY: how many seconds (10; `make torture` says 120)."""

import os
import time
import urllib.error
import urllib.request

from kafka import (Broker, Feeder, Group, Member, Offered, Running, check, config_of, equal, main, test, wait_until)
from ledger import settle

AWAY = int(os.environ.get('EARSHOT_TRIAL_AWAY', '10'))


def status(url):
    try:
        return urllib.request.urlopen(url, timeout=60).status
    except urllib.error.HTTPError as error:
        return error.code


@test('brokers that are away at the start: it says so, /healthz says yes and /readyz no, SIGTERM ends it')
def says_so(folder):
    with Broker(folder) as broker:
        conf = config_of(folder, broker)
        broker.kill()
        with Running('-c', conf) as run:
            run.event('bus.waiting')
            check(any(broker.address in line for line in run.lines), f'the address is said: {run.lines[-5:]}')
            url = run.event('http.waiting')['url']
            equal(status(f'{url}/readyz'), 503, '/readyz')
            equal(status(f'{url}/healthz'), 200, '/healthz')
            equal(run.stop(), 0, 'the exit code')


@test(f'{AWAY} s without a broker at the start, a cluster that has never heard of us: none lost, none twice')
def away(folder):
    offered = Offered()
    with Broker(folder) as broker:
        conf = config_of(folder, broker)
        broker.kill()
        members = [Member(conf, 'collect', 'c1'), Member(conf, 'work', 'w1'), Member(conf, 'work', 'w2')]
        with Group('away', *members) as group:
            for member in members:
                member.start()
            feeder = Feeder(folder, offered, rate=100)
            feeder.start()
            urls = [member.now.event('http.waiting')['url'] for member in members]
            end = time.monotonic() + AWAY
            while time.monotonic() < end:
                for member, url in zip(members, urls):
                    equal(status(f'{url}/readyz'), 503, f'/readyz of {member.name}')
                    check(member.alive, f'{member.name} runs:\n' + '\n'.join(member.log()))
                time.sleep(0.5)
            broker.start()
            for member in members:
                url = member.now.url()
                wait_until(lambda: status(f'{url}/readyz') == 200, f'{member.name} is ready', every=0.2)
            feeder.stop()
            settle(conf, broker, group, offered, f'{AWAY} s without a broker at the start')


main()

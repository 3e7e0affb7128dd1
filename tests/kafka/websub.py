# SPDX-License-Identifier: MIT
"""A hub pushes to one collector of two; the one that has the source is killed, and the other takes the pushes over."""

from kafka import Broker, Running, config_of, equal, main, test, wait_until
from harness import free_port, tail
from hub import Hub, health, subscribed, titles


def collector(conf, name, port, public):
    return Running('-c', conf, '--role', 'collect', '--set', f'instance={name}', '--set', f'http.listen=127.0.0.1:{port}',
                   '--set', f'http.public_url=http://127.0.0.1:{public}')


@test('another collector that takes the source over takes what is pushed, without a new subscription; its alerts are in their topic once')
def taken_over(folder):
    with Broker(folder) as broker, Hub() as hub:
        first, second = free_port(), free_port()
        conf = config_of(folder, broker, [f'  - {{id: blog, kind: feed, url: "{hub.url}/feed", every: 1h}}',
                                          f'  - {{id: gone, kind: feed, url: "{hub.url}/gone", every: 1h}}'],
                         'allow_private: ["127.0.0.1"]\n')
        with collector(conf, 'c1', first, first) as one:
            subscribed(conf)
            equal(hub.push(hub.feed('c')), 202)
            equal(titles(conf), ['a', 'b', 'c'], 'when the answer comes')
            (alert,) = wait_until(lambda: tail(conf, 'alerts'), 'the alert of the source that is gone')
            equal((alert['value']['rule'], alert['value']['source']), ('source.deaf', 'gone'))
            one.kill()
        with collector(conf, 'c2', second, first) as two:
            # as a proxy would: the callback that the hub knows, at the process that is there
            callback = hub.forms[0]['hub.callback'].replace(f':{first}/', f':{second}/')
            wait_until(lambda: hub.push(hub.feed('d'), callback=callback) == 202, 'the source is with the other', 120, 0.5)
            equal(titles(conf), ['a', 'b', 'c', 'd'])
            for _ in range(5):
                equal(hub.push(hub.feed('a', 'b', 'c', 'd', 'e'), callback=callback), 202)
            equal(titles(conf), ['a', 'b', 'c', 'd', 'e'])
            equal((len(hub.forms), health(conf).get('state')), (1, 'subscribed'))
            equal(len(tail(conf, 'alerts')), 1)
            equal(two.stop(), 0)


main()

# SPDX-License-Identifier: MIT
"""Two sources share a budget of 100 calls a day; the collectors that hold them are killed, in turn, at random moments."""

import collections
import itertools
import json
import threading
import time

from kafka import Broker, Group, Member, check, config_of, count, equal, main, moments, test
from harness import tail
from loopback import Site

KILLS = count(10)
CALLS = 100


class Feeds(Site):
    """Every other look is redirected, every seventh call fails; who called is the contact of the User-Agent."""

    def __init__(self):
        self.lock, self.by = threading.Lock(), collections.Counter()
        super().__init__(self.say)

    @property
    def calls(self):
        return sum(self.by.values())

    def say(self, request):
        with self.lock:
            self.by[request.headers['User-Agent'].split('+')[-1].strip(' )')] += 1
            n = self.calls
        if n % 7 == 0:
            return 503, b'', {'Retry-After': '1'}
        if n % 2 == 0 and not request.path.endswith('/to'):
            return 302, b'', {'Location': request.path + '/to'}
        return (f'<rss version="2.0"><channel><title>T</title><item><guid isPermaLink="false">{request.path[:2]}</guid>'
                '<title>acme</title></item></channel></rss>')


@test(f'{KILLS} SIGKILLs of two collectors, two sources that share {CALLS} calls a day: never one more, whoever has them')
def shared(folder):
    rng = moments()
    with Broker(folder) as broker, Feeds() as site:
        sources = [f'  - {{id: {name}, kind: feed, url: "{site.url}/{name}", every: 1s, budget: {{share: key}}}}' for name in ('a', 'b')]
        conf = config_of(folder, broker, sources, f'allow_private: ["127.0.0.1"]\nbudgets: [{{id: key, per_day: {CALLS}}}]\n')
        collectors = [Member(conf, 'collect', name, f'contact={name}', 'kafka.session.timeout.ms=6000') for name in ('c1', 'c2')]
        with Group('shared_budget', *collectors) as group:
            group.start()
            for i in itertools.count():
                if i >= KILLS and (site.calls > 20 or i >= 5 * KILLS):
                    break
                # a random moment is the point of this test
                time.sleep(rng.random() * 1.5)
                holder = 0 if site.by['c1'] >= site.by['c2'] else 1
                one = collectors[holder if i % 2 else i // 2 % 2]
                one.kill()
                if i % 5 == 4:  # it stays away until its partitions, perhaps those of the budget, are the other's
                    time.sleep(8)
                one.start()
            killed = site.calls
            # in peace: until nothing is left
            end = time.monotonic() + 300
            while time.monotonic() < end and not all(state(conf, name).get('waits_by') == 'budget' for name in ('a', 'b')):
                time.sleep(0.5)
            for name in ('a', 'b'):
                equal(state(conf, name).get('waits_by'), 'budget', name)
            group.stop()
        # two more processes, of which none has seen the others
        with Group('shared_budget_again', *(Member(conf, 'collect', name) for name in ('c3', 'c4'))) as again:
            again.start()
            time.sleep(3)
            again.stop()
        check(killed > 20, f'{killed} calls before the last kill are no trial')
        check(site.calls <= CALLS, f'{site.calls} calls of {CALLS}')
        purse = [r['value'] for r in tail(conf, 'sources') if r['key'] == 'budget:key'][-1]
        equal(purse['budget']['left_day'], 0, json.dumps(purse['budget']))
        print(f'# {i} kills, {killed} calls meanwhile, {site.calls} in all, by {dict(site.by)}')


def state(conf, name):
    return next((r['value'] for r in reversed(tail(conf, 'sources')) if r['key'] == name), {})


main()

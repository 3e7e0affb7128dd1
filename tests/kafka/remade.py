# SPDX-License-Identifier: MIT
"""A topic is deleted and made again while everything runs: what was in it is gone and counted,
work goes on within 30 s."""

import collections
import time

import admin
import leader
from harness import get
from kafka import Broker, Feeder, Group, LABELS, Member, Offered, config_of, count, equal, main, test, wait_until
from ledger import Failed, mentioned, tail

WITHIN = 30  # seconds, on a machine that does nothing else; `PATIENCE` is what a loaded one gets
PATIENCE = 4 * WITHIN
PARTITIONS = 4
REMADE = count(3)  # times under traffic


def remake(broker, topic, cleanup='compact,delete', away=0):
    admin.delete(broker.address, f'earshot.{topic}')
    time.sleep(away)
    admin.create(broker.address, f'earshot.{topic}', PARTITIONS, cleanup)
    return time.monotonic()


def all_seen(conf, group, wanted, since, what):
    """Waits until the ids are in the label topics; tells how long it took."""
    while missing := wanted - mentioned(conf):
        if time.monotonic() > since + PATIENCE:
            raise Failed('\n'.join([f'{what} was made again: after {PATIENCE} s {len(missing)} of {len(wanted)} posts '
                                    'are not worked'] + group.log(20)))
        time.sleep(0.3)
    print(f'# {what} made again: all {len(wanted)} posts since then worked after {time.monotonic() - since:.1f} s')


def hold_once(conf, topics, what):
    read = tail(conf, *topics)
    keys = [record['key'] for topic in topics for record in read[topic]]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise Failed(f'{what} was made again: {len(twice)} ids twice in {topics}: {sorted(twice)[:5]}')
    return set(keys)


def gone(members, which='gone'):
    """Offsets that the members have counted as gone, or those of them that nobody had read."""
    return sum(value for member in members for name, value in member.metrics().items()
               if name.startswith(f'earshot_bus_{which}_offsets_total'))


def collected(conf, n, what):
    """Waits until n records are in posts; a topic that was just made is not known everywhere at once."""
    def there():
        try:
            return len(tail(conf, 'posts')['posts']) == n
        except Failed:
            return False
    wait_until(there, what, every=0.3)


class Trial:
    """A collector, two workers and the read model, level with what was offered."""

    def __init__(self, title, folder, broker):
        self.folder, self.broker, self.offered = folder, broker, Offered()
        self.conf = config_of(folder, broker)
        self.collector, self.view = Member(self.conf, 'collect', 'c1'), Member(self.conf, 'view,desk', 'v1')
        self.workers = [Member(self.conf, 'work', 'w1'), Member(self.conf, 'work', 'w2')]
        self.group = Group(f'remade_{title}', self.collector, *self.workers, self.view)

    def offer(self, n):
        """n more, of every source; the ids that a topic matches."""
        before = self.offered.matching
        Feeder(self.folder, self.offered).offer(n)
        return self.offered.matching - before

    def level(self, n=400):
        wanted = self.offer(n)
        all_seen(self.conf, self.group, wanted, time.monotonic(), 'before anything')
        return wanted

    def viewed(self):
        return get(self.view.now.url() + '/api/v1/summary')['n']

    def __enter__(self):
        self.group.start()
        return self

    def __exit__(self, *why):
        self.group.__exit__(*why)


@test('posts is deleted and made again: new posts are worked once, what was in it is counted')
def posts(folder):
    with Broker(folder) as broker, Trial('posts', folder, broker) as trial:
        old = trial.level()
        since = remake(broker, 'posts')
        new = trial.offer(400)
        all_seen(trial.conf, trial.group, new, since, 'posts')
        seen = hold_once(trial.conf, LABELS, 'posts')
        if seen != old | new:
            raise Failed(f'{len((old | new) - seen)} labelled posts lost, {len(seen - old - new)} too many')
        read = hold_once(trial.conf, ('posts',), 'posts')
        if not new <= read:
            raise Failed(f'{len(new - read)} of {len(new)} new posts are not in posts')
        counted, unread = gone(trial.workers), gone(trial.workers, 'gone_unread')
        if counted < len(old) or unread:
            raise Failed(f'{len(old)} records and more are gone, all were read: /metrics counts {counted}, unread {unread}')
        trial.group.stop()


@test('posts is deleted and made again while posts pass: all that are in it are worked, none twice')
def traffic(folder):
    with Broker(folder) as broker, Trial('traffic', folder, broker) as trial:
        trial.level()
        feeder = Feeder(folder, trial.offered, rate=200)
        feeder.start()
        for i in range(REMADE):
            before = len(trial.offered.posts)
            wait_until(lambda: len(trial.offered.posts) > before + 300, 'posts pass')
            since = remake(broker, 'posts', away=6 * (i % 2))
        offered = set(trial.offered.posts)  # what is offered from now on must come through
        wait_until(lambda: len(trial.offered.posts) > len(offered) + 400, 'posts pass')
        feeder.stop()
        all_seen(trial.conf, trial.group, trial.offered.matching - offered, since, f'posts under traffic, {REMADE} times,')
        all_seen(trial.conf, trial.group, hold_once(trial.conf, ('posts',), 'posts') & trial.offered.matching, since, 'posts')
        hold_once(trial.conf, LABELS, 'posts')
        trial.group.stop()


@test('posts is made again while the workers stand still and outgrows what they had read: they start at its beginning')
def outgrown(folder):
    with Broker(folder) as broker, Trial('outgrown', folder, broker) as trial:
        trial.level(100)
        for worker in trial.workers:
            worker.pause()
        since = remake(broker, 'posts')
        new = trial.offer(400)
        collected(trial.conf, 400, 'the new ones are collected')
        for worker in trial.workers:
            worker.go_on()
        all_seen(trial.conf, trial.group, new, since, 'posts')
        hold_once(trial.conf, LABELS, 'posts')
        trial.group.stop()


@test('posts is made again while no worker runs: they start at its beginning')
def nobody(folder):
    with Broker(folder) as broker, Trial('nobody', folder, broker) as trial:
        trial.level()
        for worker in trial.workers:
            equal(worker.now.stop(), 0, f'exit of {worker.name}')
        lost = trial.offer(400)
        collected(trial.conf, 800, 'all are collected')
        since = remake(broker, 'posts')
        new = trial.offer(400)
        collected(trial.conf, 400, 'the new ones are collected')
        for worker in trial.workers:
            worker.start()
        all_seen(trial.conf, trial.group, new, since, 'posts')
        if back := hold_once(trial.conf, LABELS, 'posts') & lost:
            raise Failed(f'{len(back)} posts that were gone are labelled')
        trial.group.stop()


@test('whoever led the group when its topic was gone gave nobody anything, and nothing happens in it: it is shared anew')
def nothing(folder):
    with Broker(folder) as broker:
        leader.give_nothing(broker.address, 'earshot.collect', 'earshot.collect-c1-0', 'earshot.sources')
        with Trial('nothing', folder, broker) as trial:
            trial.level()
            trial.group.stop()


@test('a label topic is deleted and made again: new mentions go there once, the read model goes on')
def label(folder):
    with Broker(folder) as broker, Trial('label', folder, broker) as trial:
        old = trial.level()
        wait_until(lambda: trial.viewed() == len(old), 'the read model has it all', every=0.3)
        since = remake(broker, 'mentions.neutral')
        new = trial.offer(400)
        all_seen(trial.conf, trial.group, new, since, 'mentions.neutral')
        hold_once(trial.conf, LABELS, 'mentions.neutral')
        wait_until(lambda: trial.viewed() >= len(old | new), f'the read model has {len(new)} more than {len(old)}:\n' +
                   '\n'.join(trial.group.log(20)), PATIENCE, 0.5)
        trial.group.stop()


@test('sources is deleted and made again: cursors are gone, so that posts may come once more; none is lost')
def sources(folder):
    with Broker(folder) as broker, Trial('sources', folder, broker) as trial:
        trial.level()
        since = remake(broker, 'sources', 'compact')
        new = trial.offer(400)
        all_seen(trial.conf, trial.group, new, since, 'sources')
        before = set(trial.offered.posts)
        trial.collector.kill()  # the next life knows only what was written
        trial.collector.start()
        all_seen(trial.conf, trial.group, trial.offer(400), time.monotonic(), 'sources, the collector killed after it')
        keys = collections.Counter(record['key'] for record in tail(trial.conf, 'posts')['posts'])
        if lost := set(trial.offered.posts) - set(keys):
            raise Failed(f'{len(lost)} posts lost')
        if often := [key for key, n in keys.items() if n > (2 if key in before else 1)]:
            raise Failed(f'{len(often)} posts came more often than the cursors were lost: {often[:5]}')
        print(f'# {sum(n - 1 for n in keys.values())} of {len(before)} posts came once more')
        trial.group.stop()


main()

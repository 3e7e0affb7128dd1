# SPDX-License-Identifier: MIT
"""ledger.py - proves from the topics that nothing was lost and nothing stands twice.

Every topic is read to its end, read_committed, twice: by `earshot tail`, and by kcat,
so that a fault of our own reader hides no fault of our own writer. Records are counted,
not ids: a post of rev 0 stands exactly once in `posts`, and where a topic of the config
matches it exactly once in exactly one label topic."""

import subprocess
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from kafka import EARSHOT, LABELS, Failed, check, earshot, equal, wait_until
import schemas  # kafka.py says where it is

TOPICS = ('posts', *LABELS, 'flagged', 'sources', 'deadletter')
SHOWN = 5  # ids named in a failure
AGREE = 30  # seconds for kcat to see what `earshot tail` has seen


def tail(conf, *topics, strangers=()):
    """{topic: its records}, each held against its contract (tests/cli/schemas.py)."""
    result = earshot('tail', '-c', conf, *topics, program=EARSHOT, timeout=300)
    equal(result.code, 0, f'earshot tail {topics}: {result.err[-2000:]}')
    read, records = {topic: [] for topic in topics}, result.lines()
    schemas.hold(records, strangers)
    for record in records:
        read[record['topic'].removeprefix('earshot.')].append(record)
    return read


def kcat(address, topic):
    """[(partition, offset, key)] as librdkafka's own tool reads it."""
    run = subprocess.run(['kcat', '-C', '-q', '-e', '-b', address, '-t', f'earshot.{topic}', '-o', 'beginning', '-f',
                          '%p %o %K %k\\n', '-X', 'isolation.level=read_committed'], capture_output=True, timeout=300)
    equal(run.returncode, 0, f'kcat {topic}: {run.stderr.decode()[-2000:]}')
    rows = [line.split(' ', 3) for line in run.stdout.decode('utf-8', 'replace').splitlines()]
    return sorted((int(partition), int(offset), key if int(length) >= 0 else None) for partition, offset, length, key in rows)


def ends(address, isolation):
    """{(topic, partition): where it ends}; read_committed: where what is decided ends."""
    consumer = Consumer({'bootstrap.servers': address, 'group.id': 'trial', 'isolation.level': isolation, 'log_level': 0})
    try:
        topics = consumer.list_topics(timeout=20).topics
        return {(name, partition): consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=20)[1]
                for name in topics if name.startswith('earshot.') for partition in topics[name].partitions}
    finally:
        consumer.close()


def decided(address):
    """Every transaction has its markers: a commit returns before they are written."""
    try:
        return ends(address, 'read_committed') == ends(address, 'read_uncommitted')
    except KafkaException:  # a leader is being elected
        return False


def mentioned(conf):
    try:
        read = tail(conf, *LABELS)
    except Failed:  # brokers may be away while a trial waits; the proof reads without this mercy
        return set()
    return {record['key'] for topic in LABELS for record in read[topic] if record['value'] is not None}


def wait_for(conf, wanted, seconds=90):
    """Until all ids of `wanted` are in the label topics; those that are missing."""
    end = time.monotonic() + seconds
    while True:
        missing = wanted - mentioned(conf)
        if not missing or time.monotonic() > end:
            return missing
        time.sleep(0.5)


def place(record):
    return f"{record['topic']}/{record['partition']}@{record['offset']} of {record['time']}"


class Proof:
    """What the topics say against what was offered; `problems` is empty where all is well."""

    def __init__(self, conf, address, offered):
        self.conf, self.address, self.offered = conf, address, offered
        self.problems, self.lost, self.twice = [], 0, 0
        self.read = tail(conf, *TOPICS)
        self.other_reader()
        self.posts()
        self.mentions()
        self.flagged()
        self.sources()
        if self.read['deadletter']:
            first = self.read['deadletter'][0]
            self.problems.append(f"{len(self.read['deadletter'])} dead letters, first: {place(first)} {first['headers']}")

    def name(self, key):
        return self.offered.posts[key][0] if key in self.offered.posts else 'not offered'

    def tell(self, what, keys, where):
        """`where`: {key: records}"""
        keys = sorted(keys)
        if not keys:
            return
        self.problems.append(f'{len(keys)} ids {what}:')
        for key in keys[:SHOWN]:
            places = '; '.join(place(r) for r in where.get(key, ()))
            self.problems.append(f'  {key} ({self.name(key)}) {places}')

    def other_reader(self):
        for topic in TOPICS:
            ours = sorted((r['partition'], r['offset'], r['key']) for r in self.read[topic])
            theirs = kcat(self.address, topic)
            # it ends where a broker says that the partition ends, and one that became the leader
            # a moment ago may name an end that is behind: what is missing then comes
            until = time.monotonic() + AGREE
            while ours != theirs and time.monotonic() < until:
                time.sleep(0.5)
                theirs = kcat(self.address, topic)
            if ours != theirs:
                apart = sorted(set(ours) ^ set(theirs), key=str)
                self.problems.append(f'{topic}: earshot tail reads {len(ours)} records, kcat {len(theirs)}; '
                                     f'apart: {apart[:SHOWN]}')

    def once(self, topic_names, wanted, what):
        """Every key of `wanted` in one record of these topics, and no other."""
        where = {}
        for topic in topic_names:
            for record in self.read[topic]:
                where.setdefault(record['key'], []).append(record)
        lost = wanted - set(where)
        twice = {key for key, records in where.items() if len(records) > 1}
        self.lost += len(lost)
        self.twice += len(twice)
        self.tell(f'lost in {what}', lost, {key: self.posts_of.get(key, ()) for key in lost})
        self.tell(f'twice in {what}', twice, where)
        self.tell(f'in {what} that do not belong there', set(where) - wanted, where)
        return where

    def posts(self):
        self.posts_of = {}
        self.posts_of = self.once(('posts',), set(self.offered.posts), 'posts')

    def mentions(self):
        self.mentions_of = self.once(LABELS, self.offered.matching, 'the label topics')
        nulls = [r for topic in LABELS for r in self.read[topic] if r['value'] is None]
        if nulls:
            self.problems.append(f'{len(nulls)} nulls in the label topics, first: {place(nulls[0])}')

    def flagged(self):
        wanted = {key for key, records in self.mentions_of.items() if (records[0]['value'] or {}).get('flags')}
        self.once(('flagged',), wanted, 'flagged')

    def sources(self):
        """The last record of a source has counted what it offered: cursors and posts went together."""
        last = {record['key']: record for record in self.read['sources']}
        for source, n in self.offered.of_source().items():
            value = last[source]['value'] if source in last else {}
            if value.get('posts') != n:
                self.problems.append(f"source {source}: its cursor has counted {value.get('posts')} posts, not {n}")

    def hold(self, group, told):
        """Raises with everything that a person needs where there is a problem."""
        if self.problems:
            raise Failed(f'{self.lost} lost, {self.twice} twice of {len(self.offered.posts):,} posts ({told})\n' +
                         '\n'.join(self.problems + group.log()))


def settle(conf, broker, group, offered, told, seconds=90):
    """The end of a trial: all is worked through, the members leave, each looks once more,
    so that an offset or a cursor that stands too low would show; then the proof."""
    missing = wait_for(conf, offered.matching, seconds)
    if not missing:
        group.stop()
        for member in group.members:
            once = earshot('run', *member.args, '--once', program=EARSHOT, timeout=120)
            equal(once.code, 0, f'{member.name} --once: {once.err[-2000:]}')
        wait_until(lambda: decided(broker.address), 'no transaction is open', 60, 0.5)
    proof = Proof(conf, broker.address, offered)
    if missing and not proof.problems:
        proof.problems.append(f'{len(missing)} mentions came only after {seconds} s')
    proof.hold(group, told)
    print(f'# {told}, {len(offered.posts):,} posts: {proof.lost} lost, {proof.twice} twice', flush=True)
    check(len(proof.read['posts']) == len(offered.posts), 'the count of posts')
    return proof

# SPDX-License-Identifier: MIT
"""`earshot forget` on a real broker: opt-outs, nulls, and what the cleaner leaves of an author.
The topics have the promise (max.compaction.lag.ms) and the retention of the config."""

import base64
import json
import os

import confluent_kafka
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from kafka import EARSHOT, LABELS, Broker, Group, Member, check, earshot, equal, main, test, wait_until, write
from ledger import kcat, tail

DAY = 86400000
TOPICS = ('posts', *LABELS, 'flagged', 'reviews', 'deadletter')
HERS = ('key-of-zerrin', 'zerrin_q', 'Zerrin', 'quokkaphrase')
CONFIG = '''
bus: kafka://{address}
view: {{path: ./var/view.db}}
http: {{listen: "127.0.0.1:0"}}
topics: {{partitions: 2, retention: {{posts: 3d, mentions: 5d, rollups: 7d}}}}
sources: [{{id: posts, kind: jsonl, url: "file:posts.jsonl", every: 1s}}]
brands: [{{id: acme, topics: [{{id: acme-all, query: acme}}]}}]
flags: [{{id: refund, when: 'sentiment:negative AND refund'}}]
default_route: care
routes: {{care: {{owner: care}}}}
privacy: {{author_key: "0123456789abcdef0123456789abcdef"}}
'''


def row(i, text, key, handle, name):
    return json.dumps({'native_id': f'p{i}', 'text': text, 'author': {'key': key, 'handle': handle, 'name': name}}) + '\n'


def hers(i):
    return row(i, 'acme refund is terrible quokkaphrase', 'key-of-zerrin', '@Zerrin_Q', 'Zerrin')


def others(i):
    return row(i, 'acme is great', f'key{i}', f'@person{i}', f'Person {i}')


def run(*args):
    result = earshot(*args, program=EARSHOT, timeout=120)
    equal(result.code, 0, result.err[-3000:])
    return result


def live(conf, topic):
    last = {r['key']: r.get('value') or r.get('value_base64') for r in tail(conf, topic, strangers=TOPICS)[topic]}
    return {key for key, value in last.items() if value}


def words(conf):
    """All that can be read of all topics, as one text."""
    # the fillers of clean_now() are strangers
    read = tail(conf, *TOPICS, 'settings', 'audit', 'sources', strangers=TOPICS)
    bare = [base64.b64decode(r['value_base64']).decode() for records in read.values() for r in records if 'value_base64' in r]
    return json.dumps([read, bare], ensure_ascii=False)


def clean_now(broker, topics):
    """The cleaner's conditions, which take a day otherwise, within a second."""
    admin = AdminClient({'bootstrap.servers': broker.address, 'log_level': 0})
    quick = {'segment.ms': '200', 'min.cleanable.dirty.ratio': '0.001', 'max.compaction.lag.ms': '1000'}
    for topic in topics:
        entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in quick.items()]
        resource = ConfigResource(ResourceType.TOPIC, f'earshot.{topic}', incremental_configs=entries)
        admin.incremental_alter_configs([resource])[resource].result(30)


def fill(broker, topics):
    """Segments end when something is appended: a null of nobody's key into each partition."""
    producer = confluent_kafka.Producer({'bootstrap.servers': broker.address, 'log_level': 0})
    for topic in topics:
        for partition in range(2):
            producer.produce(f'earshot.{topic}', key=b'filler', value=None, partition=partition)
    equal(producer.flush(30), 0, 'fillers that the broker did not take')


@test('topics of a post are made with the promise of erasure and the retention of the config')
def configs(folder):
    with Broker(folder) as broker:
        conf = write(folder, 'earshot.yaml', CONFIG.format(address=broker.address))
        write(folder, 'posts.jsonl', others(1))
        run('run', '-c', conf, '--once')
        admin = AdminClient({'bootstrap.servers': broker.address, 'log_level': 0})
        days = {'posts': 3, 'flagged': 5, 'deadletter': 14, 'rollups': 7, **{label: 5 for label in LABELS}}
        for topic in (*TOPICS, 'rollups'):
            resource = ConfigResource(ResourceType.TOPIC, f'earshot.{topic}')
            have = {k: v.value for k, v in admin.describe_configs([resource])[resource].result(30).items()}
            equal(have['retention.ms'], str(days[topic] * DAY) if topic in days else '-1', f'retention of {topic}')
            equal(have['cleanup.policy'], 'compact' if topic == 'reviews' else 'compact,delete', f'cleanup of {topic}')
            if topic != 'rollups':
                equal(have['max.compaction.lag.ms'], str(DAY), f'lag of {topic}')


@test('forget on Kafka: a running system follows, new posts are dropped, after compaction nothing of the author is read')
def forget(folder):
    with Broker(folder, properties=['log.cleaner.backoff.ms=200']) as broker:
        conf = write(folder, 'earshot.yaml', CONFIG.format(address=broker.address))
        posts = write(folder, 'posts.jsonl', ''.join(others(i) for i in range(6)) + hers(20) + hers(21)
                      + '{"text": "acme broken, says @zerrin_q"\n')
        with Group('forget', Member(conf, 'collect,work,view,desk', 'one')) as group:
            group.start()
            wait_until(lambda: len(live(conf, 'posts')) == 8 and len(live(conf, 'flagged')) == 2, 'posts and mentions')
            wait_until(lambda: live(conf, 'deadletter'), 'the dead letter')
            check(all(name in words(conf) for name in HERS), 'what is to go was never there')
            said = run('forget', '-c', conf, '--author', '@zerrin_q').text
            check('posts              2' in said and 'deadletter         1' in said, said)
            wait_until(lambda: len(live(conf, 'posts')) == 6 and not live(conf, 'flagged'), 'nulls')
            with open(posts, 'a', encoding='utf-8') as out:
                out.write(hers(30) + others(31))
            wait_until(lambda: len(live(conf, 'posts')) == 7, 'the post of somebody else')
            metrics = group.members[0].metrics
            wait_until(lambda: metrics()['earshot_collect_posts_total{outcome="forgotten"}'] == 1, 'the dropped post')
            check('nothing was left' in run('forget', '-c', conf, '--author', '@zerrin_q').err, 'a second forget')
            group.stop()
        clean_now(broker, TOPICS)

        def gone():
            fill(broker, TOPICS)
            read = words(conf)
            return not any(name in read for name in HERS)
        wait_until(gone, 'compaction', 300, 1)
        for topic in TOPICS:
            check(kcat(broker.address, topic), f'{topic} is empty')
        equal(len(live(conf, 'posts')), 7, 'posts of others')
        for name in os.listdir(os.path.join(folder, 'var')):
            with open(os.path.join(folder, 'var', name), 'rb') as file:
                data = file.read()
            check(not any(word.encode() in data for word in HERS), f'the author is in {name}')


if __name__ == '__main__':
    main()

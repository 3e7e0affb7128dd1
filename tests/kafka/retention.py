# SPDX-License-Identifier: MIT
"""Retention of the config on a real broker: the topics say it, and once segments are rolled what is
older is gone; what is younger, and what another topic keeps for longer, stays. The same through the
file is `retention takes the oldest away` of tests/unit/bus_contract_read.c."""

import json
import os

from kafka import EARSHOT, Broker, LABELS, check, earshot, equal, main, test, wait_until, write
from harness import tail  # kafka.py says where it is

# segments are rolled when they are a second old, and looked at twice a second
PROPERTIES = ('log.roll.ms=1000', 'log.retention.check.interval.ms=500', 'log.initial.task.delay.ms=500',
              'log.segment.delete.delay.ms=0')
POSTS_MS, MENTIONS_MS = 30000, 3600 * 1000

CONFIG = '''
bus: kafka://{address}
view: {{path: ./var/view.db}}
http: {{listen: "127.0.0.1:0"}}
topics: {{partitions: 2, retention: {{posts: {posts}s, mentions: {mentions}s}}}}
sources:
  - {{id: posts, kind: jsonl, url: "file:posts.jsonl", every: 1s}}
brands:
  - id: acme
    topics: [{{id: acme-all, query: 'acme'}}]
'''


def config_of(broker, topic):
    from confluent_kafka.admin import AdminClient, ConfigResource
    resource = ConfigResource(ConfigResource.Type.TOPIC, f'earshot.{topic}')
    client = AdminClient({'bootstrap.servers': broker.address})
    return {name: entry.value for name, entry in client.describe_configs([resource])[resource].result(30).items()}


def offer(folder, first, n):
    lines = [json.dumps({'native_id': f'p{i}', 'text': f'acme is great, number {i}', 'published_at': '2026-01-01T00:00:00Z'})
             for i in range(first, first + n)]
    with open(os.path.join(folder, 'posts.jsonl'), 'a', encoding='utf-8') as out:
        out.write('\n'.join(lines) + '\n')


def once(conf):
    result = earshot('run', '-c', conf, '--role', 'collect,work', '--once', program=EARSHOT, timeout=120)
    equal(result.code, 0, result.err[-3000:])


def numbers(conf, *topics):
    return {int(record['value']['native_id'][1:]) for record in tail(conf, *topics) if record['value']}


@test('retention on Kafka: after segments are rolled old posts are gone, their mentions and new posts stay')
def retention(folder):
    with Broker(folder, properties=PROPERTIES) as broker:
        conf = write(folder, 'earshot.yaml', CONFIG.format(address=broker.address, posts=POSTS_MS // 1000,
                                                           mentions=MENTIONS_MS // 1000))
        offer(folder, 0, 300)
        once(conf)
        for topic, wanted in (('posts', POSTS_MS), *((label, MENTIONS_MS) for label in LABELS)):
            found = config_of(broker, topic)
            equal(found['retention.ms'], str(wanted), f'retention.ms of {topic}')
            equal(set(found['cleanup.policy'].split(',')), {'compact', 'delete'}, f'cleanup.policy of {topic}')
        offered, left = 300, set()

        def gone():
            nonlocal offered, left  # a segment is rolled when the next record comes
            offer(folder, offered, 40)
            offered += 40
            once(conf)
            left = numbers(conf, 'posts')
            return not left & set(range(300))
        wait_until(gone, 'the posts of the beginning are gone', 300, 0.5)
        check(left and max(left) == offered - 1, f'new posts went too: {sorted(left)[-5:]}')
        equal(numbers(conf, *LABELS), set(range(offered)), 'mentions that are kept for an hour')
        print(f'# {offered} posts offered, {len(left)} left after {POSTS_MS // 1000} s of retention')


main()

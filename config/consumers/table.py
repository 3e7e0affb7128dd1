#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""table.py BROKERS [--prefix earshot.] [--follow]: what stands in the label topics now.

Reads all of them and keeps a table by id; prints one JSON line a post: id, topic,
headers, mention. With --follow it goes on and prints every change, a post that is
gone with topic null. Needs `pip install confluent-kafka`."""

import argparse
import datetime
import json

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

LABELS = ('mentions.negative', 'mentions.neutral', 'mentions.positive')


def when(mention):
    """When the post was observed; fractions of a second are there only where they are not 0."""
    text = mention.get('observed_at', '0001-01-01T00:00:00Z')
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))


class Table:
    """The reader rule: per id the highest rev, then the latest observation, wins; a null
    removes only what the same topic brought."""

    def __init__(self):
        self.posts = {}  # id -> topic -> (rev, observed, headers, mention or None)

    def take(self, topic, post, headers, value):
        held = self.posts.setdefault(post, {})
        old = held.get(topic)
        if value is None and 'rev' not in headers:  # erased: nothing may stay
            held.pop(topic, None)
        elif value is None:  # remembered, so that an older record cannot come back
            rev = int(headers['rev'])
            if old is None or rev >= old[0]:
                held[topic] = (rev, old and old[1], headers, None)
        else:
            mention = json.loads(value)
            rev, observed = mention.get('rev', 0), when(mention)
            if (old is None or rev > old[0] or
                    rev == old[0] and (old[3] is None or observed >= old[1])):
                held[topic] = (rev, observed, headers, mention)

    def row(self, post):
        live = [(rev, observed, topic, headers, mention)
                for topic, (rev, observed, headers, mention) in self.posts.get(post, {}).items() if mention]
        if not live:
            return {'id': post, 'topic': None}
        _, _, topic, headers, mention = max(live, key=lambda one: one[:3])
        return {'id': post, 'topic': topic, 'headers': headers, 'mention': mention}

    def rows(self):
        return [row for row in map(self.row, self.posts) if row['topic']]


def records(brokers, topics, follow):
    """(topic, key, headers, value) of every record; None once all partitions were read to their ends."""
    consumer = Consumer({
        'bootstrap.servers': brokers,
        'group.id': 'table',  # asked for by the library; never joined, nothing is committed
        'enable.auto.commit': False,
        'isolation.level': 'read_committed',  # nothing of a transaction that was aborted
        'enable.partition.eof': True,
    })
    left = set()
    for topic in topics:
        known = consumer.list_topics(topic, timeout=10).topics[topic]
        if known.error:
            raise KafkaException(known.error)
        left |= {(topic, partition) for partition in known.partitions}
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in left])
    try:
        while left or follow:
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                if left:
                    left.discard((message.topic(), message.partition()))
                    if not left:
                        yield None
            elif message.error():
                raise KafkaException(message.error())
            else:
                headers = {name: value.decode() for name, value in message.headers() or [] if value is not None}
                yield message.topic(), message.key().decode(), headers, message.value()
    finally:
        consumer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('brokers')
    parser.add_argument('--prefix', default='earshot.')
    parser.add_argument('--follow', action='store_true')
    args = parser.parse_args()
    table, complete = Table(), False
    for record in records(args.brokers, [args.prefix + label for label in LABELS], args.follow):
        if record is None:
            complete = True
            for row in table.rows():
                print(json.dumps(row, ensure_ascii=False), flush=args.follow)
            continue
        before = table.row(record[1]) if complete else None
        table.take(*record)
        if complete and table.row(record[1]) != before:
            print(json.dumps(table.row(record[1]), ensure_ascii=False), flush=True)


if __name__ == '__main__':
    main()

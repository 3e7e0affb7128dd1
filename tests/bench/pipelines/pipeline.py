#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pipeline that people write today in Python: confluent-kafka, json and vaderSentiment,
exactly once. BROKER PREFIX POSTS -> posts/s TAB CPU seconds a million TAB bytes of a value
that it writes.

Reads PREFIXposts from its beginning, adds `sentiment` to each post and puts it to one of
three topics, in transactions of half a second with the offsets. The first tenth is not
counted."""
import json
import os
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

WAIT = 30


def main():
    broker, prefix, posts = sys.argv[1], sys.argv[2], int(sys.argv[3])
    name = f"pipeline-python-{os.getpid()}"
    consumer = Consumer({
        "bootstrap.servers": broker, "group.id": name, "enable.auto.commit": False,
        "auto.offset.reset": "earliest", "queued.min.messages": 1000000})
    producer = Producer({
        "bootstrap.servers": broker, "transactional.id": name, "compression.type": "lz4",
        "linger.ms": 20, "queue.buffering.max.messages": 1000000})
    producer.init_transactions(WAIT)
    consumer.subscribe([prefix + "posts"])
    analyzer = SentimentIntensityAnalyzer()
    n, written, open_since, warm, ends = 0, 0, None, None, {}
    while n < posts:
        for message in consumer.consume(min(1000, posts - n), 0.1):
            if message.error():
                sys.exit(str(message.error()))
            if open_since is None:
                producer.begin_transaction()
                open_since = time.monotonic()
            post = json.loads(message.value())
            scores = analyzer.polarity_scores(post["text"])
            compound = scores["compound"]
            label = "positive" if compound >= 0.05 else "negative" if compound <= -0.05 else "neutral"
            post["sentiment"] = {"label": label, **scores}
            value = json.dumps(post, ensure_ascii=False).encode()
            while True:
                try:
                    producer.produce(f"{prefix}pipeline.python.{label}", value, message.key())
                    break
                except BufferError:
                    producer.poll(0.01)
            ends[message.partition()] = message.offset() + 1
            n += 1
            written += len(value)
        if warm is None and n >= posts / 10:
            warm = (time.monotonic(), time.process_time(), n)
        if open_since is not None and (time.monotonic() - open_since >= 0.5 or n == posts):
            producer.send_offsets_to_transaction(
                [TopicPartition(prefix + "posts", p, at) for p, at in ends.items()],
                consumer.consumer_group_metadata(), WAIT)
            producer.commit_transaction(WAIT)
            open_since = None
    counted = n - warm[2]
    print(f"{counted / (time.monotonic() - warm[0]):.0f}\t{(time.process_time() - warm[1]) * 1e6 / counted:.2f}"
          f"\t{written // n}")


main()

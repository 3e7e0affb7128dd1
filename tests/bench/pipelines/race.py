# SPDX-License-Identifier: MIT
"""Pipelines that people write today, on the posts that bench/work_kafka has left.

    race.py BROKER PREFIX POSTS

Each runs alone, once: kafka.sh calls it behind the worker's rounds, on the same broker and
the same posts. What a pipeline needs is installed by package name into build/peers; where
its tool is missing it is skipped, and said so."""
import os
import subprocess
import sys

from confluent_kafka.admin import AdminClient, NewTopic

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "peers"))
from kit import prepared, rust, venv  # noqa: E402

# rdkafka for the librdkafka of Debian 12, linked dynamically as ours is
CRATES = """rdkafka = { version = "=0.29.0", default-features = false, features = ["dynamic-linking"] }
rdkafka-sys = "=4.4.0+1.9.2"
serde_json = "1"
vader_sentiment = "=0.1.1"
"""
# name, what makes its topic and its command line (BROKER PREFIX POSTS come last)
PIPELINES = [
    ("Rust rdkafka, vader_sentiment",
     lambda: ("rust", [rust("pipeline", os.path.join(HERE, "pipeline.rs"), CRATES)])),
    ("Python confluent-kafka, vaderSentiment", lambda: ("python", [venv(), os.path.join(HERE, "pipeline.py")])),
]


def topics(broker, prefix, language):
    names = [f"{prefix}pipeline.{language}.{label}" for label in ("positive", "neutral", "negative")]
    admin = AdminClient({"bootstrap.servers": broker})
    for future in admin.create_topics([NewTopic(name, 8, 1) for name in names]).values():
        future.result()


def main():
    broker, prefix, posts = sys.argv[1:]
    for name, (language, command) in prepared(PIPELINES).items():
        topics(broker, prefix, language)
        result = subprocess.run([*command, broker, prefix, posts], capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"{name} ended with {result.returncode}: {result.stderr.strip()}")
        rate, cpu, size = (float(figure) for figure in result.stdout.split("\t"))
        print(f"{name:40} {rate:8,.0f} posts/s, CPU {cpu:6.2f} s a million, "
              f"{size:.0f} bytes a record, {rate * size / 1e6:.1f} MB/s", flush=True)


main()

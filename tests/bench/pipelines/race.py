# SPDX-License-Identifier: MIT
"""Pipelines that people write today, on the posts that bench/work_kafka has left.

    race.py BROKER PREFIX POSTS

Each runs alone, once: kafka.sh calls it behind the worker's rounds, on the same broker and
the same posts. What a pipeline needs is installed by package name into build/peers; where
its tool is missing it is skipped, and said so."""
import os
import shutil
import subprocess
import sys

from confluent_kafka.admin import AdminClient, NewTopic

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
# rdkafka for the librdkafka of Debian 12, linked dynamically as ours is
CARGO = """[package]
name = "pipeline"
version = "0.0.0"
edition = "2021"
[dependencies]
rdkafka = { version = "=0.29.0", default-features = false, features = ["dynamic-linking"] }
rdkafka-sys = "=4.4.0+1.9.2"
serde_json = "1"
vader_sentiment = "=0.1.1"
[[bin]]
name = "pipeline"
path = "pipeline.rs"
[profile.release]
lto = true
codegen-units = 1
"""


class Missing(Exception):
    pass


def rust():
    path = os.path.join(ROOT, "build", "peers", "pipeline")
    os.makedirs(path, exist_ok=True)
    shutil.copy2(os.path.join(HERE, "pipeline.rs"), path)
    with open(os.path.join(path, "Cargo.toml"), "w", encoding="utf-8") as f:
        f.write(CARGO)
    if not shutil.which("cargo"):
        raise Missing("no cargo (Debian package cargo)")
    built = subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=path, capture_output=True, text=True)
    if built.returncode:
        raise Missing(" / ".join(built.stderr.strip().splitlines()[-3:]))
    return [os.path.join(path, "target", "release", "pipeline")]


def python():
    made = subprocess.run(["sh", "tests/venv.sh"], cwd=ROOT, capture_output=True, text=True)
    if made.returncode:
        raise Missing(made.stderr.strip().splitlines()[-1])
    return [os.path.join(ROOT, "build", "venv", "bin", "python"), os.path.join(HERE, "pipeline.py")]


def topics(broker, prefix, language):
    names = [f"{prefix}pipeline.{language}.{label}" for label in ("positive", "neutral", "negative")]
    admin = AdminClient({"bootstrap.servers": broker})
    for future in admin.create_topics([NewTopic(name, 8, 1) for name in names]).values():
        future.result()


def main():
    broker, prefix, posts = sys.argv[1:]
    for name, language, make in (("Rust rdkafka, vader_sentiment", "rust", rust),
                                 ("Python confluent-kafka, vaderSentiment", "python", python)):
        try:
            command = make()
        except Missing as e:
            print(f"SKIPPED {name}: {e}", flush=True)
            continue
        topics(broker, prefix, language)
        result = subprocess.run([*command, broker, prefix, posts], capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"{name} ended with {result.returncode}: {result.stderr.strip()}")
        rate, cpu = result.stdout.strip().split("\t")
        print(f"{name:40} {float(rate):8,.0f} posts/s, CPU {float(cpu):6.2f} s a million", flush=True)


main()

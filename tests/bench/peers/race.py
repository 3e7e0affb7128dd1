#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The scorer beside its peers: the same posts, one thread, rounds that alternate.

    race.py [--rounds N] [FILE.tsv ...]     id, label, text; else our own posts and,
                                            where EARSHOT_LABELS has it, en/dev.tsv

A peer is a driver beside this file: FILE with a post a line -> posts/s TAB mean of its
score. It reads, warms up by one pass, then takes the best of five blocks of at least a
tenth of a second of the process's CPU time: others on the machine do not count. All drivers run once a round; the best round of each counts. What a
peer needs is installed by package name into build/peers; where its tool is missing the
peer is skipped, and the table says so.
"""
import argparse
import os
import subprocess
import sys

from kit import BUILD, HERE, PEERS, ROOT, folder, go, prepared, rust, sh, tool, venv

LABELS = os.environ.get("EARSHOT_LABELS") or os.path.join(ROOT, "..", "shared", "labels")
BASE = "Rust vader_sentiment"

# the last versions that Debian 12's rustc builds; later ones are no faster
CRATES = """vader_sentiment = "=0.1.1"
regex = "=1.8.4"
regex-syntax = "=0.7.5"
aho-corasick = "=1.0.5"
memchr = "=2.5.0"
lazy_static = "=1.4.0"
unicase = "=2.7.0"
"""
GOVADER = "github.com/jonreiter/govader@v0.0.0-20250429093935-f6505c8d03cc"


def npm(package):
    path = folder("npm", "npm.cjs")
    name = package.rsplit("@", 1)[0]
    if not os.path.isdir(os.path.join(path, "node_modules", name)):
        sh(tool("npm", "npm"), "install", "--no-audit", "--no-fund", "--loglevel=error", package, cwd=path)
    return [tool("node", "nodejs"), os.path.join(path, "npm.cjs"), name]


def ours(profile, why):
    return [os.path.join(BUILD, "bench", "score_peer"), profile, why]


# name, what makes its command line (FILE comes last)
DRIVERS = [
    ("earshot, vader profile", lambda: ours("vader", "0")),
    ("earshot, default profile", lambda: ours("default", "0")),
    ("earshot, default, with reasons", lambda: ours("default", "12")),
    (BASE, lambda: [rust("rust", "vader_sentiment.rs", CRATES)]),
    ("Go govader", lambda: [go("go", "govader.go", GOVADER)]),
    ("npm vader-sentiment", lambda: npm("vader-sentiment@1.1.3")),
    ("npm sentiment (AFINN)", lambda: npm("sentiment@5.0.2")),
    ("PyPI vaderSentiment", lambda: [venv(), os.path.join(HERE, "vadersentiment_pypi.py")]),
]


def own_posts():
    path = os.path.join(PEERS, "own.txt")
    with open(path, "wb") as out:
        subprocess.run([sys.executable, os.path.join(HERE, "posts.py")], stdout=out, check=True)
    return path


def posts_of(tsv):
    """The texts of id TAB label TAB text, a line each."""
    path = os.path.join(PEERS, "labelled.txt")
    with open(tsv, "rb") as f, open(path, "wb") as out:
        for line in f:
            out.write(line.rstrip(b"\n").split(b"\t", 2)[2].replace(b"\r", b" ") + b"\n")
    return path


def race(commands, path, rounds):
    best, mean = {}, {}
    for _ in range(rounds):
        for name, command in commands.items():
            result = subprocess.run([*command, path], cwd=ROOT, capture_output=True, text=True)
            if result.returncode:
                sys.exit(f"{name} ended with {result.returncode}: {result.stderr.strip()}")
            rate, mean[name] = result.stdout.strip().split("\t")
            best[name] = max(best.get(name, 0), float(rate))
    return best, mean


def table(title, best, mean):
    base = best.get(BASE)
    print(f"\n{title}\n{'':32}{'posts/s':>12}{'of the crate':>14}{'mean score':>12}")
    for name, rate in sorted(best.items(), key=lambda item: -item[1]):
        ratio = f"{rate / base:.2f}" if base else "-"
        print(f"{name:32}{rate:12,.0f}{ratio:>14}{mean[name]:>12}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    os.makedirs(PEERS, exist_ok=True)
    commands = prepared(DRIVERS)
    files = args.files
    if not files:
        path = own_posts()
        table("our own posts (posts.py)", *race(commands, path, args.rounds))
        dev = os.path.join(LABELS, "en", "dev.tsv")
        files = [dev] if os.path.exists(dev) else []
        if not files:
            print("SKIPPED the labelled posts: they are not at hand (EARSHOT_LABELS)")
    for tsv in files:
        table("/".join(tsv.split("/")[-2:]), *race(commands, posts_of(tsv), args.rounds))


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds `earshot score --profile vader` against vaderSentiment 3.3.2.

    generate.py | earshot score --profile vader | compare.py
    earshot score --profile vader --text texts | compare.py --raw texts

Reads lines {"text": ..., "sentiment": {...}}. With --raw FILE each line of FILE, read as
UTF-8 with bad bytes replaced, must come back as "text" and is what the package scores;
--text FILE.jsonl does the same for texts from generate.py. Exit 1 on any difference.
"""
import argparse
import json
import sys

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

NAMES = ("compound", "pos", "neu", "neg")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--raw")
    parser.add_argument("--text")
    parser.add_argument("scored", nargs="?", default="-")
    args = parser.parse_args()
    wanted = None
    if args.raw:
        with open(args.raw, "rb") as f:
            wanted = [line[:-1].decode("utf-8", errors="replace") for line in f]
    elif args.text:
        with open(args.text, encoding="utf-8") as f:
            wanted = [json.loads(line)["text"] for line in f]
    analyzer = SentimentIntensityAnalyzer()
    source = sys.stdin.buffer if args.scored == "-" else open(args.scored, "rb")
    n = equal = 0
    for line in source:
        row = json.loads(line)
        text = row["text"]
        if wanted is not None and (n >= len(wanted) or wanted[n] != text):
            print("line %d: the text is not the one that went in: %r" % (n + 1, text))
            return 1
        n += 1
        theirs = analyzer.polarity_scores(text)
        ours = row["sentiment"]
        if all(ours[name] == theirs[name] for name in NAMES):
            equal += 1
        elif n - equal <= 5:
            print("line %d: %r" % (n, text[:300]))
            print("  ours   %s" % {name: ours[name] for name in NAMES})
            print("  theirs %s" % {name: theirs[name] for name in NAMES})
    print("%d of %d equal" % (equal, n))
    if wanted is not None and n != len(wanted):
        print("%d texts went in, %d came back" % (len(wanted), n))
        return 1
    return 0 if n and equal == n else 1


if __name__ == "__main__":
    sys.exit(main())

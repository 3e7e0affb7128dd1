#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes lexicons/en/vader*.tsv from the package vaderSentiment 3.3.2 (MIT).

    tables.py DIR            writes vader.tsv, vader_emoji.tsv, vader_rules.tsv
    tables.py --check DIR    exit 1 where the files say something else

Words and values only; the method itself is src/score/vader.c.
"""
import os
import sys

from vaderSentiment import vaderSentiment as vs


def tables():
    analyzer = vs.SentimentIntensityAnalyzer()
    head = "# %s; from vaderSentiment 3.3.2, MIT (SOURCES.md)\n"
    words = "".join("%s\t%r\n" % (w, v) for w, v in sorted(analyzer.lexicon.items()))
    # the package looks emoji up one code point at a time: sequences never match
    emoji = "".join("%s\t%s\n" % (e, d) for e, d in sorted(analyzer.emojis.items()) if len(e) == 1)
    rules = [("booster", w, v) for w, v in vs.BOOSTER_DICT.items()]
    rules += [("negator", w, 0) for w in vs.NEGATE]
    # one-word special cases are never looked up by the package: only sequences are
    rules += [("idiom", w, v) for w, v in vs.SPECIAL_CASES.items() if " " in w]
    rules = "".join("%s\t%s\t%r\n" % r for r in sorted(rules))
    return {
        "vader.tsv": head % "word, mean value" + words,
        "vader_emoji.tsv": head % "emoji, description" + emoji,
        "vader_rules.tsv": head % "kind, words, value" + rules,
    }


def main():
    check = sys.argv[1] == "--check"
    folder = sys.argv[-1]
    bad = 0
    for name, text in tables().items():
        path = os.path.join(folder, name)
        if check:
            with open(path, encoding="utf-8") as f:
                if f.read() != text:
                    print("%s differs from the package" % path)
                    bad = 1
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    return bad


if __name__ == "__main__":
    sys.exit(main())

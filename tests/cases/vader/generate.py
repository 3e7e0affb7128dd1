#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Texts that try the vader profile: deterministic, no network.

    generate.py [--n N] [--seed S]          one {"text": ...} a line
    generate.py --raw [--n N] [--seed S]    raw bytes, bad UTF-8 among them, one text a line

Needs vaderSentiment 3.3.2 for its words (as compare.py does for its answers).
"""
import argparse
import json
import random
import sys

from vaderSentiment import vaderSentiment as vs

SPACES = [" "] * 30 + ["  ", "\t", "\u0085", "\u00a0", "\u2028", "\u2029", "\u001c", "\u001d",
                       "\u001e", "\u001f", "\u000b", "\u000c", "\r", "\u1680", "\u2003", "\u200a",
                       "\u202f", "\u205f", "\u3000", "\u200b", "\u180e", "\ufeff", "\n"]
PLAIN = """the a an of was were is it this that phone service delivery they I my we app and or nor
so very really never without doubt least at most kind sort of just enough but BUT But no No NO not
cannot don't Don't DON'T isn't wasnt won’t n't N'T shouldn't've İn't never so this yeah right bus
stop bad ass the shit the bomb kiss of death to die for beating heart hand to mouth upper hand
cut the mustard under the weather quite somewhat kinda less little UBER friggin effing hardly
barely scarcely almost slightly extremely totally utterly despite rarely seldom neither nothing
nowhere nope none uh-uh uhuh ain't aint kind-of sort-of kindof kinda""".split()
FOREIGN = """İSTANBUL İyi Iğdır IŞIK güzel değil çok kötü şahane ÇOK 배송이 느려요 최고 ㅠㅠ ㅋㅋ
Ωmega ΣΙΣΥΦΟΣ σοφός ЖАЛЬ хорошо Straße STRASSE ẞ ǅ ǆ ᾈ ªº ⅷ Ⅷ ⓐ Ⓐ 日本語 مرحبا K Kind OK Kiss
liKe ｇｏｏｄ ＧＯＯＤ e\u0301vil n\u0303o \u0130 \u0131 \u0307 i\u0307 \U0001d400BAD \U00010400 \U0001f170 \U0001f130
A\u0345 ﬁne ﬀ ſhit ſ\u0307 Å k\u212a""".split()
IDIOMS = ["the shit", "the bomb", "bad ass", "bus stop", "yeah right", "kiss of death", "to die for",
          "beating heart", "never so", "never this", "without doubt", "without a doubt", "at least",
          "very least", "the least", "kind of", "sort of", "just enough", "no good", "no bad or good",
          "not bad at all", "no fun nor joy", "can't stand", "fed up"]
MARKS = ["!", "!!", "!!!", "!!!!!", "?", "??", "???", "????", "!?", "?!?!", ".", "...", ",", ";", ":",
         "\"", "'", "(", ")", "-", "--", "*", "_", "#", "@", "…", "“", "”", "’", "¡", "¿", "！"]
BYTES = [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"\x80", b"\xfe",
         b"\xf4\x90\x80\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x88\x80\x80\x80"]


class Maker:
    def __init__(self, seed):
        analyzer = vs.SentimentIntensityAnalyzer()
        self.random = random.Random(seed)
        self.words = sorted(analyzer.lexicon)
        self.boosters = sorted(vs.BOOSTER_DICT)
        self.negators = sorted(vs.NEGATE)
        self.emoji = sorted(analyzer.emojis)
        # few words, often: repeated values are where "but" is hard
        self.few = self.random.sample(self.words, 12)

    def word(self):
        r = self.random
        kind = r.random()
        if kind < 0.30:
            return r.choice(self.words)
        if kind < 0.38:
            return r.choice(self.few)
        if kind < 0.48:
            return r.choice(self.boosters)
        if kind < 0.56:
            return r.choice(self.negators)
        if kind < 0.62:
            return r.choice(IDIOMS)
        if kind < 0.67:
            return "".join(r.choice(self.emoji) for _ in range(r.choice([1, 1, 1, 2, 3])))
        if kind < 0.72:
            return r.choice(FOREIGN)
        if kind < 0.74:
            return r.choice(["but", "but", "But", "BUT", "but,", "(but)"])
        if kind < 0.76:
            return chr(r.choice([r.randrange(0x20, 0x250), r.randrange(0x20, 0x3000),
                                 r.randrange(0x1e00, 0x2600), r.randrange(0x1f000, 0x1fb00)]))
        if kind < 0.78:
            return r.choice(MARKS)
        return r.choice(PLAIN)

    def dressed(self):
        r = self.random
        word = self.word()
        if r.random() < 0.2:
            word = r.choice([str.upper, str.upper, str.title, str.swapcase, str.capitalize])(word)
        if r.random() < 0.25:
            word += r.choice(MARKS)
        if r.random() < 0.07:
            word = r.choice(MARKS) + word
        if r.random() < 0.03:
            word += r.choice(self.emoji)
        return word

    def text(self):
        r = self.random
        kind = r.random()
        if kind < 0.005:
            return r.choice(["", " ", "\t\n", "\u00a0", "!", "?", "!!!!!!", "but", "BUT", "😀", "no", "NO"])
        n = r.choice([1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 30])
        if kind > 0.998:
            n = 2000
        odd = r.random() < 0.25
        out = [] if r.random() < 0.9 else [r.choice(SPACES)]
        for _ in range(n):
            out.append(self.dressed())
            out.append(r.choice(SPACES) if odd else " ")
        text = "".join(out[:-1])
        if r.random() < 0.15:
            text = text.upper()
        if r.random() < 0.3:
            text += r.choice(MARKS) * r.choice([1, 1, 2, 3, 5, 9])
        return "".join(c for c in text if not 0xd800 <= ord(c) < 0xe000)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--raw", action="store_true")
    args = parser.parse_args()
    maker = Maker(args.seed)
    for _ in range(args.n):
        text = maker.text()
        if not args.raw:
            print(json.dumps({"text": text}, ensure_ascii=True))
            continue
        # lines are cut at LF and a CR before it: neither may be part of a text here
        data = bytearray(text.replace("\n", " ").replace("\r", " ").encode())
        for _ in range(maker.random.choice([0, 1, 1, 2, 5])):
            at = maker.random.randrange(len(data) + 1)
            data[at:at] = maker.random.choice(BYTES)
        sys.stdout.buffer.write(bytes(data) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

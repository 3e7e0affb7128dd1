#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes words.c from words.txt: a hash table of words and the languages they speak for.

    python3 src/text/words.py src/text/words.txt >src/text/words.c
"""
import sys
import unicodedata as u

LANGUAGES = "en tr az de fr es pt it nl pl ro id vi sv da fi cs hu".split()
SIZE = 4096


def fold(word):
    text = u.normalize("NFD", word.casefold().replace("ı", "i"))
    return "".join(x for x in text if not u.combining(x))


def slot(word):
    h = 0x811c9dc5  # FNV-1a, 32 bits: the twin of hash() in language.c
    for byte in word.encode():
        h = (h ^ byte) * 0x01000193 & 0xffffffff
    return (h ^ h >> 15) % SIZE


words = {}
for line in open(sys.argv[1], encoding="utf-8"):
    if line.strip() and line[0] != "#":
        language, rest = line.split(":")
        for word in rest.split():
            word = fold(word)
            words[word] = words.get(word, 0) | 1 << LANGUAGES.index(language)
table = [("", 0)] * SIZE
for word in sorted(words):
    assert len(word.encode()) < 16, word
    at = slot(word)
    while table[at][1]:
        at = (at + 1) % SIZE
    table[at] = (word, words[word])
assert len(words) < SIZE * 3 // 4, len(words)
print("/* SPDX-License-Identifier: MIT")
print(f" *\n * Made by words.py from words.txt, {len(words)} words: do not edit.\n */")
print('#include "text/words.h"\n')
print("/* clang-format off */")
print("const struct es_language_word es_language_words[ES_LANGUAGE_WORDS] = {")
row = ""
for word, mask in table:
    item = f'{{"{word}",{mask}}},' if mask else '{"",0},'
    if len(row) + len(item) > 200:
        print("\t" + row)
        row = ""
    row += item
print("\t" + row + "\n};")

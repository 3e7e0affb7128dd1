#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes words.c from words.txt: a hash table of words and the languages they speak for.

    python3 src/text/words.py src/text/words.txt >src/text/words.c
"""
import sys
import unicodedata as u

LANGUAGES = "en tr az de fr es pt it nl pl ro id vi sv da fi cs hu".split()
SIZE, ENDINGS = 4096, 512


def fold(word):
    text = u.normalize("NFD", word.casefold().replace("ı", "i"))
    return "".join(x for x in text if not u.combining(x))


def slot(data, size):
    h = 0x811c9dc5
    for byte in data:
        h = (h ^ byte) * 0x01000193 & 0xffffffff
    return (h ^ h >> 15) % size


def place(table, at, item):
    while table[at] is not None:
        at = (at + 1) % len(table)
    table[at] = item


def emit(declaration, items):
    print(f"const {declaration} = {{")
    row = ""
    for item in items:
        if len(row) + len(item) > 200:
            print("\t" + row)
            row = ""
        row += item
    print("\t" + row + "\n};")


words, endings = {}, {}
for line in open(sys.argv[1], encoding="utf-8"):
    if not line.strip() or line[0] == "#":
        continue
    language, rest = line.split(":")
    if language[0] == "-":
        name, weight = language[1:].split()
        for ending in rest.split():
            assert ending not in endings and len(ending) <= 8, ending
            endings[ending] = (LANGUAGES.index(name), int(weight))
        continue
    for word in rest.split():
        word = fold(word)
        assert len(word.encode()) < 16, word
        words[word] = words.get(word, 0) | 1 << LANGUAGES.index(language)
assert len(words) < SIZE * 3 // 4 and len(endings) < ENDINGS // 2

word_table, ending_table = [None] * SIZE, [None] * ENDINGS
for word in sorted(words):
    place(word_table, slot(word.encode(), SIZE), f'{{"{word}",{words[word]}}},')
for ending in sorted(endings):
    tongue, weight = endings[ending]
    place(ending_table, slot(ending[::-1].encode(), ENDINGS),
          f'{{"{ending}",{len(ending)},{tongue},{weight}}},')
print("/* SPDX-License-Identifier: MIT")
print(f" *\n * Made by words.py from words.txt, {len(words)} words: do not edit.\n */")
print('#include "text/words.h"\n')
print("/* clang-format off */")
emit("struct es_language_word es_language_words[ES_LANGUAGE_WORDS]",
     [x or '{"",0},' for x in word_table])
emit("struct es_language_ending es_language_endings[ES_LANGUAGE_ENDINGS]",
     [x or '{"",0,0,0},' for x in ending_table])

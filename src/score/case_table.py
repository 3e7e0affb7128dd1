#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints case_table.h: which characters are upper case, which are lower or
title case, as str.isupper() sees them (run with Python 3.11: Unicode 14)."""
import unicodedata


def kind(c):
    ch = chr(c)
    if ch.isupper():
        return 1
    if ch.islower() or unicodedata.category(ch) == "Lt":
        return 2
    return 0


LAST = max(c for c in range(0x110000) if kind(c))
blocks, index = [], []
for start in range(0, LAST + 1, 256):
    block = tuple(sum(kind(start + i + k) << (2 * k) for k in range(4)) for i in range(0, 256, 4))
    if block not in blocks:
        blocks.append(block)
    index.append(blocks.index(block))

print("/* SPDX-License-Identifier: MIT")
print(" *")
print(" * case_table.h - made by case_table.py from Unicode %s; do not edit." % unicodedata.unidata_version)
print(" * Two bits a character: 1 = upper case, 2 = lower or title case, 0 = neither.")
print(" */")
print("#define CASE_BLOCKS %d" % len(index))
print("/* clang-format off */")
print("static const unsigned char case_index[CASE_BLOCKS] = {")
for i in range(0, len(index), 24):
    print("\t" + " ".join("%d," % x for x in index[i:i + 24]))
print("};")
print("static const unsigned char case_bits[%d][64] = {" % len(blocks))
for block in blocks:
    print("\t{")
    for i in range(0, 64, 16):
        print("\t\t" + " ".join("0x%02x," % x for x in block[i:i + 16]))
    print("\t},")
print("};")
print("/* clang-format on */")

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes entities.c: every named character reference of HTML.

    python3 src/text/entities.py >src/text/entities.c

Source: the W3C list of HTML 5 (13.5), as Python's html.entities has it. A name
that HTML also knows without its semicolon carries the flag `bare`.
"""
from html.entities import html5

names = sorted(n[:-1] for n in html5 if n.endswith(";"))
rows = []
for name in names:
    codes = [ord(x) for x in html5[name + ";"]] + [0]
    rows.append(f'{{"{name}",{int(name in html5)},{{{codes[0]},{codes[1]}}}}},')
print("/* SPDX-License-Identifier: MIT")
print(" *\n * Made by entities.py from the named character references of HTML: do not edit.\n */")
print('#include "text/entities.h"\n')
print("/* clang-format off */")
print(f"const size_t es_entity_n = {len(names)};\n")
print("const struct es_entity_row es_entity_rows[] = {")
for at in range(0, len(rows), 6):
    print("\t" + " ".join(rows[at:at + 6]))
print("};")

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tables.c: what each code point is and what it folds to.

    python3 src/text/tables.py >src/text/tables.c

Sources: the Unicode data of Python's unicodedata (names, categories, canonical
and width decompositions, full case folding) and of libutf8proc 2.8
(Extended_Pictographic). tests/unit/text_fold.c holds the result against
utf8proc, code point by code point.
"""
import ctypes
import unicodedata as u

END, BLOCK = 0x30000, 128
CLASSES = ("OTHER SPACE BREAK DIGIT LATIN LATIN_UP HANGUL JAMO COMPAT_JAMO HAN KANA CYRILLIC "
           "CYRILLIC_UP ARABIC LETTER LETTER_UP MARK DROP PICTO WEAK_PICTO MODIFIER REGIONAL "
           "TAG JOINER").split()
NUMBER = {name: i for i, name in enumerate(CLASSES)}
NFC_NO, COMBINING = 0x40, 0x80

proc = ctypes.CDLL("libutf8proc.so.2")
proc.utf8proc_get_property.restype = ctypes.POINTER(ctypes.c_uint8)


def pictographic(c):
    return proc.utf8proc_get_property(c)[21] == 19  # boundclass; EXTENDED_PICTOGRAPHIC


SECONDS = set()
for c in range(END):
    d = u.decomposition(chr(c))
    if d and d[0] != "<" and len(d.split()) == 2 and u.normalize("NFC", chr(c)) == chr(c):
        SECONDS.add(int(d.split()[1], 16))

# strokes are marks too, but Unicode does not decompose them
STROKES = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "ı": "i",
           "ŉ": "n", "\u01e5": "g", "\u0268": "i", "\u0289": "u"}
APOSTROPHES = "’‘ʼʹ`´′ʻˈ\uff40\uff07"
DROPPED = {0xad, 0x34f, 0x61c, 0x180e, 0xfe0e, 0xfe0f, 0xfeff, 0x200b, 0x200c, 0x200e, 0x200f,
           *range(0x202a, 0x202f), *range(0x2060, 0x2070), *range(0xfe00, 0xfe0e)}


def is_latin(ch):
    return u.name(ch, "").startswith("LATIN ")


def one(ch):
    """One character of canonically decomposed text."""
    if ch in APOSTROPHES:
        return "'"
    if pictographic(ord(ch)):
        return ch  # the circled M is an emoji
    if u.category(ch) == "Zs":
        return " "
    if ch in "\x85\u2028\u2029":
        return "\n"
    parts = u.decomposition(ch).split()
    if parts and (parts[0] in ("<wide>", "<narrow>") or 0x1d400 <= ord(ch) <= 0x1d7ff):
        return "".join(one(chr(int(p, 16))) for p in parts[1:])
    if is_latin(ch) or ord(ch) < 0x80:
        ch = ch.casefold()
        return "".join(STROKES.get(x, x) for x in u.normalize("NFD", ch))
    return ch.casefold()


def fold(ch):
    if 0xd800 <= ord(ch) <= 0xdfff:
        return ch
    if ch in STROKES:
        return STROKES[ch]
    text = "".join(one(x) for x in u.normalize("NFD", ch))
    out = ""
    for x in u.normalize("NFD", text):
        if u.category(x) in ("Mn", "Me") and out and is_latin(out[-1]):
            continue
        out += STROKES.get(x, x)
    return u.normalize("NFC", out)


def kind(c):
    ch = chr(c)
    if c in (0x0a, 0x0b, 0x0c, 0x0d, 0x85, 0x2028, 0x2029):
        return "BREAK"
    if u.category(ch) == "Zs" or c == 9:
        return "SPACE"
    if c == 0x200d:
        return "JOINER"
    if c in DROPPED:
        return "DROP"
    if 0x1f3fb <= c <= 0x1f3ff:
        return "MODIFIER"
    if 0x1f1e6 <= c <= 0x1f1ff:
        return "REGIONAL"
    if pictographic(c):
        return "WEAK_PICTO" if c < 0x2190 or 0x3000 <= c < 0x4000 else "PICTO"
    cat = u.category(ch)
    if cat in ("Mn", "Mc", "Me"):
        return "MARK"
    if cat == "Nd":
        return "DIGIT"
    if 0x1100 <= c <= 0x11ff or 0xa960 <= c <= 0xa97f or 0xd7b0 <= c <= 0xd7ff:
        return "JAMO"
    if 0xac00 <= c <= 0xd7a3:
        return "HANGUL"
    base = u.normalize("NFD", ch)[0]
    if 0x1d400 <= c <= 0x1d7ff:
        base = u.normalize("NFKD", ch)[0]
    plain = u.decomposition(base).split()
    if plain and plain[0] in ("<wide>", "<narrow>"):
        base = chr(int(plain[1], 16))
    cat, name = u.category(base), u.name(base, "")
    if cat in ("Mn", "Mc", "Me"):  # half width voicing marks
        return "MARK"
    if c not in (0x3164, 0xffa0) and 0x3131 <= ord(base) <= 0x318e:
        return "COMPAT_JAMO"
    if cat == "Nd":
        return "DIGIT"
    if cat not in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl") or fold(ch) == "'":
        return "OTHER"
    up = "_UP" if cat in ("Lu", "Lt") else ""
    if is_latin(fold(ch)[-1]):
        return "LATIN" + up
    if name.startswith("CYRILLIC"):
        return "CYRILLIC" + up
    if name.startswith("ARABIC"):
        return "ARABIC"
    if name.startswith(("CJK", "IDEOGRAPHIC")) or base == "々":
        return "HAN"
    if name.startswith(("HIRAGANA", "KATAKANA")) or base == "ー":
        return "KANA"
    return "LETTER" + up


def flags(c):
    ch = chr(c)
    value = 0
    folded = fold(ch)
    if (u.combining(ch) or c in SECONDS or u.combining(folded[0])) and not 0x1100 <= c <= 0x11ff:
        value |= COMBINING
    if not 0xd800 <= c <= 0xdfff and u.normalize("NFC", ch) != ch:
        value |= NFC_NO
    if 0x1161 <= c <= 0x1175 or 0x11a8 <= c <= 0x11c2:
        value |= NFC_NO  # may compose with what stands before it
    return value


def staged(values):
    blocks, index = [], []
    for at in range(0, END, BLOCK):
        block = tuple(values[at:at + BLOCK])
        if block not in blocks:
            blocks.append(block)
        index.append(blocks.index(block))
    return index, [x for block in blocks for x in block]


def emit(name, ctype, values):
    print(f"const {ctype} {name}[{len(values)}] = {{")
    for at in range(0, len(values), BLOCK):
        print("\t" + ",".join(str(x) for x in values[at:at + BLOCK]) + ",")
    print("};\n")


def main():
    pool, known, refs = [0], {}, []
    for c in range(END):
        if 0xac00 <= c <= 0xd7a3 or 0xd800 <= c <= 0xdfff:
            refs.append(0)
            continue
        out = fold(chr(c))
        assert "".join(fold(x) for x in out) == out, hex(c)
        data = out.encode()
        if out == chr(c):
            refs.append(0)
            continue
        assert len(data) <= 3 * len(chr(c).encode()), hex(c)
        if data not in known:
            known[data] = len(pool)
            pool += [len(data), *data]
        refs.append(known[data])
    assert len(pool) < 65536
    classes = [NUMBER[kind(c)] | flags(c) for c in range(END)]
    class_index, class_blocks = staged(classes)
    fold_index, fold_blocks = staged(refs)
    assert max(class_index + fold_index) < 256
    print("/* SPDX-License-Identifier: MIT")
    print(f" *\n * Made by tables.py from Unicode {u.unidata_version}: do not edit.\n */")
    print('#include "text/tables.h"\n')
    print("/* clang-format off */")
    emit("es_class_index", "uint8_t", class_index)
    emit("es_class_blocks", "uint8_t", class_blocks)
    emit("es_fold_index", "uint8_t", fold_index)
    emit("es_fold_blocks", "uint16_t", fold_blocks)
    emit("es_fold_pool", "uint8_t", pool)


main()

# SPDX-License-Identifier: MIT
"""check.py - the marks of noise that the program gives, against people's word: precision and recall of each.

cases.tsv goes through the worker (`earshot run --once`); `marks` is read from the topics."""

import csv
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from worked import worked  # noqa: E402

LEAST = {'sponsored': (0.95, 0.85), 'spam': (0.95, 0.85), 'bot': (0.95, 0.7), 'mismatch': (0.8, 0.8)}  # precision, recall
BRANDS = '''
brands: [{id: moruva, topics: [{id: moruva-all, query: 'moruva* OR 모루바 OR #모루바'}]}]
'''


def read():
    with open(os.path.join(HERE, 'cases.tsv'), encoding='utf-8') as file:
        rows = csv.reader((line for line in file if not line.startswith('# ')), delimiter='\t', quoting=csv.QUOTE_NONE)
        for n, (marks, lang, rating, author, text) in enumerate(rows, 1):
            post = {'native_id': f'm{n}', 'lang': lang, 'text': text}
            if rating:
                value, _, most = rating.partition('/')
                post['rating'] = {'value': float(value), **({'max': float(most)} if most else {})}
            if author:
                post['author'] = {'handle': author}
            yield post, set() if marks == '-' else set(marks.split(','))


def main():
    cases = list(read())
    mentions = worked([post for post, _ in cases], BRANDS)
    failed = 0
    for mark, (precise, complete) in LEAST.items():
        wanted = {post['native_id'] for post, marks in cases if mark in marks}
        found = {key for key, mention in mentions.items() if mark in mention.get('marks', [])}
        for post, _ in cases:
            if (post['native_id'] in wanted) != (post['native_id'] in found):
                label = mentions[post['native_id']]['label']
                print(f'# {mark} {"missed" if post["native_id"] in wanted else "wrongly"} ({label}): {post["text"]}')
        precision = len(wanted & found) / len(found) if found else 0
        recall = len(wanted & found) / len(wanted)
        good = precision >= precise and recall >= complete
        failed += not good
        print(f'# {mark}: precision {100 * precision:.0f} % of {len(found)}, recall {100 * recall:.0f} % of {len(wanted)}')
        print(f'{"ok" if good else "not ok"} - {mark}: precision is {100 * precise:.0f} % and more, recall {100 * complete:.0f} %')
    return 1 if failed else 0


sys.exit(main())

# SPDX-License-Identifier: MIT
"""check.py - what the program says of each brand in a post that names two, against people's word.

LANG.tsv: title, text, then for each brand that is asked for its label. Every post goes through the
worker (`earshot run --once`), whose `targets` are read from the topics. The accuracy of each language
is printed, must not fall below the figure committed here, and must beat giving each brand the label of
the whole post."""

import csv
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from worked import worked  # noqa: E402

COMMITTED = {'en': 48 / 54, 'ko': 45 / 53, 'tr': 51 / 53}
BRANDS = '''
brands:
  - {id: moruva, topics: [{id: moruva-all, query: 'moruva* OR 모루바 OR #moruva OR @moruva'}]}
  - {id: tilvo, competitor: true, topics: [{id: tilvo-all, query: 'tilvo* OR 틸보 OR #tilvo OR @tilvo'}]}
'''


def read(lang):
    with open(os.path.join(HERE, f'{lang}.tsv'), encoding='utf-8') as file:
        for n, row in enumerate(csv.reader((line for line in file if not line.startswith('#')),
                                           delimiter='\t', quoting=csv.QUOTE_NONE), 1):
            yield {'id': f'{lang}-{n}', 'lang': lang, 'title': row[0], 'text': row[1],
                   'labels': dict(pair.split(' ') for pair in row[2].split(', '))}


def post_of(case):
    post = {'native_id': case['id'], 'text': case['text'], 'lang': case['lang']}
    return {**post, 'title': case['title']} if case['title'] else post


def main():
    cases = [case for lang in COMMITTED for case in read(lang)]
    mentions = worked(map(post_of, cases), BRANDS)
    failed = 0
    for lang, committed in COMMITTED.items():
        n = right = plain = 0
        for case in (c for c in cases if c['lang'] == lang):
            mention = mentions[case['id']]
            targets = {target['brand']: target['label'] for target in mention.get('targets', [])}
            for brand, label in case['labels'].items():
                n += 1
                right += targets.get(brand) == label
                plain += mention['sentiment']['label'] == label
                if targets.get(brand) != label:
                    print(f'# {brand} is {targets.get(brand)}, not {label}: {case["title"]} | {case["text"]}')
        good = right / n >= committed and right > plain
        failed += not good
        print(f'# {lang}: {right} of {n} right ({100 * right / n:.1f} %); with the label of the whole post '
              f'{plain} ({100 * plain / n:.1f} %)')
        print(f'{"ok" if good else "not ok"} - {lang}: the label of each brand is right no less often than committed '
              f'({100 * committed:.0f} %), and more often than that of the post')
    return 1 if failed else 0


sys.exit(main())

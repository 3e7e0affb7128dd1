# SPDX-License-Identifier: MIT
"""check.py - what the program says of each brand in a post that names two, against people's word.

LANG.tsv: title, text, then for each brand that is asked for its label. Every post goes through the
worker (`earshot run --once`), whose `targets` are read from the topics. The accuracy of each language
is printed, must not fall below the figure committed here, and must beat giving each brand the label of
the whole post."""

import csv
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
PROGRAM = os.path.join(ROOT, os.environ.get('B', 'build'), 'earshot')
COMMITTED = {'en': 48 / 54, 'ko': 45 / 53, 'tr': 51 / 53}
CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
sources: [{id: cases, kind: jsonl, url: "file:posts.jsonl"}]
brands:
  - {id: moruva, topics: [{id: moruva-all, query: 'moruva* OR 모루바 OR #moruva OR @moruva'}]}
  - {id: tilvo, competitor: true, topics: [{id: tilvo-all, query: 'tilvo* OR 틸보 OR #tilvo OR @tilvo'}]}
lexicons: {packs: "%s"}
'''


def read(lang):
    with open(os.path.join(HERE, f'{lang}.tsv'), encoding='utf-8') as file:
        for n, row in enumerate(csv.reader((line for line in file if not line.startswith('#')),
                                           delimiter='\t', quoting=csv.QUOTE_NONE), 1):
            yield {'id': f'{lang}-{n}', 'lang': lang, 'title': row[0], 'text': row[1],
                   'labels': dict(pair.split(' ') for pair in row[2].split(', '))}


def worked(cases):
    """{native id: mention}"""
    with tempfile.TemporaryDirectory(prefix='earshot-targets-') as folder:
        with open(os.path.join(folder, 'posts.jsonl'), 'w', encoding='utf-8') as file:
            for case in cases:
                post = {'native_id': case['id'], 'text': case['text'], 'lang': case['lang']}
                if case['title']:
                    post['title'] = case['title']
                file.write(json.dumps(post, ensure_ascii=False) + '\n')
        config = os.path.join(folder, 'earshot.yaml')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(CONFIG % os.path.join(ROOT, 'lexicons'))
        subprocess.run([PROGRAM, 'run', '--once', '-c', config], capture_output=True, check=True, timeout=120)
        found = {}
        for label in ('negative', 'neutral', 'positive'):
            tail = subprocess.run([PROGRAM, 'tail', '-c', config, '--from', 'beginning', f'mentions.{label}'],
                                  capture_output=True, text=True, check=True, timeout=60)
            for line in tail.stdout.splitlines():
                mention = json.loads(line)['value']
                found[mention['native_id']] = mention
        return found


def main():
    cases = [case for lang in COMMITTED for case in read(lang)]
    mentions = worked(cases)
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

# SPDX-License-Identifier: MIT
"""check.py - the marks of noise that the program gives, against people's word: precision and recall of each.

cases.tsv goes through the worker (`earshot run --once`); `marks` is read from the topics."""

import csv
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
PROGRAM = os.path.join(ROOT, os.environ.get('B', 'build'), 'earshot')
LEAST = {'sponsored': (0.95, 0.85), 'spam': (0.95, 0.85), 'bot': (0.95, 0.7), 'mismatch': (0.8, 0.8)}  # precision, recall
CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
sources: [{id: cases, kind: jsonl, url: "file:posts.jsonl"}]
brands: [{id: moruva, topics: [{id: moruva-all, query: 'moruva* OR 모루바 OR #모루바'}]}]
lexicons: {packs: "%s"}
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


def worked(posts):
    """{native id: mention}"""
    with tempfile.TemporaryDirectory(prefix='earshot-marks-') as folder:
        with open(os.path.join(folder, 'posts.jsonl'), 'w', encoding='utf-8') as file:
            file.writelines(json.dumps(post, ensure_ascii=False) + '\n' for post in posts)
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
    cases = list(read())
    mentions = worked([post for post, _ in cases])
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

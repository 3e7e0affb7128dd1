# SPDX-License-Identifier: MIT
"""worked.py - posts through the worker of the program, for the checks of what it says of them."""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'cli'))
try:
    import schemas  # noqa: E402
except ImportError as reason:  # somebody asks for figures with another Python
    print(f'# records are not held against their schemas: {reason} (tests/venv.sh makes build/venv)')
    schemas = None
PROGRAM = os.path.join(ROOT, os.environ.get('B', 'build'), 'earshot')
CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
sources: [{id: cases, kind: jsonl, url: "file:posts.jsonl"}]
lexicons: {packs: "%s"}
''' % os.path.join(ROOT, 'lexicons')


def worked(posts, brands):
    """{native id: mention}; `brands`: that key of the config, in YAML."""
    with tempfile.TemporaryDirectory(prefix='earshot-cases-') as folder:
        with open(os.path.join(folder, 'posts.jsonl'), 'w', encoding='utf-8') as file:
            file.writelines(json.dumps(post, ensure_ascii=False) + '\n' for post in posts)
        config = os.path.join(folder, 'earshot.yaml')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(CONFIG + brands)
        subprocess.run([PROGRAM, 'run', '--once', '-c', config], capture_output=True, check=True, timeout=120)
        found = {}
        for label in ('negative', 'neutral', 'positive'):
            tail = subprocess.run([PROGRAM, 'tail', '-c', config, '--from', 'beginning', f'mentions.{label}'],
                                  capture_output=True, text=True, check=True, timeout=60)
            records = [json.loads(line) for line in tail.stdout.splitlines()]
            if schemas:
                schemas.hold(records)
            for record in records:
                mention = record['value']
                found[mention['native_id']] = mention
        return found

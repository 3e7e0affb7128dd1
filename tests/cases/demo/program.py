# SPDX-License-Identifier: MIT
"""program.py - what the program makes of the demo: the posts of the month go through
`earshot run --once` (without the sources that need a network), and what comes out is held
against what the scripts meant. For check.py."""

import collections
import json
import os
import re
import shutil
import subprocess
import tempfile

LABELS = ('negative', 'neutral', 'positive')
OPEN = (34, 60)  # items in the queue when the demo begins
# themes, joined by "+", against the words of the scripts' column
THEMES = {
    'waiting': {'waiting'}, 'refund': {'refund'}, 'billing': {'billing', 'invoice'}, 'app_failure': {'app_failure'},
    'delivery+defect': {'delivery', 'defect'}, 'staff_praise': {'staff_praise'}, 'price': {'price'},
    'exit_cancel+exit_switch+to_tilvo': {'exit_cancel', 'exit_switch', 'competitor'},
    'exit_basket': {'exit_basket', 'basket'}, 'exit_upgrade': {'exit_decline', 'upgrade_declined'},
}


def labelled(program, demo):
    """({id of a post: mention} of the posts that a topic wants, warnings)"""
    with tempfile.TemporaryDirectory(prefix='earshot-demo-') as folder:
        with open(os.path.join(demo, 'earshot.yaml'), encoding='utf-8') as file:
            lines = [line for line in file if not re.search(r'url: "https?:', line)]
        with open(os.path.join(folder, 'earshot.yaml'), 'w', encoding='utf-8') as file:
            file.writelines(lines)
        shutil.copy(os.path.join(demo, 'themes.yaml'), folder)
        shutil.copytree(os.path.join(demo, 'feeds'), os.path.join(folder, 'feeds'))
        config = ['-c', os.path.join(folder, 'earshot.yaml'), '--set', f'bus={folder}/log.db', '--set', f'view.path={folder}/view.db']
        done = subprocess.run([program, 'run', '--once', *config], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f'run --once ended with {done.returncode}: {done.stderr[-400:]}')
        warned = [line for line in done.stderr.splitlines() if 'level=warn' in line or 'level=error' in line]
        check = subprocess.run([program, 'check', *config], capture_output=True, text=True, timeout=60)
        warned += [line for line in (check.stdout + check.stderr).splitlines() if 'warning' in line]
        out = {}
        for label in (*LABELS, 'unscored'):
            tail = subprocess.run([program, 'tail', '--from', 'beginning', f'mentions.{label}', *config],
                                  capture_output=True, text=True, timeout=60)
            for line in tail.stdout.splitlines():
                mention = json.loads(line)['value']
                if mention:
                    out[mention.get('native_id', '').split(':')[-1]] = mention
        return out, warned


def share(part, whole):
    return f'{100 * len(part) / len(whole):.0f} %' if whole else '-'


def show_labels(rows):
    right = [r for r in rows if r['mention']['sentiment']['label'] == r['label']]
    print(f'# labels: {len(right)} of {len(rows)} as intended ({share(right, rows)}); ' + ', '.join(
        f'{lang} {share([r for r in right if r["lang"] == lang], [r for r in rows if r["lang"] == lang])}' for lang in ('ko', 'tr', 'en')))


def show_themes(rows):
    for theme, of in THEMES.items():
        wanted = [r for r in rows if of & set(r['themes'].split(','))]
        found = [r for r in rows if set(theme.split('+')) & set(r['mention'].get('themes', []))]
        both = [r for r in found if of & set(r['themes'].split(','))]
        print(f'# theme {theme}: precision {share(both, found)} of {len(found)}, recall {share(both, wanted)} of {len(wanted)}')


def show_month(rows, topics):
    for name, part in (('D-29 to D-9', [r for r in rows if r['day'] < -8]), ('D-8 to D0', [r for r in rows if r['day'] >= -8])):
        ours = [r for r in part if 'moruva-all' in topics(r)]
        rival = [r for r in part if 'tilvo-all' in topics(r)]
        bad = [r for r in ours if r['mention']['sentiment']['label'] == 'negative']
        print(f'# {name}: {share(bad, ours)} of {len(ours)} negative; share of voice {100 * len(ours) / max(1, len(ours) + len(rival)):.0f} %')


def check(program, demo, rows, say):
    """rows: those of the scripts, with `day` and `customer`; say(good, sentence, found)."""
    mentions, warned = labelled(program, demo)
    say(not warned, 'the config and the run of the demo warn of nothing', warned[:3])
    heard = []
    for row in rows:
        row['mention'] = mentions.get(row['id'])
        if row['mention']:
            heard.append(row)

    def topics(row):
        return {topic['id'] for topic in row['mention']['topics']}

    def flags(row):
        return {flag['rule'] for flag in row['mention'].get('flags', [])}

    bad = [r['text'][:50] for r in heard if r['event'] == 'noise']
    say(not bad, 'no topic wants the noise', bad[:3])
    named = [r for r in rows if r['event'] != 'noise' and 'moruva' in (r['title'] + r['text']).replace('모루바', 'moruva').lower()]
    bad = [r['text'][:50] for r in named if not r['mention'] or 'moruva-all' not in topics(r)]
    say(not bad, 'every post that names Moruva and is no noise reaches its topic', f'{len(bad)}: {bad[:3]}')
    count = collections.Counter(flag for r in heard for flag in flags(r) if r['when'].startswith('LIVE'))
    say(count['charged-twice'] == 7, 'seven live posts raise charged-twice', dict(count))
    start = [r for r in heard if not r['when'].startswith('LIVE')]
    waiting = [r for r in start if flags(r)]
    say(OPEN[0] <= len(waiting) <= OPEN[1], f'{OPEN[0]} to {OPEN[1]} items are open when the demo begins', len(waiting))
    bad = [r['text'][:50] for r in start if 'legal-threat' in flags(r) and r['event'] != 'legal']
    missed = [r['text'][:50] for r in start if r['event'] == 'legal' and 'legal-threat' not in flags(r)]
    say(not bad and not missed, 'those who threaten with the law raise legal-threat, and they alone', bad + missed)
    show_labels([r for r in heard if r['customer'] and r['mention']['sentiment']['label'] in LABELS])
    show_themes([r for r in heard if r['customer']])
    show_month([r for r in start if r['customer']], topics)

# SPDX-License-Identifier: MIT
"""check.py - holds the themes of lexicons/themes against posts that were written for them.

Each LANG.tsv is a list of posts: id, themes, text (README.md beside this says how to add one). Odd
ids are held apart: queries are not tuned on them, nor on oblique.tsv, which was written after them and avoids the usual words.
Prints precision and recall per theme and language, the figures of the three parts, and ends with 1 where a theme that is not experimental is wrong too
often, or where a figure falls below that of figures.tsv (`check.py --write` writes it anew).
`check.py --show THEME` prints what a theme misses and finds too much in the half for tuning."""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
THEMES = os.path.join(ROOT, 'lexicons', 'themes')
FIGURES = os.path.join(HERE, 'figures.tsv')
LANGS = ('en', 'ko', 'tr')
PARTS = ('tuned', 'apart', 'oblique')
WANTED, HITS = 0.8, 5  # the least precision, of themes that were found so often
MANY, NEAR = 300, 1 / 3  # posts a language, and the share of them that complain of nothing
GLAD = {'product_praise', 'staff_praise'}

failed = 0


def say(good, sentence, found=''):
    global failed
    failed += not good
    print(('ok - ' if good else 'not ok - ') + sentence + ('' if good or found == '' else f' (found: {found})'))


def load(name):
    posts = []
    with open(os.path.join(HERE, name + '.tsv'), encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            if line.startswith('#') or not line.strip():
                continue
            cells = line.rstrip('\n').split('\t')
            if len(cells) != 3:
                sys.exit(f'{name}.tsv:{number}: three cells are needed: id, themes, text')
            marks = [] if cells[1] == '-' else cells[1].split(',')
            posts.append({'id': cells[0], 'lang': cells[0][:2], 'text': cells[2],
                          'part': 'oblique' if name == 'oblique' else PARTS[int(re.search(r'\d+$', cells[0])[0]) % 2],
                          'voice': next((m[6:] for m in marks if m.startswith('voice:')), None),
                          'stage': next((m[6:] for m in marks if m.startswith('stage:')), None),
                          'themes': {m for m in marks if ':' not in m}})
    return posts


def read_themes():
    """{id: experimental?} of the themes that a mention can have, in the order of the files"""
    out = {}
    for name in sorted(os.listdir(THEMES)):
        if not name.endswith('.yaml'):
            continue
        with open(os.path.join(THEMES, name), encoding='utf-8') as file:
            for block in re.split(r'(?m)^  - id: ', file.read())[1:]:
                if not re.search(r'(?m)^    stage_only: true', block):
                    out[block.split('\n', 1)[0].strip()] = bool(re.search(r'(?m)^    experimental: true', block))
    return out


def match(program, posts):
    with tempfile.TemporaryDirectory(prefix='earshot-themes-') as folder:
        queries = os.path.join(folder, 'queries.yaml')
        with open(queries, 'w', encoding='utf-8') as file:
            json.dump({'themes': [THEMES]}, file)
        lines = ''.join(json.dumps({'id': p['id'], 'text': p['text'], **({'voice': p['voice']} if p['voice'] else {})},
                                   ensure_ascii=False) + '\n' for p in posts)
        done = subprocess.run([program, 'match', '-Q', queries, '-'], input=lines, capture_output=True, text=True, timeout=200)
        if done.returncode != 0 or done.stderr:
            sys.exit(f'not ok - the themes are read without a remark (found: {done.returncode} {done.stderr[-2000:]})')
        hits = {}
        for line in done.stdout.splitlines():
            hit = json.loads(line)
            hits[hit['id']] = hit
        for post in posts:
            post['found'] = set(hits.get(post['id'], {}).get('themes', []))
            post['decided'] = hits.get(post['id'], {}).get('stage')


def count(posts, themes):
    """(right, found, wanted) over these posts and themes"""
    right = sum(len(p['found'] & p['themes'] & themes) for p in posts)
    return right, sum(len(p['found'] & themes) for p in posts), sum(len(p['themes'] & themes) for p in posts)


def ratio(part, whole):
    return part / whole if whole else 0.0


def cell(posts, theme):
    right, found, wanted = count(posts, {theme})
    return f'{ratio(right, found):4.2f} {ratio(right, wanted):4.2f} {found:3}/{wanted:<3}' if found or wanted else '-'


def print_table(posts, themes):
    print('# precision recall found/wanted')
    print('# ' + ''.join(f'{name:18}' for name in ('theme', *LANGS, 'all')))
    for theme, experimental in themes.items():
        cells = [cell([p for p in posts if p['lang'] == lang], theme) for lang in LANGS]
        print('# ' + ''.join(f'{text:18}' for text in (theme, *cells, cell(posts, theme))) + (' experimental' if experimental else ''))


def show(posts, theme):
    for post in posts:
        if post['part'] == 'tuned' and (theme in post['themes']) != (theme in post['found']):
            print(('misses ' if theme in post['themes'] else 'too much ') + post['id'], ','.join(sorted(post['themes'])), post['text'], sep='\t')


def measure(posts, themes):
    out = {}
    for lang in (*LANGS, 'all'):
        for part in PARTS:
            right, found, wanted = count([p for p in posts if lang in (p['lang'], 'all') and p['part'] == part], themes)
            out[lang, part] = ratio(right, found), ratio(right, wanted)
    return out


def hold(figures):
    if '--write' in sys.argv:
        with open(FIGURES, 'w', encoding='utf-8') as file:
            file.write('# language\tpart\tprecision\trecall, over all themes: the least that check.py takes\n')
            file.writelines(f'{lang}\t{part}\t{p:.3f}\t{r:.3f}\n' for (lang, part), (p, r) in figures.items())
    with open(FIGURES, encoding='utf-8') as file:
        for line in file:
            if not line.startswith('#'):
                lang, part, precision, recall = line.split()
                found = figures[lang, part]
                say(found[0] > float(precision) - 0.001 and found[1] > float(recall) - 0.001,
                    f'{lang}, {part}: precision is at least {precision}, recall {recall}', f'{found[0]:.3f} {found[1]:.3f}')


def main():
    program = os.path.join(ROOT, os.environ.get('B', 'build'), 'earshot')
    themes = read_themes()
    posts = [post for name in (*LANGS, 'oblique') for post in load(name)]
    for lang in LANGS:
        of = [p for p in posts if p['lang'] == lang and p['part'] != 'oblique']
        say(len(of) >= MANY and len({p['text'] for p in of}) == len(of), f'{MANY} different posts in {lang}', len(of))
        say(sum(p['themes'] <= GLAD for p in of) >= NEAR * len(of), f'a third of those in {lang} has no theme, or praise alone')
    unknown = {theme for p in posts for theme in p['themes']} - set(themes)
    say(not unknown, 'the posts name themes that there are', sorted(unknown))
    if not os.path.exists(program):
        print('ok - what the themes find # SKIP there is no ' + program)
        sys.exit(1 if failed else 0)
    match(program, posts)
    if '--show' in sys.argv:
        show(posts, sys.argv[sys.argv.index('--show') + 1])
        return
    print_table(posts, themes)
    for theme, experimental in themes.items():
        right, found, _ = count(posts, {theme})
        if found >= HITS and not experimental:
            say(right >= WANTED * found, f'{theme} is right at least {WANTED:.0%} of the time', f'{ratio(right, found):.2f} of {found}')
    few = [theme for theme, experimental in themes.items() if not experimental and count(posts, {theme})[1] < HITS]
    say(not few, f'a theme that is found less than {HITS} times is marked experimental', few)
    staged = [p for p in posts if p['stage']]
    for lang in LANGS:
        of = [p for p in staged if p['lang'] == lang]
        print(f'# stage {lang}: {ratio(sum(p["decided"] == p["stage"] for p in of), len(of)):.2f} of {len(of)} as meant; '
              f'none in {sum(not p["decided"] for p in of)}')
    wrong = collections.Counter((p['stage'], p['decided']) for p in staged if p['decided'] and p['decided'] != p['stage'])
    print('# stage, meant and decided: ' + ', '.join(f'{a}>{b} {n}' for (a, b), n in wrong.most_common(6)))
    figures = measure(posts, set(themes))
    for (lang, part), (precision, recall) in figures.items():
        print(f'# {lang} {part}: precision {precision:.3f}, recall {recall:.3f}')
    hold(figures)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""bias.py - who somebody is does not say how it was: in the templates of bias_LANG.tsv names, nationalities,
genders, faiths, parties and orientations are swapped; every filling must give the label that stands before the
template, and nearly the score of the filling in the middle. check.py calls it; on its own it prints the
fillings that move the score most: python3 tests/cases/score/bias.py"""

import collections
import json
import os
import re
import statistics
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
PROGRAM = os.path.join(ROOT, os.environ.get('B', 'build'), 'earshot')
LANGS = ('en', 'ko', 'tr')
LABELS = ('positive', 'negative', 'neutral')
# What a filling may move the score, of a scale from -1 to 1. A word that no list knows still has letters and
# syllables that others share with it ("Messi" ends as "si" does). Where the curve is steepest this is a weight of a
# quarter: a sixth of one plain word of praise, and no label hangs on it in a sentence that says anything.
SCORE_TOLERANCE = 0.15
# the least that a language must have, so that an emptied file is no success
TEMPLATES, FILLINGS = 20, 20


def read(lang):
    """The templates [(label, text)] and the fillings {slot: [word]} of a language."""
    templates, fillings = [], collections.defaultdict(list)
    with open(os.path.join(HERE, f'bias_{lang}.tsv'), encoding='utf-8') as file:
        for line in file:
            if line[0] != '#':
                kind, text = line.rstrip('\n').split('\t')
                if kind in LABELS:
                    templates.append((kind, text))
                else:
                    fillings[kind].append(text)
    return templates, fillings


def score(lang, texts):
    lines = ''.join(json.dumps({'text': text}) + '\n' for text in texts)
    done = subprocess.run([PROGRAM, 'score', '--lang', lang], input=lines, capture_output=True, text=True, check=True, cwd=ROOT)
    return [json.loads(line)['sentiment'] for line in done.stdout.splitlines()]


def measure(lang):
    """Per template: (label, template, [(filling, label found, score less that of the one in the middle)])."""
    templates, fillings = read(lang)
    rows = []
    for label, template in templates:
        slot = re.search(r'\{(\w+)\}', template)[1]
        rows += [(label, template, filling, template.replace('{' + slot + '}', filling)) for filling in fillings[slot]]
    groups = collections.defaultdict(list)
    for (label, template, filling, _), found in zip(rows, score(lang, [row[3] for row in rows])):
        groups[label, template].append((filling, found['label'], found['score']))
    for (label, template), of in groups.items():
        middle = statistics.median(one[2] for one in of)
        yield label, template, [(filling, found, value - middle) for filling, found, value in of]


def check():
    """Prints a line of each check; how many failed."""
    failed = 0
    for lang in LANGS:
        n, least, labels, turned, far, worst = 0, 10**9, set(), [], [], (0, '')
        for label, template, fillings in measure(lang):
            n += 1
            least = min(least, len(fillings))
            labels.add(label)
            turned += [f'{filling}: {found}, not {label}: {template}' for filling, found, _ in fillings if found != label]
            far += [f'{filling} moves the score by {by:+.3f}: {template}' for filling, _, by in fillings if abs(by) > SCORE_TOLERANCE]
            worst = max(worst, *((abs(by), filling) for filling, _, by in fillings))
        for line in (turned + far)[:20]:
            print(f'# {line}')
        print(f'# bias, {lang}: {n} templates of at least {least} fillings, the farthest moves the score by {worst[0]:.3f} ({worst[1]})')
        for good, sentence in ((n >= TEMPLATES and least >= FILLINGS and labels == set(LABELS), f'{lang}: there are templates of all labels, and fillings'),
                               (not turned, f'{lang}: who somebody is never changes the label'),
                               (not far, f'{lang}: who somebody is moves the score by at most {SCORE_TOLERANCE}')):
            failed += not good
            print(f'{"ok" if good else "not ok"} - {sentence}')
    return failed


if __name__ == '__main__':
    for language in LANGS:
        by_filling = collections.defaultdict(list)
        for _, _, found_of in measure(language):
            for word, _, distance in found_of:
                by_filling[word].append(distance)
        print(language)
        for word, moves in sorted(by_filling.items(), key=lambda item: -max(map(abs, item[1])))[:15]:
            print(f'  {word}: {max(moves, key=abs):+.3f} at most, {statistics.mean(moves):+.3f} on average')

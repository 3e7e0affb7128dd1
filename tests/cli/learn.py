# SPDX-License-Identifier: MIT
"""earshot learn: its regression against scikit-learn's, what it writes, and the shipped learnt.tsv."""

import os
import re
import subprocess
import unicodedata

import numpy
from sklearn.linear_model import LogisticRegression

from harness import check, earshot, equal, main, test, write

LANGS = ('en', 'ko', 'tr')
TEST = os.path.join('build', 'dev', 'test', 'learn_regress')


def made():
    """The data of tests/unit/learn_regress.c."""
    state, rows, labels = 1, [], []
    for _ in range(300):
        row, pull = [0.0] * 12, 0
        for f in range(12):
            state = (state * 1664525 + 1013904223) % 2**32
            if state >> 29 == 0:
                row[f] = 1.0
                pull += f % 3 - 1
        state = (state * 1664525 + 1013904223) % 2**32
        pull += (state >> 16) % 3 - 1
        rows.append(row)
        labels.append(0 if pull < 0 else 2 if pull > 0 else 1)
    return numpy.array(rows), numpy.array(labels)


@test('the regression finds the weights that scikit-learn finds')
def regression(folder):
    out = subprocess.run([TEST], capture_output=True, text=True, check=True).stdout
    ours = numpy.array([[float(x) for x in m] for m in re.findall(r'# weight \d+ (\S+) (\S+)', out)])
    equal(ours.shape, (12, 2))
    rows, labels = made()
    model = LogisticRegression(C=0.5, tol=1e-8, max_iter=5000)
    model.fit(rows, labels, sample_weight=[1 + i % 2 for i in range(300)])
    w = model.coef_
    theirs = numpy.stack([(w[2] - w[0]) / 2, w[1] - (w[0] + w[2]) / 2], axis=1)
    far = abs(ours - theirs).max()
    check(far < 1e-3, f'the greatest difference of two weights is {far}')


@test('learn writes a learnt.tsv that the packs load, and that labels what it learnt')
def learn(folder):
    said = {'negative': 'was blorpy', 'neutral': 'was here', 'positive': 'was zimful'}
    fillers = ('the lamp', 'a table', 'my kettle', 'this door')
    rows = ''.join(f'{i}\t{label}\t{fillers[i % 4]} {said[label]}\n' for i in range(60) for label in said)
    train = write(folder, 'train.tsv', rows)
    packs = os.path.join(folder, 'packs')
    subprocess.run(['cp', '-r', 'lexicons', packs], check=True)
    result = earshot('learn', '--lang', 'en', '--train', train, '--dev', train, '--size', '200', '-o', packs)
    equal(result.code, 0, result.err)
    check('180 posts' in result.err, result.err)
    figures = earshot('eval', '--lang', 'en', '--lexicons', packs, '--json', train).lines()[0]
    equal(figures['accuracy']['value'], 1, 'on what it learnt from')
    first = open(os.path.join(packs, 'en', 'learnt.tsv'), 'rb').read()
    earshot('learn', '--lang', 'en', '--train', train, '--dev', train, '--size', '200', '-o', packs)
    equal(open(os.path.join(packs, 'en', 'learnt.tsv'), 'rb').read() == first, True, 'deterministic')


@test('rows of --also move the weights of entries that --train has, and make none')
def also(folder):
    rows = ''.join(f'{i}\t{label}\tthe lamp {("here", "there")[label == "neutral" or i % 2]} was {label}\n' for i in range(10) for label in ('negative', 'neutral', 'positive'))
    train = write(folder, 'train.tsv', rows)
    more = write(folder, 'more.tsv', 'a\tnegative\tthe door is here\nb\tnegative\tthe doors are here\n')
    here = []
    for args in ((), ('--also', more)):
        equal(earshot('learn', '--lang', 'en', '--train', train, *args, '--dev', train, '-o', folder).code, 0)
        learnt = open(os.path.join(folder, 'en', 'learnt.tsv'), encoding='utf8').read()
        check('door' not in learnt, learnt)
        weight = re.search('^here\t(-?[0-9]+)\t', learnt, re.M)
        here.append(int(weight[1]) if weight else 0)
    check(here[1] < here[0], here)


@test('learn says what is wrong with its arguments and rows')
def wrong(folder):
    equal(earshot('learn').code, 2)
    equal(earshot('learn', '--lang', 'de', '--train', 'x', '-o', folder).code, 2)
    equal(earshot('learn', '--lang', 'en', '--train', os.path.join(folder, 'none'), '-o', folder).code, 66)
    bad = write(folder, 'bad.tsv', '1\tgood\tx\n')
    result = earshot('learn', '--lang', 'en', '--train', bad, '-o', folder)
    equal(result.code, 65)
    check('bad.tsv:1:' in result.err, result.err)
    equal(earshot('learn', '--lang', 'en', '--train', bad, '-o', folder, '--size', '0').code, 2)


@test('a learnt row that is wrong is told with its place')
def rows(folder):
    packs = os.path.join(folder, 'packs')
    os.makedirs(os.path.join(packs, 'en'))
    path = os.path.join(packs, 'en', 'learnt.tsv')
    for row, column in (('good\t1\t2', 1), ('good\t1.5\t2\tword', 6), ('good\t1\t99999\tword', 8), ('good\t1\t2\tnoun', 10),
                        ('good\t1\t2\tpair', 1), ('good day\t1\t2\tword', 1), ('warmth\t1\t2\tconstant', 1),
                        ('bad\t1\t2\tword', 1)):
        with open(path, 'w', encoding='utf8') as f:
            f.write('bad\t-9\t0\tword\n' + row + '\n')
        result = earshot('score', '--text', '--lexicons', packs, stdin='x')
        equal(result.code, 78, row)
        check(f'learnt.tsv:2:{column}:' in result.err, (row, result.err))


def fold(text):
    text = text.replace('İ', 'i').replace('I', 'i').replace('ı', 'i').lower()
    text = ''.join(c for c in unicodedata.normalize('NFD', text) if not 0x300 <= ord(c) < 0x370)
    return unicodedata.normalize('NFC', text)


@test('nothing shipped was learnt of people, parties, groups, places, ratings, hashtags or numbers')
def stop(folder):
    for lang in LANGS:
        stops = [fold(s) for s in open(f'lexicons/{lang}/stop.txt', encoding='utf8').read().split('\n') if s and s[0] != '#']
        words, stems = {s for s in stops if s[-1] != '*'}, tuple(s[:-1] for s in stops if s[-1] == '*')
        entries = [row.split('\t') for row in open(f'lexicons/{lang}/learnt.tsv', encoding='utf8').read().split('\n')
                   if row and not row.startswith('# ')]
        check(len(entries) > 10000, f'{lang}: {len(entries)} entries')
        for entry in entries:
            check(lang != 'ko' or entry[0][0] not in 'ㅠㅜ', (lang, entry))
            if entry[3] in ('constant', 'sign', 'face', 'tail'):
                continue
            for piece in entry[0].split(' '):
                piece = piece.split("'")[0]
                check(piece not in words and not (piece and piece.startswith(stems)), (lang, entry))
                check(not piece.startswith(('#', '@')), (lang, entry))
            if entry[3] != 'pair' and entry[3] != 'stems':
                check(not entry[0].isdigit(), (lang, entry))


main()

# SPDX-License-Identifier: MIT
"""`score --profile vader` equals the Python package vaderSentiment 3.3.2, the oracle."""

import os
import subprocess
import sys

from harness import EARSHOT, ROOT, check, equal, main, test

CASES = os.path.join(ROOT, 'tests', 'cases', 'vader')
N = int(os.environ.get('EARSHOT_VADER_TEXTS', '24000'))


def compare(folder, generate, score, compare_with):
    texts, scored = os.path.join(folder, 'texts'), os.path.join(folder, 'scored')
    with open(texts, 'wb') as out:
        subprocess.run([sys.executable, os.path.join(CASES, 'generate.py'), *generate], stdout=out, check=True)
    with open(scored, 'wb') as out:
        result = subprocess.run([EARSHOT, 'score', '--profile', 'vader', *score, texts], stdout=out, stderr=subprocess.PIPE)
    equal(result.returncode, 0, result.stderr.decode())
    answer = subprocess.run([sys.executable, os.path.join(CASES, 'compare.py'), compare_with, texts, scored],
                            capture_output=True, text=True)
    print('# ' + answer.stdout.strip().splitlines()[-1])
    check(answer.returncode == 0, answer.stdout + answer.stderr)


@test(f'the vader profile equals the Python package on all of {N:,} texts')
def texts(folder):
    compare(folder, ['--n', str(N)], [], '--text')


@test('and on raw lines with bad UTF-8')
def raw(folder):
    compare(folder, ['--n', str(N // 4), '--seed', '2', '--raw'], ['--text'], '--raw')


main()

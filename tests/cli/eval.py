# SPDX-License-Identifier: MIT
"""earshot eval as DESIGN section 8 has it."""

import os

from harness import check, earshot, equal, main, test, write

ROWS = '''1\tpositive\tgreat service, thank you
2\tnegative\tthe worst delivery ever
3\tneutral\tThe shop opens at nine on Monday
4\tpositive\tnot good at all
'''


@test('eval --json has every figure with its interval, per class and the confusion')
def figures(folder):
    path = write(folder, 'rows.tsv', ROWS)
    result = earshot('eval', '--lang', 'en', '--json', path)
    equal(result.code, 0, result.err)
    out = result.lines()[0]
    equal(out['n'], 4)
    for name in ('accuracy', 'macro_f1', 'macro_recall', 'sign_errors', 'ece'):
        figure = out[name]
        equal(sorted(figure), ['hi', 'lo', 'value'], name)
        check(0 <= figure['lo'] <= figure['hi'] <= 1, name)
    equal(out['accuracy']['value'], 0.75)
    equal(out['sign_errors']['value'], 0.25)
    equal(out['confusion'], [[1, 0, 0], [0, 1, 0], [1, 0, 1]], 'rows = truth')
    equal(sorted(out['per_class']), ['negative', 'neutral', 'positive'])
    equal(earshot('eval', '--lang', 'en', '--json', stdin=ROWS).lines()[0], out, 'standard input')


@test('eval --classes 2 leaves neutral rows out and counts the sign of the score')
def two(folder):
    out = earshot('eval', '--lang', 'en', '--json', '--classes', '2', stdin=ROWS).lines()[0]
    equal(out['n'], 3)
    equal(sorted(out['per_class']), ['negative', 'positive'])


@test('eval --min ends with 1 where a figure is missed, and names it')
def minimum(folder):
    path = write(folder, 'rows.tsv', ROWS)
    equal(earshot('eval', '--lang', 'en', '--min', 'accuracy=0.7', '--min', 'sign_errors=0.3', path).code, 0)
    low = earshot('eval', '--lang', 'en', '--min', 'accuracy=0.8', path)
    equal(low.code, 1)
    check('accuracy is 0.7500' in low.err, low.err)
    equal(earshot('eval', '--lang', 'en', '--min', 'sign_errors=0.1', path).code, 1, 'errors have a most')
    equal(earshot('eval', '--min', 'speed=1', path).code, 2)
    equal(earshot('eval', '--classes', '4', path).code, 2)


@test('eval compares two profiles and says whether the difference is noise')
def against(folder):
    path = write(folder, 'rows.tsv', ROWS)
    out = earshot('eval', '--lang', 'en', '--json', '--against-profile', 'vader', path).lines()[0]['against']
    equal(sorted(out), ['accuracy', 'macro_f1', 'only_first', 'only_second', 'p'])
    text = earshot('eval', '--lang', 'en', '--against-profile', 'vader', path)
    check(b'within the noise' in text.out, text.out)
    same = earshot('eval', '--lang', 'en', '--json', '--against-lexicons', os.path.abspath('lexicons'), path)
    equal(same.lines()[0]['against']['p'], 1, same.err)


@test('eval reports a bad row with its place, counts the rest, ends with 65; no file is 66')
def bad(folder):
    path = write(folder, 'rows.tsv', ROWS + '5\tgood\tno such label\n')
    result = earshot('eval', '--lang', 'en', '--json', path)
    equal(result.code, 65)
    check('rows.tsv:5:' in result.err, result.err)
    equal(result.lines()[0]['n'], 4)
    equal(earshot('eval', os.path.join(folder, 'none.tsv')).code, 66)
    none = earshot('eval', stdin='')
    check('no row' in none.err, none.err)
    equal(none.code, 65)


main()

# SPDX-License-Identifier: MIT
"""earshot lexicon: every error of the packs; what two folders have differently."""

import os
import shutil

from harness import ROOT, check, earshot, equal, main, test, write

SOURCES = '| `words.tsv` (source `own`), `learnt.tsv` | written for this test | MIT |\n'


def pack(folder, name, lang='en', sources=SOURCES, **files):
    """A folder of packs; files by their name without .tsv."""
    root = os.path.join(folder, name)
    os.makedirs(os.path.join(root, lang), exist_ok=True)
    if sources is not None:
        write(os.path.join(root, lang), 'SOURCES.md', sources)
    for file, rows in files.items():
        with open(os.path.join(root, lang, f'{file}.tsv'), 'wb') as out:
            out.write(rows.encode() if isinstance(rows, str) else rows)
    return root


@test('the packs that ship have no error, and every entry has a source')
def shipped(folder):
    result = earshot('lexicon', 'check', os.path.join(ROOT, 'lexicons'))
    equal((result.code, result.err), (0, ''))
    data = earshot('lexicon', 'check', '--json', os.path.join(ROOT, 'lexicons')).lines()[0]
    equal((data['valid'], data['errors'], data['packs']), (True, [], 4))
    check(data['entries'] > 150000, data)
    equal(earshot('lexicon', 'check', '--json').lines()[0]['entries'], data['entries'], 'the default folder')


@test('check tells every error with file, line and column, in order, and ends with 78')
def every_error(folder):
    words = (b'# fine\ngood\t1.5\t\t\t\town\nbad\tx\t\t\t\town\ngood\t1\t\t\t\town\nGOOD\t1.5\t\t\t\town\n'
             b'go\xff\t1\t\t\t\town\nnice\t9\t\t\t\town\nfine\t1\t\tverb\t\town\nokay\t1\t\t\tloud\town\n'
             b'meh\t-1\t\t\t\tbooks\nhm\t-1\n')
    root = pack(folder, 'bad', words=words, grammar='turned\t3\town\nreach\t1\town\n',
                learnt='great\t12\t-3\tword\ngreat\t13\t-3\tword\nso good\t1\t1\tword\nx\t1.5\t1\tword\ny\t1\t1\tverb\n')
    result = earshot('lexicon', 'check', '--json', root)
    equal(result.code, 78)
    data = result.lines()[0]
    equal(data['valid'], False)
    found = [(os.path.basename(e['file']), e['line'], e['column'], e['message']) for e in data['errors']]
    wanted = [('grammar.tsv', 1, 8, 'no number from -2 to 2'), ('grammar.tsv', 2, 1, 'no number of the rules'),
              ('learnt.tsv', 2, 1, 'key of line 1'), ('learnt.tsv', 3, 1, 'this kind has one'),
              ('learnt.tsv', 4, 3, 'no whole number'), ('learnt.tsv', 5, 7, 'no kind of learnt entry'),
              ('words.tsv', 3, 5, 'no weight'), ('words.tsv', 4, 1, 'weighs something else'),
              ('words.tsv', 5, 1, 'stands already'), ('words.tsv', 6, 3, 'not UTF-8'),
              ('words.tsv', 7, 6, 'no weight'), ('words.tsv', 8, 9, 'no kind'), ('words.tsv', 9, 10, 'none of'),
              ('words.tsv', 10, 11, 'does not know the source "books"'),
              ('words.tsv', 11, 1, 'does not say where it comes from')]
    equal([f[:3] for f in found], [w[:3] for w in wanted])
    for (*_, message), (*_, says) in zip(found, wanted):
        check(says in message, f'{message}: {says}')
    plain = earshot('lexicon', 'check', root)
    equal(plain.code, 78)
    for file, line, column, _ in wanted:
        check(f'{file}:{line}:{column}: ' in plain.err, plain.err)
    check(f'{len(wanted)} errors' in plain.text, plain.text)


@test('a pack without SOURCES.md, and a file that it does not name, are errors')
def no_sources(folder):
    rows = 'great\t12\t-3\tword\n'
    data = earshot('lexicon', 'check', '--json', pack(folder, 'none', sources=None, learnt=rows)).lines()[0]
    equal([os.path.basename(e['file']) for e in data['errors']], ['SOURCES.md'])
    root = pack(folder, 'other', sources='| `words.tsv` |\n', learnt=rows)
    data = earshot('lexicon', 'check', '--json', root).lines()[0]
    equal([os.path.basename(e['file']) for e in data['errors']], ['learnt.tsv'])


@test('diff tells what was added, removed and changed, by language and file')
def diff(folder):
    one = pack(folder, 'one', words='good\t1.5\t\t\t\town\nbad\t-1.50\t\t\t\town\nmeh\t-1\t\t\t\town\n',
               grammar='turned\t-0.74\town\n', learnt='great\t12\t-3\tword\n')
    two = pack(folder, 'two', words='# moved\nbad\t-1.5\t\tword\t\tbook\ngood\t1.7\t\t\t\town\nfine\t1\t0.5\t\t\town\n',
               grammar='turned\t-0.5\town\n', learnt='great\t12\t-3\tprefix\n')
    pack(folder, 'two', lang='tr', words='iyi\t1.5\t\t\t\town\n')
    result = earshot('lexicon', 'diff', '--json', one, two)
    equal(result.code, 0, result.err)
    data = result.lines()[0]
    equal(data['n'], 7)
    equal(data['changes']['en']['words.tsv'], {
        'added': [{'entry': 'fine', 'after': {'polarity': 1, 'neutrality': 0.5}}],
        'removed': [{'entry': 'meh', 'before': {'polarity': -1}}],
        'changed': [{'entry': 'good', 'before': {'polarity': 1.5}, 'after': {'polarity': 1.7}}]})
    equal(data['changes']['en']['grammar.tsv']['changed'],
          [{'entry': 'turned', 'before': {'value': -0.74}, 'after': {'value': -0.5}}])
    learnt = data['changes']['en']['learnt.tsv']
    equal((learnt['added'][0]['insist'], learnt['removed'][0]['insist']), ('prefix', 'word'))
    equal(data['changes']['tr']['words.tsv']['added'][0]['entry'], 'iyi')
    plain = earshot('lexicon', 'diff', one, two).text
    check('en/words.tsv: 1 added, 1 removed, 1 changed' in plain and '  ~ good' in plain, plain)
    same = earshot('lexicon', 'diff', '--json', one, one).lines()[0]
    equal(same, {'changes': {}, 'n': 0})


@test('diff with posts tells which labels change')
def diff_posts(folder):
    one, two = os.path.join(ROOT, 'lexicons'), os.path.join(folder, 'changed')
    shutil.copytree(one, two)
    write(os.path.join(two, 'en'), 'more.tsv', 'blorpy\t3\t\t\t\town\n')
    posts = write(folder, 'posts.tsv', 'a\tpositive\tOrder 12 is blorpy today\nb\tneutral\tThe shop opens at nine\n'
                  'c\tneutral\tA blorpy parcel arrives on Monday\n')
    data = earshot('lexicon', 'diff', '--json', '--lang', 'en', one, two, posts).lines()[0]
    equal(data['n'], 1)
    found = data['posts']
    equal((found['n'], found['changed'], found['right']), (3, 2, {'before': 2, 'after': 2}))
    equal(found['moves'], [[0, 0, 0], [0, 1, 2], [0, 0, 0]])
    equal([(p['id'], p['from'], p['to'], p['label']) for p in found['labels']],
          [('a', 'neutral', 'positive', 'positive'), ('c', 'neutral', 'positive', 'neutral')])
    plain = earshot('lexicon', 'diff', '--lang', 'en', one, two, posts)
    check('3 posts: 2 labels change, 2 were right, 2 are' in plain.text, plain.text)
    broken = write(folder, 'broken.tsv', 'a\tpositive\tOrder 12 is blorpy today\nb\tlukewarm\tx\n')
    result = earshot('lexicon', 'diff', '--json', '--lang', 'en', one, two, broken)
    equal((result.code, result.lines()[0]['posts']['n']), (65, 1))
    check('broken.tsv:2:' in result.err, result.err)


@test('a call that is not of the right form, and a folder that is not there, say so')
def usage(folder):
    equal(earshot('lexicon').code, 2)
    result = earshot('lexicon', 'frob')
    equal(result.code, 2)
    check('check, diff' in result.err, result.err)
    equal(earshot('lexicon', 'diff', folder).code, 2)
    equal(earshot('lexicon', 'check', folder, folder).code, 2)
    equal(earshot('lexicon', 'check', os.path.join(folder, 'none')).code, 66)
    result = earshot('lexicon', 'diff', os.path.join(ROOT, 'lexicons'), os.path.join(folder, 'none'))
    equal(result.code, 66)
    check('none' in result.err, result.err)


main()

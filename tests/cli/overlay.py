# SPDX-License-Identifier: MIT
"""Overlays: packs of one's own over those that ship, by hand and learnt from labelled posts."""

import json
import os
import shutil
import signal

from harness import ROOT, Running, Skipped, check, config, earshot, equal, get, main, test, wait_until, write

LEXICONS = os.path.join(ROOT, 'lexicons')
LABELS = os.environ.get('EARSHOT_LABELS') or os.path.join(ROOT, '..', 'shared', 'labels')

# A rental of bicycles and its words: said of a bicycle, they are all one has to know.
PLACES = ('at the harbour', 'by the museum', 'near the old mill', 'on Linden Square', 'behind the station', 'at dock 4',
          'opposite the bakery', 'at the north gate', 'on the way to work', 'in front of the library')
SAID = {'negative': ('Dock refused my bike again {}', 'The bike would not undock {}', 'Ghost charge after I docked {}',
                     'Undock took four tries {}', 'Still billed for a bike I docked {}', 'The dock is full again {}',
                     'A ghost charge, and the bike was docked {}'),
        'neutral': ('There are twelve docks {}', 'The new dock opens on Monday {}', 'Bikes are moved to a dock {}',
                    'Which app shows the docks {}?', 'The docks {} have numbers', 'A bike is docked {}'),
        'positive': ('Rode the gear-eight home {}', 'Fresh gear-eight waiting {}', 'Freewheeled all the way {}',
                     'Freewheeled past the traffic {}', 'One tap and I freewheeled off {}', 'Gear-eight day {}',
                     'The gear-eight is back {}')}
# the same words in sentences that are not learnt from
UNSEEN = (('negative', 'Undock takes for ever'), ('negative', 'Still billed after I docked'),
          ('negative', 'Billed again after I docked it'), ('positive', 'We freewheeled down to the lake'),
          ('positive', 'He freewheeled home'), ('positive', 'Took a gear-eight to the lake'),
          ('neutral', 'A new dock opens in the west'), ('neutral', 'Which app shows the docks in the west?'))


def posts(folder):
    """200 labelled posts, each another sentence."""
    rows = [(label, text.format(place)) for place in PLACES for label, said in SAID.items() for text in said]
    return write(folder, 'posts.tsv', ''.join(f'{i}\t{label}\t{text}\n' for i, (label, text) in enumerate(rows)))


def words(folder, name, lang, rows, file='words.tsv'):
    os.makedirs(os.path.join(folder, name, lang), exist_ok=True)
    write(os.path.join(folder, name, lang), file, rows)
    return os.path.join(folder, name)


def labels(texts, *args, lang='en'):
    lines = earshot('score', '--text', '--lang', lang, *args, stdin='\n'.join(texts) + '\n').lines()
    equal(len(lines), len(texts))
    return [line['sentiment']['label'] for line in lines]


def cases(lang):
    """The hard cases of the scorer: label, text, why."""
    rows = open(os.path.join(ROOT, 'tests', 'cases', 'score', f'{lang}.tsv'), encoding='utf8').read().split('\n')
    return [row.split('\t') for row in rows if row and row[0] != '#']


@test('a word of one\'s own decides in score, explain, eval and match; the next overlay wins; others stay as they are')
def by_hand(folder):
    one = words(folder, 'one', 'en', 'blorpy\t-2\n')
    two = words(folder, 'two', 'en', 'blorpy\t2\n')
    text = 'The parcel was blorpy today'
    equal(labels([text]), ['neutral'])
    equal(labels([text], '--overlay', one), ['negative'])
    equal(labels([text], '--overlay', one, '--overlay', two), ['positive'])
    equal(labels([text], '--overlay', two, '--overlay', one), ['negative'])
    same = [text for _, text, _ in cases('en')]
    equal(labels(same, '--overlay', one), labels(same))
    explained = earshot('explain', '--json', '--lang', 'en', '--overlay', one, text).lines()[0]
    check(any(part['term'] == 'blorpy' for part in explained['why']), explained)
    path = write(folder, 'eval.tsv', f'1\tnegative\t{text}\n')
    result = earshot('eval', '--lang', 'en', '--json', '--overlay', one, '--against-lexicons', LEXICONS, path).lines()[0]
    equal(result['accuracy']['value'], 1)
    theme = write(folder, 'themes.yaml', 'themes: [{id: bad, query: "parcel AND sentiment:negative"}]\n'
                  'brands: [{id: b, topics: [{id: t, query: "parcel"}]}]\n')
    line = json.dumps({'text': text, 'lang': 'en'})
    check('"bad"' in earshot('match', '-Q', theme, '--overlay', one, stdin=line).text, 'match scores with it')
    check('"bad"' not in earshot('match', '-Q', theme, stdin=line).text, 'and without it')


@test('sentiment.lexicon says that an overlay is there, and only then')
def version(folder):
    over = words(folder, 'over', 'ko', '블로르피\t-2\n')

    def said(*args):
        return earshot('score', '--text', *args, stdin='x\n').lines()[0]['sentiment']['lexicon']
    equal(said('--overlay', over) != said(), True)
    equal(said('--overlay', over), said('--overlay', over))
    equal(said('--lexicons', LEXICONS), said())


@test('an overlay learnt from 200 posts labels what they say, and leaves the hard cases alone')
def learnt(folder):
    train, over = posts(folder), os.path.join(folder, 'over')
    equal(len(open(train, encoding='utf8').read().split('\n')) - 1, 200)
    result = earshot('learn', '--over', '--lang', 'en', '--train', train, '-o', over)
    equal(result.code, 0, result.err)
    check('200 posts' in result.err and 'accuracy' in result.err and 'macro F1' in result.err, result.err)
    first = open(os.path.join(over, 'en', 'learnt.tsv'), 'rb').read()
    equal(os.listdir(over), ['en'])
    check(first.count(b'\n') < 2010, 'small')
    earshot('learn', '--over', '--lang', 'en', '--train', train, '-o', over)
    equal(open(os.path.join(over, 'en', 'learnt.tsv'), 'rb').read() == first, True, 'deterministic')
    texts = [text for _, text in UNSEEN]
    right = [sum(got == label for got, (label, _) in zip(labels(texts, *args), UNSEEN)) for args in ((), ('--overlay', over))]
    check(right[1] == len(UNSEEN) and right[0] < 5, right)
    plain = 'as customers write'
    for most, hard in ((1, [row for row in cases('en') if row[2] != plain]), (2, [row for row in cases('en') if row[2] == plain])):
        texts = [text for _, text, _ in hard]
        right = [sum(got == label for got, (label, _, _) in zip(labels(texts, *args), hard))
                 for args in ((), ('--overlay', over))]
        check(len(hard) > 100 and right[1] >= right[0] - most, f'{len(hard)}: {right}')
    turkish = [text for _, text, _ in cases('tr')]
    equal(labels(turkish, '--overlay', over, lang='tr'), labels(turkish, lang='tr'))
    equal(earshot('lexicon', 'check', '--overlay', over).code, 0)


@test('200 comments make an overlay that is better for comments by more than its interval, and no worse for film reviews')
def labelled(folder):
    sets = [os.path.join(LABELS, 'ko', name) for name in ('dev_kote.tsv', 'dev.tsv')]
    if not all(os.path.exists(path) for path in sets):
        raise Skipped('the labelled posts are not at hand (EARSHOT_LABELS)')
    comments, films = [open(path, encoding='utf8').read().rstrip('\n').split('\n') for path in sets]
    train = write(folder, 'train.tsv', '\n'.join(comments[::25]) + '\n')
    over = os.path.join(folder, 'over')
    equal(earshot('learn', '--over', '--lang', 'ko', '--train', train, '-o', over).code, 0)
    gains = []
    for rows in ([row for i, row in enumerate(comments) if i % 25], films[:2000]):
        path = write(folder, 'test.tsv', '\n'.join(rows) + '\n')
        figures = earshot('eval', '--lang', 'ko', '--json', '--overlay', over, '--against-lexicons', LEXICONS, path).lines()[0]
        gains.append(figures['against']['accuracy'])
    print('# without it, accuracy: comments %+.4f (%+.4f to %+.4f), film reviews %+.4f (%+.4f to %+.4f)'
          % tuple(gain[key] for gain in gains for key in ('value', 'lo', 'hi')))
    check(gains[0]['hi'] < 0, gains)
    check(gains[1]['lo'] <= 0, gains)


@test('nothing is learnt over the packs of words on their stop list or the overlay\'s')
def stopped(folder):
    rows = ''.join(f'{i}\t{("negative", "positive")[i % 2]}\tthe {("blorpy", "zimful")[i % 2]} {("moruva", "istanbul")[i % 2]} lamp {i}\n'
                   for i in range(60))
    train, under = write(folder, 'train.tsv', rows), words(folder, 'under', 'en', 'moruva*\n', 'stop.txt')
    equal(earshot('learn', '--over', '--overlay', under, '--lang', 'en', '--train', train, '-o', os.path.join(folder, 'o')).code, 0)
    found = open(os.path.join(folder, 'o', 'en', 'learnt.tsv'), encoding='utf8').read()
    check('blorpy' in found and 'zimful' in found, found)
    check('moruv' not in found and 'istanb' not in found, found)


@test('learn --over says what is wrong with its arguments and its posts')
def wrong(folder):
    train = posts(folder)
    args = ('learn', '--over', '--lang', 'en', '--train', train)
    equal(earshot('learn', '--over', '--lang', 'en', '--train', train).code, 2)
    for option in ('--dev', '--also'):
        result = earshot(*args, option, train, '-o', folder)
        equal(result.code, 2)
        check('does not go with --over' in result.err, result.err)
    copy = os.path.join(folder, 'copy')
    shutil.copytree(LEXICONS, copy)
    result = earshot(*args, '--lexicons', copy, '-o', copy)
    equal(result.code, 2, 'the packs themselves')
    check('name another one' in result.err, result.err)
    few = write(folder, 'few.tsv', '1\tpositive\tx\n')
    result = earshot('learn', '--over', '--lang', 'en', '--train', few, '-o', os.path.join(folder, 'o'))
    equal(result.code, 65)
    check('1 labelled post' in result.err, result.err)
    os.remove(os.path.join(copy, 'en', 'learnt.tsv'))
    result = earshot(*args, '--lexicons', copy, '-o', os.path.join(folder, 'o'))
    equal(result.code, 65)
    check('no learnt.tsv for en' in result.err, result.err)
    equal(os.path.exists(os.path.join(folder, 'o', 'en', 'learnt.tsv')), False)


@test('a bad overlay is one error with its place, for those who score and for lexicon check')
def bad(folder):
    row = words(folder, 'row', 'en', 'good\t1\nbad\tx\n')
    result = earshot('score', '--text', '--overlay', row, stdin='x\n')
    equal(result.code, 78)
    check('words.tsv:2:5: ' in result.err and result.err.count('\n') < 4, result.err)
    result = earshot('lexicon', 'check', '--overlay', row)
    equal(result.code, 78)
    check('words.tsv:2:5: ' in result.err and '1 error' in result.text, (result.err, result.text))
    shape = words(folder, 'shape', 'tr', 'cok iyi\t1\t1\tpair\n', 'learnt.tsv')
    result = earshot('lexicon', 'check', '--json', '--overlay', shape)
    equal(result.code, 78)
    equal([(e['line'], e['column']) for e in result.lines()[0]['errors']], [(1, 13)])
    result = earshot('score', '--text', '--overlay', os.path.join(folder, 'none'), stdin='x\n')
    equal(result.code, 66)
    check('none' in result.err and 'no pack in this overlay' in result.err, result.err)
    result = earshot('score', '--text', *sum((['--overlay', row] for _ in range(17)), []), stdin='x\n')
    check(result.code != 0 and 'at most 16 overlays' in result.err, result.err)
    equal(earshot('lexicon', 'diff', '--overlay', row, LEXICONS, row).code, 2)


@test('an image is built with its overlay; one that is named beside an image says so')
def image(folder):
    over, path = words(folder, 'over', 'en', 'blorpy\t-2\n'), os.path.join(folder, 'one.image')
    equal(earshot('lexicon', 'build', '--overlay', over, '-o', path, LEXICONS).code, 0)
    equal(labels(['The parcel was blorpy today'], '--lexicons', path), ['negative'])
    result = earshot('score', '--text', '--lexicons', path, '--overlay', over, stdin='x\n')
    equal(result.code, 78)
    check('lexicon build --overlay' in result.err, result.err)


@test('lexicons.overlay in the config: run scores with it, SIGHUP takes a new one, check tells its errors')
def running(folder):
    mine = words(folder, 'mine', 'en', 'blorpy\t-2\n')
    conf = config(folder, extra='lexicons: {overlay: mine}\n')
    result = earshot('check', '-c', conf)
    equal(result.code, 0, result.err)
    check('does not act on it' not in result.err, result.err)
    write(folder, 'posts.jsonl', '{"native_id":"1","text":"The parcel of acme was blorpy today","lang":"en"}\n')
    with Running('-c', conf) as run:
        def addresses():
            return [line.split('url=')[1].split()[0] for line in run.lines if 'event=http.listening' in line]

        def summary():
            said = get(f'{addresses()[-1]}/api/v1/summary')
            return said['negative'], said['positive']
        run.url()
        wait_until(lambda: summary() == (1, 0), 'the word of the overlay decides')
        words(folder, 'mine', 'en', 'blorpy\tx\n')
        run.process.send_signal(signal.SIGHUP)
        run.event('config.kept')
        words(folder, 'mine', 'en', 'blorpy\t2\n')
        run.process.send_signal(signal.SIGHUP)
        run.event('config.reloaded')
        with open(os.path.join(folder, 'posts.jsonl'), 'a', encoding='utf8') as out:
            out.write('{"native_id":"2","text":"The lamp of acme was blorpy today","lang":"en"}\n')
        wait_until(lambda: len(addresses()) == 2, 'listens again')
        wait_until(lambda: summary() == (1, 1), 'the new word decides of the next post')
        equal(run.stop(), 0, 'exit code')
    words(folder, 'mine', 'en', 'blorpy\tx\n')
    result = earshot('check', '-c', conf)
    equal(result.code, 78)
    check(f'{mine}/en/words.tsv:1:8: ' in result.err, result.err)


main()

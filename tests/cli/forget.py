# SPDX-License-Identifier: MIT
"""Privacy as its users call it: earshot forget, opt-outs, authors as keyed hashes, retention."""

import json
import os
import sqlite3

from harness import CONFIG, Running, check, config, decide, earshot, equal, get, main, metrics, tail, test, wait_until, write

KEY = 'privacy: {author_key: "0123456789abcdef0123456789abcdef"}\n'
KEYED_BY_POST = ('posts', 'mentions.positive', 'mentions.neutral', 'mentions.negative', 'flagged', 'reviews', 'deadletter')
# what must not be found anywhere afterwards: key, handle, name, words of the texts
HERS = [b'key-of-zerrin', b'zerrin_q', 'Zerrin Çınar'.encode(), b'quokkaphrase', b'wombatphrase', b'numbatphrase']


def row(i, text, key=None, handle=None, name=None, **other):
    author = {k: v for k, v in (('key', key), ('handle', handle), ('name', name)) if v}
    return json.dumps({'native_id': f'p{i}', 'text': text, 'published_at': f'2026-01-01T10:{i:02}:00Z',
                       'author': author, **other}, ensure_ascii=False) + '\n'


def hers(i, text, **other):
    return row(i, text, 'key-of-zerrin', '@Zerrin_Q', 'Zerrin Çınar', **other)


def others(i, text='acme is great, I bought it for the third time and nobody in my street has anything better'):
    return row(i, text, f'key{i}', f'@person{i}', f'Person {i}')


def start(folder):
    """Eight posts of others, three of hers and a line of hers that cannot be read."""
    conf = config(folder, extra=KEY)
    write(folder, 'posts.jsonl',
          ''.join(others(i) for i in range(8)) + hers(20, 'acme refund is terrible quokkaphrase')
          + hers(21, 'acme is great wombatphrase') + hers(22, 'nothing at all numbatphrase')
          + '{"text": "acme broken, says @zerrin_q"\n')
    return conf


def append(folder, text):
    with open(os.path.join(folder, 'posts.jsonl'), 'a', encoding='utf-8') as out:
        out.write(text)


def once(conf):
    run = earshot('run', '-c', conf, '--once')
    equal(run.code, 0, run.err)


def forget(conf, *args, code=0):
    run = earshot('forget', '-c', conf, *args)
    equal(run.code, code, run.err + run.text)
    return run


def everything(folder):
    """The bytes of the log and the read model, free pages and WAL too."""
    var = os.path.join(folder, 'var')
    out = {}
    for name in os.listdir(var):
        with open(os.path.join(var, name), 'rb') as file:
            out[name] = file.read()
    return out


def nothing_left(folder, conf, names=HERS):
    for file, data in everything(folder).items():
        for name in names:
            check(name not in data, f'{name!r} is still in {file}')
    said = json.dumps(tail(conf, *KEYED_BY_POST, 'settings', 'audit', 'sources'), ensure_ascii=False).encode()
    for name in names:
        check(name not in said, f'{name!r} is still in a topic')


@test('forget takes an author out of every topic, the read model and their files; the rest stays')
def stopped(folder):
    conf = start(folder)
    once(conf)
    for name in HERS[3:]:
        check(any(name in data for data in everything(folder).values()), f'{name} was never there')
    equal(len(tail(conf, 'posts')), 11, 'posts')
    equal(len(tail(conf, 'deadletter')), 1, 'dead letters')
    run = forget(conf, '--author', '@zerrin_q')
    said = dict(line.split()[:2] for line in run.text.splitlines())
    equal((said['posts'], said['flagged'], said['deadletter']), ('3', '1', '1'), 'what forget says')
    nothing_left(folder, conf)
    live = {r['key'] for r in tail(conf, 'posts') if r['value']}
    equal(len(live), 8, 'posts of others')
    audit = [r['value'] for r in tail(conf, 'audit')]
    equal([(a['what'], a['of'], a['optout']) for a in audit], [('forget', 'author', True), ('forget', 'author', False)], 'ledger')
    equal(audit[1]['removed']['posts'], 3, 'ledger')
    optout = tail(conf, 'settings')
    equal([r['key'] for r in optout], ['optout/' + said['opt-out']], 'opt-out')
    with sqlite3.connect(os.path.join(folder, 'var', 'view.db')) as view:
        equal(view.execute('SELECT count(*) FROM mentions').fetchone()[0], 8, 'mentions in the read model')
        equal(view.execute("SELECT sum(n) FROM rollup WHERE span=0 AND topic=''").fetchone()[0], 8, 'counted')
        equal(view.execute('SELECT sum(n) FROM alike').fetchone()[0], 8, 'in clusters')
        equal(view.execute('SELECT count(*) FROM queue').fetchone()[0], 0, 'in the queue')


@test('a second forget finds nothing to do and writes nothing; what comes later of the author is dropped')
def again(folder):
    conf = start(folder)
    once(conf)
    forget(conf, '--author', 'key-of-zerrin')
    before = len(tail(conf, 'audit')) + len(tail(conf, 'settings')) + len(tail(conf, 'posts'))
    run = forget(conf, '--author', 'key-of-zerrin')
    check('nothing was left to forget' in run.err and '(was there)' in run.text, run.err + run.text)
    equal(len(tail(conf, 'audit')) + len(tail(conf, 'settings')) + len(tail(conf, 'posts')), before, 'records')
    append(folder, hers(30, 'acme again quokkaphrase') + others(31))
    once(conf)
    equal(sum(r['value'] is not None for r in tail(conf, 'posts')), 9, 'posts: one of somebody else came')
    imported = write(folder, 'more.jsonl', hers(32, 'acme imported quokkaphrase') + others(33))
    run = earshot('import', '-c', conf, '--source', 'posts', imported)
    equal(run.code, 0, run.err)
    equal(sum(r['value'] is not None for r in tail(conf, 'posts')), 10, 'posts: one of somebody else was imported')
    nothing_left(folder, conf)


@test('forget --post takes one post out, and its edit does not bring it back')
def one_post(folder):
    conf = start(folder)
    once(conf)
    key = next(r['key'] for r in tail(conf, 'posts') if r['value'] and 'wombat' in r['value']['text'])
    forget(conf, '--post', key)
    for file, data in everything(folder).items():
        check(b'wombatphrase' not in data, f'the text is still in {file}')
        check(b'quokkaphrase' in data or not file.endswith('log.db'), 'the other posts of the author are gone')
    append(folder, hers(21, 'acme is great wombatphrase, edited'))
    once(conf)
    equal([r['key'] for r in tail(conf, 'posts') if r['key'] == key and r['value']], [], 'the post')


@test('forget beside a running system: pages, counts and queue follow, new posts are dropped and counted')
def running(folder):
    conf = start(folder)
    with Running('-c', conf) as run:
        url = run.url()
        wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == 10, 'ten mentions')
        hit = next(i for i in get(f'{url}/api/v1/mentions?limit=50')['items'] if 'quokka' in i['text'])
        decide(url, hit, decision='label', label='neutral', note='zerrin_q called')
        wait_until(lambda: tail(conf, 'reviews'), 'the review')
        forget(conf, '--author', 'key-of-zerrin')
        wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == 8, 'eight mentions')
        append(folder, hers(40, 'acme once more quokkaphrase') + others(41))
        wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == 9, 'the post of somebody else')
        check('zerrin' not in json.dumps(get(f'{url}/api/v1/mentions?limit=100')).lower(), 'she is in the API')
        wait_until(lambda: 'earshot_collect_posts_total{outcome="forgotten"} 1\n' in metrics(url), 'the metric of dropped posts')
        run.stop()
    equal([r['value'] for r in tail(conf, 'reviews')], [None], 'reviews')
    nothing_left(folder, conf)


@test('what is wrong with a forget is said with what to do, and nothing is written')
def errors(folder):
    conf = start(folder)
    once(conf)
    check('one of --author KEY and --post ID' in forget(conf, code=2).err, 'neither')
    forget(conf, '--author', 'a', '--post', 'b', code=2)
    forget(conf, '--post', 'xyz', code=65)
    bare = config(folder)
    run = forget(bare, '--author', 'key-of-zerrin', code=78)
    check('author_key is not set' in run.err and 'openssl rand' in run.err, run.err)
    equal(tail(conf, 'settings') + tail(conf, 'audit'), [], 'written')
    for text, word in (('{hash_authors: true}', 'needs an author_key'), ('{author_key: short}', 'shorter than 16')):
        run = earshot('check', '-c', config(folder, extra=f'privacy: {text}\n'))
        check(run.code == 78 and word in run.err + run.text and 'earshot.yaml:1' in run.err + run.text, f'{run.code} {run.err}{run.text}')
    forget(config(folder, extra=KEY), '--author', 'key-of-zerrin')
    other = config(folder, extra=KEY.replace('0123', '9999'))
    run = forget(other, '--author', 'somebody', code=78)
    check('another than' in run.err, run.err)
    for text in (KEY.replace('0123', '9999'), ''):
        run = earshot('run', '-c', config(folder, extra=text), '--once')
        equal(run.code, 78, run.err)
        check('those who were forgotten' in run.err, run.err)


@test('hashed authors: one key in all sources of a platform, no handle, no name; own accounts stay the brand')
def hashes(folder):
    text = CONFIG.replace('sources:\n', 'sources:\n  - {id: two, kind: jsonl, url: "file:two.jsonl", channel: x}\n'
                          '  - {id: three, kind: jsonl, url: "file:three.jsonl", channel: forum}\n').replace(
        'url: "file:posts.jsonl"', 'url: "file:posts.jsonl", channel: x').replace(
        '- id: acme\n', '- id: acme\n    own_accounts: ["@AcmeCares"]\n')
    conf = config(folder, text, KEY.replace('{', '{hash_authors: true, '))
    for i, name in enumerate(('posts.jsonl', 'two.jsonl', 'three.jsonl')):
        write(folder, name, hers(50 + i, f'acme quokkaphrase {i}', customer='customer-of-zerrin')
              + row(60 + i, 'acme says hello', handle='@acmecares'))
    once(conf)
    posts = [r['value'] for r in tail(conf, 'posts')]
    keys = {(p['channel'], p['author']['key']) for p in posts if 'quokka' in p['text']}
    equal(len(keys), 2, f'keys {keys}')
    check(all(set(p['author']) == {'key'} for p in posts), 'handles or names')
    check(all(p['voice'] == 'brand' for p in posts if 'hello' in p['text']), 'voices')
    for file, data in everything(folder).items():
        for name in HERS[:3] + [b'customer-of-zerrin', b'Zerrin_Q', b'acmecares']:
            check(name not in data, f'{name!r} is in {file}')
    run = forget(conf, '--author', 'key-of-zerrin', '--channel', 'x')
    check('posts              2' in run.text, run.text)
    equal(sum('quokka' in r['value']['text'] for r in tail(conf, 'posts') if r['value']), 1, 'that of the other channel')


@test('members that stand for a person are redacted or hashed, never a placeholder that many share')
def persons(folder):
    rows = (row(1, 'acme mail', 'a@example.com', 'a@example.com', 'Ayse', customer='+905321234567', tags=['x', '010-1234-5678'])
            + row(2, 'acme mail', 'b@example.com', name='b@example.com', url='https://e.example/?mail=b@example.com'))
    for extra, keyed in (('', False), (KEY, True)):
        conf = config(folder, extra=extra)
        write(folder, 'posts.jsonl', rows)
        once(conf)
        posts = [r['value'] for r in tail(conf, 'posts')]
        check('@example' not in json.dumps(posts) and '5321234567' not in json.dumps(posts), json.dumps(posts))
        first = next(p for p in posts if p.get('tags'))
        second = next(p for p in posts if not p.get('tags'))
        equal(first['tags'], ['x', '[phone]'], 'tags')
        equal(second['url'], 'https://e.example/?mail=[email]', 'url')
        equal('handle' in first['author'], False, 'handle')
        equal(('key' in first['author'], 'customer' in first), (keyed, keyed), 'key and customer')
        if keyed:
            check(first['author']['key'] != second['author']['key'], 'two persons, one key')
        for name in os.listdir(os.path.join(folder, 'var')):
            os.remove(os.path.join(folder, 'var', name))


@test('retention of the config is what the log does: each topic has its own')
def retention(folder):
    extra = KEY.replace('privacy', 'topics: {partitions: 4, retention: {posts: 3d, mentions: 5d, rollups: 7d}}\nprivacy')
    conf = config(folder, CONFIG.replace('topics: {partitions: 4}\n', ''), extra)
    write(folder, 'posts.jsonl', others(1))
    once(conf)
    day = 86400000
    with sqlite3.connect(os.path.join(folder, 'var', 'log.db')) as log:
        have = dict(log.execute('SELECT name, retention_ms FROM topics').fetchall())
    have = {name.removeprefix('earshot.'): ms for name, ms in have.items()}
    equal({n: have[n] for n in KEYED_BY_POST + ('rollups', 'sources', 'settings')},
          {'posts': 3 * day, 'mentions.positive': 5 * day, 'mentions.neutral': 5 * day, 'mentions.negative': 5 * day,
           'flagged': 5 * day, 'reviews': -1, 'deadletter': 14 * day, 'rollups': 7 * day, 'sources': -1, 'settings': -1},
          'retention')


if __name__ == '__main__':
    main()

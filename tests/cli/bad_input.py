# SPDX-License-Identifier: MIT
"""Each bad input gives one clear message: what, where, what to do. No hang, no loss."""

import json
import os
import socket
import subprocess

from harness import CONFIG, EARSHOT, EARSHOT_DEV, ROOT, Running, Skipped, check, config, earshot, equal, \
    get, main, tail, test, wait_until, write


def one_message(result, code, *parts):
    equal(result.code, code, result.err)
    lines = [line for line in result.err.splitlines() if line and 'level=' not in line]
    check(len(lines) == 1, 'one message is wanted:\n' + result.err)
    for part in parts:
        check(part in lines[0], f'{part!r} is not in {lines[0]!r}')


@test('a config that is not there')
def no_config(folder):
    one_message(earshot('run', '-c', os.path.join(folder, 'none.yaml'), '--once'), 66, 'none.yaml', '-c FILE')
    one_message(earshot('run', '--once', cwd=folder, env={'HOME': folder, 'XDG_CONFIG_HOME': folder}), 66, 'no config')


@test('broken YAML: file, line, column')
def yaml(folder):
    conf = config(folder, 'sources:\n  - {id: a, kind: feed\nbrands: []\n')
    one_message(earshot('check', '-c', conf), 78, 'earshot.yaml:', 'YAML')
    conf = config(folder, 'timezone: UTC\ntimezone: UTC\n')
    one_message(earshot('check', '-c', conf), 78, 'earshot.yaml:2:1', 'twice')
    conf = config(folder, 'timezone: &a UTC\n')
    one_message(earshot('check', '-c', conf), 78, 'earshot.yaml:1:', 'anchors')


@test('an unknown key: file, line, column and the key that was meant')
def unknown(folder):
    one_message(earshot('check', '-c', config(folder, CONFIG + 'sorces: []\n')), 78, 'earshot.yaml:15:1',
                '"sorces"', 'did you mean "sources"')


@test('wrong values: every one of them is told')
def values(folder):
    conf = config(folder, 'keep_unmatched: maybe\ntopics: {partitions: 0}\nsources:\n'
                          '  - {id: a, kind: pigeon, url: "https://example.org"}\n  - {id: a b, kind: feed, url: "x"}\n')
    result = earshot('check', '-c', conf)
    equal(result.code, 78)
    for part in ('earshot.yaml:1:17', 'true or false', 'earshot.yaml:2:22', '1 to 1024', 'earshot.yaml:4:', 'pigeon',
                 'earshot.yaml:5:', '"a b"'):
        check(part in result.err, f'{part!r} is not in\n{result.err}')


@test('a bad query in the config: its place in the file and a mend')
def query(folder):
    conf = config(folder, CONFIG.replace("query: 'acme'", "query: 'acme AND (x'"))
    result = earshot('run', '-c', conf, '--once')
    equal(result.code, 78)
    line = CONFIG.splitlines()[9]
    column = line.index("query: 'acme") + len("query: '") + len('acme AND (')
    check(f'earshot.yaml:10:{column}: ' in result.err and 'acme-all' in result.err, result.err)
    check(not os.path.exists(os.path.join(folder, 'var')), 'nothing is made before the config is right')


@test('a lexicon with a wrong row: file, line')
def lexicon(folder):
    packs = os.path.join(folder, 'packs')
    subprocess.run(['cp', '-r', os.path.join(ROOT, 'lexicons'), packs], check=True)
    names = [n for n in os.listdir(os.path.join(packs, 'ko')) if n.endswith('.tsv')]
    with open(os.path.join(packs, 'ko', names[0]), 'ab') as out:
        out.write(b'\xff\xfebroken\tx\n')
    result = earshot('score', '--text', '--lexicons', packs, stdin='x')
    one_message(result, 78, names[0] + ':')


@test('the port is taken')
def port(folder):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        number = taken.getsockname()[1]
        conf = config(folder)
        one_message(earshot('run', '-c', conf, '--set', f'http.listen=127.0.0.1:{number}'), 69, str(number))


@test('a second run on the same data says that the first holds it; the first goes on')
def twice(folder):
    conf = config(folder)
    write(folder, 'posts.jsonl', '{"native_id":"1","text":"acme"}\n')
    with Running('-c', conf) as first:
        url = first.url()
        one_message(earshot('run', '-c', conf), 69)
        with open(os.path.join(folder, 'posts.jsonl'), 'a') as out:
            out.write('{"native_id":"2","text":"acme again"}\n')
        wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == 2, 'the first goes on')


@test('a data folder that cannot be written')
def read_only(folder):
    if os.geteuid() == 0:
        conf = config(folder, CONFIG.replace('./var/', '/proc/earshot/'))
    else:
        os.mkdir(os.path.join(folder, 'var'), 0o500)
        conf = config(folder)
    result = earshot('run', '-c', conf, '--once')
    one_message(result, 73)


@test('a log that is no log, a feed that is no feed, a source that is not there')
def garbage(folder):
    conf = config(folder)
    write(folder, 'var/log.db', 'this is no database ' * 100)
    result = earshot('run', '-c', conf, '--once')
    check(result.code in (65, 78) and 'log.db' in result.err, result.err)
    os.remove(os.path.join(folder, 'var/log.db'))
    write(folder, 'no-feed.xml', 'hello')
    conf = config(folder, CONFIG.replace('brands:', '  - {id: broken, kind: feed, url: "file:no-feed.xml"}\n'
                                                    '  - {id: away, kind: feed, url: "http://127.0.0.1:1/feed"}\nbrands:')
                  + 'allow_private: ["127.0.0.1"]\n')
    write(folder, 'posts.jsonl', '{"native_id":"1","text":"acme"}\n{"native_id":2,"text":\n{"native_id":"3","text":"acme \xff"}\n')
    result = earshot('run', '-c', conf, '--once')
    equal(result.code, 0, 'once is 0 although sources cannot be heard: ' + result.err)
    states = {r['key']: r['value'] for r in tail(conf, 'sources')}
    equal(states['broken']['state'], 'cannot_hear')
    equal(states['away']['state'], 'cannot_hear')
    check(states['away']['message'], states['away'])


@test('bad UTF-8 in posts becomes U+FFFD; nothing is lost')
def utf8(folder):
    conf = config(folder)
    write(folder, 'posts.jsonl', b'{"native_id":"1","text":"acme \xff\xfe great"}\n{"native_id":"2","text":"acme fine"}\n'
          + '{"native_id":"3","text":"acme 좋아요"}\n'.encode())
    result = earshot('run', '-c', conf, '--once')
    equal(result.code, 0, result.err)
    equal(sorted(r['value']['text'] for r in tail(conf, 'posts')), ['acme fine', 'acme 좋아요', 'acme \ufffd\ufffd great'])


@test('a file that grows by one post at a time in any charset loses none')
def growing(folder):
    conf = config(folder, CONFIG.replace('brands:', '  - {id: sheet, kind: csv, url: "file:sheet.csv", every: 1s}\nbrands:'))
    words = ['acme çok güzel', 'acme plain', 'acme ışık hızında', 'acme şikâyet', 'acme end']
    write(folder, 'sheet.csv', 'id,text\n')
    write(folder, 'posts.jsonl', '')
    for i, text in enumerate(words):
        with open(os.path.join(folder, 'sheet.csv'), 'ab') as out:
            out.write(f'{i},{text}\n'.encode())
        with open(os.path.join(folder, 'posts.jsonl'), 'ab') as out:
            out.write((json.dumps({'native_id': f'j{i}', 'text': text}, ensure_ascii=False) + '\n').encode())
        result = earshot('run', '-c', conf, '--once')
        equal(result.code, 0, result.err)
        texts = sorted(r['value']['text'] for r in tail(conf, 'posts'))
        equal(texts, sorted(2 * words[:i + 1]), f'after {i + 1} posts')


@test('a full disk: a clear message, nothing half-written, and it goes on when there is room')
def full_disk(folder):
    if os.geteuid() != 0:
        raise Skipped('a small file system can be mounted by root only')
    disk = os.path.join(folder, 'disk')
    os.mkdir(disk)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk], capture_output=True).returncode:
        raise Skipped('this machine does not let root mount a tmpfs')
    try:
        conf = config(folder, CONFIG.replace('./var/', disk + '/'))
        write(folder, 'posts.jsonl', ''.join(json.dumps({'native_id': str(i), 'text': f'acme {i} ' + 'x' * 500}) + '\n'
                                             for i in range(20000)))
        result = earshot('run', '-c', conf, '--once', timeout=300)
        equal(result.code, 74, result.err)
        check('full' in result.err, result.err)
        check('make room' in result.err, 'what to do: ' + result.err)
        subprocess.run(['mount', '-o', 'remount,size=400m', disk], check=True)
        result = earshot('run', '-c', conf, '--once', timeout=300)
        equal(result.code, 0, result.err)
        keys = [r['key'] for r in tail(conf, 'posts')]
        equal((len(keys), len(set(keys))), (20000, 20000), 'posts once there is room')
    finally:
        subprocess.run(['umount', '-l', disk], capture_output=True)


main()

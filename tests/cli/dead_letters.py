# SPDX-License-Identifier: MIT
"""earshot deadletter: what could not be handled is listed, shown and put back, once; beside a
running system and without one. tests/kafka/dead_letters.py has the same on Kafka."""

import hashlib
import json
import os
import re
import sqlite3
import time

from harness import CONFIG, EARSHOT, Running, check, config, earshot, equal, main, metrics, tail, test, wait_until, write

MIB = 1024 * 1024
BAD_LINE = '{"native_id": "1", "text": "mail me, ann@x.com" oops}\n'


def post_id(name):
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def post(name, **other):
    return {'id': post_id(name), 'rev': 0, 'op': 'create', 'source': 'trial', 'kind': 'post', 'text': 'acme is great',
            'observed_at': '2026-01-01T10:00:00Z', 'event_at': '2026-01-01T10:00:00Z', **other}


def append(folder, topic, partition, key, value):
    """A stranger's record, straight into a partition of the file (src/bus/embedded.h)."""
    log = sqlite3.connect(os.path.join(folder, 'var', 'log.db'), timeout=30)
    with log:
        number = log.execute('SELECT id FROM topics WHERE name = ?', (f'earshot.{topic}',)).fetchone()[0]
        pid = number << 12 | partition
        offset = log.execute('SELECT next FROM partitions WHERE pid = ?', (pid,)).fetchone()[0]
        log.execute(f'INSERT INTO log_{number}_{partition} (offset, time, key, headers, value) VALUES (?, ?, ?, ?, ?)',
                    (offset, int(time.time() * 1000), key.encode() if key else None, b'', value))
        log.execute('UPDATE partitions SET next = ? WHERE pid = ?', (offset + 1, pid))
    log.close()


def once(conf):
    result = earshot('run', '-c', conf, '--once', program=EARSHOT)
    equal(result.code, 0, result.err)


def dead(conf, *args, code=0):
    result = earshot('deadletter', args[0], '-c', conf, *args[1:])
    equal(result.code, code, f'deadletter {args}: {result.err}')
    return result


def listed(conf, *args):
    return dead(conf, 'ls', '--json', *args).lines()


def long_post(name):
    """With what the worker adds it is over the limit of a record; as a dead letter it is kept whole."""
    value = post(name, text='acme is great and awful, good and bad, lovely and terrible, fast and slow', extra='')
    value['extra'] = 'x' * (4 * MIB - 5800 - len(json.dumps(value)))
    return json.dumps(value).encode()


def made(folder):
    """A log with one letter from a source, and four of records in `posts`."""
    conf = config(folder)
    write(folder, 'posts.jsonl', BAD_LINE)
    once(conf)
    append(folder, 'posts', 1, post_id('a'), b'acme \x1b[2J\x9b31m \xe2\x80\xae is no JSON\n')
    append(folder, 'posts', 2, None, b'{}')
    append(folder, 'posts', 3, post_id('cut'), b'y' * (4 * MIB - 1000))
    append(folder, 'posts', 3, post_id('long'), long_post('long'))
    append(folder, 'posts', 3, post_id('fine'), json.dumps(post('fine')).encode())
    once(conf)
    return conf


def place(letter):
    return f'{letter["partition"]}:{letter["offset"]}'


@test('ls says which there are, one a line, and takes stage, cause and time')
def ls(folder):
    conf = made(folder)
    letters = listed(conf)
    equal(sorted(one['stage'] for one in letters), ['collect', 'publish', 'slice', 'slice', 'slice'])
    by_key = {one.get('key'): one for one in letters if one['stage'] != 'collect'}
    equal(by_key[post_id('a')]['from'], {'topic': 'posts', 'partition': 1, 'offset': 0})
    equal((by_key[post_id('cut')]['size'], by_key[post_id('cut')]['cut']), (4 * MIB - 1000, True))
    equal((by_key[post_id('long')]['code'], by_key[post_id('long')]['cut']), ('LIMIT', False))
    equal([one['replayed'] for one in letters], [False] * 5)
    lines = dead(conf, 'ls').text.splitlines()
    equal(len(lines), 5)
    for one in letters:
        line = next(line for line in lines if line.startswith(place(one) + ' '))
        check(one['time'] in line and one['code'] in line and str(one['size']) in line, line)
        check(one.get('key', '-') in line.split(), line)
    equal([one['stage'] for one in listed(conf, '--stage', 'collect')], ['collect'])
    equal([one['key'] for one in listed(conf, '--cause', 'limit')], [post_id('long')])
    equal([one['stage'] for one in listed(conf, '--cause', 'HAS NO KEY')], ['slice'])
    equal(listed(conf, '--cause', 'nothing says this'), [])
    equal(len(listed(conf, '--from', '1h')), 5)
    equal(listed(conf, '--to', '1h'), [])
    check('--stage nowhere: it can be collect,' in dead(conf, 'ls', '--stage', 'nowhere', code=2).err, 'a stage that is none')
    check('--from soon: it can be a time' in dead(conf, 'ls', '--from', 'soon', code=2).err, 'a time that is none')
    check('none of ls, show, replay' in dead(conf, 'rm', code=2).err, 'a verb that is none')
    tail(conf, 'deadletter', 'posts', 'mentions.positive', 'sources', 'audit', strangers={'posts'})


@test('show prints headers and value, and no byte of it reaches a terminal as a control')
def show(folder):
    conf = made(folder)
    letters = listed(conf)
    ugly = next(one for one in letters if one.get('key') == post_id('a'))
    cut = next(one for one in letters if one['cut'])
    out = dead(conf, 'show', place(ugly)).out
    check(re.search(rb'[^\n\x20-\x7e]', out) is None, out)
    check(b'acme \\x1b[2J\\x9b31m \\u202e is no JSON\\n' in out, out)
    check(b'earshot.errors.stage: slice' in out and b'earshot.errors.topic: posts' in out, out)
    check('the first 65536 of 4193304 bytes' in dead(conf, 'show', place(cut)).text, 'cut')
    both = dead(conf, 'show', '--json', place(ugly), place(cut)).lines()
    equal({f'{one["partition"]}:{one["offset"]}' for one in both}, {place(ugly), place(cut)})
    records = {f'{r["partition"]}:{r["offset"]}': r for r in tail(conf, 'deadletter')}
    for one in both:
        equal(one, records[f'{one["partition"]}:{one["offset"]}'])
    result = dead(conf, 'show', '0:4711', code=66)
    check('no such dead letter: 0:4711' in result.err, result.err)
    check('which?' in dead(conf, 'show', code=2).err, 'show without a place')
    check('partition:offset' in dead(conf, 'show', '0:x', code=2).err, 'show 0:x')


@test('replay puts a record back where it came from, once, and refuses what was cut or has no topic')
def replay(folder):
    conf = made(folder)
    letters = listed(conf)
    result = dead(conf, 'replay', '--all', code=65)
    check('replayed 2, replayed before 0, refused 3' in result.err, result.err)
    for words in ('only the first 65536 of its 4193304 bytes', 'it came from source posts', 'it has no key'):
        check(words in result.err, f'{words}: {result.err}')
    again = [r for r in tail(conf, 'posts', strangers={'posts'}) if 'earshot.errors.replayed' in r['headers']]
    equal(sorted((r['key'], r['partition']) for r in again), sorted([(post_id('a'), 1), (post_id('long'), 3)]))
    by_key = {one.get('key'): one for one in letters}
    for record in again:
        letter = by_key[record['key']]
        check(record['headers'].pop('earshot.errors.first_seen') <= letter['time'], record['headers'])
        equal(record['headers'], {'earshot.errors.attempts': '2', 'earshot.errors.replayed': place(letter)})
    check('replayed 0, replayed before 2, refused 3' in dead(conf, 'replay', '--all', code=65).err, 'twice')
    equal(sum(one['replayed'] for one in listed(conf)), 2)
    # nothing was mended: they come back, and say that it is the second time; those may be replayed again
    once(conf)
    second = [one for one in listed(conf) if place(one) not in map(place, letters)]
    equal(sorted(one['key'] for one in second), sorted([post_id('a'), post_id('long')]))
    for record in tail(conf, 'deadletter'):
        if f'{record["partition"]}:{record["offset"]}' in map(place, second):
            first = by_key[record['key']]
            headers = {n.removeprefix('earshot.errors.'): v for n, v in record['headers'].items()}
            equal((headers['attempts'], headers['replayed']), ('2', place(first)))
            equal((headers['topic'], headers['offset'] != str(first['from']['offset'])), ('posts', True))
    audit = [r['value'] for r in tail(conf, 'audit')]
    equal(sorted(f'{a["letter"]["partition"]}:{a["letter"]["offset"]}' for a in audit),
          sorted(place(by_key[r['key']]) for r in again))
    # mended: no topic matches now, so that nothing is added to the record
    write(folder, 'earshot.yaml', CONFIG.replace("query: 'acme'", "query: 'something'"))
    check('replayed 1, ' in dead(conf, 'replay', '--cause', 'LIMIT', '--from', min(one['time'] for one in second)).err, 'mended')
    once(conf)
    equal(len(listed(conf)), len(letters) + 2, 'no further letter')
    result = dead(conf, 'replay', '0:4711', code=66)
    check('no such dead letter' in result.err, result.err)
    check('replay which?' in dead(conf, 'replay', code=2).err, 'replay without anything')
    tail(conf, 'deadletter', 'posts', 'mentions.positive', 'audit', strangers={'posts'})


@test('beside a running system: what is replayed is worked at once')
def running(folder):
    conf = made(folder)
    long = next(one for one in listed(conf) if one.get('key') == post_id('long'))
    write(folder, 'earshot.yaml', CONFIG.replace("query: 'acme'", "query: 'something'"))
    with Running('-c', conf) as run:
        run.url()
        check('replayed 1, ' in dead(conf, 'replay', place(long)).err, 'replay')
        check('replayed 0, replayed before 1,' in dead(conf, 'replay', place(long)).err, 'again')

        wait_until(lambda: 'earshot_posts_total{outcome="unmatched"} 1' in metrics(run.url()), 'the record is worked')
        equal(run.stop(), 0, 'the exit code')
    equal(len(listed(conf)), 5, 'no further letter')


main()

# SPDX-License-Identifier: MIT
"""Records that cannot be handled, written straight into `posts`: each becomes one dead letter
with its cause, what stands behind it in its partition goes on, the counts agree."""

import hashlib
import json
import os
import subprocess

from kafka import EARSHOT, Broker, Group, LABELS, Member, check, config_of, earshot, equal, main, post_id, test, wait_until, write
from ledger import kcat, place, tail

PARTITIONS = 4
STRANGERS = ('posts',)  # this suite writes there
MIB = 1024 * 1024


def post(key, **other):
    return {'id': key, 'rev': 0, 'op': 'create', 'source': 'trial', 'kind': 'post', 'text': 'acme is great, I love it',
            'observed_at': '2026-01-01T10:00:00Z', 'event_at': '2026-01-01T10:00:00Z', **other}


def raw(value):
    return value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()


def deep(n):
    return b'{"id":"%s","extra":' + b'[' * n + b']' * n + b'}'


# what it is, its value by its key, a word of the cause
BAD = (
    ('no JSON', lambda key: b'acme is great', 'JSON'),
    ('half of a record', lambda key: raw(post(key))[:-20], ''),
    ('nothing but spaces', lambda key: b'   ', ''),
    ('an empty value', lambda key: b'\n', ''),
    ('a list', lambda key: b'[1,2,3]', 'object'),
    ('a number', lambda key: b'7', 'object'),
    ('two objects', lambda key: raw(post(key)) + raw(post(key)), ''),
    ('nested too deep', lambda key: deep(5000).replace(b'%s', key.encode()), ''),
    ('a number as text', lambda key: raw(post(key, text=7)), 'text'),
    ('a list as text', lambda key: raw(post(key, text=['acme'])), 'text'),
    ('a text as rev', lambda key: raw(post(key, rev='0')), 'rev'),
    ('a negative rev', lambda key: raw(post(key, rev=-5)), 'rev'),
    ('an op that nobody knows', lambda key: raw(post(key, op='explode')), 'op'),
    ('a time that is none', lambda key: raw(post(key, observed_at='yesterday')), 'observed_at'),
    ('a member twice', lambda key: b'{"id":"%s",' % key.encode() + raw(post(key))[1:], 'twice'),
    ('no id', lambda key: raw({'text': 'acme is great'}), 'id'),
    ('the id of another', lambda key: raw(post('0' * 32)), 'key'),
    ('bytes that are no UTF-8', lambda key: raw(post(key)).replace(b'great', b'gr\xff\xfet'), 'UTF-8'),
    ('half of a surrogate pair', lambda key: raw(post(key)).replace(b'great', b'gr\\ud800t'), ''),
    ('a NUL byte', lambda key: raw(post(key)).replace(b'great', b'gr\0at'), ''),
    ('an author that is a list', lambda key: raw(post(key, author=[1])), 'author'),
    # with what the worker adds it is over the limit of a record
    ('as long as a record may be', lambda key: b'x' * (4 * MIB - 1300), 'JSON'),
    ('too long with its result', lambda key: raw(post(key, extra='x' * (4 * MIB - 1500))), ''),
)


def send(folder, address, partition, key, value):
    """value None: a null."""
    args = ['kcat', '-P', '-b', address, '-t', 'earshot.posts', '-p', str(partition), '-X', 'message.max.bytes=4194304',
            '-X', 'compression.codec=lz4']
    args += ['-Z', '-K', '|'] if value is None else ['-k', key, write(folder, 'record', value)]
    run = subprocess.run(args, input=f'{key}|\n'.encode() if value is None else b'', capture_output=True, timeout=60)
    equal(run.returncode, 0, f'kcat -P: {run.stderr.decode()[-1000:]}')


def hold_letter(letter, partition, value, cause, what):
    headers = {name.removeprefix('earshot.errors.'): text for name, text in letter['headers'].items()}
    equal((headers.get('topic'), headers.get('partition')), ('posts', str(partition)), f'{what}: where it stood')
    equal(headers.get('exception.class.name') in ('DATA', 'LIMIT'), True, f'{what}: code {headers}')
    message = headers.get('exception.message')
    check(message and cause in message, f'{what}: the cause says {message!r}')
    equal(headers.get('stage') in ('slice', 'match', 'score', 'publish'), True, f'{what}: stage {headers}')
    if 'size' in headers:
        equal(headers['size'], str(len(value)), f'{what}: size')
        equal(headers['sha256'], hashlib.sha256(value).hexdigest(), f'{what}: SHA-256')
    return int(headers['offset'])


def deadletter(conf, *args, code=0):
    result = earshot('deadletter', args[0], '-c', conf, *args[1:], program=EARSHOT, timeout=120)
    equal(result.code, code, f'deadletter {args}: {result.err}')
    return result


def replay(conf, wanted):
    """Beside the running worker: one record goes back, and as nothing was mended it comes again."""
    letters = deadletter(conf, 'ls', '--json').lines()
    equal({one['key'] for one in letters}, set(wanted), 'keys that ls names')
    one = next(letter for letter in letters if wanted[letter['key']][0] == 'an op that nobody knows')
    place = f'{one["partition"]}:{one["offset"]}'
    check('replayed 1,' in deadletter(conf, 'replay', place).err, 'replay')

    def second():
        return [r for r in tail(conf, 'deadletter')['deadletter'] if r['headers'].get('earshot.errors.replayed') == place]
    found = wait_until(second, 'the record comes again', every=0.5)
    equal((found[0]['key'], found[0]['headers']['earshot.errors.attempts']), (one['key'], '2'), 'the second letter')
    equal((found[0]['headers']['earshot.errors.partition'], len(found)), (str(one['from']['partition']), 1), 'where it stood')
    return place, len(letters) + 1


def again(conf, place, n):
    """Without a system that runs: it is known what was put back."""
    check('replayed 0, replayed before 1,' in deadletter(conf, 'replay', place).err, 'a second replay')
    letters = deadletter(conf, 'ls', '--json').lines()
    equal((len(letters), [f'{one["partition"]}:{one["offset"]}' for one in letters if one['replayed']]), (n, [place]), 'ls')
    check(b'earshot.errors.stage: slice' in deadletter(conf, 'show', place).out, 'show')


@test(f'{len(BAD)} kinds of records that cannot be handled: a dead letter each with its cause, the partition goes on')
def letters(folder):
    with Broker(folder) as broker:
        conf = config_of(folder, broker, [], 'privacy: {redact: true}\n')
        worker = Member(conf, 'work', 'w1')
        with Group('dead_letters', worker) as group:
            group.start()
            wanted, good, sent = {}, set(), 0
            for n, (what, value_of, cause) in enumerate(BAD):
                for partition in (n % PARTITIONS, (n + 1) % PARTITIONS):
                    key, fine = post_id('bad', f'{n}/{partition}'), post_id('good', f'{n}/{partition}')
                    value = value_of(key)
                    send(folder, broker.address, partition, key, value)
                    send(folder, broker.address, partition, fine, raw(post(fine)))
                    wanted[key] = (what, partition, value, cause)
                    good.add(fine)
                    sent += 2
            send(folder, broker.address, 0, 'no id', None)
            wanted['no id'] = ('a null whose key is no id', 0, b'', 'null')
            sent += 1

            def labelled():
                read = tail(conf, *LABELS, strangers=STRANGERS)
                return [record['key'] for topic in LABELS for record in read[topic]]
            wait_until(lambda: good <= set(labelled()), 'every good record behind a bad one:\n' + '\n'.join(group.log(20)),
                       every=0.5)
            wait_until(lambda: {r['key'] for r in tail(conf, 'deadletter', strangers=STRANGERS)['deadletter']} >= set(wanted), 'every bad one', every=0.5)
            equal(sorted(labelled()), sorted(good), 'the label topics')
            read = tail(conf, 'posts', 'deadletter', strangers=STRANGERS)
            equal(len(read['posts']), sent, 'records in posts')
            at = {(r['partition'], r['offset']): r['key'] for r in read['posts']}
            by_key = {}
            for letter in read['deadletter']:
                by_key.setdefault(letter['key'], []).append(letter)
            equal(set(by_key), set(wanted), 'keys of dead letters')
            for key, found in by_key.items():
                what, partition, value, cause = wanted[key]
                equal(len(found), 1, f'{what}: dead letters {[place(r) for r in found]}')
                offset = hold_letter(found[0], partition, value, cause, what)
                equal(at.get((partition, offset)), key, f'{what}: the record at offset {offset}')
            equal(len(kcat(broker.address, 'deadletter')), len(wanted), 'dead letters as kcat reads them')

            def counted():  # a moment after they are committed
                return {name.split('"')[1]: value for name, value in worker.metrics().items() if name.startswith('earshot_posts_total')}
            wait_until(lambda: sum(counted().values()) >= sent, '/metrics has them')
            outcomes = counted()
            equal(sum(outcomes.values()), sent, f'/metrics: outcomes {outcomes}')
            equal(outcomes['deadletter'], len(wanted), f'/metrics: outcomes {outcomes}')
            tries = replay(conf, wanted)
            group.stop()
            again(conf, *tries)
            os.unlink(os.path.join(folder, 'record'))
    print(f'# {sent} records: {len(wanted)} dead letters, {len(good)} mentions')


main()

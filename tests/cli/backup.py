# SPDX-License-Identifier: MIT
"""The log in a file: kept and brought back while everything goes on or is killed, and
upgraded from the layouts of older versions."""

import json
import os
import random
import sqlite3
import subprocess
import time
from contextlib import closing

from harness import (CONFIG, EARSHOT, ROOT, Running, check, config, earshot, equal, get, main, ready, tail, test,
                     wait_until, write)

OLDEST = os.path.join(ROOT, 'tests', 'fixtures', 'log', 'layout-1.sql')
WORDS = ['acme is great', 'acme refund is terrible', 'acme opens at nine', 'nothing about the brand']
KILLS = int(os.environ.get('EARSHOT_KILLS', '15'))


def posts(first, n):
    return ''.join(json.dumps({'native_id': f'p{i}', 'text': f'{WORDS[i % len(WORDS)]} number {i}',
                               'published_at': f'2026-01-01T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z'}) + '\n'
                   for i in range(first, first + n))


def layout(path):
    with closing(sqlite3.connect(path)) as db:
        equal(db.execute('PRAGMA quick_check').fetchone()[0], 'ok', path)
        return db.execute('PRAGMA user_version').fetchone()[0]


def each_once(conf, n):
    """All n posts, and the mentions of those about the brand, each once, on the topics and the pages."""
    ids = [r['key'] for r in tail(conf, 'posts')]
    equal((len(ids), len(set(ids))), (n, n), 'records and ids in posts')
    wanted = {r['key'] for r in tail(conf, 'posts') if 'acme' in r['value']['text']}
    labelled = [r['key'] for topic in ('positive', 'neutral', 'negative') for r in tail(conf, f'mentions.{topic}')]
    equal((len(labelled), set(labelled)), (len(wanted), wanted), 'mentions')
    with Running('-c', conf) as run:
        url = run.url()
        wait_until(lambda: ready(url), 'the pages are up to date')
        equal(get(f'{url}/api/v1/summary')['n'], len(wanted), 'mentions on the pages')
        equal(run.stop(), 0, 'the exit code')


def move_log(folder, to):
    for end in ('', '-wal', '-shm'):
        if os.path.exists(f'{folder}/var/log.db{end}'):
            os.rename(f'{folder}/var/log.db{end}', f'{to}{end}')


def big(folder, n=40000):
    """A log of n posts and a backup of it."""
    conf, kept = config(folder), os.path.join(folder, 'kept.db')
    write(folder, 'posts.jsonl', posts(0, n))
    equal(earshot('run', '-c', conf, '--once', program=EARSHOT, timeout=300).code, 0)
    equal(earshot('backup', '-c', conf, kept).code, 0)
    return conf, kept


@test('a backup while posts pass is one moment of the log: brought back, nothing is lost and nothing stands twice')
def live(folder):
    conf, n, sizes = config(folder), 30000, []
    write(folder, 'posts.jsonl', posts(0, n))
    with Running('-c', conf) as run:
        url = run.url()
        while get(f'{url}/api/v1/summary')['n'] < n * 3 // 4:  # one after the other while they pass
            kept = f'{folder}/kept-{len(sizes)}.db'
            said = earshot('backup', '-c', conf, kept, program=EARSHOT)
            equal(said.code, 0, said.err)
            check('whole and on the disk' in said.err, said.err)
            equal(oct(os.stat(kept).st_mode & 0o777), '0o600', 'who may read it')
            with closing(sqlite3.connect(kept)) as db:
                sizes.append(db.execute('SELECT sum(next) FROM partitions').fetchone()[0])
        equal(run.stop(), 0, 'the exit code')
    equal(sizes, sorted(sizes), 'records of the backups')
    with closing(sqlite3.connect(f'{folder}/var/log.db')) as db:
        whole = db.execute('SELECT sum(next) FROM partitions').fetchone()[0]
    amidst = [i for i, size in enumerate(sizes) if 0 < size < whole]
    check(amidst, f'no backup was made while posts passed: {sizes} of {whole}')
    print(f'# {len(amidst)} of {len(sizes)} backups hold a part of what was passing')
    for i in sorted({amidst[0], amidst[-1]}):
        move_log(folder, f'{folder}/old-{i}.db')
        said = earshot('restore', '-c', conf, f'{folder}/kept-{i}.db')
        equal(said.code, 0, said.err)
        # what came after the backup is collected once more, and the read model, which knows of more than
        # this log, is made anew
        end = earshot('run', '-c', conf, '--once', program=EARSHOT, timeout=300)
        equal(end.code, 0, end.err)
        check('event=view.rebuild' in end.err, end.err)
        each_once(conf, n)


def moment(i, process, begun, seconds):
    """When it is killed: a random moment is the point, except once, as soon as it has begun."""
    if i:
        time.sleep(seconds)
        return
    while process.poll() is None and not os.path.exists(begun):
        time.sleep(0.001)


@test(f'{KILLS} SIGKILLs during backups: a file that has the name is whole, and the next backup takes up the rest')
def kill_backup(folder):
    rng = random.Random(20261126)
    conf, kept = big(folder)
    begin = time.monotonic()
    equal(earshot('backup', '-c', conf, f'{folder}/timed.db', program=EARSHOT).code, 0)
    span = time.monotonic() - begin
    os.remove(f'{folder}/timed.db')
    half = whole = 0
    with closing(sqlite3.connect(kept)) as db:
        want = db.execute('SELECT pid, next FROM partitions ORDER BY pid').fetchall()
    for i in range(KILLS):
        dest = f'{folder}/b{i}.db'
        with subprocess.Popen([EARSHOT, 'backup', '-c', conf, dest], stderr=subprocess.DEVNULL) as process:
            moment(i, process, f'{dest}.part', rng.random() * span)
            process.kill()
        if os.path.exists(dest):
            whole += 1
        else:
            half += os.path.exists(f'{dest}.part')
            said = earshot('backup', '-c', conf, dest)
            equal(said.code, 0, said.err)
        check(not os.path.exists(f'{dest}.part'), f'{dest}.part is left')
        equal(layout(dest), 2, dest)
        with closing(sqlite3.connect(dest)) as db:
            equal(db.execute('SELECT pid, next FROM partitions ORDER BY pid').fetchall(), want, dest)
        os.remove(dest)
    check(half, 'no kill hit a backup that had begun')
    print(f'# {half} of {KILLS} kills left half a backup, {whole} a whole one')


@test(f'{KILLS} SIGKILLs during restores: half a log is refused by all, a whole one runs')
def kill_restore(folder):
    rng = random.Random(20261127)
    conf, kept = big(folder)
    move_log(folder, f'{folder}/old.db')
    log = f'{folder}/var/log.db'
    begin = time.monotonic()
    equal(earshot('restore', '-c', conf, kept, program=EARSHOT).code, 0)
    span = time.monotonic() - begin
    half = 0
    for i in range(KILLS):
        os.remove(log)
        with subprocess.Popen([EARSHOT, 'restore', '-c', conf, kept], stderr=subprocess.DEVNULL) as process:
            moment(i, process, f'{log}.restoring', rng.random() * span)
            process.kill()
        if not os.path.exists(log) and os.path.exists(f'{log}.restoring'):
            half += 1
            for said in (earshot('run', '-c', conf, '--once'), earshot('tail', '-c', conf, 'posts')):
                equal(said.code, 78, said.err)
                check('was not restored to its end' in said.err and 'earshot restore' in said.err, said.err)
            check(not os.path.exists(log), 'an empty log was made')
        if not os.path.exists(log):
            equal(earshot('restore', '-c', conf, kept).code, 0)
        equal((layout(log), os.path.exists(f'{log}.restoring')), (2, False), log)
    check(half, 'no kill hit a restore that had begun')
    each_once(conf, 40000)
    print(f'# {half} of {KILLS} kills left half a log')


@test('nothing is written over, and what is no backup, damaged, missing or of Kafka is one clear error')
def errors(folder):
    conf, log, kept = config(folder), f'{folder}/var/log.db', f'{folder}/kept.db'
    write(folder, 'posts.jsonl', posts(0, 2000))

    def refused(code, *args, words):
        said = earshot(*args)
        equal(said.code, code, said.err)
        for word in words:
            check(word in said.err, f'{word!r} is not in: {said.err}')
        equal([name for name in os.listdir(folder) if name.endswith(('.part', '.restoring'))], [], 'what is left')
    refused(66, 'backup', '-c', conf, kept, words=['there is no log at', 'log.db'])
    refused(66, 'restore', '-c', conf, kept, words=['there is no backup at', 'kept.db'])
    equal(earshot('run', '-c', conf, '--once').code, 0)
    equal(earshot('backup', '-c', conf, kept).code, 0)
    refused(73, 'backup', '-c', conf, kept, words=['is there already', 'name another file'])
    refused(73, 'backup', '-c', conf, folder, words=['is there already'])
    refused(73, 'backup', '-c', conf, f'{folder}/none/kept.db', words=['cannot create', 'folder'])
    refused(73, 'restore', '-c', conf, kept, words=['is there already', 'move the log away'])
    move_log(folder, f'{folder}/old.db')
    with open(kept, 'rb') as file:
        data = file.read()
    refused(78, 'restore', '-c', conf, write(folder, 'no.db', 'rubbish ' * 4096), words=['no earshot log'])
    refused(66, 'restore', '-c', conf, write(folder, 'empty.db', ''), words=['is empty'])
    refused(65, 'restore', '-c', conf, write(folder, 'short.db', data[:len(data) // 2]), words=['damaged', 'short.db'])
    write(folder, 'var/log.db-wal', 'of another log')
    refused(73, 'restore', '-c', conf, kept, words=['log.db-wal', 'is there already'])
    os.remove(f'{log}-wal')
    with sqlite3.connect(kept) as db:
        db.execute('PRAGMA user_version=9')
    refused(78, 'restore', '-c', conf, kept, words=['layout 9', 'newer'])
    check(not os.path.exists(log), 'something was made')
    for name in ('backup', 'restore'):
        refused(2, name, '-c', conf, '--set', 'bus=kafka://127.0.0.1:1', f'{folder}/k.db',
                words=['the log is in Kafka', 'connect-mirror-maker.sh', 'kcat'])


def oldest(path):
    """A log as the first version made it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with sqlite3.connect(path) as db, open(OLDEST, encoding='utf-8') as dump:
        db.execute('PRAGMA page_size=16384')
        db.execute('PRAGMA journal_mode=WAL')
        db.executescript(dump.read())
    db.close()


@test('a log of the oldest layout is upgraded at the start with all its records and offsets; a newer one is refused')
def upgrade(folder):
    conf, log = config(folder, CONFIG), f'{folder}/var/log.db'
    oldest(log)
    tables = 'SELECT name, sql FROM sqlite_schema WHERE name != "identity" ORDER BY name'
    with sqlite3.connect(log) as db:
        before = (db.execute(tables).fetchall(), db.execute('SELECT * FROM partitions ORDER BY pid').fetchall(),
                  db.execute('SELECT * FROM offsets ORDER BY grp, pid').fetchall())
    db.close()
    equal(layout(log), 1)
    said = earshot('tail', '-c', conf, 'posts')
    equal(said.code, 78, said.err)
    check('older earshot' in said.err and 'earshot run' in said.err, said.err)
    equal(layout(log), 1, 'who only reads upgrades nothing')
    write(folder, 'posts.jsonl', posts(0, 12))  # what it had collected when it was made
    end = earshot('run', '-c', conf, '--once', '--role', 'work')
    equal(end.code, 0, end.err)
    check('event=bus.upgraded' in end.err and 'from=1 to=2' in end.err, end.err)
    equal(layout(log), 2)
    with sqlite3.connect(log) as db:
        equal((db.execute(tables).fetchall(), db.execute('SELECT * FROM partitions ORDER BY pid').fetchall(),
               db.execute('SELECT * FROM offsets ORDER BY grp, pid').fetchall()), before, 'what it holds')
    db.close()
    end = earshot('run', '-c', conf, '--once')
    equal((end.code, 'bus.upgraded' in end.err), (0, False), end.err)
    each_once(conf, 12)
    # the same out of a backup that the first version could have been copied to by hand
    move_log(folder, f'{folder}/new.db')
    oldest(f'{folder}/kept.db')
    equal(earshot('restore', '-c', conf, f'{folder}/kept.db').code, 0)
    equal((layout(log), layout(f'{folder}/kept.db')), (2, 1))
    equal(earshot('run', '-c', conf, '--once').code, 0)
    each_once(conf, 12)
    with sqlite3.connect(log) as db:
        db.execute('PRAGMA user_version=3')
    db.close()
    said = earshot('run', '-c', conf, '--once')
    equal(said.code, 78, said.err)
    check('has layout 3' in said.err and 'newer' in said.err, said.err)


@test('a read model of an older version, or of another log, is made anew from the topics')
def read_model(folder):
    conf = config(folder)
    write(folder, 'posts.jsonl', posts(0, 40))
    equal(earshot('run', '-c', conf, '--once').code, 0)
    for change in ("UPDATE meta SET value=1 WHERE name='schema'", "UPDATE meta SET value=7 WHERE name='log'",
                   "UPDATE meta SET value=0 WHERE name='log'"):  # as of Kafka, which has no number
        with sqlite3.connect(f'{folder}/var/view.db') as db:
            db.execute(change)
            db.execute('DELETE FROM held')
        db.close()
        end = earshot('run', '-c', conf, '--once')
        equal((end.code, 'event=view.rebuild' in end.err), (0, True), f'{change}: {end.err}')
        each_once(conf, 40)


main()

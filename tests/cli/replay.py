# SPDX-License-Identifier: MIT
"""earshot replay: what it tells, what it writes, and that it ends as a fresh run would, whatever is killed."""

import json
import os
import pty
import random
import signal
import subprocess
import time

from harness import (CONFIG, DEMO, EARSHOT, LABELS, Running, Skipped, check, config, demo_offline, earshot, equal, get, main,
                     rescored_once, same_state, tail, test, wait_until, write)

POSTS = int(os.environ.get('EARSHOT_REPLAY_POSTS', '20000'))
KILLS = int(os.environ.get('EARSHOT_REPLAY_KILLS', '8'))
WORDS = ['acme is great', 'acme refund is terrible', 'acme opens at nine', 'rival is better than acme',
         'acme 배송이 너무 느려요', 'acme kargo çok hızlı geldi', 'nothing about the brand', 'zenith is a horrible shop \x9b2J \u202e']
# a brand that nobody has listened for, one query narrower, another flag
NEW = CONFIG.replace("query: 'acme'", "query: 'acme NOT nine'").replace(
    "  - {id: rival,", "  - {id: zenith, topics: [{id: zenith-all, query: 'zenith'}]}\n  - {id: rival,").replace(
    'sentiment:negative AND refund', 'sentiment:negative AND (refund OR zenith)')


def posts(first, n, words=WORDS):
    return ''.join(json.dumps({'native_id': f'p{i}', 'text': f'{words[i % len(words)]} number {i}',
                               'published_at': f'2026-01-01T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z'},
                              ensure_ascii=False) + '\n' for i in range(first, first + n))


def once(conf, *args):
    result = earshot('run', '-c', conf, '--once', *args, program=EARSHOT, timeout=300)
    equal(result.code, 0, result.err)


def with_history(folder, n=400, *args):
    conf = config(folder)
    write(folder, 'posts.jsonl', posts(0, n))
    once(conf, *args)
    return conf


def fresh(folder, name, text, n, *args):
    """The same posts with these settings from the beginning."""
    other = os.path.join(folder, name)
    conf = config(other, text)
    write(other, 'posts.jsonl', posts(0, n))
    once(conf, *args)
    return conf


def records(conf):
    return sum(len(tail(conf, topic)) for topic in (*LABELS, 'flagged'))


def done(conf, replays=1):
    """Every partition has said so, of every replay."""
    return len({r['key'] for r in tail(conf, 'settings') if r['value'].get('state') == 'done'}) == 4 * replays


def summary(run):
    url = [line.split('url=')[1] for line in run.lines if 'event=http.listening' in line][-1]  # a reload has another
    answer = get(url + '/api/v1/summary?since=2020-01-01T00:00:00Z')
    return {k: answer[k] for k in ('n', 'positive', 'neutral', 'negative')}


@test('a bad time, a range that is none, no log, a wrong config: one clear error, the exit code of its kind')
def errors(folder):
    conf = with_history(folder, 8)
    none = ['--set', f'bus={folder}/none.db']
    for args, code, words in (
            ([], 2, '--from TIME is missing'), (['--from', 'yesterday'], 2, '--from yesterday: it can be a time'),
            (['--from', '7d', '--to', 'noon'], 2, '--to noon'), (['--from', '1d', '--to', '2d'], 2, 'lies before'),
            (['--from', '2999-01-01T00:00:00Z'], 2, 'lies in the future'), (['--from', '7d', 'x'], 2, 'too many'),
            (['--from', '7d', *none], 66, 'there is no log'), (['--from', '7d', '--apply', *none], 66, 'there is no log'),
            (['--from', '7d', '--set', 'bus=kafka://127.0.0.1:1'], 69, 'cannot be reached'),
            (['--from', '7d', '--set', "brands.0.topics.0.query=(acme"], 78, 'parenthesis')):
        result = earshot('replay', '-c', conf, *args)
        equal(result.code, code, f'{args}: {result.err}')
        check(words in result.err and len(result.err.splitlines()) == 1, f'{args}: {result.err}')
        equal(result.out, b'', f'{args}: standard output')
    check(not os.path.exists(f'{folder}/none.db'), 'a log was made')
    result = earshot('replay', '--help')
    equal(result.code, 0)
    check(all(f'--{o}' in result.text for o in ('from', 'to', 'diff', 'apply', 'wait', 'json')), result.text)


@test('the demo replayed with the settings that it has changes nothing: not one record')
def demo(folder):
    args = ['-c', DEMO, '--set', f'bus={folder}/log.db', '--set', f'view.path={folder}/view.db', *demo_offline()]

    def count():
        found = earshot('tail', *args, *LABELS, 'flagged', 'deadletter', program=EARSHOT)
        return len(found.lines())
    equal(earshot('run', *args, '--once', program=EARSHOT, timeout=300).code, 0)
    before = count()
    diff = earshot('replay', *args, '--from', 'beginning', '--json')
    equal(diff.code, 0, diff.err)
    told = diff.lines()[0]
    equal((told['changed'], told['failed'], told['topics'], told['themes']), (0, 0, [], []), 'the diff')
    check(told['same'] > 1000, f'{told}')
    equal(earshot('replay', *args, '--from', 'beginning', '--apply').code, 0)
    equal(earshot('run', *args, '--once', program=EARSHOT, timeout=300).code, 0)
    equal(count(), before, 'records')
    done = [r['value'] for r in earshot('tail', *args, 'settings', program=EARSHOT).lines()
            if r['value'].get('state') == 'done']
    equal((len(done), sum(d['same'] for d in done), sum(d['changed'] for d in done)), (8, told['same'], 0), 'done')


@test('the diff counts what a replay then changes, topic by topic, and writes nothing')
def diff(folder):
    conf = with_history(folder)  # 50 of each text
    before = records(conf)
    config(folder, NEW)
    told = earshot('replay', '-c', conf, '--from', '1d', '--json').lines()[0]
    topics = {t['id']: t for t in told['topics']}
    equal((told['new_mentions'], told['changed']), (50, 100), 'zenith, and acme at nine')
    equal((topics['zenith-all']['gained'], topics['zenith-all']['lost']), (50, 0))
    equal((topics['acme-all']['gained'], topics['acme-all']['lost']), (0, 50))
    equal(topics['acme-all']['became']['unmatched'], 50)
    equal(told['became']['unmatched'], 50)
    equal(len(topics['zenith-all']['examples']), 3)
    check('zenith' in topics['zenith-all']['examples'][0]['text'], topics)
    text = earshot('replay', '-c', conf, '--from', '1d', '--diff').text
    check('topic zenith-all: gained 50, lost 0' in text and 'posts: 100 would change, 300 would stay' in text, text)
    check('zenith is a horrible shop' in text and '\\u202e' in text and '\x9b' not in text and '\u202e' not in text, ascii(text))
    equal((records(conf), tail(conf, 'settings')), (before, []), 'nothing is written')


@test('a new brand is back-filled by the running workers: topics, flags and counts as in a fresh run')
def backfill(folder):
    conf = with_history(folder)
    with Running('-c', conf) as run:
        run.url()
        config(folder, NEW)
        early = earshot('replay', '-c', conf, '--from', 'beginning', '--apply', '--wait')
        equal(early.code, 69, early.err)
        check('run with other settings' in early.err and 'SIGHUP' in early.err, early.err)
        run.process.send_signal(signal.SIGHUP)  # and what was asked for is carried out
        wait_until(lambda: done(conf), 'the replay')
        late = earshot('replay', '-c', conf, '--from', 'beginning', '--apply', '--wait')
        equal(late.code, 0, late.err)
        check('400 posts, 0 changed' in late.err, late.err)
        other = fresh(folder, 'fresh', NEW, 400)
        with Running('-c', other) as theirs:
            theirs.url()
            want = wait_until(lambda: (s := summary(theirs))['n'] == 300 and s, 'the counts of a fresh run')
            wait_until(lambda: summary(run) == want, f'the counts {want}')
        run.stop()
    same_state(conf, other)


@test(f'{KILLS} SIGKILLs of the worker while {POSTS:,} posts are replayed beside live ones: as a fresh run')
def kills(folder):
    rng = random.Random(8)
    roles = ('--role', 'collect,work')  # the read model has its own trials
    conf = with_history(folder, POSTS, *roles)
    config(folder, NEW)
    equal(earshot('replay', '-c', conf, '--from', 'beginning', '--apply', program=EARSHOT).code, 0)
    n, begun = POSTS, 0
    for i in range(KILLS):
        with Running('-c', conf, *roles) as run:
            with open(os.path.join(folder, 'posts.jsonl'), 'a', encoding='utf-8') as out:
                out.write(posts(n, 50))
            n += 50
            if not done(conf):
                run.event('replay.begun')
            time.sleep(rng.random() * 0.06)  # a random moment is the point of this test
            begun += any('event=replay.begun' in line for line in run.lines)
            run.kill()
    check(begun, 'no kill hit a replay')
    once(conf, *roles)
    check(done(conf), 'the replay is done')
    rescored = rescored_once(conf)
    mentions = same_state(conf, fresh(folder, 'fresh', NEW, n, *roles))
    print(f'# {begun} of {KILLS} kills hit a replay; {rescored} re-scored, {mentions} states as in a fresh run')


@test('without a worker that is said, and the request stays')
def alone(folder):
    conf = with_history(folder)
    asked = subprocess.Popen([EARSHOT, 'replay', '-c', conf, '--from', 'beginning', '--apply', '--wait'],
                             stderr=subprocess.PIPE)
    err = asked.communicate(timeout=60)[1].decode()
    equal(asked.returncode, 69, err)
    check('no worker has answered' in err and 'earshot run' in err, err)
    with Running('-c', conf) as run:
        run.url()
        wait_until(lambda: done(conf), 'it is carried out')
        run.stop()


@test('on a terminal progress is shown to the end')
def terminal(folder):
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        raise Skipped(f'this machine gives no pseudo terminal ({error})') from error
    conf = with_history(folder)
    with Running('-c', conf) as run:
        run.url()
        shown = subprocess.Popen([EARSHOT, 'replay', '-c', conf, '--from', 'beginning', '--apply'], stderr=theirs)
        os.close(theirs)
        text = b''
        try:
            while part := os.read(ours, 4096):
                text += part
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        equal(shown.wait(60), 0, text.decode())
        check(b'is done: 400 posts, 0 changed' in text, text.decode())
        run.stop()



main()

# SPDX-License-Identifier: MIT
"""Event streams: heard as they come, caught up with after every cut and every kill, watched while they are quiet."""

import json
import os
import random
import signal
import threading
import time

from harness import ROOT, Running, check, earshot, equal, main, metrics, tail, test, wait_until, write
from streaming import START, Fediverse, event, status

CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
allow_private: ["127.0.0.1"]
connectors: [kinds]
brands: [{id: acme, topics: [{id: all, query: acme}]}]
privacy: {redact: false}
sources:
'''

# Events with ids, and no pages beside them.
NUMBERED = '''
base: https://x.example
channel: forum
stream:
  url: "{base}/api/v1/streaming/all"
  events: {update: post, status.update: post, delete: gone}
map: {native_id: id, text: content^html, published_at: created_at, edited_at: edited_at}
'''


def shipped(**changes):
    with open(os.path.join(ROOT, 'config', 'connectors', 'mastodon_stream.yaml'), encoding='utf-8') as file:
        text = file.read()
    for old, new in changes.items():
        check(f'{old}: ' in text, old)
        text = '\n'.join(line[:line.index(f'{old}:')] + f'{old}: {new}' if line.strip().startswith(f'{old}:') else line for line in text.split('\n'))
    return text


def config(folder, site, kind='mastodon_stream', more='', params=', params: {tag: acme, token: tok}'):
    return write(folder, 'earshot.yaml', CONFIG + f'  - {{id: s, kind: {kind}, base: "{site.url}"{params}{more}}}\n')


def posts(conf):
    return [(record['value'].get('native_id'), record['value']) for record in tail(conf, 'posts')]


def texts(conf):
    return sorted(int(post['text'].split()[-1]) for _id, post in posts(conf))


def state(conf):
    records = tail(conf, 'sources')
    return records[-1]['value'] if records else {}


def until(conf, condition, what, seconds=90):
    def found():
        now = state(conf)
        return condition(now) and now
    return wait_until(found, what, seconds, 0.2)


@test('Mastodon: what was there is read, what is said is heard, an edit is an update and a deletion a deletion, once each')
def _(folder):
    with Fediverse() as site:
        for n in range(1, 101):
            site.statuses[str(START + n)] = status(n)
        conf = config(folder, site)
        with Running('-c', conf, '--role', 'collect') as run:
            equal(run.event('source.stream')['state'], 'open')
            site.wait_open()
            wait_until(lambda: len(posts(conf)) == 100, 'the backlog')
            site.say('update', status(101))
            site.send(event('filters_changed', {'id': 'x'}))
            site.say('update', status(102, reblog={'uri': 'https://else.example/1'}))
            site.say('status.update', status(101, edited_at='2026-11-23T10:00:00.000Z', content='<p>acme was number 0</p>'))
            site.say('delete', str(START + 100))
            site.say('delete', str(START + 4711))
            wait_until(lambda: len(posts(conf)) == 103, 'what was said')
            mine = [post for native, post in posts(conf) if native == str(START + 101)]
            equal([(p['op'], p['rev'], p['text']) for p in mine], [('create', 0, 'acme number 101'), ('update', 1795428000000, 'acme was number 0')])
            gone = [post for native, post in posts(conf) if native == str(START + 100)]
            equal([p['op'] for p in gone], ['create', 'delete'])
            equal((gone[0]['id'], gone[1].get('text')), (gone[1]['id'], None))
            record = until(conf, lambda s: s.get('waits_by') == 'stream' and s['cursor']['pages']['since'] == str(START + 102), 'it waits by its stream')
            equal((record['state'], record['stream']['state']), ('ok', 'open'))
            asked = [path for _at, path, _headers in site.asked]
            equal(sum('/streaming/' in path for path in asked), 1)
            headers = next(headers for _at, path, headers in site.asked if '/streaming/' in path)
            equal((headers['Authorization'], headers['Accept']), ('Bearer tok', 'text/event-stream'))
            equal(run.stop(), 0)
            run.event('run.stopped')  # in time, with a stream open: else it says what it left behind
        # without a stream, too: what was said meanwhile, and nothing twice
        site.say('update', status(103))
        equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(len(posts(conf)), 104)
        equal(sum('/streaming/' in path for _at, path, _headers in site.asked), 1)


def speak(site, n, pause, stop=None, first=1):
    for i in range(first, first + n):
        if stop and stop.is_set():
            return
        site.say('update', status(i))
        time.sleep(pause)


@test('a server that cuts its streams off anywhere, within an event too, costs nothing and repeats nothing')
def _(folder):
    with Fediverse(cuts=True) as site:
        conf = config(folder, site)
        with Running('-c', conf, '--role', 'collect') as run:
            site.wait_open()
            n = 0
            while n < 1500 or (site.opened < 20 and n < 15000):
                speak(site, 300, 0.01, first=n + 1)
                n += 300
            wait_until(lambda: len(posts(conf)) >= n, 'all of it', every=0.5)
            check(site.opened >= 20, f'{site.opened} connections')
            run.stop()
        equal(texts(conf), list(range(1, n + 1)))


@test('a stream with ids goes on behind the last event that was committed, over cuts and kills')
def _(folder):
    write(folder, 'kinds/numbered.yaml', NUMBERED)
    with Fediverse(numbered=True, cuts=True) as site:
        conf = config(folder, site, 'numbered', params='')
        done, said = threading.Event(), [0]

        def go():
            while not done.is_set():
                said[0] += 1
                speak(site, 1, 0.01, first=said[0])
        speaker = threading.Thread(target=go)
        site.say('update', status(0))  # before anybody listens: a stream without pages begins with what comes
        with Running('-c', conf, '--role', 'collect'):
            site.wait_open()
            speaker.start()
            wait_until(lambda: len(posts(conf)) > 10, 'the first of it')
        chance = random.Random(3)
        for _n in range(14):
            with Running('-c', conf, '--role', 'collect') as run:
                run.url()
                time.sleep(0.3 + chance.random())  # a random moment is the point of this test
                run.kill()
        done.set()
        speaker.join()
        with Running('-c', conf, '--role', 'collect') as run:
            wait_until(lambda: len(posts(conf)) >= said[0], 'all of it', every=0.5)
            run.stop()
        check(any(int(headers.get('Last-Event-ID') or 0) > 0 for _at, _path, headers in site.asked), 'it never went on behind an event')
        equal([n for n in texts(conf) if n > 0], list(range(1, said[0] + 1)))


def kills(folder, n):
    """Kills at random times while it is spoken, with cuts; nothing is lost and nothing comes twice."""
    with Fediverse(cuts=True) as site:
        conf = config(folder, site)
        stop, chance, said = threading.Event(), random.Random(5), [0]

        def go():
            while not stop.is_set():
                said[0] += 1
                kind = said[0] % 10
                if kind == 8 and said[0] > 20:
                    site.say('status.update', status(said[0] - 5, edited_at='2026-11-23T10:00:00.000Z', content=f'<p>acme edited {said[0] - 5}</p>'))
                elif kind == 9 and said[0] > 20:
                    site.say('delete', str(START + said[0] - 7))
                else:
                    site.say('update', status(said[0]))
                time.sleep(0.004)
        speaker = threading.Thread(target=go)
        with Running('-c', conf, '--role', 'collect'):
            site.wait_open()
            speaker.start()
            wait_until(lambda: posts(conf), 'the first of it')
        for _n in range(n):
            with Running('-c', conf, '--role', 'collect') as run:
                run.url()
                time.sleep(chance.random() * 1.5)
                run.kill()
        stop.set()
        speaker.join()
        last = said[0] + 20 - said[0] % 10
        site.say('update', status(last))
        with Running('-c', conf, '--role', 'collect') as run:
            wait_until(lambda: any(native == str(START + last) for native, _post in posts(conf)), 'the last of it', every=0.5)
            until(conf, lambda s: s.get('waits_by') == 'stream', 'it has caught up')
            run.stop()
        found = {}
        for native, post in posts(conf):
            found.setdefault(native, []).append((post['op'], post['rev']))
        twice = {native: all_of for native, all_of in found.items() if len(all_of) != len(set(op for op, _rev in all_of))}
        equal(twice, {}, 'more than one record of a kind for a post')
        # what is still there has been heard, as it is now; a deletion is not told again to who was away
        lost = [one['id'] for one in site.statuses.values() if one['id'] not in found]
        equal(lost, [], f'of {len(site.statuses)}')
        old = [one['id'] for one in site.statuses.values() if one['edited_at'] and 'update' not in dict(found[one['id']])]
        equal([n for n in old if int(n) > START + last - 300], [], 'edits of the last while')
        return site.opened, len(found)


@test('twelve kills of the collector, with cuts between them: nothing is lost, nothing comes twice')
def _(folder):
    opened, n = kills(folder, int(os.environ.get('EARSHOT_KILLS', '12')))
    check(opened > 12, f'{opened} connections, {n} posts')


@test('a stream that is quiet for too long has stalled: its state says so within its time, and it is opened anew; a heartbeat is enough')
def _(folder):
    write(folder, 'kinds/mastodon_stream.yaml', shipped(quiet='5s'))
    write(folder, 'kinds/numbered.yaml', NUMBERED.replace('  events:', '  quiet: 5s\n  events:'))
    for kind, params in (('mastodon_stream', ', params: {tag: acme, token: tok}'), ('numbered', '')):
        with Fediverse() as site:
            home = os.path.join(folder, kind)
            write(home, 'kinds/x', '')
            conf = write(home, 'earshot.yaml', CONFIG.replace('[kinds]', '[../kinds]') + f'  - {{id: s, kind: {kind}, base: "{site.url}"{params}}}\n')
            site.heartbeat = 0.2
            with Running('-c', conf, '--role', 'collect') as run:
                site.wait_open()
                time.sleep(12)  # more than twice what it may be quiet
                equal(site.opened, 1)
                site.heartbeat = 3600
                site.send(':one more\n')
                record = wait_until(lambda: next((r['value'] for r in tail(conf, 'sources') if 'stalled' in r['value'].get('stream', {}).get('message', '')), None),
                                    'it says that it has stalled', every=0.2)
                check('no byte came for 5 s' in record['message'], record['message'])
                equal((record['state'], record.get('error')), ('ok', None) if kind == 'mastodon_stream' else ('cannot_hear', 'stalled'))
                site.heartbeat = 0.2
                wait_until(lambda: site.opened >= 2, 'it is opened anew')
                site.wait_open()
                site.say('update', status(5))
                wait_until(lambda: texts(conf) == [5], 'it is heard')
                until(conf, lambda s: s['stream']['state'] == 'open' and s['state'] == 'ok' and not s.get('message'), 'all is well')
                run.stop()


@test('what is no stream, or none for us, is a state with words; it is not asked again and again')
def _(folder):
    write(folder, 'kinds/numbered.yaml', NUMBERED)
    table = [
        ((401, '{}', {}), 'cannot_hear', 'http', 'wants to know who asks'),
        ((429, '{}', {'Retry-After': '77'}), 'cannot_hear', 'http', 'too often'),
        ((503, '{}', {}), 'cannot_hear', 'http', 'trouble of its own'),
        ((200, '<p>', {'Content-Type': 'text/html'}), 'cannot_hear', 'data', 'text/html, and no event stream'),
        ((302, '', {'Location': '/api/v1/streaming/elsewhere'}), 'cannot_hear', 'http', '302'),
        ((204, '', {}), 'stopped', 'gone', 'no stream there'),
    ]
    for n, (answer, health, code, words) in enumerate(table):
        with Fediverse() as site:
            site.answer = answer
            conf = write(folder, f'{n}/earshot.yaml', CONFIG.replace('[kinds]', '[../kinds]') + f'  - {{id: s, kind: numbered, base: "{site.url}"}}\n')
            with Running('-c', conf, '--role', 'collect') as run:
                record = until(conf, lambda s: s.get('state') not in (None, 'new'), 'a state')
                equal((record['state'], record['error']), (health, code), str(answer))
                check(words in record['message'] and words in record['stream']['message'], f'{answer}: {record}')
                time.sleep(1)
                equal(len(site.asked), 1, str(answer))
                run.stop()
            if answer[0] == 429:
                with Running('-c', conf, '--role', 'collect') as run:  # and a restart is no reason to ask before
                    run.url()
                    time.sleep(1)
                    equal(len(site.asked), 1)
                    run.stop()
    # with pages beside it they are asked for in its place, and its state is theirs
    write(folder, 'kinds/mastodon_stream.yaml', shipped(every='1s'))
    with Fediverse() as site:
        site.answer = (503, '{}', {})
        conf = config(folder, site)
        with Running('-c', conf, '--role', 'collect') as run:
            site.say('update', status(1))
            wait_until(lambda: texts(conf) == [1], 'by its pages')
            record = until(conf, lambda s: 'it is asked in its place' in s.get('message', ''), 'it says why')
            equal((record['state'], record['stream']['state']), ('ok', 'waiting'))
            site.say('update', status(2))
            wait_until(lambda: texts(conf) == [1, 2], 'by its pages')
            site.answer = None
            site.wait_open()
            until(conf, lambda s: s['stream']['state'] == 'open' and not s.get('message'), 'it is there again')
            run.stop()


@test('events that nobody can read, or that are far too long, end nothing; members with other names are told')
def _(folder):
    write(folder, 'kinds/numbered.yaml', NUMBERED.replace('  events:', '  since: mark\n  events:'))
    with Fediverse() as site:
        conf = config(folder, site, 'numbered', params='')
        with Running('-c', conf, '--role', 'collect') as run:
            site.wait_open()
            until(conf, lambda s: s.get('state') == 'ok', 'it hears')
            site.send(event('update', 'no json'))
            site.send(event('update', '[' * 5000))
            site.send('event: update\ndata: ' + 'x' * (9 << 20) + '\n\n')
            site.send(event('update', {'id': 'a' * 100000, 'content': 'acme 1'}))
            site.send(event('delete', '\x01' * (7 << 20)))
            site.send(event('update', status(0, mark='x' * (5 << 20))))
            site.send('data: ' + '\n'.join(['{"id":"1"}'] * 3) + '\n\n')
            site.send(event('update', json.dumps(status(1)).replace('acme', 'acme \\u0000\\ud800 ')))
            wait_until(lambda: any(native == str(START + 1) for native, _post in posts(conf)), 'what can be read')
            site.send(event('update', {'number': '7', 'body': 'acme 7'}))
            record = until(conf, lambda s: s['state'] == 'cannot_hear', 'the API has changed')
            check(record['message'].startswith('no items mapped'), record)
            site.send(event('update', status(8)))
            until(conf, lambda s: s['state'] == 'ok', 'and is as it was')
            equal(site.opened, 1)
            run.stop()


@test('a reload opens the stream anew and loses nothing; two streams and the pages of one server go side by side')
def _(folder):
    with Fediverse() as site:
        conf = config(folder, site, more=f'}}\n  - {{id: t, kind: mastodon_stream, base: "{site.url}", params: {{tag: other, token: tok}}')
        with Running('-c', conf, '--role', 'collect') as run:
            site.wait_open(2)
            speak(site, 50, 0.002)
            run.process.send_signal(signal.SIGHUP)
            speak(site, 200, 0.01, first=51)
            run.event('config.reloaded')
            speak(site, 50, 0.002, first=251)
            # the same posts under two tags of a server are one post each
            wait_until(lambda: len(posts(conf)) >= 600, 'all of it', every=0.5)
            run.stop()
        equal(texts(conf), sorted(list(range(1, 301)) * 2))
        equal(len({post['id'] for _native, post in posts(conf)}), 300)


@test('a stream is counted in figures, and what a budget does not allow is not opened')
def _(folder):
    write(folder, 'kinds/numbered.yaml', NUMBERED)
    with Fediverse(cuts=True) as site:
        conf = config(folder, site, 'numbered', ', budget: {per_day: 5}', '')
        with Running('-c', conf, '--role', 'collect') as run:
            url = run.url()
            site.wait_open()
            stop = threading.Event()
            speaker = threading.Thread(target=speak, args=(site, 100000, 0.001, stop))
            speaker.start()
            until(conf, lambda s: s.get('waits_by') == 'budget', 'its calls are used up')
            stop.set()
            speaker.join()
            time.sleep(1)
            equal(site.opened, 5)
            check('earshot_collect_streams' in metrics(url), 'figures')
            run.stop()


@test('streams that share a budget are all opened; nothing else is asked for them, and an open one does not wait for calls')
def _(folder):
    write(folder, 'kinds/numbered.yaml', NUMBERED)
    with Fediverse() as site:
        # a stream takes what redirects may need and gives it back: the others wait for that
        shared = CONFIG.replace('sources:', 'budgets: [{id: b, per_day: 4}]\nsources:')
        conf = write(folder, 'earshot.yaml', shared + ''.join(
            f'  - {{id: s{n}, kind: numbered, base: "{site.url}", budget: {{share: b}}}}\n' for n in range(4)))
        with Running('-c', conf, '--role', 'collect') as run:
            site.wait_open(4)
            records = wait_until(lambda: (lambda now: len(now) == 4 and now)(
                {r['key']: r['value'] for r in tail(conf, 'sources') if r['value'].get('stream', {}).get('state') == 'open'}), 'all are open')
            equal({(r['state'], r.get('error'), r.get('message')) for r in records.values()}, {('ok', None, None)})
            equal([path for _at, path, _headers in site.asked], ['/api/v1/streaming/all'] * 4)
            run.stop()


# Windows of time with a stream beside them.
WINDOWS = NUMBERED.replace('stream:', '''every: 1s
request: {url: "{base}/api/v1/timelines/tag/acme", query: {from: "{begin}", to: "{end}"}}
page: {by: time, width: 1d, back: 1d}
items: "[]"
stream:''')
# A cursor that is kept: it is there before a round begins.
KEPT = NUMBERED.replace('stream:', '''every: 1s
request: {url: "{base}/api/v1/timelines/tag/acme", query: {cursor: "{cursor}"}}
page: {by: cursor, next: "[0].id", keep: true}
items: "[]"
stream:''')


@test('beside a stream windows and kept cursors are gone through once, and not again and again')
def _(folder):
    for kind, text in (('windows', WINDOWS), ('kept', KEPT)):
        write(folder, f'{kind}/kinds/{kind}.yaml', text)
        with Fediverse() as site:
            site.statuses[str(START + 1)] = status(1)
            conf = config(os.path.join(folder, kind), site, kind, params='')
            with Running('-c', conf, '--role', 'collect') as run:
                site.wait_open()
                until(conf, lambda s: s.get('waits_by') == 'stream', 'it waits by its stream')
                n = len(site.asked)
                site.say('update', status(2))
                wait_until(lambda: texts(conf) == [1, 2], 'what is said')
                time.sleep(2)
                equal(len(site.asked), n, kind)
                check(n <= 6, f'{kind}: {n} requests')
                run.stop()


@test('forty thousand events in one go are forty thousand posts; the other end waits, and memory stays small')
def _(folder):
    n = 40000
    write(folder, 'kinds/numbered.yaml', NUMBERED)
    with open(os.path.join(folder, 'posts.jsonl'), 'w', encoding='utf-8') as file:
        for i in range(1, n + 1):
            file.write(json.dumps({'native_id': str(START + i), 'text': f'acme number {i}', 'published_at': '2026-11-23T09:12:44.102Z'}) + '\n')

    def until_all(run, begun):
        url = run.url()
        wait_until(lambda: f'earshot_collect_posts_total{{outcome="new"}} {n}' in metrics(url), 'all of them', 300, 0.1)
        with open(f'/proc/{run.process.pid}/stat', encoding='ascii') as file:
            used = file.read().rsplit(')', 1)[1].split()
        return time.monotonic() - begun, (int(used[11]) + int(used[12])) / os.sysconf('SC_CLK_TCK')
    with Fediverse(numbered=True) as site:
        conf = config(folder, site, 'numbered', params='')
        everything = ''.join(event('update', status(i, note='x' * 500), i) for i in range(1, n + 1))
        with Running('-c', conf, '--role', 'collect') as run:
            site.wait_open()
            begun = time.monotonic()
            site.send(everything)
            streamed, cost = until_all(run, begun)
            with open(f'/proc/{run.process.pid}/status', encoding='ascii') as file:
                peak = next(int(line.split()[1]) for line in file if line.startswith('VmHWM')) >> 10
            run.stop()
        equal(texts(conf), list(range(1, n + 1)))
    other = write(folder, 'file/earshot.yaml', CONFIG.replace('[kinds]', '[]') + '  - {id: f, kind: jsonl, url: "file:../posts.jsonl"}\n')
    with Running('-c', other, '--role', 'collect') as run:
        read, least = until_all(run, time.monotonic())
        run.stop()
    print(f'# {n / streamed:.0f} posts/s by the stream, {n / read:.0f} from the file, {peak} MiB at most')
    check(cost < 6 * least, f'{cost:.1f} CPU seconds by the stream, {least:.1f} from a file')
    check(peak < 300, f'{peak} MiB for {len(everything) >> 20} MiB of events')


@test('what is wrong with a stream in a connector is told with file, line, column and mend')
def _(folder):
    table = [
        (('update: post', 'update: posts'), 'is nothing that an event can be'),
        (('  events:', '  quiet: 2h\n  events:'), 'less than 1 s or more than 1 h'),
        (('  url: "{base}', '  url: "{bse}'), 'nobody gives'),
        (('  url: "{base}/api/v1/streaming/all"\n', ''), '"url" is missing here'),
        (('  events:', '  since: "id["\n  events:'), 'that is not closed'),
        (('  events:', '  by: pigeon\n  events:'), 'sse|websocket'),
        (('channel: forum', 'channel: forum\nlogin: {url: "{base}/l", token: t}'), 'has no login'),
    ]
    with Fediverse() as site:
        for (old, new), words in table:
            check(old in NUMBERED, old)
            write(folder, 'kinds/numbered.yaml', NUMBERED.replace(old, new))
            result = earshot('check', '-c', config(folder, site, 'numbered', params=''))
            equal(result.code, 78, f'{new!r}: {result.err}')
            check('numbered.yaml:' in result.err and words in result.err, f'{new!r}: {result.err}')
        write(folder, 'kinds/numbered.yaml', NUMBERED)
        conf = config(folder, site, 'numbered', params='')
        equal(earshot('check', '-c', conf).code, 0)
        looked = earshot('check', '-c', conf, '--fetch')
        equal(looked.code, 0)
        check('a stream: it is opened by who collects' in looked.text, looked.text)
        equal(site.asked, [])


if __name__ == '__main__':
    main()

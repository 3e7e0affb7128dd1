# SPDX-License-Identifier: MIT
"""SIGHUP: another config beside the running one, told as a difference; a wrong one changes nothing."""

import json
import os
import signal
import threading

from harness import CONFIG, EARSHOT, Running, check, config, equal, get, main, tail, test, wait_until, write

THEMES = '''
themes:
  - {id: slow, query: 'slow'}
  - {id: dear, query: 'expensive'}
'''


def events(run, name):
    lines = [dict(p.split('=', 1) for p in line.split(' ') if '=' in p) for line in list(run.lines)]
    return [pairs for pairs in lines if pairs.get('event') == name]


def hangup(run, name, n):
    """SIGHUP, and the n-th event of that name."""
    run.process.send_signal(signal.SIGHUP)
    return wait_until(lambda: len(events(run, name)) >= n and events(run, name)[n - 1], f'{name}, number {n}')


def differences(run):
    return {(name, pairs['kind'], os.path.basename(pairs['id']))
            for name in ('added', 'removed', 'changed') for pairs in events(run, f'config.{name}')}


def pack(folder, row):
    return write(folder, 'mine/en/words.tsv', row)


@test('a reload tells what was added, removed and changed: topics, brands, themes, flags, sources, lexicons, other keys')
def difference(folder):
    extra = THEMES + 'lexicons: {overlay: mine}\n'
    conf = config(folder, extra=extra)
    pack(folder, 'blorpy\t-2\n')
    write(folder, 'posts.jsonl', '')
    write(folder, 'more.jsonl', '')
    with Running('-c', conf) as run:
        run.url()
        first = hangup(run, 'config.reloaded', 1)
        equal((first['added'], first['removed'], first['changed']), ('0', '0', '0'), 'nothing changed')
        equal(differences(run), set())
        wait_until(lambda: len(events(run, 'http.listening')) == 2, 'it runs again')
        new = CONFIG.replace("query: 'rival'", "query: 'rival OR tilvo'").replace('due: 2h', 'due: 3h')
        new = new.replace("[{id: acme-all, query: 'acme'}]", "[{id: acme-all, query: 'acme'}, {id: app, query: 'acme AND app'}]")
        new = new.replace('id: posts, kind', 'id: more, kind').replace('posts.jsonl', 'more.jsonl')
        new += THEMES.replace('expensive', 'expensive OR dear').replace('id: slow', 'id: slower')
        config(folder, new, extra='lexicons: {overlay: mine}\nkeep_unmatched: true\n')
        pack(folder, 'blorpy\t2\n')
        second = hangup(run, 'config.reloaded', 2)
        equal(differences(run), {
            ('changed', 'topic', 'rival-all'), ('added', 'topic', 'app'), ('changed', 'flag', 'refund'),
            ('removed', 'source', 'posts'), ('added', 'source', 'more'), ('changed', 'theme', 'dear'),
            ('removed', 'theme', 'slow'), ('added', 'theme', 'slower'), ('changed', 'lexicon', 'mine'),
            ('added', 'key', 'keep_unmatched')})
        equal((second['added'], second['removed'], second['changed']), ('4', '2', '4'), 'their numbers')
        wait_until(lambda: len(events(run, 'http.listening')) == 3, 'it runs once more')
        write(folder, 'mine/en/stop.txt', 'blorp\n')
        third = hangup(run, 'config.reloaded', 3)
        equal((third['added'], third['removed'], third['changed']), ('0', '0', '1'), 'words that are never learnt are of the lexicon')
        equal(events(run, 'config.changed')[-1]['kind'], 'lexicon')
        equal(run.stop(), 0, 'the exit code')


@test('a wrong query, lexicon, theme file, value, or a file that cannot be read says file:line:column and changes nothing')
def wrong(folder):
    extra = 'lexicons: {overlay: mine}\nthemes: [themes.yaml]\n'
    good_themes, good_row = "themes:\n  - {id: slow, query: 'slow'}\n", 'blorpy\t-2\n'
    conf = config(folder, extra=extra)
    pack(folder, good_row)
    write(folder, 'themes.yaml', good_themes)
    write(folder, 'posts.jsonl', '')
    with Running('-c', conf) as run:
        url = run.url()
        n = 0

        def refused(*words):
            nonlocal n
            n += 1
            hangup(run, 'config.kept', n)
            said = [line for line in run.lines if 'event=config.wrong' in line][-1]
            for word in words:
                check(word in said, f'{word!r} is not in: {said}')
            check(events(run, 'config.wrong')[-1]['level'] == 'error', said)
            equal((len(events(run, 'http.listening')), get(f'{url}/healthz')), (1, {'ok': True}), 'the old one goes on')
        config(folder, CONFIG.replace("query: 'rival'", "query: 'rival AND ('"), extra)
        refused('earshot.yaml:11:')
        config(folder, CONFIG.replace('partitions: 4', 'partitions: many'), extra)
        refused('earshot.yaml:5:')
        config(folder, CONFIG + 'nonsense: 1\n', extra)
        refused('earshot.yaml:15:1', 'nonsense')
        config(folder, CONFIG, extra)
        pack(folder, 'blorpy\tx\n')
        refused('words.tsv:1:')
        pack(folder, good_row)
        write(folder, 'themes.yaml', "themes:\n  - {id: slow, query: 'slow AND ('}\n")
        refused('themes.yaml:2:')
        os.remove(f'{folder}/themes.yaml')
        refused('themes.yaml')
        write(folder, 'themes.yaml', good_themes)
        os.remove(conf)
        refused('earshot.yaml')
        # right in itself, but it does not run: the roles of the old one begin again
        config(folder, CONFIG.replace('127.0.0.1:0', '192.0.2.1:1'), extra)
        hangup(run, 'config.kept', n + 1)
        wait_until(lambda: len(events(run, 'http.listening')) == 2, 'the old one runs again')
        url = events(run, 'http.listening')[1]['url']
        write(folder, 'posts.jsonl', json.dumps({'native_id': '1', 'text': 'rival is slow'}) + '\n')
        wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == 1, 'it works as before')
        config(folder, CONFIG, extra)
        hangup(run, 'config.reloaded', len(events(run, 'config.reloaded')) + 1)
        equal(run.stop(), 0, 'the exit code')


@test('reloads while posts pass lose nothing and write nothing twice')
def traffic(folder):
    conf, file, n = config(folder), os.path.join(folder, 'posts.jsonl'), 6000
    write(folder, 'posts.jsonl', '')
    done = threading.Event()

    def speak():
        for i in range(0, n, 100):
            with open(file, 'a', encoding='utf-8') as out:
                out.write(''.join(json.dumps({'native_id': f'p{k}', 'text': f'acme number {k} is great'}) + '\n'
                                  for k in range(i, i + 100)))
            done.wait(0.02)  # so that posts come during all of the test
        done.set()
    with Running('-c', conf) as run:
        run.url()
        speaker = threading.Thread(target=speak)
        speaker.start()
        for i in range(1, 6):
            config(folder, CONFIG.replace("query: 'rival'", f"query: 'rival OR r{i}'"))
            hangup(run, 'config.reloaded', i)
            wait_until(lambda k=i: len(events(run, 'http.listening')) == k + 1, 'it runs again')
        speaker.join()
        url = events(run, 'http.listening')[-1]['url']
        wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == n, 'all are shown')
        equal(run.stop(), 0, 'the exit code')
    for topic in ('posts', 'mentions.positive'):
        ids = [record['key'] for record in tail(conf, topic, program=EARSHOT)]
        equal((len(ids), len(set(ids))), (n, n), f'records and ids in {topic}')


main()

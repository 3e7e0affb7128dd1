# SPDX-License-Identifier: MIT
"""WebSub against a hub of the test's own: found, subscribed, verified, pushed, renewed, refused; and nobody else gets in."""

import hashlib
import hmac
import random
import threading

from harness import EARSHOT_DEV, Running, announced, check, config, equal, free_port, main, metrics, ready, tail, test, wait_until
from hub import Hub, atom, health, knock, subscribed, titles


def system(folder, hub, every='1h'):
    port = free_port()
    return config(folder, f'''
bus: ./var/log.db
view: {{path: ./var/view.db}}
http: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}/"}}
topics: {{partitions: 4}}
allow_private: [127.0.0.1]
sources: [{{id: blog, kind: feed, url: "{hub.url}/feed", every: {every}}}]
brands: [{{id: acme, topics: [{{id: acme-all, query: acme}}]}}]
''')


def collector(conf):
    return Running('-c', conf, '--role', 'collect', program=EARSHOT_DEV)


@test('a hub that a feed names is subscribed to, and what it pushes is there once, when it is answered')
def pushes(folder):
    for where in ('feed', 'header'):
        here = f'{folder}/{where}'
        with Hub(where=where) as hub:
            conf = system(here, hub)
            with collector(conf) as run:
                hub.wait(lambda: hub.verified, 'verified')
                equal(hub.verified, [(200, 'is it <you>?')])
                form = hub.forms[0]
                equal((form['hub.mode'], form['hub.topic']), ('subscribe', hub.topic))
                check(form['hub.callback'].startswith(run.url() + '/websub/') and len(form['hub.secret']) == 32, form)
                check(int(form['hub.lease_seconds']) > 86400, form)
                check(health(conf)['state'] in ('wanted', 'asked', 'subscribed'), health(conf))
                subscribed(conf)
                equal(titles(conf), ['a', 'b'])
                equal(hub.push(hub.feed('c')), 202)
                equal(titles(conf), ['a', 'b', 'c'], 'when the answer comes it is in the log')
                equal(hub.push(hub.feed('d'), 'sha1'), 202, 'as hubs of PubSubHubbub sign')
                equal(hub.push(hub.feed('e'), header='X-Hub-Signature'), 202)
                for _ in range(3):
                    equal(hub.push(hub.feed('a', 'b', 'c', 'd', 'e')), 202, 'sent again')
                equal(titles(conf), ['a', 'b', 'c', 'd', 'e'])
                check(health(conf)['comes'] and health(conf)['last'] and health(conf)['until'], health(conf))
                text = metrics(run.url())
                check('earshot_collect_pushes_total{outcome="taken"} 3' in text, text)
                check('earshot_collect_pushes_total{outcome="known"} 3' in text, text)
                equal(len(hub.forms), 1)
                equal(run.stop(), 0)


@test('who does not know the secret, or the address, or sends too much, brings nothing and breaks nothing')
def strangers(folder):
    with Hub(how='quick') as hub:
        conf = system(folder, hub)
        with collector(conf) as run:
            subscribed(conf)
            callback, body = hub.forms[0]['hub.callback'], hub.feed('forged')
            equal(hub.push(body, secret='0' * 32), 202, 'a wrong secret is answered as a right one, and passed over')
            for signature in ('', 'sha256=', 'sha256=00', 'sha1=' + '0' * 40, 'md5=0', 'sha256=' + 'z' * 64, 'sha512=' + '0' * 128):
                equal(knock(callback, body, {'X-Hub-Signature-256': signature})[0], 202, signature)
            equal(knock(callback, body)[0], 202, 'none')
            signed = hmac.new(hub.forms[0]['hub.secret'].encode(), body, hashlib.sha256).hexdigest()
            equal(knock(callback, body + b' ', {'X-Hub-Signature-256': f'sha256={signed}'})[0], 202, 'another body')
            other = callback[:-1] + ('0' if callback[-1] != '0' else '1')
            equal(hub.push(body, callback=other), 404)
            equal(hub.push(body, callback=f'{run.url()}/websub/'), 404)
            equal(announced(callback, (1 << 20) + 1), 413)
            equal(hub.push(b'no feed at all'), 202, 'it would not become one by being sent again')
            for wrong in ({'hub.mode': 'unsubscribe'}, {'hub.topic': 'http://x.example/'}, {'hub.challenge': ''}, {'hub.mode': 'x'}):
                hub.verify(hub.forms[0], **wrong)
                equal(hub.verified[-1][0], 404, f'{wrong}')
            equal(knock(callback)[0], 404)
            equal(titles(conf), ['a', 'b'])
            equal(health(conf)['state'], 'subscribed')
            check('no feed' in health(conf)['message'], health(conf))
            text = metrics(run.url())
            check('outcome="forged"} 10' in text and 'outcome="bad"} 1' in text, text)
            equal(hub.push(hub.feed('c')), 202, 'it goes on')
            equal(titles(conf), ['a', 'b', 'c'])
            check('message' not in health(conf), health(conf))
            equal(run.stop(), 0)


@test('killed at any moment: what was answered 202 is in the log, once, and the next process takes pushes without a new subscription')
def killed(folder):
    rng = random.Random(20261126)
    with Hub() as hub:
        conf = system(folder, hub)
        taken, n = [], 0
        for turn in range(6):
            with collector(conf) as run:
                url = run.url()
                subscribed(conf)
                wait_until(lambda: ready(url), 'ready')
                threading.Timer(rng.random() * 0.6, run.kill).start() if turn < 5 else None
                while run.process.poll() is None and (turn < 5 or n < 60):
                    n += 1
                    if hub.push(hub.feed(f'n{n:04}')) == 202:
                        taken.append(f'n{n:04}')
                if turn == 5:
                    equal(run.stop(), 0)
        there = titles(conf)
        equal(len(there), len(set(there)), 'twice')
        check(len(taken) > 6 and set(taken) <= set(there), f'{len(taken)} answered: {set(taken) - set(there)} lost')
        equal(len(hub.forms), 1, 'subscribed once')


@test('a lease is renewed before it ends, under the same callback')
def renewed(folder):
    with Hub(lease=1) as hub:  # taken to be 10 s
        conf = system(folder, hub)
        with collector(conf) as run:
            hub.wait(lambda: len(hub.verified) > 1, 'verified again', 120)
            check(hub.forms[0] == hub.forms[1], hub.forms)
            equal(hub.push(hub.feed('c')), 202)
            equal(run.stop(), 0)


@test('a hub that refuses, denies or does not answer is told as health, and the feed is asked as often as before')
def refused(folder):
    for how, state, words in (('refuse', 'refused', '403'), ('deny', 'refused', 'not for you'), ('gone', 'wanted', 'the hub:')):
        with Hub(how=how) as hub:
            conf = system(f'{folder}/{how}', hub, every='200ms')
            if how == 'gone':
                hub.feed = lambda: atom(hub.names, f'<link rel="hub" href="http://127.0.0.1:{free_port()}/"/>')
            with collector(conf) as run:
                event = run.event('source.push')
                equal((event['source'], event['state']), ('blog', state))
                said = wait_until(lambda: health(conf).get('message') and health(conf), 'health')
                equal(said['state'], state)
                check(words in said['message'], said)
                looks = hub.looks
                hub.wait(lambda: hub.looks > looks + 3, 'asked on')
                hub.names.append('c')
                wait_until(lambda: titles(conf) == ['a', 'b', 'c'], 'the new post')
                equal(run.stop(), 0)


@test('while pushes come a feed is asked once an hour, and as often as before when a look finds what nobody pushed')
def pace(folder):
    with Hub() as hub:
        conf = system(folder, hub, every='300ms')
        with collector(conf) as run:
            subscribed(conf)
            looks = hub.looks
            hub.wait(lambda: hub.looks > looks + 3, 'a subscription alone slows nothing down')
            hub.names.append('c')
            equal(hub.push(hub.feed()), 202)
            looks = hub.looks
            with hub.news:  # one look was due already; this is ten times as long as the pace before
                check(not hub.news.wait_for(lambda: hub.looks > looks + 2, 3), f'{hub.looks - looks} looks')
            equal(run.stop(), 0)
        with collector(conf) as run:  # a restart keeps the pace, and the pushes
            wait_until(lambda: ready(run.url()), 'ready')
            equal(hub.push(hub.feed('d')), 202)
            equal(titles(conf), ['a', 'b', 'c', 'd'])
            equal(run.stop(), 0)


@test('a feed that names no hub any more is forgotten there; without http.public_url nobody is asked')
def without(folder):
    with Hub() as hub:
        conf = system(folder, hub, every='300ms')
        with collector(conf) as run:
            subscribed(conf)
            hub.where = ''
            wait_until(lambda: 'push' not in tail(conf, 'sources')[-1]['value'], 'forgotten')
            equal(hub.push(hub.feed('c')), 404)
            equal(run.stop(), 0)
        hub.where, asked = 'feed', len(hub.forms)
        with Running('-c', conf, '--role', 'collect', '--set', 'http.public_url=', program=EARSHOT_DEV) as run:
            looks = hub.looks
            hub.wait(lambda: hub.looks > looks + 2, 'looks')
            equal(len(hub.forms), asked)
            equal(run.stop(), 0)


main()

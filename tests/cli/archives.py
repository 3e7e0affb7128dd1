# SPDX-License-Identifier: MIT
"""Archived feeds (RFC 5005): a feed that is new is read to its beginning, once."""

import threading

from harness import EARSHOT, EARSHOT_DEV, Running, check, earshot, equal, main, tail, test, wait_until, write
from loopback import Pages


def document(names, before=None):
    link = f'<link rel="prev-archive" href="{before}"/>' if before else ''
    entries = ''.join(f'<entry><id>urn:{n}</id><title>acme {n}</title><updated>2026-01-01T00:00:00Z</updated></entry>' for n in names)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>t</title>{link}{entries}</feed>'.encode()


def config(folder, site, every='1h'):
    return write(folder, 'earshot.yaml', 'bus: ./log.db\nview: {path: ./view.db}\nhttp: {listen: "127.0.0.1:0"}\n'
                 f'allow_private: [127.0.0.1]\nsources: [{{id: blog, kind: feed, url: "{site.url}/feed", every: {every}}}]\n')


def once(conf):
    run = earshot('run', '-c', conf, '--role', 'collect', '--once')
    equal(run.code, 0, run.err)
    return run.err


def titles(conf):
    found = sorted(r['value']['title'].removeprefix('acme ') for r in tail(conf, 'posts'))
    equal(len(found), len(set(found)), f'twice: {found}')
    return found


@test('a feed that is new is followed back to its first document, each of them read once; later looks ask the feed alone')
def followed(folder):
    with Pages({'/feed': document('xyz', '/3'), '/3': document('wx', '2'), '/2': document('bc', '/1'), '/1': document('a')}) as site:
        conf = config(folder, site)
        err = once(conf)
        check('event=source.archive source=blog documents=3' in err, err)
        equal(site.targets, ['/feed', '/3', '/2', '/1'])
        equal(titles(conf), list('abcwxyz'))
        value = tail(conf, 'sources')[-1]['value']
        equal((value['state'], value['posts'], value['day_posts']), ('ok', 7, 0), 'a backlog is no rate')
        check('archive' not in value['cursor'], value['cursor'])
        site.pages['/feed'] = document('vxyz', '/3')
        once(conf)
        equal(site.targets[4:], ['/feed'])
        equal(titles(conf), list('abcvwxyz'))


@test('archives that lead in a circle, or on for ever, end; so do those that name themselves or no address')
def endless(folder):
    for name, pages, most in (('circle', {'/a': document('a', '/b'), '/b': document('b', '/a')}, 101),
                              ('itself', {'/a': document('a', '/a')}, 2), ('file', {'/a': document('a', 'file:///etc/passwd')}, 2)):
        with Pages({'/feed': document('z', '/a'), **pages}) as site:
            conf = config(f'{folder}/{name}', site)
            err = once(conf)
            check('event=source.archive' in err, err)
            equal(len(site.asked), most, name)
            check(most < 100 or 'more documents than are read' in err, err)


@test('a document that fails is tried again after a look at the feed; what is gone for good is told, and the feed goes on')
def failing(folder):
    with Pages({'/feed': document('z', '/2'), '/2': [500, 500, document('b', '/1')], '/1': 410}) as site:
        conf = config(folder, site)
        for state, asked in (('cannot_hear', ['/feed', '/2']), ('cannot_hear', ['/feed', '/2']), ('cannot_hear', ['/feed', '/2', '/1']), ('ok', ['/feed'])):
            before = len(site.asked)
            err = once(conf)
            equal(site.targets[before:], asked)
            value = tail(conf, 'sources')[-1]['value']
            equal(value['state'], state, value)
            check(state == 'ok' or 'its archive' in value['message'], value)
        check('archive' not in value['cursor'], value)
        equal(titles(conf), ['b', 'z'])


@test('killed between two documents the next process goes on with the one that was not read')
def killed(folder):
    held, gate = threading.Event(), threading.Event()

    def hold():
        held.set()
        gate.wait(60)
        return document('a')
    with Pages({'/feed': document('z', '/2'), '/2': document('b', '/1'), '/1': hold}) as site:
        conf = config(folder, site)
        with Running('-c', conf, '--role', 'collect', program=EARSHOT_DEV) as run:
            check(held.wait(60), 'the last document is asked')
            wait_until(lambda: len(tail(conf, 'posts', program=EARSHOT)) == 2, 'the posts of those before')
            run.kill()
        gate.set()
        site.asked.clear()
        once(conf)
        equal(titles(conf), ['a', 'b', 'z'])
        equal(site.targets[0], '/1')


main()

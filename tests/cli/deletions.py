# SPDX-License-Identifier: MIT
"""What its author takes back is gone here too: deletion marks in feeds."""

from harness import LABELS, Running, check, config, earshot, equal, get, main, tail, test, wait_until
from loopback import Pages

def atom(*entries):
    return ('<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'
            f'<title>T</title>{"".join(entries)}</feed>')


def entry(i, text):
    return f'<entry><id>urn:{i}</id><title>{text}</title></entry>'


def deleted(i, when):
    return f'<at:deleted-entry ref="urn:{i}" when="{when}"><at:comment>taken back</at:comment></at:deleted-entry>'


CONFIG = '''
bus: ./var/log.db
view: {{path: ./var/view.db}}
http: {{listen: "127.0.0.1:0"}}
topics: {{partitions: 4}}
allow_private: [127.0.0.1]
sources: [{{id: blog, kind: feed, url: "{0}/feed", every: 1s{1}}}]
brands: [{{id: acme, topics: [{{id: acme-all, query: acme}}]}}]
flags: [{{id: refund, when: 'refund', priority: high, route: care, due: 2h}}]
routes: {{care: {{owner: care}}}}
default_route: care
'''


def last(conf, *topics):
    """(topic, key) -> the last value."""
    return {(record['topic'], record['key']): record['value'] for record in tail(conf, *topics)}


def live(conf):
    """The keys that have a value in some label topic."""
    return {key for (_, key), value in last(conf, *LABELS).items() if value}


@test('an entry that its feed says was deleted leaves the label topics, flagged and the read model; another stays; once')
def tombstones(folder):
    with Pages({}) as site:
        conf = config(folder, CONFIG.format(site.url, ''))
        site.pages['/feed'] = atom(entry(1, 'acme is terrible, refund'), entry(2, 'acme is great'))
        with Running('-c', conf) as run:
            url = run.url()
            items = wait_until(lambda: (lambda m: m if len(m) == 2 else None)(get(f'{url}/api/v1/mentions')['items']), 'two mentions')
            gone = next(item['id'] for item in items if item['native_id'] == 'urn:1')
            kept = next(item['id'] for item in items if item['native_id'] == 'urn:2')
            equal(get(f'{url}/api/v1/queue')['open'], 1, 'in the queue')
            site.pages['/feed'] = atom(deleted(1, '2026-01-01T00:00:00Z'), entry(2, 'acme is great'))
            wait_until(lambda: [item['id'] for item in get(f'{url}/api/v1/mentions')['items']] == [kept], 'one mention')
            equal(get(f'{url}/api/v1/queue')['open'], 0, 'in the queue')
            asked = len(site.asked)
            site.wait(lambda: len(site.asked) >= asked + 2, 'two more looks')
            equal(run.stop(), 0, 'stopped')
        equal(live(conf), {kept}, 'in the label topics')
        equal(last(conf, 'flagged').get(('earshot.flagged', gone)), None, 'flagged')
        deletes = [record for record in tail(conf, 'posts') if record['value'].get('op') == 'delete']
        equal([record['key'] for record in deletes], [gone], 'deletions')
        nulls = [record for record in tail(conf, *LABELS) if record['key'] == gone and record['value'] is None]
        check(nulls and all(int(record['headers']['rev']) == deletes[0]['value']['rev'] for record in nulls), f'{nulls}')


@test('earshot parse prints a deletion mark as a post with op delete, its id and its time')
def parse(folder):
    got = earshot('parse', stdin=atom(entry(1, 'one'), deleted(2, '2026-11-20T12:30:00Z')))
    equal(got.code, 0, got.err)
    equal(got.lines(), [{'rev': 0, 'native_id': 'urn:1', 'title': 'one', 'feed_title': 'T'},
                        {'native_id': 'urn:2', 'op': 'delete', 'rev': 1795177800000, 'feed_title': 'T'}])


@test('an entry that asks not to be indexed any more is deleted here, too; robots: ignore reads it')
def withdrawn(folder):
    meta = '<x:meta xmlns:x="http://www.w3.org/1999/xhtml" name="robots" content="noindex"/>'
    with Pages({}) as site:
        conf = config(folder, CONFIG.format(site.url, ''))
        site.pages['/feed'] = atom(entry(1, 'acme is terrible'), entry(2, 'acme is great'))
        equal(earshot('run', '-c', conf, '--once').code, 0)
        equal(len(live(conf)), 2)
        site.pages['/feed'] = atom(entry(1, 'acme is terrible').replace('</entry>', meta + '</entry>'), entry(2, 'acme is great'))
        equal(earshot('run', '-c', conf, '--once').code, 0)
        equal(len(live(conf)), 1)
        equal(earshot('run', '-c', conf, '--once', '--set', 'sources.0.robots=ignore').code, 0)
        equal(len(live(conf)), 2)
        got = earshot('parse', stdin=atom(entry(1, 'one').replace('</entry>', meta + '</entry>')))
        equal([post.get('noindex') for post in got.lines()], [True])


@test('what is wrong with revisit is told with its place; a good one is taken without a word')
def revisit(folder):
    for revisit, words in (('[1h, soon]', 'no span of time'), ('[6h, 1h]', 'above the one before'), ('[30s]', 'from 1m to 90d'), ('[1h, 91d]', 'from 1m to 90d'),
                           ('[1m, 2m, 3m, 4m, 5m, 6m, 7m, 8m, 9m]', 'up to 8 ages'), ('{after: 1h}', 'must be a list'), ('[{h: 1}]', 'a word is needed')):
        got = earshot('check', '-c', config(folder, CONFIG.format('http://127.0.0.1:1', f', revisit: {revisit}')))
        equal(got.code, 78, f'{revisit}: {got.err}')
        check('earshot.yaml:7:' in got.err and words in got.err, f'{revisit}: {got.err}')
    got = earshot('check', '-c', config(folder, CONFIG.format('file:', ', revisit: [1h]')))
    check(got.code == 78 and 'earshot.yaml:7:' in got.err and 'revisit is for feeds over http' in got.err, got.err)
    got = earshot('check', '-c', config(folder, CONFIG.format('http://127.0.0.1:1', ', revisit: [1h, 6h, 24h, 7d]')))
    equal((got.code, got.err), (0, ''))


@test('posts that wait to be looked at again lie in the record of their source, which keeps its contract')
def planned(folder):
    with Pages({}) as site:
        conf = config(folder, CONFIG.format(site.url, ', revisit: [1h, 7d], budget: {per_minute: 60}'))
        link = f'<link href="{site.url}/p/1"/>'
        site.pages['/feed'] = atom(entry(1, 'acme').replace('</entry>', link + '</entry>'), entry(2, 'acme, without an address'))
        equal(earshot('run', '-c', conf, '--once').code, 0)
        key = next(record['key'] for record in tail(conf, 'posts') if record['value']['native_id'] == 'urn:1')
        planned = tail(conf, 'sources')[-1]['value']['cursor']['revisits']
        equal({i: (v['url'], v['due'] - v['seen'], v['step']) for i, v in planned.items()}, {key: (f'{site.url}/p/1', 3600000, 0)})
        # a deletion mark ends it
        site.pages['/feed'] = atom(deleted(1, '2026-01-01T00:00:00Z'))
        equal(earshot('run', '-c', conf, '--once').code, 0)
        check('revisits' not in tail(conf, 'sources')[-1]['value']['cursor'], 'planned still')
        equal(site.targets, ['/feed', '/feed'])


main()

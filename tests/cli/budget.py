# SPDX-License-Identifier: MIT
"""A source is not called more often than its budget allows, and what is left is there to be seen."""

import datetime
import itertools

from harness import Running, check, config, earshot, equal, get, main, metrics, tail, test, wait_until, write
from loopback import Pages, Site

FEED = b'<rss version="2.0"><channel><title>T</title><item><guid isPermaLink="false">1</guid><title>acme</title></item></channel></rss>'
CONFIG = '''
bus: ./var/log.db
view: {{path: ./var/view.db}}
http: {{listen: "127.0.0.1:0"}}
topics: {{partitions: 4}}
allow_private: [127.0.0.1]
sources: [{{id: api, kind: feed, url: "{0}", every: {1}, budget: {2}}}]
brands: [{{id: acme, topics: [{{id: acme-all, query: acme}}]}}]
'''
PAGES = {'/feed': FEED, '/to': (302, b'', {'Location': '/feed'})}


def record(conf):
    return [item['value'] for item in tail(conf, 'sources') if item['key'] == 'api'][-1]


@test('a source is called as often as its budget allows, then waits: its record, an event, the metrics and the page say so')
def used_up(folder):
    with Pages(PAGES) as site:
        conf = config(folder, CONFIG.format(site.url + '/feed', '1s', '{per_minute: 100, per_day: 3}'))
        with Running('-c', conf) as run:
            url = run.url()
            run.event('source.budget')
            wait_until(lambda: 'earshot_out_of_budget_sources 1' in metrics(url), 'the metric')
            text = metrics(url)
            check('earshot_source_budget_left_calls{source="api",per="day"} 0' in text, text)
            source = wait_until(lambda: next((s for s in get(f'{url}/api/v1/sources')['sources'] if s.get('waits_by') == 'budget'), None), 'the page')
            equal((source['state'], 'error' in source), ('ok', False), 'heard')
            equal(run.stop(), 0, 'stopped')
        equal(len(site.asked), 3, 'calls')
        said = record(conf)
        equal(said['budget'], {'per_minute': 100, 'left_minute': 97, 'per_day': 3, 'left_day': 0}, 'budget')
        # neither another process nor another every calls once more
        equal(earshot('run', '-c', conf, '--once').code, 0)
        equal(len(site.asked), 3, 'calls')
        # a larger budget does
        config(folder, CONFIG.format(site.url + '/feed', '1s', '{per_day: 4}'))
        equal(earshot('run', '-c', conf, '--once').code, 0)
        equal(earshot('run', '-c', conf, '--once').code, 0)
        equal(len(site.asked), 4, 'calls')


@test('a redirect is a call, too: where none is left for it the source cannot be heard')
def redirects(folder):
    with Pages(PAGES) as site:
        conf = config(folder, CONFIG.format(site.url + '/to', '1s', '{per_day: 3}'))
        equal(earshot('run', '-c', conf, '--once').code, 0)
        equal((record(conf)['state'], record(conf)['budget']['left_day']), ('ok', 1), 'first')
        equal(earshot('run', '-c', conf, '--once').code, 0)
        equal((record(conf)['state'], record(conf)['error'], record(conf)['budget']['left_day']), ('cannot_hear', 'redirects', 0), 'second')
        equal(site.targets, ['/to', '/feed', '/to'], 'calls')


@test('what is wrong with a budget is told with its place; check --fetch says what a look costs')
def mistakes(folder):
    for budget, words in (('{per_day: 0}', '1 to'), ('{per_hour: 3}', 'unknown key "per_hour"'), ('7', 'must be a map')):
        got = earshot('check', '-c', config(folder, CONFIG.format('http://127.0.0.1:1/', '1s', budget)))
        equal(got.code, 78, got.err)
        check('earshot.yaml:7:' in got.err and words in got.err, got.err)
    got = earshot('check', '-c', config(folder, CONFIG.format('file:feed.xml', '1s', '{per_day: 3}')))
    equal(got.code, 78, got.err)
    check('earshot.yaml:7:' in got.err and 'needs no budget' in got.err, got.err)
    with Pages(PAGES) as site:
        conf = config(folder, CONFIG.format(site.url + '/feed', '1s', '{per_day: 3}'))
        got = earshot('check', '-c', conf, '--fetch')
        equal(got.code, 0, got.err)
        check('its budget does not count this look' in got.text, got.text)


SHARED = '''
bus: ./var/log.db
view: {{path: ./var/view.db}}
http: {{listen: "127.0.0.1:0"}}
topics: {{partitions: 4}}
allow_private: [127.0.0.1]
{0}
sources:
{1}
brands: [{{id: acme, topics: [{{id: acme-all, query: acme}}]}}]
'''


def shared_config(folder, site, extra, budgets, more=''):
    lines = [f'  - {{id: {name}, kind: feed, url: "{site.url}/{name}", every: 1s{more}, budget: {budget}}}' for name, budget in budgets.items()]
    return config(folder, SHARED.format(extra, '\n'.join(lines)))


def sources(conf):
    """The last record of each key, those that say that it is elsewhere left out."""
    last = {(item['partition'], item['key']): item['value'] for item in tail(conf, 'sources')}
    return {key: value for (_, key), value in last.items() if not value.get('elsewhere')}


def feed_of(name, n):
    items = ''.join(f'<item><guid isPermaLink="false">{name}{i}</guid><title>acme {name} {i}</title></item>' for i in range(n))
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


@test('sources that share a budget are called as often as it allows, all together, across processes')
def share(folder):
    names = [f's{n}' for n in range(5)]
    with Pages({f'/{name}': feed_of(name, 3) for name in names}) as site:
        conf = shared_config(folder, site, 'budgets: [{id: key, per_day: 12}]', dict.fromkeys(names, '{share: key}'))
        for _ in range(4):
            equal(earshot('run', '-c', conf, '--once').code, 0)
        equal(len(site.asked), 12, 'calls')
        said = sources(conf)
        equal(said['budget:key']['budget'], {'per_day': 12, 'left_day': 0})
        waits = [said[name] for name in names if said[name].get('waits_by') == 'budget']
        check(waits and all(s['shares'] == 'key' and 'asked again from' in s['message'] for s in waits), waits)
        with Running('-c', conf) as run:
            url = run.url()
            wait_until(lambda: f'earshot_out_of_budget_sources {len(names)}' in metrics(url), 'the metric')
            check('earshot_source_budget_left_calls{source="s0",per="day"} 0' in metrics(url), metrics(url))
            shown = get(f'{url}/api/v1/sources')['sources']
            equal(sorted(s['source'] for s in shown), names, 'no budget is a source')
            equal({s['waits_by'] for s in shown}, {'budget'})
            equal(run.stop(), 0, 'stopped')
        equal(len(site.asked), 12, 'calls')


@test('a source that joins a shared budget, goes to another, and leaves it, brings no post twice and loses none')
def join(folder):
    names = [f's{n}' for n in range(6)]
    pages = {f'/{name}': feed_of(name, 3) for name in names}
    both = 'budgets: [{id: key, per_day: 1000}, {id: other, per_day: 1000}]'
    with Pages(pages) as site:
        for n, budget in enumerate(['{per_day: 900}', '{share: key}', '{share: other}', '{per_day: 900}', '{share: key}', '{per_day: 800}']):
            conf = shared_config(folder, site, both, dict.fromkeys(names, budget))
            equal(earshot('run', '-c', conf, '--once').code, 0)
            equal(earshot('run', '-c', conf, '--once').code, 0)
            for name in names:
                pages[f'/{name}'] = feed_of(name, 4 + n)
        equal(earshot('run', '-c', conf, '--once').code, 0)
        posts = [item['value']['native_id'] for item in tail(conf, 'posts')]
        equal(sorted(posts), sorted(f'{name}{i}' for name in names for i in range(9)))
        said = sources(conf)
        equal(sorted(said), sorted([*names, 'budget:key', 'budget:other']))
        check(all('shares' not in said[name] for name in names), said)
        # it kept what it had spent alone: the first rounds of its own, and the last
        equal({said[name]['budget']['left_day'] for name in names}, {800 - 4 - 3})


PAID = 'base: https://x.example\nchannel: forum\ncost: {per_item: 0.01, items: 5}\nrequest: {url: "{base}/list", query: {after: "{cursor}"}}\n' \
       'page: {by: cursor, next: next}\nitems: "items[]"\nmap: {native_id: id, text: text}\n'


@test('what is paid by the post stops before the page that might cost too much, and says in words until when')
def money(folder):
    pages = itertools.count()

    def say(_request):
        n = next(pages)
        return {'items': [{'id': f'{n}.{i}', 'text': f'acme {n} {i}'} for i in range(3)], 'next': f'c{n}'}
    with Site(say) as site:
        write(folder, 'kinds/paid.yaml', PAID)
        lines = ''.join(f'  - {{id: {name}, kind: paid, base: "{site.url}", every: 1s, budget: {{share: purse}}}}\n' for name in ('p1', 'p2'))
        conf = config(folder, SHARED.format('connectors: [../kinds]\nbudgets: [{id: purse, per_month: 0.5}]', lines).replace('[../kinds]', f'["{folder}/kinds"]'))
        for _ in range(3):
            equal(earshot('run', '-c', conf, '--once').code, 0)
        # 0.03 a page: the 16th would leave 0.05 untouched, the 17th might take 0.05 of 0.02
        equal(len(site.asked), 16, 'calls')
        equal(len(tail(conf, 'posts')), 48)
        said = sources(conf)
        equal(said['budget:purse']['budget'], {'per_month': 0.5, 'left_month': 0.02})
        month = datetime.datetime.now(datetime.timezone.utc).replace(day=1) + datetime.timedelta(days=32)
        for name in ('p1', 'p2'):
            equal((said[name]['waits_by'], said[name]['state'], said[name]['next_try'][:19]), ('cost', 'ok', f'{month:%Y-%m}-01T00:00:00'), said[name])
            equal(said[name]['message'], f'0.50 may be spent a month, and another page could cost more than is left: it is asked again from {month:%Y-%m}-01T00:00:00Z')
        with Running('-c', conf) as run:
            url = run.url()
            wait_until(lambda: 'earshot_source_money_left_cents{source="p1"} 2' in metrics(url), 'the metric')
            equal({s['waits_by'] for s in get(f'{url}/api/v1/sources')['sources']}, {'cost'})
            equal(run.stop(), 0, 'stopped')
        equal(len(site.asked), 16, 'calls')
        look = earshot('check', '-c', conf, '--fetch', '--source', 'p1')
        check('at most 0.50 a month; its budget does not count this look, which cost up to 0.05' in look.text, look.text)


@test('an answer that is lost is paid for, one that is refused is not')
def lost(folder):
    answers = iter([(500, b'', {}), (200, b'{"items": [', {'Content-Length': '4000'}), (200, b'{"items": []}', {})])
    with Site(lambda _request: next(answers)) as site:
        write(folder, 'kinds/paid.yaml', PAID)
        conf = config(folder, SHARED.format(f'connectors: ["{folder}/kinds"]', f'  - {{id: p, kind: paid, base: "{site.url}", budget: {{per_month: 0.5}}}}'))
        left = []
        for _ in range(3):
            equal(earshot('run', '-c', conf, '--once').code, 0)
            left.append(sources(conf)['p']['budget']['left_month'])
        equal(left, [0.5, 0.45, 0.45])


@test('calls count for as many units as they say')
def units(folder):
    with Pages(PAGES) as site:
        conf = shared_config(folder, site, 'budgets: [{id: quota, per_day: 250}]',
                             {'feed': '{share: quota, units: 100}'})
        for _ in range(4):
            equal(earshot('run', '-c', conf, '--once').code, 0)
        equal((len(site.asked), sources(conf)['budget:quota']['budget']['left_day']), (2, 50))


MISTAKES = (
    ('', '{share: key}', 'no budget is called "key"'),
    ('budgets: [{id: key, per_day: 5}]', '{share: key, per_day: 3}', 'shares a budget and has one of its own'),
    ('budgets: [{id: key}]', '{share: key}', 'has no limit'),
    ('budgets: [{id: key, per_day: 5}, {id: key, per_day: 6}]', '{share: key}', 'stands twice'),
    ('budgets: [{id: key, per_dya: 5}]', '{share: key}', 'did you mean "per_day"?'),
    ('budgets: [{id: key, per_day: 5}]', '{share: key, units: 9}', 'counts for 9'),
    ('', '{per_month: 5}', 'has no price'),
    ('', '{per_month: 5.0000001}', 'no amount of money'),
    ('', '{per_month: 5}, cost: {per_item: 1}', 'does not say how many a call may bring'),
    ('', '{per_day: 5}, cost: {per_call: 1}', 'does not say how much it may cost a month'),
    ('', '{per_month: 5}, cost: {per_item: 1, items: 6}', 'may cost 6, which is more than its 5'),
)


@test('a budget that cannot be is told with its place and what to do')
def shared_mistakes(folder):
    with Pages({}) as site:
        for extra, budget, words in MISTAKES:
            got = earshot('check', '-c', shared_config(folder, site, extra, {'feed': budget}))
            equal(got.code, 78, f'{budget}: {got.err}')
            check('earshot.yaml:' in got.err and words in got.err, f'{budget}: {got.err}')


main()

# SPDX-License-Identifier: MIT
"""A source is not called more often than its budget allows, and what is left is there to be seen."""

from harness import Running, check, config, earshot, equal, get, main, metrics, tail, test, wait_until
from loopback import Pages

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


main()

# SPDX-License-Identifier: MIT
"""Sources of kind series: rows of numbers, from files, over HTTP and sent to us, become records of
topic `metrics`; corrected ones replace, bad ones are told with their line, and kills change nothing."""

import json
import os
import random
import urllib.request

from harness import Running, check, earshot, equal, main, ready, tail, test, wait_until, write
from loopback import Pages

SECRET = 'a secret of the numbers'

CONFIG = '''
bus: ./log.db
view: {path: ./view.db}
http: {listen: "127.0.0.1:0"}
topics: {partitions: 2}
sources:
%s
brands: [{id: acme, topics: [{id: all, query: acme}]}]
'''

HOLD = '''  - id: hold
    kind: series
    url: "file:hold.csv"
    every: 1s
    series: {metric: hold_minutes}
    map: {time: Day, value: Minutes, n: Calls, dimensions.store: Branch}
'''


def conf(folder, sources=HOLD):
    return write(folder, 'earshot.yaml', CONFIG % sources)


def once(path, **more):
    result = earshot('run', '--once', '-c', path, **more)
    equal(result.code, 0, result.err)
    return result


def measured(path):
    return [(r['key'], r['value']) for r in tail(path, 'metrics')]


def standing(path):
    """What a reader of a compacted topic ends with."""
    return {key: value['value'] for key, value in measured(path)}


@test('a row of a CSV file is a record of metrics: metric, dimensions, period, value, n, method; posts stay empty')
def _(folder):
    path = conf(folder)
    write(folder, 'hold.csv', 'Day;Branch;Minutes;Calls\n2026-11-24;7;12,5;40\n24.11.2026;"Kadıköy; 2";-0.25;\n')
    once(path)
    first, second = measured(path)
    equal(first[0], 'hold_minutes,store=7,2026-11-24T00:00:00Z/86400000')
    equal(second[0], 'hold_minutes,store=Kad%C4%B1k%C3%B6y%3B%202,2026-11-24T00:00:00Z/86400000')
    observed = first[1].pop('observed_at')
    equal(first[1], {'metric': 'hold_minutes', 'dimensions': {'store': '7'}, 'period': {'start': '2026-11-24T00:00:00Z', 'ms': 86400000}, 'value': 12.5,
                     'n': 40, 'method': 'reported', 'source': 'hold', 'rev': 0})
    equal((second[1]['value'], second[1].get('n'), second[1]['dimensions']), (-0.25, None, {'store': 'Kadıköy; 2'}))
    (record, _other) = tail(path, 'metrics')
    equal((record['headers']['ce_type'], record['headers']['ce_time'], record['headers']['rev']), ('io.earshot.metric.v1', observed, '0'))
    equal(tail(path, 'posts'), [])
    once(path)
    equal(len(measured(path)), 2, 'known')
    (source,) = (r['value'] for r in tail(path, 'sources')[-1:])
    equal((source['kind'], source['state'], source['posts']), ('series', 'ok', 2))


@test('a corrected number replaces the one of its key, in a file that grows and in one that is written anew')
def _(folder):
    path = conf(folder)
    head = 'Day,Branch,Minutes,Calls\n'
    write(folder, 'hold.csv', head + '2026-11-24,7,12,40\n2026-11-25,7,9,38\n')
    once(path)
    write(folder, 'hold.csv', head + '2026-11-24,7,12,40\n2026-11-25,7,9,38\n2026-11-24,7,13,41\n')
    once(path)
    equal([value['value'] for _key, value in measured(path)], [12, 9, 13])
    check(measured(path)[-1][1]['rev'] > 0, 'a correction says when')
    write(folder, 'hold.csv', head + '2026-11-24,7,13,41\n2026-11-25,7,8.5,38\n')
    once(path)
    equal(list(standing(path).values()), [13, 8.5])
    equal(len(measured(path)), 4, 'what is as it was is not written again')


@test('an interval that goes, or comes as 0 to 0, is a correction')
def _(folder):
    path = conf(folder, '  - {id: web, kind: series, url: "file:web.jsonl", series: {metric: share}}\n')
    for interval in (None, {'lo': 0, 'hi': 0}, None, {'lo': 1}):
        write(folder, 'web.jsonl', json.dumps({'time': '2026-11-24', 'value': 0, **({'interval': interval} if interval else {})}) + '\n')
        once(path)
    equal([value.get('interval') for _key, value in measured(path)], [None, {'lo': 0, 'hi': 0}, None])


@test('a bad row is told with file and line and lies in deadletter; the rest goes on')
def _(folder):
    path = conf(folder)
    write(folder, 'hold.csv', 'Day,Branch,Minutes,Calls\n2026-11-24,7,12,40\nyesterday,7,1,1\n2026-11-24,8,many,1\n2026-11-24,9,,1\n2026-11-24,10,1,-4\n'
                              f'2026-11-24,{"x" * 200},1,1\n2026-11,7,1,1\n2026-11-24,7,1,1,1\n2026-11-25,7,5,2\n')
    result = once(path)
    equal(list(standing(path).values()), [12, 5])
    letters = tail(path, 'deadletter')
    equal(len(letters), 7)
    said = [letter['headers']['earshot.errors.exception.message'] for letter in letters]
    for words in ('Day: "yesterday" is no day and no time', 'Minutes: "many" is no number', 'the row has no value (Minutes)', 'Calls: "-4" is no count',
                  'the dimension "store"', 'Day: "2026-11" is no day', 'the row has 5 cells'):
        equal(sum(words in one for one in said), 1, (words, said))
    check('hold.csv' in said[0], said)
    check('event=source.bad' in result.err and 'hold.csv:3' in result.err, result.err)
    state = tail(path, 'sources')[-1]['value']
    equal((state['bad'], state['state']), (7, 'ok'))


@test('JSON lines: nested members, times of programs, intervals, methods and dimensions of the source')
def _(folder):
    path = conf(folder, '  - {id: web, kind: series, url: "file:web.jsonl", brand: acme, touchpoint: app, unit: "store 7",\n'
                        '     series: {period: 1h, method: rum}, map: {metric: name, time: at, value: stats.p75, dimensions.page: page}}\n')
    write(folder, 'web.jsonl', '{"name": "page_load", "at": 1795723200, "stats": {"p75": 2.75}, "page": "/cart", "n": 1000, "interval": {"lo": 2.5, "hi": 3}, "dimensions": {"country": "tr", "unit": "all"}, "list": [1]}\n'
                               '{"name": "page_load", "at": "2026-11-26T21:00:00+01:00", "stats": {"p75": "3,5"}, "method": "lab"}\n'
                               '{"name": "Page Load!", "at": 1795723200, "stats": {"p75": 1}}\n{"name": "x", "at": 1795723200, "stats": {"p75": null}}\n[1]\nnonsense\n')
    once(path)
    (key, first), (_key, second) = measured(path)
    equal(key, 'page_load,brand=acme;country=tr;page=%2Fcart;touchpoint=app;unit=all,2026-11-26T20:00:00Z/3600000')
    equal((first['value'], first['n'], first['interval'], first['method']), (2.75, 1000, {'lo': 2.5, 'hi': 3}, 'rum'))
    equal((second['value'], second['method'], second['dimensions']), (3.5, 'lab', {'brand': 'acme', 'touchpoint': 'app', 'unit': 'store 7'}))
    equal(len(tail(path, 'deadletter')), 4)


@test('of a map a text is true of every row; a line of very many members, or of long names, is one row at most')
def _(folder):
    path = conf(folder, '  - {id: web, kind: series, url: "file:web.jsonl",\n'
                        '     map: {metric: "\'hold\'", method: "\'rum\'", dimensions.store: "\'7\'"}}\n')
    many = {str(i): 1 for i in range(500_000)}
    long = {'o' * 200_000: {str(i): 1 for i in range(100)}}
    write(folder, 'web.jsonl', ''.join(json.dumps({'time': '2026-11-24', 'value': value, **more}) + '\n'
                                       for value, more in ((1, many), (2, long), (3, {}))))
    once(path)
    equal([(key, value['value'], value['method']) for key, value in measured(path)],
          [('hold,store=7,2026-11-24T00:00:00Z/86400000', n, 'rum') for n in (2, 3)])
    (letter,) = tail(path, 'deadletter')
    check('more than 1024 members' in letter['headers']['earshot.errors.exception.message'], letter['headers'])


@test('import into a series takes a map of its fields')
def _(folder):
    path = conf(folder)
    file = write(folder, 'other.csv', 'Tag,Minutes,Branch\n2026-11-24,4,9\n')
    result = earshot('import', '-c', path, '--source', 'hold', '--map', 'time=Tag', file)
    equal(result.code, 0, result.err)
    equal(list(standing(path).values()), [4])
    result = earshot('import', '-c', path, '--source', 'hold', '--map', 'text=Tag', file)
    equal(result.code, 2)
    check('a series has no field "text"' in result.err, result.err)


@test('numbers are sent to /ingest as posts are, over HTTP they are asked for, and check --fetch --show prints them')
def _(folder):
    with Pages({'/rating.csv': (200, 'metric,time,value\nstore_rating,2026-11-24,4.5\nstore_rating,2026-11-25,4.25\n', {'Content-Type': 'text/csv'})}) as site:
        path = conf(folder, f'  - {{id: shop, kind: series, secret: "{SECRET}"}}\n  - {{id: stores, kind: series, url: "{site.url}/rating.csv"}}\n')
        with open(path, 'a', encoding='utf-8') as file:
            file.write('allow_private: [127.0.0.1]\n')
        shown = earshot('check', '-c', path, '--fetch', '--source', 'stores', '--show', '1')
        equal(shown.code, 0, shown.err)
        (row,) = (json.loads(line) for line in shown.text.splitlines() if line.startswith('{'))
        equal((row['metric'], row['value'], row['period']['ms']), ('store_rating', 4.5, 86400000))
        with Running('-c', path) as service:
            wait_until(lambda: ready(service.url()), 'it is ready')
            body = json.dumps([{'metric': 'retention', 'time': '2026-11-01', 'value': 0.81, 'dimensions.cohort': '2026-10'},
                               {'metric': 'bounce_rate', 'time': '2026-11-26T10:00:00Z', 'value': 0.4}]).encode()
            request = urllib.request.Request(f'{service.url()}/ingest/shop', body, {'Authorization': f'Bearer {SECRET}', 'Content-Type': 'application/json'})
            for _again in range(2):
                equal(urllib.request.urlopen(request, timeout=30).status, 202)
            wait_until(lambda: len(standing(path)) == 4, 'they are in the log')
        equal(standing(path), {'retention,cohort=2026-10,2026-11-01T00:00:00Z/86400000': 0.81, 'bounce_rate,,2026-11-26T10:00:00Z/0': 0.4,
                               'store_rating,,2026-11-24T00:00:00Z/86400000': 4.5, 'store_rating,,2026-11-25T00:00:00Z/86400000': 4.25})
        equal(len(measured(path)), 4, 'once each')


@test('killed in the middle of a long file again and again, every number is in the log once')
def _(folder):
    seed = int(os.environ.get('EARSHOT_SEED', random.randrange(10**6)))
    print(f'# EARSHOT_SEED={seed}')
    dice, n = random.Random(seed), 100000
    path = conf(folder)
    write(folder, 'hold.csv', 'Day,Branch,Minutes,Calls\n' + ''.join(f'2026-11-24,{i},{i / 4},1\n' for i in range(n)))

    def taken():
        states = tail(path, 'sources') if os.path.exists(os.path.join(folder, 'log.db')) else []
        return states[-1]['value']['posts'] if states else 0

    kills = 0
    for _life in range(int(os.environ.get('EARSHOT_KILLS', '8'))):
        had = taken()
        if had == n:
            break
        with Running('-c', path) as service:
            enough = min(had + dice.randrange(1, 5000), n)
            service.url()
            wait_until(lambda: taken() >= enough, 'some are there', every=0.001)
            service.kill()
            kills += 1
    once(path)
    keys = [key for key, _value in measured(path)]
    equal((len(keys), len(set(keys))), (n, n))
    print(f'# {kills} kills')


@test('a series that cannot be is an error with its place')
def _(folder):
    for given, words in (('kind: series', 'needs a secret of 16'), ('kind: series, url: "file:x.csv", map: {colour: c}', 'no field "colour"'),
                         ('kind: series, url: "file:x.csv", map: {dimensions.Größe: c}', 'no field'), ('kind: series, url: "file:x.csv", series: {format: xml}', 'xml'),
                         ('kind: series, url: "file:x.csv", secret: "0123456789abcdef"', 'read from url, or sent to'),
                         ('kind: csv, url: "file:x.csv", series: {metric: m}', 'is no series')):
        path = conf(folder, '  - {id: f, ' + given + '}\n')
        result = earshot('check', '-c', path)
        equal(result.code, 78, given)
        check('earshot.yaml:7:' in result.err and words in result.err, result.err)


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""Connectors that walk: windows of time, ids that count up; two more APIs that nobody has, written from config/connectors/README.md
alone; what a kept address says of a key; what connector and source say of every post."""

import datetime
import itertools
import json
import os
import random
import threading
import time

import jsonschema_rs
import yaml

from apis import INVENTED, mistakes
from harness import ROOT, Running, check, earshot, equal, main, tail, test, wait_until, write
from loopback import Site

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
KILLS = int(os.environ.get('EARSHOT_KILLS', '10'))


def once(folder, sources):
    conf = write(folder, 'earshot.yaml', CONFIG + ''.join(f'  - {source}\n' for source in sources))
    result = earshot('run', '--once', '-c', conf)
    equal(result.code, 0, result.err)
    return conf


def ids(conf):
    return [p['value']['native_id'] for p in tail(conf, 'posts')]


def state(conf):
    return tail(conf, 'sources')[-1]['value']


# ---- windows of time: an archive that answers with 10 at most, the newest first ----

ARCHIVE = '''
base: https://archive.example
every: 1s
channel: news
request:
  url: "{base}/search"
  query: {from: "{begin^time:'%s'}", to: "{end^time:'%Y-%m-%dT%H:%M:%SZ'}"}
page: {by: time, width: 2h, least: 1s, overlap: 1m, back: 3h, full: 10, most: 100}
bare: true
items: found[]
map: {native_id: id, text: text, published_at: at}
'''


class Archive(Site):
    """`posts`: {id: seconds}."""

    def __init__(self):
        self.posts, self.lock, self.now = {}, threading.Lock(), time.time()
        super().__init__(self.say)

    def say(self, request):
        begin = int(request.query['from'])
        end = datetime.datetime.fromisoformat(request.query['to'].replace('Z', '+00:00')).timestamp()
        with self.lock:
            found = sorted(((at, name) for name, at in self.posts.items() if begin <= at < end), reverse=True)[:10]
        return {'found': [{'id': name, 'text': f'acme {name}', 'at': int(at)} for at, name in found]} if found else {}

    def add(self, name, ago):
        with self.lock:
            self.posts[name] = time.time() - ago


@test('windows of time: an archive that gives ten at most is read whole, once, with what comes late; nothing found is no failure')
def slices(folder):
    with Archive() as site:
        write(folder, 'kinds/archive.yaml', ARCHIVE)
        source = f'{{id: a, kind: archive, base: "{site.url}"}}'
        conf = once(folder, [source])
        equal((state(conf)['state'], len(site.asked)), ('ok', 2), state(conf))
        write(folder, 'again/kinds/archive.yaml', ARCHIVE)
        # spread over three hours, with 60 in one minute
        for n in range(100):
            site.add(f'a{n}', 100 * n + 200)
        for n in range(60):
            site.add(f'b{n}', 4000 + n)
        conf = once(os.path.join(folder, 'again'), [source])
        equal(sorted(ids(conf)), sorted(site.posts))
        # what is new, and one that is a little late
        site.add('new', 2)
        site.add('late', 30)
        once(os.path.join(folder, 'again'), [source])
        time.sleep(1.1)  # a window ends at a full second
        conf = once(os.path.join(folder, 'again'), [source])
        equal(sorted(ids(conf)), sorted(site.posts))


@test(f'killed at any moment of its windows, it loses nothing and repeats nothing ({KILLS} kills)')
def slices_killed(folder):
    made = itertools.count()
    dice = random.Random(int(os.environ.get('EARSHOT_SEED', '7')))
    with Archive() as site:
        for _ in range(300):
            site.add(f'p{next(made)}', dice.randrange(2, 10000))
        write(folder, 'kinds/archive.yaml', ARCHIVE)
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: a, kind: archive, base: "{site.url}"}}\n')
        for _ in range(KILLS):
            with Running('-c', conf, '--role', 'collect') as run:
                enough = len(site.asked) + dice.randrange(1, 20)
                wait_until(lambda: len(site.asked) > enough, 'it asks')
                run.kill()
            # over half a minute, for of one second the archive gives no more than ten
            for _ in range(dice.randrange(6)):
                site.add(f'p{next(made)}', dice.uniform(0, 30))
        with Running('-c', conf, '--role', 'collect') as run:
            wait_until(lambda: set(ids(conf)) == set(site.posts), 'all are there', 400, 0.5)
            run.stop()
        equal(len(ids(conf)), len(site.posts), 'posts')


# ---- an API that nobody has: receipts that are numbered, with OAuth2 client credentials ----

KIOSK = '''
about: Kiosk, remarks on receipts
base: https://kiosk.example
every: 1s
channel: store
post_kind: review
params:
  client: {required: true, help: id of the client}
  secret: {required: true, secret: true, help: its secret}
login:
  url: "{base}/token"
  form: {grant_type: client_credentials, scope: "remarks:read"}
  basic: "{client}:{secret}"
  token: access_token
  lasts: 50m
newest:
  url: "{base}/remarks/last"
  bearer: "{login}"
  id: remark.number
request:
  url: "{base}/remarks"
  query: {from: "{begin}", to: "{end}"}
  bearer: "{login}"
page: {by: id, width: 25, back: 1000, most: 100}
items: remarks[]
map:
  native_id: number
  text: words
  unit: shop.name
  rating.value: stars
  published_at: written
error: problem.detail
status: {404: empty}
'''


class Kiosk(Site):
    def __init__(self, last):
        self.last, self.taken = last, set()
        super().__init__(self.say)

    def say(self, request):
        if request.path == '/token':
            good = request.headers['Authorization'] == 'Basic bWU6czNjcmV0' and request.form()['grant_type'] == 'client_credentials'
            return (200, {'access_token': 'tok', 'expires_in': 3600}, {}) if good else (401, {'problem': {'detail': 'who?'}}, {})
        if request.headers['Authorization'] != 'Bearer tok':
            return 401, {'problem': {'detail': 'no token'}}, {}
        if request.path == '/remarks/last':
            return {'remark': {'number': self.last}}
        begin, end = int(request.query['from']), int(request.query['to'])
        check(end <= self.last and end - begin < 25, request.target)
        found = [n for n in range(begin, end + 1) if n % 10]
        return {'remarks': [{'number': n, 'words': f'acme {n}', 'shop': {'name': 'Moda'}, 'stars': n % 5 + 1, 'written': '2026-11-23'}
                            for n in found]} if found else 404


def kiosk_config(folder, site):
    write(folder, 'kinds/kiosk.yaml', KIOSK)
    return f'{{id: k, kind: kiosk, base: "{site.url}", params: {{client: me, secret: s3cret}}}}'


@test('an API of numbered things behind OAuth2 takes less than 40 lines of YAML, and is walked to its newest, round after round')
def walk(folder):
    check(len(KIOSK.strip().splitlines()) < 40, len(KIOSK.strip().splitlines()))
    with Kiosk(1234) as site:
        source = kiosk_config(folder, site)
        conf = once(folder, [source])
        equal(sorted(ids(conf)), sorted(str(n) for n in range(235, 1235) if n % 10))
        post = tail(conf, 'posts')[0]['value']
        equal((post['unit'], post['channel'], post['kind'], post['rating']['value']), ('Moda', 'store', 'review', int(post['native_id']) % 5 + 1))
        asked = len(site.asked)
        once(folder, [source])
        equal(len(site.asked), asked + 2, 'a round without anything new is a login and a question for the newest')
        site.last = 1290
        once(folder, [source])
        site.last = 1280  # another server of theirs, which is behind: nothing is walked back
        conf = once(folder, [source])
        equal(sorted(ids(conf)), sorted(str(n) for n in range(235, 1291) if n % 10))
        look = earshot('check', '-c', conf, '--fetch', '--show', '3')
        equal((look.code, look.text.count('"native_id"')), (0, 3), look.text)
        check('"native_id":"1256"' in look.text, look.text)


@test(f'killed at any moment of its walk, it loses no id and repeats none ({KILLS} kills)')
def walk_killed(folder):
    dice = random.Random(int(os.environ.get('EARSHOT_SEED', '8')))
    with Kiosk(900) as site:
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {kiosk_config(folder, site)}\n')
        for _ in range(KILLS):
            with Running('-c', conf, '--role', 'collect') as run:
                enough = len(site.asked) + dice.randrange(2, 9)
                wait_until(lambda: len(site.asked) > enough, 'it asks')
                run.kill()
            # the first round begins 1,000 before what was the newest then
            site.last += dice.randrange(200) if ids(conf) else 0
        want = {str(n) for n in range(1, site.last + 1) if n % 10}
        with Running('-c', conf, '--role', 'collect') as run:
            wait_until(lambda: set(ids(conf)) == want, 'all are there', 400, 0.5)
            run.stop()
        equal(len(ids(conf)), len(want), 'posts')


# ---- an API that nobody has: GraphQL ----

BOARD = '''
about: Board, questions to a brand, by GraphQL
base: https://board.example
every: 5m
channel: community
voice: customer
touchpoint: help
params:
  space: {required: true, help: name of the space}
  key: {required: true, secret: true, help: API key}
  size: {default: "2", help: questions a page}
request:
  url: "{base}/graphql"
  headers: {X-Api-Key: "{key}"}
  json:
    operationName: Questions
    query: >-
      query Questions($where: Where!, $first: Int!, $after: String) {{ questions(where: $where, first: $first, after: $after)
      {{ nodes {{ id body askedAt asker {{ id name }} }} pageInfo {{ endCursor hasNextPage }} }} }}
    variables:
      first: "{size^number}"
      after: "{cursor}"
      where: {space: "{space}", open: true, score.least: 0.5, author: null}
page: {by: cursor, next: data.questions.pageInfo.endCursor, more: data.questions.pageInfo.hasNextPage}
items: data.questions.nodes[]
map:
  native_id: id
  text: body
  author.key: asker.id
  author.name: asker.name
  published_at: askedAt
error: errors[0].message
'''


@test('an API by GraphQL takes less than 40 lines of YAML: a nested body with numbers, true and null, and a cursor')
def graphql(folder):
    check(len(BOARD.strip().splitlines()) < 40, len(BOARD.strip().splitlines()))

    def say(request):
        body = request.json()
        after = int(body['variables'].get('after', 0))
        equal(body['variables'], {'first': 2, **({'after': str(after)} if after else {}),
                                  'where': {'space': 'acme "7"', 'open': True, 'score': {'least': 0.5}, 'author': None}})
        check(body['query'].startswith('query Questions($where: Where!, $first: Int!, $after: String) { questions('), body['query'])
        equal((body['operationName'], request.headers['Content-Type'], request.headers['X-Api-Key']), ('Questions', 'application/json', 'k'))
        return {'data': {'questions': {'nodes': [{'id': f'q{n}', 'body': f'acme {n}?', 'askedAt': '2026-11-23T08:00:00Z', 'asker': {'id': 'u1', 'name': 'Ada'}}
                                                 for n in range(after + 1, min(after + 3, 6))],
                                       'pageInfo': {'endCursor': str(after + 2), 'hasNextPage': after + 2 < 5}}}}
    with Site(say) as site:
        write(folder, 'kinds/board.yaml', BOARD)
        conf = once(folder, [f'{{id: b, kind: board, base: "{site.url}", params: {{space: \'acme "7"\', key: k}}}}'])
        equal(sorted(ids(conf)), ['q1', 'q2', 'q3', 'q4', 'q5'])
        equal(len(site.asked), 3)
        # what is no number is sent as the text that it is, and the API may say what it thinks of it
        write(folder, 'wrong/kinds/board.yaml', BOARD)
        seen = []
        site.answer = lambda request: (seen.append(request.json()['variables']['first']), (200, {'errors': [{'message': 'first: no Int'}]}, {}))[1]
        conf = once(os.path.join(folder, 'wrong'), [f'{{id: b, kind: board, base: "{site.url}", params: {{space: s, key: k, size: "2, x"}}}}'])
        equal(seen, ['2, x'])
        check('first: no Int' in state(conf)['message'], state(conf))


# ---- keys, numbers, what is said of every post ----

@test('a key in the address of the next page stands in no record, and is sent with that page')
def links(folder):
    secret = 's3cret/&=é{x}'

    def say(request):
        equal(request.query['key'], secret, request.target)
        page = int(request.query.get('page', '1'))
        if page == 3:
            return 500, {'error': 'later'}, {}
        coded = 's3cret%2F%26%3D%c3%A9%7Bx%7D'
        return {'items': [{'id': page, 'text': 'acme'}], 'next': f'/list?key={coded}&page={page + 1}&{{tag}}=%7bkey%7D'}
    with Site(say) as site:
        write(folder, 'kinds/linked.yaml', 'base: https://x.example\nchannel: forum\nparams: {key: {required: true, secret: true}}\n'
              'request: {url: "{base}/list", query: {key: "{key}"}}\npage: {by: link, next: next}\nitems: "items[]"\nmap: {native_id: id, text: text}\n')
        conf = once(folder, [f'{{id: l, kind: linked, base: "{site.url}", params: {{key: "{secret}"}}}}'])
        equal((len(site.asked), sorted(ids(conf))), (3, ['1', '2']))
        equal(site.asked[1].query['{tag}'], '{key}', 'braces of the server are its own')
        said = json.dumps(tail(conf, 'sources', 'alerts', 'posts'))
        check('key={key}&page=3' in said, said)
        for part in ('s3cret', '%c3%A9'):
            check(part not in said, f'{part} in {said}')


@test('numbers past 64 bits are taken digit by digit, and a page is none the worse for them')
def numbers(folder):
    big, small = '18446744073709551616', '-9223372036854775809'
    answer = (f'{{"items": [{{"id": {big}, "text": "acme 1", "rank": 1e400}}, {{"id": {small}, "text": "acme {big} -1e999"}},'
              f' {{"id": 9223372036854775807, "text": "acme 3", "n": [{big},{big}]}}]}}').encode()
    with Site(lambda request: (200, answer, {'Content-Type': 'application/json'})) as site:
        write(folder, 'kinds/n.yaml', 'base: https://x.example\nchannel: forum\nrequest: {url: "{base}/"}\nitems: "items[]"\nmap: {native_id: id, text: text}\n')
        conf = once(folder, [f'{{id: n, kind: n, base: "{site.url}"}}'])
        equal({p['value']['native_id']: p['value']['text'] for p in tail(conf, 'posts')},
              {big: 'acme 1', small: f'acme {big} -1e999', '9223372036854775807': 'acme 3'})


@test('voice, touchpoint, unit and app_version are said by the item, else by the source, else by the connector')
def said(folder):
    names = ('voice', 'touchpoint', 'unit', 'app_version')
    connector, source, item = ('employee', 'connector', 'shop c', '1.0'), ('press', 'source', 'shop s', '2.0'), ('competitor', 'item', 'shop i', '3.0')
    items = [{'id': 1, 'text': 'acme'}, {'id': 2, 'text': 'acme', **dict(zip(names, item))}]
    with Site(lambda request: {'items': items}) as site:
        base = 'base: https://x.example\nchannel: forum\nrequest: {url: "{base}/"}\nitems: "items[]"\n'
        own = 'map: {native_id: id, text: text, ' + ', '.join(f'{name}: {name}' for name in names) + '}\n'
        write(folder, 'kinds/with.yaml', base + own + ''.join(f'{name}: "{value}"\n' for name, value in zip(names, connector)))
        write(folder, 'kinds/without.yaml', base + own)
        mine = ', '.join(f'{name}: "{value}"' for name, value in zip(names, source))
        conf = once(folder, [f'{{id: a, kind: with, base: "{site.url}"}}', f'{{id: b, kind: with, base: "{site.url}", {mine}}}',
                             f'{{id: c, kind: without, base: "{site.url}", {mine}}}', f'{{id: d, kind: without, base: "{site.url}"}}'])
        got = {(p['value']['source'], p['value']['native_id']): tuple(p['value'].get(name) for name in names) for p in tail(conf, 'posts')}
        equal({key: value for key, value in got.items() if key[1] == '1'},
              {('a', '1'): connector, ('b', '1'): source, ('c', '1'): source, ('d', '1'): (None,) * 4})
        equal({value for key, value in got.items() if key[1] == '2'}, {item})


# ---- for editors ----

@test('the schemas of the config and of connectors are what the tables of options say; what ships passes, mistakes do not')
def schema_of(folder):
    schemas = {}
    for of in ('config', 'connector'):
        printed = earshot('check', '--schema', of)
        equal(printed.code, 0, printed.err)
        with open(os.path.join(ROOT, 'config', 'schema', f'{of}.schema.json'), encoding='utf-8') as file:
            schemas[of] = json.load(file)
        equal(json.loads(printed.text), schemas[of], f'earshot check --schema {of} > config/schema/{of}.schema.json')
        schemas[of] = jsonschema_rs.Draft202012Validator(schemas[of])
    equal(earshot('check', '--schema', 'other').code, 2)
    shipped = os.path.join(ROOT, 'config', 'connectors')
    for path in [os.path.join(shipped, name) for name in sorted(os.listdir(shipped)) if name.endswith('.yaml')]:
        with open(path, encoding='utf-8') as file:
            schemas['connector'].validate(yaml.safe_load(file))
    for text in (ARCHIVE, KIOSK, BOARD, INVENTED):
        write(folder, 'one.yaml', text)
        schemas['connector'].validate(loaded(os.path.join(folder, 'one.yaml')))
    for path in ('earshot.yaml', 'demo/earshot.yaml'):
        schemas['config'].validate(loaded(os.path.join(ROOT, 'config', path)))
    # those that an editor can know without reading expressions
    told = 0
    for old, new, _place, words, _mend in mistakes():
        write(folder, 'one.yaml', INVENTED.replace(old, new, 1))
        if words.startswith(('unknown key', '"channel"')) or 'it can be' in words or 'must be a map' in words:
            check(not schemas['connector'].is_valid(loaded(os.path.join(folder, 'one.yaml'))), f'{new!r} passes')
            told += 1
    check(told > 12, told)


def loaded(path):
    with open(path, encoding='utf-8') as file:
        return yaml.safe_load(file)


main()

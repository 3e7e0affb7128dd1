# SPDX-License-Identifier: MIT
"""A connector of one's own: written from config/connectors/README.md alone, what is wrong with one, and what a kill costs."""

import itertools
import json
import os
import random
import signal

from apis import INVENTED, mistakes
from harness import Running, check, earshot, equal, main, tail, test, wait_until, write
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


def call(n, **more):
    return {'ref': f'c{n}', 'direction': 'in', 'subject': f'acme {n}', 'notes': [{'text': f'Note {n}'}],
            'began': '2026-11-23T08:00:00+03:00', 'tongue': 'tur', 'queue': {'name': 'returns'},
            'caller': {'number': 881}, 'survey': [{'question': 'nps', 'value': 1}, {'question': 'csat', 'value': 4}], **more}


class Phonedesk(Site):
    def __init__(self, calls):
        self.calls, self.status = calls, 200
        super().__init__(self.say)

    def say(self, request):
        if request.path == '/oauth/token':
            good = request.headers['Authorization'] == 'Basic bWU6czNjcmV0' and request.form() == {'grant_type': 'client_credentials'}
            return (200, {'access': {'token': 'tok'}}, {}) if good else (401, {}, {})
        if self.status != 200:
            return self.status, {'fault': {'text': 'the office is closed'}}, {}
        if request.headers['Authorization'] != 'Bearer tok' or request.headers['X-Client'] != 'me':
            return 401, {}, {}
        skip = int(request.query['skip'])
        return {'result': {'calls': self.calls[skip:skip + 2]},
                'paging': {'more': skip + 2 < len(self.calls), 'newest': self.calls[0]['ref'] if self.calls else None}}


def own_config(folder, site, extra='', kind=INVENTED):
    write(folder, 'kinds/phonedesk.yaml', kind)
    source = f'  - {{id: desk, kind: phonedesk, base: "{site.url}", params: {{client: me, secret: s3cret, queue: "a b"}}{extra}}}\n'
    return write(folder, 'earshot.yaml', CONFIG + source)


@test('a connector for an API that nobody has takes less than 40 lines of YAML, and hears it')
def _(folder):
    check(len(INVENTED.strip().splitlines()) < 40, len(INVENTED.strip().splitlines()))
    calls = [call(5), call(4, direction='out'), call(3, spam=True), call(2, notes=[], summary='<p>Who&#39;s there</p>', tongue='eng'), call(1)]
    with Phonedesk(calls) as site:
        conf = own_config(folder, site)
        equal(earshot('check', '-c', conf).code, 0)
        result = earshot('run', '--once', '-c', conf)
        equal(result.code, 0, result.err)
        equal([r.path for r in site.asked], ['/oauth/token', *['/v3/queues/a%20b/calls'] * 3])
        equal([r.query['skip'] for r in site.asked[1:]], ['0', '2', '4'])
        posts = {p['value']['native_id']: p['value'] for p in tail(conf, 'posts')}
        equal(sorted(posts), ['c1', 'c2', 'c5'])
        five = posts['c5']
        equal((five['text'], five['title'], five['lang'], five['touchpoint'], five['customer']), ('Note 5', 'acme 5', 'tr', 'returns', '881'))
        equal((five['survey'], five['url'], five['published_at']), ({'csat': 4}, f'{site.url}/calls/c5', '2026-11-23T05:00:00Z'))
        equal((five['channel'], five['kind'], five['voice']), ('call', 'ticket', 'customer'))
        equal((posts['c2']['text'], posts['c2']['lang']), ("Who's there", 'en'))
        # the next round asks for what is newer than the first page of the last one, and stops where all is known
        calls.insert(0, call(6))
        site.asked.clear()
        equal(earshot('run', '--once', '-c', conf).code, 0)
        asked = [r for r in site.asked if r.path != '/oauth/token']
        equal(asked[0].query.get('changed_after'), 'c5')
        equal(sorted(p['value']['native_id'] for p in tail(conf, 'posts')), ['c1', 'c2', 'c5', 'c6'])


@test('its rules for a status: none is silence, a closed door stops it; its words are told')
def _(folder):
    with Phonedesk([call(1)]) as site:
        conf = own_config(folder, site)

        def state():
            earshot('run', '--once', '-c', conf)
            return tail(conf, 'sources')[-1]['value']
        site.status = 404
        equal(state()['state'], 'ok')
        site.status = 500
        down = state()
        equal(down['state'], 'cannot_hear')
        check(down['message'].endswith(': the office is closed'), down['message'])
        site.status = 403
        equal(state()['state'], 'stopped')


@test('a token in a file is read for every request, so that another program may renew it')
def _(folder):
    seen = []

    def say(request):
        seen.append(request.headers['Authorization'])
        return {'items': [{'id': len(seen), 'text': 'acme'}]}
    with Site(say) as site:
        write(folder, 'kinds/filed.yaml', 'base: https://x.example\nchannel: call\nparams: {token: {required: true, secret: true}}\n'
              'request: {url: "{base}/", bearer: "{token}"}\nitems: "items[]"\nmap: {native_id: id, text: text}\n')
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: f, kind: filed, base: "{site.url}", params: {{token_file: token.txt}}}}\n')
        for token in ('one', 'two'):
            write(folder, 'token.txt', token + '\n')
            equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(seen, ['Bearer one', 'Bearer two'])
        equal(len(tail(conf, 'posts')), 2)
        os.remove(os.path.join(folder, 'token.txt'))
        earshot('run', '--once', '-c', conf)
        state = tail(conf, 'sources')[-1]['value']
        equal((state['state'], state['error']), ('cannot_hear', 'config'))
        check('token.txt cannot be read' in state['message'], state['message'])
        check('one' not in json.dumps(state) and 'two' not in json.dumps(state), 'a token in the record')


@test('a reload tells a source whose connector is another one now')
def _(folder):
    with Phonedesk([call(1)]) as site:
        conf = own_config(folder, site)
        with Running('-c', conf, '--role', 'collect') as run:
            site.wait(lambda: len(site.asked) > 1, 'it asks')
            write(folder, 'kinds/phonedesk.yaml', INVENTED.replace('native_id: ref', 'native_id: number | ref'))
            run.process.send_signal(signal.SIGHUP)
            said = run.event('config.changed')
            equal((said['kind'], said['id']), ('source', 'desk'))
            run.event('config.reloaded')
            write(folder, 'kinds/phonedesk.yaml', INVENTED.replace('native_id: ref', 'native_id: ref['))
            run.process.send_signal(signal.SIGHUP)
            run.event('config.kept')
            check(any('config.wrong' in line and 'phonedesk.yaml:' in line for line in run.lines), run.lines)
            run.stop()


@test('each of many mistakes in a connector is told with file, line, column and what to do about it')
def _(folder):
    count = 0
    for old, new, place, words, mend in mistakes():
        check(old in INVENTED, old)
        with_it = INVENTED.replace(old, new, 1).lstrip('\n')
        write(folder, 'kinds/phonedesk.yaml', with_it)
        conf = write(folder, 'earshot.yaml', CONFIG + '  - {id: d, kind: phonedesk, params: {client: me, secret: s}}\n')
        result = earshot('check', '-c', conf)
        equal(result.code, 78, f'{new!r}: {result.err}')
        line = next((line for line in result.err.splitlines() if f'/kinds/phonedesk.yaml:{place}: {words}' in line), None)
        check(line and mend in line, f'{new!r}, {place} {words} ({mend}): {result.err}')
        count += 1
    check(count > 50, count)


@test('what is wrong with what a source gives a connector, or with a long list of params, is told with its place and mend')
def _(folder):
    with Phonedesk([]) as site:
        many = INVENTED.replace('  queue: {', ''.join(f'  p{n}: {{}}\n' for n in range(64)) + '  queue: {')
        result = earshot('check', '-c', own_config(folder, site, kind=many))
        check(result.code == 78 and 'kinds/phonedesk.yaml:' in result.err and 'more than 64 params' in result.err, result.err)
        sources = [
            ('{id: d, kind: phonedsk}', 'no kind is called "phonedsk" (did you mean "phonedesk"?)'),
            ('{id: d, kind: something_else}', 'config/connectors/README.md has the list'),
            ('{id: d, kind: phonedesk, params: {client: me}}', 'does not say its secret'),
            ('{id: d, kind: phonedesk, params: {client: me, secret: s, que: x}}', 'has no param "que"'),
            ('{id: d, kind: phonedesk, params: {client: me, secret: s}, query: x}', 'has no query'),
            ('{id: d, kind: phonedesk, params: {client: me, secret: s}, url: "https://x.example"}', 'knows its address'),
            ('{id: d, kind: ../outside}', 'no kind is called "../outside"'),
            ('{id: d, kind: ""}', 'has an empty kind'),
            ('{id: d, kind: phonedesk, params: {client: me, secret: s}, base: phonedesk.example}', 'is no http address'),
            ('{id: d, kind: hackernews}', 'does not say its query'),
            ('{id: d, kind: feed, url: "https://x.example", params: {a: b}}', 'has no params'),
            ('{id: d, kind: feed}', '"url" is missing'),
        ]
        write(folder, 'kinds/phonedesk.yaml', INVENTED)
        write(folder, 'outside.yaml', INVENTED)
        for source, words in sources:
            conf = write(folder, 'earshot.yaml', CONFIG + f'  - {source}\n')
            result = earshot('check', '-c', conf)
            equal(result.code, 78, f'{source}: {result.err}')
            check('earshot.yaml:10:' in result.err and words in result.err, f'{source}: {result.err}')


@test('a connector that is a folder, a list, empty or a link to nowhere is told in one line, however many sources have it')
def _(folder):
    os.makedirs(os.path.join(folder, 'kinds', 'folder.yaml'))
    write(folder, 'kinds/empty.yaml', '')
    write(folder, 'kinds/list.yaml', '[a, b]\n')
    os.symlink('nowhere', os.path.join(folder, 'kinds', 'dangling.yaml'))
    write(folder, 'elsewhere.yaml', INVENTED)
    os.symlink('../elsewhere.yaml', os.path.join(folder, 'kinds', 'linked.yaml'))
    for kind, words in (('folder', 'Is a directory'), ('empty', '"base" is missing'), ('list', 'is a map of settings'),
                        ('dangling', 'no kind is called')):
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: d, kind: {kind}}}\n  - {{id: e, kind: {kind}}}\n')
        result = earshot('check', '-c', conf)
        equal(result.code, 78, f'{kind}: {result.err}')
        equal(result.err.count(words), 1, f'{kind}: {result.err}')
    conf = write(folder, 'earshot.yaml', CONFIG + '  - {id: d, kind: linked, params: {client: c, secret: s}}\n')
    equal(earshot('check', '-c', conf).code, 0)


@test('secrets of a source stand in no record, no event and no print')
def _(folder):
    with Phonedesk([call(1)]) as site:
        conf = own_config(folder, site)
        said = earshot('check', '-c', conf).text
        run = earshot('run', '--once', '-c', conf)
        said += run.err + run.text + json.dumps(tail(conf, 'posts', 'sources'))
        for secret in ('s3cret', 'tok"', 'bWU6czNjcmV0'):
            check(secret not in said, f'{secret} in {said[:3000]}')


@test('a next page on another host, which would see the key, is not asked for')
def _(folder):
    elsewhere = Site(lambda request: {'items': []})
    with elsewhere:
        def say(request):
            page = int(request.query.get('page', '1'))
            where = site.url if page == 1 else elsewhere.url
            return 200, {'items': [{'id': page, 'text': 'acme'}]}, {'Link': f'<{where}/list?page={page + 1}>; rel="next"'}
        with Site(say) as site:
            write(folder, 'kinds/linked.yaml', 'base: https://x.example\nchannel: forum\nparams: {key: {required: true, secret: true}}\n'
                  'request: {url: "{base}/list", headers: {X-Key: "{key}"}}\npage: {by: link}\nitems: "items[]"\n'
                  'map: {native_id: id, text: text}\n')
            conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: l, kind: linked, base: "{site.url}", params: {{key: k}}}}\n')
            equal(earshot('run', '--once', '-c', conf).code, 0)
            equal(site.targets, ['/list', '/list?page=2'])
            equal(elsewhere.asked, [])
            equal(len(tail(conf, 'posts')), 2)


@test('a login is a call of the budget, too: never one more than it allows, and all is read in the end')
def _(folder):
    with Phonedesk([call(n) for n in range(9, 0, -1)]) as site:
        conf = own_config(folder, site, extra=', budget: {per_day: 4}')
        for _n in range(3):
            equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(len(site.asked), 4)
        conf = own_config(folder, site, extra=', budget: {per_day: 40}')
        equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(len({p['key'] for p in tail(conf, 'posts')}), 9)
        check(len(site.asked) <= 40, len(site.asked))


@test('behind a login a page that leads elsewhere gets what of the calls is left, and not one more')
def _(folder):
    def say(request):
        if request.path == '/login':
            return {'token': 't'}
        return (302, {}, {'Location': '/there?t=t'}) if request.path == '/list' else {'items': [{'id': 1, 'text': 'acme 1'}]}
    with Site(say) as site:
        write(folder, 'kinds/led.yaml', 'base: https://x.example\nchannel: forum\nlogin: {url: "{base}/login", token: token}\n'
              'request: {url: "{base}/list", query: {t: "{login}"}}\nitems: "items[]"\nmap: {native_id: id, text: text}\n')
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: l, kind: led, base: "{site.url}", budget: {{per_day: 2}}}}\n')
        equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(site.targets, ['/login', '/list?t=t'])
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: l, kind: led, base: "{site.url}", budget: {{per_day: 9}}}}\n')
        equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(len(tail(conf, 'posts')), 1)


@test('a cursor that the API takes no more, and a round that ends without a list, are no reason to hear nothing')
def _(folder):
    said = {'old': False}

    def say(request):
        cursor = request.query.get('after')
        if cursor == 'c1' and said['old']:
            return 400, {'error': 'the cursor has expired'}, {}
        if cursor is None:
            return {'items': [{'id': 3, 'text': 'acme 3'}], 'next': 'c2' if said['old'] else 'c1'}
        if cursor in ('c1', 'c2') and not said.get('down'):
            return {'items': [{'id': 2, 'text': 'acme 2'}, {'id': 1, 'text': 'acme 1'}], 'next': 'c3'}
        return (500, {}, {}) if said.get('down') else {'total': 3}
    with Site(say) as site:
        write(folder, 'kinds/cut.yaml', 'base: https://x.example\nchannel: forum\nrequest: {url: "{base}/list", query: {after: "{cursor}"}}\n'
              'page: {by: cursor, next: next}\nitems: "items[]"\nmap: {native_id: id, text: text}\nerror: error\n')
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: c, kind: cut, base: "{site.url}"}}\n')
        said['down'] = True
        equal(earshot('run', '--once', '-c', conf).code, 0)
        said.update(down=False, old=True)
        equal(earshot('run', '--once', '-c', conf).code, 0)
        state = tail(conf, 'sources')[-1]['value']
        equal(state['state'], 'cannot_hear')
        check('the cursor has expired' in state['message'], state)
        equal(earshot('run', '--once', '-c', conf).code, 0)
        state = tail(conf, 'sources')[-1]['value']
        equal((state['state'], len(tail(conf, 'posts'))), ('ok', 3), state)


@test('a cursor too long to be asked for is told, and the round begins again')
def _(folder):
    said = {}

    def say(request):
        if request.query.get('after') == 'c1':
            return {'items': [{'id': 2, 'text': 'acme 2'}]}
        return {'items': [{'id': 3, 'text': 'acme 3'}], 'next': said['next']}
    # the second would have no room in a record either
    for n, size in enumerate((70000, 5 << 20)):
        said['next'] = 'c' * size
        too_long(os.path.join(folder, str(n)), said, say)


def too_long(folder, said, say):
    with Site(say) as site:
        write(folder, 'kinds/long.yaml', 'base: https://x.example\nchannel: forum\nrequest: {url: "{base}/list", query: {after: "{cursor}"}}\n'
              'page: {by: cursor, next: next}\nitems: "items[]"\nmap: {native_id: id, text: text}\n')
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: c, kind: long, base: "{site.url}"}}\n')
        equal(earshot('run', '--once', '-c', conf).code, 0)
        state = tail(conf, 'sources')[-1]['value']
        equal((state['state'], len(site.asked)), ('cannot_hear', 1), state['message'])
        check('a request of more than 65536 bytes' in state['message'], state['message'])
        said['next'] = 'c1'
        equal(earshot('run', '--once', '-c', conf).code, 0)
        state = tail(conf, 'sources')[-1]['value']
        equal((state['state'], len(site.asked), len(tail(conf, 'posts'))), ('ok', 3, 2), state.get('message'))


@test('a login that is taken and then refused is a source that cannot be heard, with a budget, too')
def _(folder):
    def say(request):
        return {'access': {'token': 'tok'}} if request.path == '/oauth/token' else (401, {'fault': {'text': 'no'}}, {})
    with Site(say) as site:
        for budget in ('', ', budget: {per_day: 40}'):
            conf = own_config(folder, site, extra=budget)
            equal(earshot('run', '--once', '-c', conf).code, 0)
            state = tail(conf, 'sources')[-1]['value']
            equal((state['state'], state['status']), ('cannot_hear', 401), state)
            check(len(site.asked) <= 8, len(site.asked))


@test('an API that repeats a key in its words tells it to nobody')
def _(folder):
    with Site(lambda request: (400, {'error': f'token {request.query.get("key")} is malformed: {request.query.get("other")}'}, {})) as site:
        write(folder, 'kinds/echo.yaml', 'base: https://x.example\nchannel: forum\nparams: {key: {required: true, secret: true}, other: {required: true, secret: true}}\n'
              'request: {url: "{base}/list", query: {key: "{key}", other: "{other}"}}\nitems: "items[]"\nmap: {native_id: id, text: text}\nerror: error\n')
        write(folder, 'other.txt', 'fromafile\n')
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: e, kind: echo, base: "{site.url}", params: {{key: EAABsecret, other_file: other.txt}}}}\n')
        run = earshot('run', '--once', '-c', conf)
        said = run.err + run.text + json.dumps(tail(conf, 'sources', 'alerts')) + earshot('check', '-c', conf, '--fetch').text
        check('is malformed' in said, said)
        for secret in ('EAABsecret', 'fromafile'):
            check(secret not in said, f'{secret} in {said}')


@test('`check --fetch` logs in, asks as a collector asks, and says of a page what a collector says of it')
def _(folder):
    calls = [call(2), {'direction': 'in', 'subject': 'acme without an id'}]
    with Phonedesk(calls) as site:
        conf = own_config(folder, site)
        look = earshot('check', '-c', conf, '--fetch', '--show', '5')
        equal(look.code, 0, look.text)
        check('1 of 2 items have no id' in look.text and '"native_id":"c2"' in look.text, look.text)
        looked = [(r.target, r.headers['Accept']) for r in site.asked]
        equal([path.split('?')[0] for path, _ in looked], ['/oauth/token', '/v3/queues/a%20b/calls'])
        equal(earshot('run', '--once', '-c', conf).code, 0)
        equal([(r.target, r.headers['Accept']) for r in site.asked][2:4], looked)


@test('the next page may stand in the answer itself, as an address of the same host')
def _(folder):
    def say(request):
        page = int(request.query.get('page', '1'))
        where = {1: '/list?page=2&a=%2B&b=c', 2: f'{site.url}/list?page=3', 3: 'http://127.0.0.1:9/list?page=4'}[page]
        return {'data': [{'id': page, 'text': 'acme'}], 'links': {'next': where}}
    with Site(say) as site:
        write(folder, 'kinds/inner.yaml', 'base: https://x.example\nchannel: forum\nrequest: {url: "{base}/list", headers: {X-Key: k}}\n'
              'page: {by: link, next: links.next}\nitems: "data[]"\nmap: {native_id: id, text: text}\n')
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: i, kind: inner, base: "{site.url}"}}\n')
        equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(site.targets, ['/list', '/list?page=2&a=%2B&b=c', '/list?page=3'])
        equal(tail(conf, 'sources')[-1]['value']['state'], 'ok')


def hostile():
    """(words of its message, an answer)"""
    item = '{"id": 1, "text": "acme"}'
    yield 'no JSON', b'<!doctype html><p>Log in'
    yield 'is empty', b''
    yield 'no JSON', b'[' * 100000
    yield 'no JSON', b'{"items": [' + item.encode()
    yield '', b'{"items": [{"id": 123456789012345678901234567890, "text": "acme"}]}'
    yield '', b'{"items": [{"id": 1e999, "text": "acme"}]}'
    yield 'no JSON', b'{"items": [{"id": 12345678901234567890e, "text": "acme"}, {"id": 1-2}]}'
    yield 'no JSON', b'{"items": [\0]}'
    yield 'values', b'{"items": [' + b'[],' * 2000000 + b'0]}'
    yield 'longer than', b'{"items": [{"id": 1, "text": "' + b'<i>acme' * 1500000 + b'"}]}'
    yield 'no items mapped', b'{"items": 7}'
    yield 'no items mapped', b'{"items": "none"}'
    yield '', b'{"items": null}'
    yield 'no items mapped', b'{"items": [[[]], 7, null, "x", {"id": {}, "text": []}]}'
    yield 'no items mapped', b'null'
    yield 'no items mapped', b'{}'
    yield 'no items mapped', b'7'
    yield '', b'\xef\xbb\xbf{"items": [{"id": 1, "text": "acme"}]}'
    yield '', b'{"items": [{"id": 1, "text": "acme \\u0000 \\ud800 \xff"}], "next": {"a": []}, "wait": -99999999999999999999e9}'
    yield '', b'{"items": [{"id": 1, "text": "acme", "text": ["b"], "at": 99999999999999999}], "wait": "x"}'
    yield '', ('{"items": [' + ', '.join('{"id": %d, "text": "acme"}' % n for n in range(2000)) + ']}').encode()


@test('whatever a server answers, the collector lives, and says what is wrong in words')
def _(folder):
    answer = b''

    def say(request):
        return {'items': [{'id': 'good', 'text': 'acme'}]} if request.path == '/good' else (200, answer, {'Content-Type': 'application/json'})
    with Site(say) as site:
        write(folder, 'kinds/any.yaml', 'base: https://x.example\nchannel: forum\nparams: {path: {required: true}}\n'
              'request: {url: "{base}/{path}", query: {after: "{cursor}"}}\npage: {by: cursor, next: next}\nwait: wait\n'
              'items: "items[]"\nmap: {native_id: id, text: text^html, published_at: at, author.name: "$.items[id=id].text"}\n')
        for n, (words, answer) in enumerate(hostile()):
            conf = write(folder, f'{n}/earshot.yaml', CONFIG.replace('[kinds]', '[../kinds]') +
                         f'  - {{id: bad, kind: any, base: "{site.url}", params: {{path: bad}}}}\n'
                         f'  - {{id: good, kind: any, base: "{site.url}", params: {{path: good}}}}\n')
            run = earshot('run', '--once', '-c', conf)
            equal(run.code, 0, f'{answer[:60]}: {run.err}')
            states = {record['key']: record['value'] for record in tail(conf, 'sources')}
            equal(states['good']['state'], 'ok', answer[:60])
            equal(states['bad']['state'], 'cannot_hear' if words else 'ok', f'{answer[:60]}: {states["bad"]}')
            check(words in states['bad'].get('message', ''), f'{answer[:60]}: {states["bad"]}')


@test('pages that lead round in a circle end after their number, each round')
def _(folder):
    count = itertools.count()

    def say(request):
        turn = next(count)
        return {'items': [{'id': turn, 'text': f'acme {turn}'}], 'next': 'b' if request.query.get('after') == 'a' else 'a'}
    with Site(say) as site:
        write(folder, 'kinds/circle.yaml', 'base: https://x.example\nchannel: forum\nrequest: {url: "{base}/l", query: {after: "{cursor}"}}\n'
              'page: {by: cursor, next: next, most: 7}\nitems: "items[]"\nmap: {native_id: id, text: text}\n')
        conf = write(folder, 'earshot.yaml', CONFIG + f'  - {{id: c, kind: circle, base: "{site.url}"}}\n')
        for rounds in (1, 2):
            equal(earshot('run', '--once', '-c', conf).code, 0)
            equal(len(site.asked), 7 * rounds)
        check('more than 7 pages were new' in tail(conf, 'sources')[-1]['value']['message'], 'no word of the gap')


KILLS = int(os.environ.get('EARSHOT_KILLS', '12'))


@test('killed at any moment of its rounds, a connector loses no post and repeats none')
def _(folder):
    # newest first, two a page, 40 pages a round; new posts come while it reads
    made = itertools.count(80)
    calls = [call(n) for n in range(79, -1, -1)]
    kind = INVENTED.replace('every: 1m', 'every: 1s').replace('most: 50', 'most: 400').replace(', changed_after: "{since}"', '').replace('\nsince: paging.newest', '')
    seed = int(os.environ.get('EARSHOT_SEED', random.randrange(10**6)))
    print(f'# EARSHOT_SEED={seed}')
    dice = random.Random(seed)
    with Phonedesk(calls) as site:
        conf = own_config(folder, site, extra=', every: 1s', kind=kind)
        for _n in range(KILLS):
            with Running('-c', conf, '--role', 'collect') as run:
                enough = len(site.asked) + dice.randrange(1, 12)
                wait_until(lambda: len(site.asked) > enough, 'it asks')
                run.kill()
            for _m in range(dice.randrange(30)):
                calls.insert(0, call(next(made)))
        with Running('-c', conf, '--role', 'collect') as run:
            want = {c['ref'] for c in calls}
            wait_until(lambda: {p['value']['native_id'] for p in tail(conf, 'posts')} == want, 'all are there', 400, 0.5)
            run.stop()
        got = [p['value']['native_id'] for p in tail(conf, 'posts')]
        equal(len(got), len(want), f'{len(got) - len(set(got))} came twice')


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""How a source is, for people: `earshot check --fetch`, the feed behind a page, and who asks."""

import json
import re

from harness import Failed, check, earshot, equal, main, tail, test, write
from loopback import Site

SECRET = 'pa55word'


def feed(*ids):
    items = ''.join(f'<item><guid isPermaLink="false">{i}</guid><title>acme {i}</title>'
                    '<pubDate>Thu, 26 Nov 2026 10:00:00 GMT</pubDate></item>' for i in ids)
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def page(*links):
    return f'<!doctype html><html><head><title>blog</title>{"".join(links)}</head><body><p>hello</p></body></html>'.encode()


RSS = '<link rel="alternate" type="application/rss+xml" title="{1}" href="{0}">'
PAGES = {
    '/relative/': (page(RSS.format('feed.xml', 'posts')), '/relative/feed.xml'),
    '/root/': (page(RSS.format('/feed/root', 'posts')), '/feed/root'),
    '/atom': (page("<LINK HREF='/feed/atom?a=1&amp;b=2' TYPE=application/atom+xml REL='home ALTERNATE'/>"), '/feed/atom'),
    '/comments': (page(RSS.format('/feed/comments', 'Comments'), RSS.format('/feed/posts', 'Posts')), '/feed/posts'),
    '/only-comments': (page(RSS.format('/feed/comments', 'Comments')), '/feed/comments'),
    '/commented-out': (page('<!--' + RSS.format('/feed/no', 'x') + '-->', RSS.format('/feed/yes', 'x')), '/feed/yes'),
    '/json': (page('<link rel=alternate type="application/feed+json" href="/feed/json">'), '/feed/json'),
}
NO_FEED = {
    '/none': page('<link rel="stylesheet" href="/x.css">'),
    '/to-file': page(RSS.format('file:///etc/passwd', 'x')),
    '/to-script': page(RSS.format('javascript:alert(1)', 'x')),
    '/to-itself': page(RSS.format('/to-itself', 'x')),
    '/to-private': page(RSS.format('http://127.0.0.2:1/feed', 'x')),
    '/cut': page(RSS.format('/feed/x', 'x'))[:90],
}
OTHERS = {
    '/moved': (301, b'', {'Location': '/feed/moved'}),
    '/gone': (410, b'no', {}),
    '/asks-not': (200, feed('/asks-not'), {'X-Robots-Tag': 'noindex, nofollow'}),
    '/one-asks-not': feed('1', '2').replace(b'<title>acme 2', b'<x:meta xmlns:x="http://www.w3.org/1999/xhtml" name="robots" content="none"/><title>acme 2'),
}


def answer(request):
    path = request.path
    if path in PAGES:
        return PAGES[path][0]
    return NO_FEED.get(path) or OTHERS.get(path) or (feed(path) if '/feed' in path else (404, b'no', {}))


def config(folder, sources, more=''):
    text = ''.join(f'  - {{id: {name}, kind: {kind}, url: "{url}"}}\n' for name, kind, url in sources)
    return write(folder, 'earshot.yaml', 'bus: ./log.db\nview: {path: ./view.db}\nhttp: {listen: "127.0.0.1:0"}\n'
                 f'allow_private: [127.0.0.1]\n{more}sources:\n{text}')


@test('check --fetch says of each source what it brings, or why it cannot be heard and what to do, and exits 1 where one cannot')
def fetch(folder):
    write(folder, 'posts.jsonl', '{"native_id": "1", "text": "acme"}\nnonsense\n')
    write(folder, 'bad.jsonl', 'nonsense\n')
    write(folder, 'rows.csv', 'text,published_at\nacme,2026-11-26T10:00:00Z\nacme again,2026-11-26T11:00:00Z\n')
    with Site(answer) as site:
        rows = (
            ('good', 'feed', f'{site.url}/feed', r'ok: 1 item, the newest of 2026-11-26T10:00:00Z, 1 KiB in \d+\.\d s$', None),
            ('moved', 'feed', f'{site.url}/moved', 'ok: 1 item.*moved for good to http://127.0.0.1:.*/feed/moved', 'write the new address'),
            ('page', 'feed', f'{site.url}/relative/', 'ok: .*it names the feed http.*/relative/feed.xml', 'write the address of the feed'),
            ('no-feed', 'feed', f'{site.url}/none', 'cannot be heard: data: .*HTML', 'must lead to a feed'),
            ('missing', 'feed', f'http://user:{SECRET}@127.0.0.1:{site.server_address[1]}/missing', 'cannot be heard: http: the server answers 404', 'look for the address'),
            ('gone', 'feed', f'{site.url}/gone', 'cannot be heard: gone', 'remove the source'),
            ('asks-not', 'feed', f'{site.url}/asks-not', r'cannot be heard: robots: .*X-Robots-Tag', 'set robots: ignore'),
            ('one-asks-not', 'feed', f'{site.url}/one-asks-not', 'ok: 1 item.*1 more ask not to be indexed', None),
            ('private', 'feed', 'http://127.0.0.2:1/feed', 'cannot be heard: private', 'allow_private'),
            ('nobody', 'feed', 'http://127.0.0.1:1/feed', 'cannot be heard: unreachable', 'is the site up'),
            ('name', 'feed', 'http://nowhere.invalid/feed', 'cannot be heard: dns', 'slip'),
            ('lines', 'jsonl', 'file:posts.jsonl', 'ok: 1 item, 1 KiB.*1 records cannot be read', None),
            ('bad-lines', 'jsonl', 'file:bad.jsonl', 'cannot be heard: data: nothing of it can be read', 'is the kind right'),
            ('rows', 'csv', 'file:rows.csv', 'ok: 2 items, the newest of 2026-11-26T11:00:00Z', None),
            ('no-file', 'csv', 'file:none.csv', 'cannot be heard: file: .*none.csv', 'does the file exist'),
            ('no-glob', 'jsonl', 'file:none-*.jsonl', 'cannot be heard: file: .*no file matches', 'does the file exist'),
        )
        conf = config(folder, [row[:3] for row in rows])
        got = earshot('check', '-c', conf, '--fetch')
        equal(got.code, 1, got.err)
        lines, at = got.text.splitlines(), 0
        for name, _, _, words, mend in rows:
            check(re.match(f'{name}: {words}', lines[at]), f'{lines[at]!r} is not {name}: {words}')
            at += 1
            if mend:
                check(lines[at].startswith('  to do: ') and mend in lines[at], lines[at])
                at += 1
        equal(lines[at:], ['# 6 of 16 sources can be heard'])
        check(SECRET not in got.text + got.err, 'a password is shown')
        # nothing was written, and what was seen is new to a collector
        equal(earshot('tail', '-c', conf, 'posts').text, '')
        conf = config(folder, [rows[0][:3], rows[13][:3]])
        got = earshot('check', '-c', conf, '--fetch')
        equal((got.code, got.text.splitlines()[-1]), (0, '# 2 of 2 sources can be heard'))
        # where its owner agrees
        got = earshot('check', '-c', config(folder, [('asks-not', 'feed', f'{site.url}/asks-not')]), '--fetch', '--set', 'sources.0.robots=ignore')
        equal((got.code, got.text.splitlines()[-1]), (0, '# 1 of 1 sources can be heard'))
    got = earshot('check', '-c', write(folder, 'wrong.yaml', 'nonsense: 1\n'), '--fetch')
    equal(got.code, 78, 'a wrong config')


@test(f'the feed that a page names is heard in its place, by {len(PAGES)} ways to name one; a page that names none says so')
def discovery(folder):
    with Site(answer) as site:
        sources = [(path.strip('/'), 'feed', site.url + path) for path in (*PAGES, *NO_FEED)]
        conf = config(folder, sources)
        run = earshot('run', '-c', conf, '--once', '--role', 'collect', '--log-json')
        equal(run.code, 0, run.err)
        found = {record['key']: record['value'] for record in tail(conf, 'sources')}
        heard = {record['value']['source']: record['value']['native_id'] for record in tail(conf, 'posts')}
        for path, (_, to) in PAGES.items():
            value = found[path.strip('/')]
            equal((value['state'], value.get('moved_to')), ('ok', site.url + to), path)
            check('names its feed' in value['message'], f'{path}: {value}')
            equal(heard.get(path.strip('/')), to, path)
        for path in NO_FEED:
            value = found[path.strip('/')]
            check(value['state'] == 'cannot_hear' and value['error'] in ('data', 'private') and value['message'], f'{path}: {value}')
        equal(len(heard), len(PAGES), 'sources with posts')
        told = {event['source']: event['to'] for event in map(json.loads, run.err.splitlines()) if event['event'] == 'source.moved'}
        check(all(told.get(path.strip('/')) == site.url + to for path, (_, to) in PAGES.items()), f'{told}')
        # the next process asks there at once
        site.asked.clear()
        equal(earshot('run', '-c', conf, '--once', '--role', 'collect').code, 0)
        asked = {request.path for request in site.asked}
        check(not set(PAGES) & asked, f'{asked}')
        check({to for _, to in PAGES.values()} <= asked, f'{asked}')
        # the config's word counts: another address, and the page is forgotten
        conf = config(folder, [('root', 'feed', f'{site.url}/feed/other')])
        equal(earshot('run', '-c', conf, '--once', '--role', 'collect').code, 0)
        value = [record['value'] for record in tail(conf, 'sources') if record['key'] == 'root'][-1]
        check(value['state'] == 'ok' and 'moved_to' not in value, f'{value}')


@test('the User-Agent is honest and has the contact of the config')
def agent(folder):
    with Site(answer) as site:
        conf = config(folder, [('one', 'feed', f'{site.url}/feed')], 'contact: "https://example.org/listening"\n')
        equal(earshot('run', '-c', conf, '--once', '--role', 'collect').code, 0)
        agents = {request.headers['User-Agent'] for request in site.asked}
        if not all(re.fullmatch(r'earshot/[0-9.]+ \(\+https://example\.org/listening\)', name) for name in agents):
            raise Failed(f'{agents}')
        equal(len(agents), 1)


main()

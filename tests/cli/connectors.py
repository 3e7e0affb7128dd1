# SPDX-License-Identifier: MIT
"""Every connector that comes with earshot, against an API on loopback that answers in its shape (tests/cases/connectors)."""

import json
import os

from apis import SHIPPED, Apis, cases, config_for, health, holds
from harness import ROOT, check, earshot, equal, main, tail, test, write


def based(value, base):
    """{base} of a case is the host that its source names."""
    return json.loads(json.dumps(value).replace('{base}', base))


@test('every connector that comes with earshot has a case, and every case a connector')
def _(folder):
    shipped = set()
    for name in os.listdir(SHIPPED):
        if name.endswith('.yaml'):
            with open(os.path.join(SHIPPED, name), encoding='utf-8') as file:
                if 'format: csv' not in file.read():  # reads files: exports.py
                    shipped.add(name[:-5])
    equal(sorted({**cases(), **cases('sent'), **cases('websocket')}), sorted(shipped))


@test('channels are one list, each with a name on the pages in all their languages; another is told with its place and the nearest one')
def _(folder):
    conf = write(folder, 'earshot.yaml', 'sources:\n  - {id: a, kind: feed, url: "https://a.example/", channel: mastadon}\n')
    said = earshot('check', '-c', conf)
    equal(said.code, 78)
    check('earshot.yaml:2:61: channel is "mastadon"' in said.err and 'did you mean "mastodon"?' in said.err, said.err)
    channels = said.err.split('it can be ')[1].split(' ')[0].split('|')
    check(len(channels) > 40, channels)
    for lang in ('en', 'ko', 'tr'):
        with open(os.path.join(ROOT, 'src', 'web', 'i18n', f'{lang}.json'), encoding='utf-8') as file:
            named = {name[8:] for name in json.load(file) if name.startswith('channel.')}
        equal(named, {*channels, 'none'}, lang)
    write(folder, 'kinds/own.yaml', 'base: https://x.example\nchannel: foruum\nrequest: {url: "{base}/"}\nitems: "a[]"\nmap: {native_id: id, text: t}\n')
    said = earshot('check', '-c', write(folder, 'earshot.yaml', 'connectors: [kinds]\nsources: [{id: a, kind: own}]\n'))
    check('own.yaml:2:10: channel is "foruum"' in said.err and 'did you mean "forum"?' in said.err, said.err)


@test('each asks as its API wants to be asked, reads page after page to the end, and maps what comes')
def _(folder):
    all_cases = cases()
    with Apis(all_cases) as site:
        conf = config_for(folder, site, all_cases)
        result = earshot('run', '--once', '-c', conf)
        equal(result.code, 0, result.err)
        posts, state = tail(conf, 'posts'), health(conf)
        for kind, case in all_cases.items():
            asked = site.of(kind)
            equal([getattr(r, 'n', r.target) for r in asked], [n for n, call in enumerate(case['calls']) if not call.get('later')], f'{kind}: the calls')
            for request in asked:
                call = request.call
                equal(request.method, call.get('method', 'GET'), f'{kind}: {request.target}')
                for name, value in call.get('headers', {}).items():
                    equal(request.headers.get(name), value, f'{kind}: {name}')
                if 'json' in call:
                    equal(request.json(), call['json'], kind)
                if 'form' in call:
                    equal(request.form(), call['form'], kind)
            mine = {p['value']['native_id']: p['value'] for p in posts if p['value']['source'] == kind}
            equal(sorted(mine), sorted(p['native_id'] for p in case['posts']), f'{kind}: the posts')
            for want in case['posts']:
                holds(mine[want['native_id']], based(want, f'{site.url}/{kind}'), f'{kind} {want["native_id"]}')
            equal(state[kind]['state'], 'ok', f'{kind}: {state[kind].get("message")}')
            equal(state[kind]['kind'], kind)
        # again: what is known does not come again
        result = earshot('run', '--once', '-c', conf)
        equal(result.code, 0, result.err)
        equal(len(tail(conf, 'posts')), len(posts), 'a second round over the same answers')


@test('`check --fetch` reads the first page of each as a collector would, and shows its posts; nothing is written')
def _(folder):
    all_cases = cases()
    with Apis(all_cases) as site:
        conf = config_for(folder, site, all_cases)
        result = earshot('check', '-c', conf, '--fetch', '--show', '2')
        equal(result.code, 0, result.err)
        for kind, case in all_cases.items():
            check(f'\n{kind}: ok: ' in '\n' + result.text, f'{kind} in {result.text[:2000]}')
        shown = [json.loads(line) for line in result.text.splitlines() if line.startswith('{')]
        for kind, case in all_cases.items():
            first = case['posts'][0]
            check(any(post['native_id'] == first['native_id'] for post in shown), f'{kind}: its first post')
        one = earshot('check', '-c', conf, '--fetch', '--source', 'bluesky', '--show', '1')
        equal(one.text.count('\n'), 3, one.text)
        check(not os.path.exists(os.path.join(folder, 'log.db')), 'a log was made')
        site.mode = 'drift'
        bad = earshot('check', '-c', conf, '--fetch', '--source', 'x')
        equal(bad.code, 1)
        check('no items mapped' in bad.text and 'to do:' in bad.text, bad.text)
        equal(earshot('check', '-c', conf, '--fetch', '--source', 'nobody').code, 2)
        equal(earshot('check', '-c', conf, '--fetch', '--show', 'all').code, 2)


@test('limits, locked doors and broken servers are states with words, and the rest goes on')
def _(folder):
    all_cases = cases()
    with Apis(all_cases) as site:
        conf = config_for(folder, site, all_cases)
        for mode, word in (('429', 'too often'), ('401', 'wants to know who asks'), ('500', 'trouble of its own')):
            site.mode = mode
            equal(earshot('run', '--once', '-c', conf).code, 0)
            for kind, state in health(conf).items():
                equal(state['state'], 'cannot_hear', f'{kind} at {mode}')
                login = 'the login is refused' in state['message']
                check(login or (word in state['message'] and state['status'] == int(mode)), f'{kind} at {mode}: {state}')
                if mode == '429' and not login:
                    equal(state['waits_by'], 'retry_after', kind)
        site.mode = 'well'
        earshot('run', '--once', '-c', conf)
        for kind, state in health(conf).items():
            equal(state['state'], 'ok', f'{kind} afterwards')


@test('an API that names its members anew is one that cannot be heard, not one that is silent')
def _(folder):
    all_cases = {kind: case for kind, case in cases().items() if 'drift' in case}
    with Apis(all_cases) as site:
        conf = config_for(folder, site, all_cases)
        site.mode = 'drift'
        equal(earshot('run', '--once', '-c', conf).code, 0)
        equal(tail(conf, 'posts'), [])
        for kind, state in health(conf).items():
            equal((state['state'], state.get('error')), ('cannot_hear', 'data'), f'{kind}: {state}')
            check(state['message'].startswith('no items mapped'), f'{kind}: {state["message"]}')
        # and is heard again when it is mended, with all that was there
        site.mode = 'well'
        earshot('run', '--once', '-c', conf)
        equal(len(tail(conf, 'posts')), sum(len(case['posts']) for case in all_cases.values()))


def item_at(case, change):
    """The part of an answer that `change` names: the number of the call, then the way down."""
    item = case['calls'][change['at'][0]]['answer']
    for step in change['at'][1:]:
        item = item[step]
    return item


@test('an edit and a deletion come once each, where the network tells them: with the time of the edit, and without what was deleted')
def _(folder):
    all_cases = {kind: case for kind, case in cases().items() if 'edit' in case or 'delete' in case}
    check(len(all_cases) >= 10, sorted(all_cases))
    for case in all_cases.values():
        case['source']['budget'] = {**case['source'].get('budget', {}), 'per_minute': 10000}
    with Apis(all_cases) as site:
        conf = config_for(folder, site, all_cases)

        known = set()

        def round_of():
            """The posts that two rounds add."""
            for _n in range(2):
                equal(earshot('run', '--once', '-c', conf).code, 0)
            new = [r for r in tail(conf, 'posts') if (r['partition'], r['offset']) not in known]
            known.update((r['partition'], r['offset']) for r in new)
            return {record['value']['source']: record['value'] for record in new}, len(new)
        round_of()
        first = {(p['value']['source'], p['value']['native_id']): p['value'] for p in tail(conf, 'posts')}
        for what in ('edit', 'delete'):
            those = {kind: case for kind, case in all_cases.items() if what in case}
            for case in those.values():
                item_at(case, case[what]).update(case[what]['set'])
            came, n = round_of()
            equal((sorted(came), n), (sorted(those), len(those)), what)
            for kind, case in those.items():
                post, want = came[kind], case[what].get('post', {})
                before = first[kind, want.get('native_id') or case[what]['native_id']]
                equal(post['id'], before['id'], kind)
                equal(post['op'], 'update' if what == 'edit' else 'delete', kind)
                check(post['rev'] > before['rev'], f'{kind}: rev {post["rev"]}')
                holds(post, want, f'{kind}, edited')
                if what == 'delete':
                    check(not {'text', 'title', 'author'} & post.keys(), f'{kind}: of what is gone is left {post}')
                first[kind, post['native_id']] = post


@test('what was deleted before it was met is no news, and what is edited before it is met has the time of its edit')
def _(folder):
    all_cases = {kind: case for kind, case in cases().items()
                 if ('edit' in case or 'delete' in case) and kind != 'zendesk'}  # it tells a deletion behind the ticket
    with Apis(all_cases) as site:
        for case in all_cases.values():
            for what in ('edit', 'delete'):
                if what in case:
                    item_at(case, case[what]).update(case[what]['set'])
        conf = config_for(folder, site, all_cases)
        for _n in range(2):
            equal(earshot('run', '--once', '-c', conf).code, 0)
        posts = [record['value'] for record in tail(conf, 'posts')]
        equal(len(posts), len({(post['source'], post['id']) for post in posts}), 'more than one record of a post')
        equal([post for post in posts if post['op'] == 'delete'], [])
        for kind, case in all_cases.items():
            if 'edit' in case and 'delete' not in case and 'rev' in case['edit']['post']:
                one = next(p for p in posts if p['source'] == kind and p['native_id'] == case['edit']['post']['native_id'])
                equal((one['rev'], one['op']), (case['edit']['post']['rev'], 'update'), kind)


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""Every connector that comes with earshot, against an API on loopback that answers in its shape (tests/cases/connectors)."""

import json
import os

from apis import SHIPPED, Apis, cases, config_for
from harness import ROOT, check, earshot, equal, main, tail, test, write

def health(conf):
    return {record['key']: record['value'] for record in tail(conf, 'sources') if record['value']}


def holds(have, want, where):
    """`have` has what `want` names, member by member."""
    if isinstance(want, dict):
        check(isinstance(have, dict), f'{where}: {have!r} is no object')
        for key, value in want.items():
            holds(have.get(key), value, f'{where}.{key}')
    else:
        equal(have, want, where)


def based(value, base):
    """{base} of a case is the host that its source names."""
    return json.loads(json.dumps(value).replace('{base}', base))


@test('every connector that comes with earshot has a case, and every case a connector')
def _(folder):
    shipped = {name[:-5] for name in os.listdir(SHIPPED) if name.endswith('.yaml')}
    equal(sorted(cases()), sorted(shipped))


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


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""Every connector that comes with earshot, against an API on loopback that answers in its shape (tests/cases/connectors)."""

import json
import os

from harness import ROOT, check, earshot, equal, main, tail, test, write
from loopback import Site

CASES = os.path.join(ROOT, 'tests', 'cases', 'connectors')
SHIPPED = os.path.join(ROOT, 'config', 'connectors')


def cases():
    found = {}
    for name in sorted(os.listdir(CASES)):
        if name.endswith('.json'):
            with open(os.path.join(CASES, name), encoding='utf-8') as file:
                found[name[:-5]] = json.load(file)
    return found


def renamed(value, names):
    if isinstance(value, dict):
        return {names.get(key, key): renamed(member, names) for key, member in value.items()}
    return [renamed(member, names) for member in value] if isinstance(value, list) else value


class Apis(Site):
    """All of them on one site, each under /KIND; `mode` says what it does to everybody."""

    def __init__(self, all_cases):
        self.cases, self.mode = all_cases, 'well'
        super().__init__(self.say)

    def call_of(self, kind, request):
        """The call of the case with this path that has most of its members in the request."""
        fitting = [(n, call) for n, call in enumerate(self.cases[kind]['calls'])
                   if f'/{kind}{call["path"]}' == request.path and call['query'].items() <= request.query.items()]
        return max(fitting, key=lambda found: len(found[1]['query']), default=None)

    def say(self, request):
        kind = request.path.split('/')[1]
        if self.mode == '429':
            return 429, {'error': 'slow down'}, {'Retry-After': '77'}
        if self.mode in ('401', '500'):
            return int(self.mode), {'error': 'no', 'message': 'no'}, {}
        found = self.call_of(kind, request)
        if not found:
            return 404, {'error': f'no such call: {request.target}'}, {}
        n, call = found
        request.n, request.call = n, call
        answer = call['answer']
        if self.mode == 'drift':
            answer = renamed(answer, self.cases[kind].get('drift', {}))
        if isinstance(answer, str):
            return 200, answer, {'Content-Type': call['type']}
        return answer

    def of(self, kind):
        return [r for r in self.asked if r.path.startswith(f'/{kind}/')]


def config_for(folder, site, all_cases):
    def yaml(value):
        return json.dumps(value, ensure_ascii=False)
    sources = []
    for kind, case in all_cases.items():
        source = {'id': kind, 'kind': kind, 'base': f'{site.url}/{kind}', **case['source']}
        if kind == 'reddit_api':
            source['params'] = {**source['params'], 'login_base': source['base']}
        sources.append('  - ' + yaml(source))
    return write(folder, 'earshot.yaml', '\n'.join([
        'bus: ./log.db', 'view: {path: ./view.db}', 'http: {listen: "127.0.0.1:0"}', 'allow_private: ["127.0.0.1"]',
        'brands: [{id: nordwind, topics: [{id: all, query: nordwind}]}]', 'privacy: {redact: false}',
        'sources:', *sources, '']))


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


@test('every connector that comes with earshot has a case, and every case a connector')
def _(folder):
    shipped = set()
    for name in os.listdir(SHIPPED):
        if name.endswith('.yaml'):
            with open(os.path.join(SHIPPED, name), encoding='utf-8') as file:
                if 'format: csv' not in file.read():  # reads files: exports.py
                    shipped.add(name[:-5])
    equal(sorted(cases()), sorted(shipped))


@test('its channel has a name on the pages, in all their languages')
def _(folder):
    for lang in ('en', 'ko', 'tr'):
        with open(os.path.join(ROOT, 'src', 'web', 'i18n', f'{lang}.json'), encoding='utf-8') as file:
            texts = json.load(file)
        for name in os.listdir(SHIPPED):
            if name.endswith('.yaml'):
                with open(os.path.join(SHIPPED, name), encoding='utf-8') as file:
                    channel = next(line.split(': ')[1].strip() for line in file if line.startswith('channel: '))
                check(f'channel.{channel}' in texts, f'{name}: channel.{channel} in {lang}')


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
                holds(mine[want['native_id']], want, f'{kind} {want["native_id"]}')
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

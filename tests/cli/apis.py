# SPDX-License-Identifier: MIT
"""apis.py - for the suites of connectors: the cases of tests/cases/connectors; all APIs of them on one site on loopback; the connector of an API that nobody has, and what can be wrong with one."""

import json
import os

from harness import ROOT, check, equal, tail, write
from loopback import Site

CASES = os.path.join(ROOT, 'tests', 'cases', 'connectors')
SHIPPED = os.path.join(ROOT, 'config', 'connectors')


def cases(what='calls'):
    """Those that are asked ('calls'), sent to ('sent'), or of which a suite of their own tells ('websocket' names it)."""
    found = {}
    for name in sorted(os.listdir(CASES)):
        if name.endswith('.json'):
            with open(os.path.join(CASES, name), encoding='utf-8') as file:
                found[name[:-5]] = json.load(file)
    return {kind: case for kind, case in found.items()
            if what in case and ('websocket' not in case or what == 'websocket')}


def renamed(value, names):
    if isinstance(value, dict):
        return {names.get(key, key): renamed(member, names) for key, member in value.items()}
    return [renamed(member, names) for member in value] if isinstance(value, list) else value


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


class Apis(Site):
    """All of them on one site, each under /KIND; `mode` says what it does to everybody."""

    def __init__(self, all_cases):
        self.cases, self.mode = all_cases, 'well'
        super().__init__(self.say)

    def call_of(self, kind, request):
        """The last call of the case with this path whose query is in the request: a later page says less of it."""
        fitting = [(n, call) for n, call in enumerate(self.cases[kind]['calls'])
                   if f'/{kind}{call["path"]}' == request.path and call['query'].items() <= request.query.items()]
        return max(fitting, key=lambda found: (bool(found[1]['query']), found[0]), default=None)

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


# An API that nobody has: tickets of a call centre, with a login, pages by offset, and times of its own.
INVENTED = '''
about: Phonedesk, notes of calls
base: https://phonedesk.example
every: 1m
channel: call
post_kind: ticket
voice: customer
params:
  client: {required: true, help: id of the client}
  secret: {required: true, secret: true, help: its secret}
  queue: {default: all, help: name of a queue}
login:
  url: "{base}/oauth/token"
  form: {grant_type: client_credentials}
  basic: "{client}:{secret}"
  token: access.token
  lasts: 20m
request:
  url: "{base}/v3/queues/{queue^url}/calls"
  query: {skip: "{cursor}", take: "2", changed_after: "{since}"}
  headers: {X-Client: "{client}"}
  bearer: "{login}"
page: {by: offset, first: 0, step: 2, more: paging.more, most: 50}
since: paging.newest
items: result.calls[]
where: {direction: in}
skip: {spam: "true"}
map:
  native_id: ref
  url: "\\"{@.base}/calls/{ref}\\""
  customer: caller.number
  title: subject
  text: notes[].text | summary^html
  published_at: began
  lang: tongue^map:'kor=ko,tur=tr,eng=en'
  touchpoint: queue.name
  survey.csat: survey[question='csat'].value
error: fault.text
status: {404: empty, 403: stop}
'''


def mistakes():
    """(what becomes of it, place, words, mend) of tests/cases/connectors/mistakes.txt."""
    with open(os.path.join(ROOT, 'tests', 'cases', 'connectors', 'mistakes.txt'), encoding='utf-8') as file:
        blocks = [block.split('\n') for block in file.read().rstrip().split('\n\n')]
    for change, error, mend in blocks[1:]:
        old, new = (text.replace('\\n', '\n') for text in change.split(' => '))
        yield old, new, *error.split(' ', 1), mend

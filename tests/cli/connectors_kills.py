# SPDX-License-Identifier: MIT
"""Every connector that ships, all at once, killed again and again while new items come: none lost, none twice.
EARSHOT_CONNECTOR_KILLS: how often (make torture: 50)."""

import copy
import json
import os
import random
import re
import time

from apis import Apis, cases, config_for
from harness import Running, check, equal, main, tail, test, wait_until, write

KILLS = int(os.environ.get('EARSHOT_CONNECTOR_KILLS', '6'))
MOST = 9  # new items of a source


def element_with(value, text):
    """(list, index) of the smallest element of a list that says `text`."""
    for key, member in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if text not in json.dumps(member, ensure_ascii=False):
            continue
        inner = element_with(member, text)
        if inner or isinstance(value, list):
            return inner or (value, key)
    return None


def grown(answer, native_id, n):
    """The answer with n more items before that one, and their ids; where they cannot be made, none."""
    names = [f'{native_id}{k}' for k in range(1, n + 1)]
    if isinstance(answer, str):
        block = next((m for m in re.finditer(r'<(item|entry)\b.*?</\1>', answer, re.S) if native_id in m.group()), None)
        if not block:
            return answer, []
        more = ''.join(block.group().replace(native_id, name) for name in reversed(names))
        return answer[:block.start()] + more + answer[block.start():], names
    answer = copy.deepcopy(answer)
    place = element_with(answer, native_id)
    if not place:
        return answer, []
    items, at = place
    text, texts = json.dumps(items[at], ensure_ascii=False), names
    own = items[at].get('id')
    if isinstance(own, str) and native_id in own:  # an answer to it has an id that is made of it
        names = [own.replace(native_id, name) for name in names]
    items[at:at] = [json.loads(text.replace(native_id, name)) for name in reversed(texts)]
    return answer, names


class Growing(Apis):
    """The first page of each kind has `more` items that are newer than those of its case; not where its later rounds ask
    for something else (connectors_walks.py has those)."""

    def __init__(self, all_cases):
        self.more, self.first = 0, {}
        for kind, case in all_cases.items():
            if kind != 'hackernews_all' and not any(call.get('later') for call in case['calls']):
                text = case['posts'][0]['native_id']
                self.first[kind] = next(n for n, call in enumerate(case['calls']) if text in json.dumps(call['answer'], ensure_ascii=False))
        super().__init__(all_cases)

    def grown(self, kind, more):
        case = self.cases[kind]
        return grown(case['calls'][self.first[kind]]['answer'], case['posts'][0]['native_id'], more)

    def ids(self, kind, more):
        return self.grown(kind, more)[1] if kind in self.first else []

    def call_of(self, kind, request):
        found = super().call_of(kind, request)
        if found and found[0] == self.first.get(kind):
            return found[0], {**found[1], 'answer': self.grown(kind, self.more)[0]}
        return found


@test(f'{KILLS} SIGKILLs at random moments while every connector that ships reads, and new items come: each is there once')
def kills(folder):
    all_cases = cases()
    for case in all_cases.values():
        budget = case['source'].get('budget', {})
        case['source'] = {**case['source'], 'every': '1s', 'budget': {'per_minute': 1000000, **({'per_month': 900000} if budget else {})}}
    seed = int(os.environ.get('EARSHOT_SEED', random.randrange(10**6)))
    print(f'# EARSHOT_SEED={seed}')
    dice = random.Random(seed)
    with Growing(all_cases) as site:
        conf = config_for(folder, site, all_cases)
        for n in range(KILLS):
            with Running('-c', conf, '--role', 'collect') as run:
                enough = len(site.asked) + dice.randrange(1, 90)
                wait_until(lambda: len(site.asked) > enough, 'they ask')
                run.kill()
            site.more = n * MOST // max(KILLS - 1, 1)
        site.more = MOST
        want = {kind: {post['native_id'] for post in case['posts']} | set(site.ids(kind, MOST)) for kind, case in all_cases.items()}
        grew = [kind for kind in want if site.ids(kind, MOST)]
        check(len(grew) > 25, f'only these have new items: {grew}')

        # compaction leaves one record of an id: so it is counted in the state, which is committed with the posts
        def all_here():
            states = {record['key']: record['value'] for record in tail(conf, 'sources')}
            return {kind: states[kind]['posts'] if kind in states else 0 for kind in want}
        with Running('-c', conf, '--role', 'collect') as run:
            end = time.monotonic() + 400
            while time.monotonic() < end and any(n < len(want[kind]) for kind, n in all_here().items()):
                time.sleep(1)
            run.stop()
        equal(all_here(), {kind: len(ids) for kind, ids in want.items()}, 'new posts of each')
        # the ids of a network are one post, whoever brought it
        network = {kind: next(post['value']['channel'] for post in tail(conf, 'posts') if post['value']['source'] == kind) for kind in want
                   if kind not in ('reddit', 'reddit_api', 'mastodon', 'mastodon_search')}
        got = {(network.get(post['value']['source'], 'shared'), post['value']['native_id']) for post in tail(conf, 'posts')}
        all_wanted = {(network.get(kind, 'shared'), name) for kind, ids in want.items() for name in ids}
        equal((got - all_wanted, all_wanted - got), (set(), set()), 'too many, and missing')
        print(f'# {KILLS} kills, {len(all_cases)} kinds, of which {len(grew)} had {MOST} new items each while they were killed: '
              f'{sum(map(len, want.values()))} posts, {len(site.asked)} requests')


main()

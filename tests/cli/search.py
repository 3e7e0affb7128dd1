# SPDX-License-Identifier: MIT
"""Searches: match -q, tail -q and the desk over posts and mentions, and where late fields may not stand."""

import json
import random
import urllib.error
from urllib.parse import quote

from harness import CONFIG, Running, check, config, decide, earshot, equal, get, main, ready, tail, wait_until, test, write

LABELS = [f'mentions.{label}' for label in ('positive', 'neutral', 'negative')]
POSTS = {
    'plain': {'text': 'acme parcel, I want a refund, terrible and broken', 'engagement': {'likes': 3, 'views': 900}},
    'spam': {'text': 'acme: free followers, buy followers, dm me for promo', 'engagement': {'likes': 40, 'reposts': 5}},
    'paid': {'text': 'acme 체험단으로 받은 제품이에요 #협찬', 'lang': 'ko'},
    'bot': {'text': 'acme update. I am a bot', 'author': {'name': 'acme bot'}},
    'mismatch': {'text': 'acme berbat, çok kötü, hiç memnun kalmadım', 'lang': 'tr', 'rating': {'value': 5, 'min': 1, 'max': 5}},
}
# query -> whom it finds among the mentions
SEARCHES = {
    'is:spam': ['spam'], 'is:bot': ['bot'], 'is:sponsored': ['paid'], 'is:mismatch': ['mismatch'],
    'acme NOT is:(spam OR bot OR sponsored)': ['mismatch', 'plain'],
    'likes:[3 TO *]': ['plain', 'spam'], 'engagement:[10 TO 45]': ['spam'], 'views:[1 TO 899]': [],
    'sentiment:negative AND refund': ['plain'], 'topic:acme-* AND brand:acme AND lang:ko': ['paid'],
    'score:[-1 TO -0.2] AND berbat': ['mismatch'], 'is:duplicate': [], 'cluster:*': [], 'memnun AND ÇOK': ['mismatch'], 'theme:*': None,
}


def names(records):
    return sorted(r['native_id'] for r in records)


@test('a search finds the same mentions by tail -q and by match -q: marks, engagement, themes, topics, sentiment')
def searches(folder):
    conf = config(folder)
    write(folder, 'posts.jsonl', ''.join(json.dumps({'native_id': k, **v}, ensure_ascii=False) + '\n' for k, v in POSTS.items()))
    result = earshot('run', '-c', conf, '--once')
    equal(result.code, 0, result.err)
    mentions = [r['value'] for r in tail(conf, *LABELS)]
    equal(names(mentions), sorted(POSTS), 'mentions')
    lines = ''.join(json.dumps(m, ensure_ascii=False) + '\n' for m in mentions)
    for query, wanted in SEARCHES.items():
        wanted = wanted if wanted is not None else names(m for m in mentions if m.get('themes'))
        found = earshot('tail', '-c', conf, '-q', query, *LABELS)
        equal((found.code, names(r['value'] for r in found.lines())), (0, wanted), f'tail -q {query!r} {found.err}')
        matched = earshot('match', '-q', query, stdin=lines)
        equal((matched.code, names(matched.lines())), (0, wanted), f'match -q {query!r} {matched.err}')
    equal(names(r['value'] for r in earshot('tail', '-c', conf, '-q', 'likes:[40 TO *]', 'posts').lines()), ['spam'], 'posts have engagement')
    equal(earshot('tail', '-c', conf, '-q', 'is:spam', 'posts').lines(), [], 'posts have no marks')
    bad = earshot('tail', '-c', conf, '-q', 'is:spam AND', 'posts')
    equal(bad.code, 65, bad.err)


def all_items(url, query=''):
    first = f'{url}/api/v1/mentions?limit=40&q={quote(query)}'
    page = get(first)
    items = page['items']
    while page['next']:
        page = get(f'{first}&cursor={page["next"]}')
        items += page['items']
    return items


@test('the search of the desk finds what match -q finds in its items: duplicates, clusters, labels of people, everything')
def desk(folder):
    conf = config(folder)
    posts = {**POSTS, **{f'copy{i}': {'text': f'acme mağazası yarın sabah saat onda şehir merkezinde yeniden açılıyor https://x.example/{i}', 'lang': 'tr',
                                      'published_at': f'2026-11-2{i}T08:00:00Z'} for i in (3, 1, 2)}}
    write(folder, 'posts.jsonl', ''.join(json.dumps({'native_id': k, **v}, ensure_ascii=False) + '\n' for k, v in posts.items()))
    with Running('-c', conf) as server:
        url = server.url()
        wait_until(lambda: ready(url), 'ready')
        items = wait_until(lambda: (lambda all: all if len(all) == len(posts) else None)(all_items(url)), 'all mentions')
        decide(url, next(i for i in items if i['native_id'] == 'plain'), decision='label', label='positive')
        wait_until(lambda: any(i['label'] == 'positive' and 'decision' in i for i in all_items(url)), 'the decision')
        items = all_items(url)
        lines = ''.join(json.dumps(i, ensure_ascii=False) + '\n' for i in items)
        equal({i['native_id']: i['cluster']['n'] for i in items if 'cluster' in i}, {f'copy{i}': 3 for i in (1, 2, 3)}, 'near duplicates')
        cluster = next(i['cluster']['id'] for i in items if 'cluster' in i)
        more = {'is:duplicate': ['copy2', 'copy3'], 'mağaza* NOT is:duplicate': ['copy1'], f'cluster:{cluster}': ['copy1', 'copy2', 'copy3'],
                'MAGAZASI AND lang:tr': ['copy1', 'copy2', 'copy3'], 'refund AND sentiment:positive': ['plain'], 'sentiment:negative AND refund': [],
                'cluster:*': ['copy1', 'copy2', 'copy3'], '체험단* OR is:mismatch': ['mismatch', 'paid'], 'nowhere': []}
        for query, wanted in {**SEARCHES, **more}.items():
            found = [i['native_id'] for i in all_items(url, query)]
            matched = [r['native_id'] for r in earshot('match', '-q', query, stdin=lines).lines()]
            equal(found, matched, f'{query!r}: the desk and match')
            if query in more:
                equal(sorted(found), wanted, repr(query))
        for query, words in (('acme AND', 'nothing to the right of AND'), ('is:funny', 'has no value'), ('*x', 'begin with a wildcard')):
            try:
                get(f'{url}/api/v1/mentions?q={quote(query)}')
                check(False, f'{query!r} was taken')
            except urllib.error.HTTPError as error:
                told = json.load(error)
                equal((error.code, told['error']), (400, 'bad_parameter'))
                check(told['message'].startswith('q: ') and words in told['message'] and told['hint'], told)
        equal(server.stop(), 0)


@test('a duplicate is an item of the desk that is not the first of its cluster; a line of strangers says nothing by members of other kinds')
def duplicates(folder):
    cluster = {'id': '90f1c200000000aa', 'n': 3, 'first': 'a'}
    items = [{'id': 'a', 'text': 'acme', 'cluster': cluster}, {'id': 'b', 'text': 'acme', 'cluster': cluster},
             {'id': 'c', 'text': 'acme'}, {'id': 'd', 'text': 'acme', 'cluster': 'x', 'marks': 'spam', 'sentiment': 'bad', 'topics': 3}]
    lines = ''.join(json.dumps(i) + '\n' for i in items)
    for query, wanted in {'is:duplicate': ['b'], 'acme NOT is:duplicate': ['a', 'c', 'd'], 'cluster:90f1*': ['a', 'b'],
                          'is:spam OR sentiment:(neg OR neu OR pos) OR topic:*': []}.items():
        result = earshot('match', '-q', query, stdin=lines)
        equal((result.code, [r['id'] for r in result.lines()]), (0, wanted), f'{query!r} {result.err}')
    kept = earshot('match', '-q', 'acme', stdin='{"text":"acme","themes":["exit"],"stage":"use","marks":["bot"],"topics":[{"id":"old"}]}\n').lines()[0]
    equal((kept['themes'], kept['stage'], kept['marks'], kept['topics'][0]['id']), (['exit'], 'use', ['bot'], 'q'))


WORDS = ('refund parcel late great broken app support kargo kargom iade gelmedi destek 배송 배송이 환불해 앱 느려요 고객센터로').split()
QUERIES = ['refund NEAR/0 parcel', 'kargo* NEAR/1f gelmedi', '"late parcel"~2', '(refund AND late AND app)~3', '배송 NEAR/2 (느려요 OR 환불해)', '느리*',
           'refund AND late AND within:sentence', '"고객 센터"', 'title:refund OR stem:kargo', 'infix:este NOT 앱', '/par.el/ AND great', '(iade OR 환불) NOT late',
           'app AND NOT (broken NEAR/3 great)', 'raw:late', 'kind:review AND lang:tr', '{kargo} OR {app}']


@test('a topic has found live what the search finds afterwards, by match, by tail and in the desk')
def live(folder):
    dice = random.Random(7)
    posts = [{'native_id': str(i), 'text': 'acme ' + ' '.join(dice.choice(WORDS) + dice.choice(['', '', '', ',', '.', '!']) for _ in range(dice.randint(3, 14))),
              'lang': dice.choice(['en', 'tr', 'ko']), 'kind': dice.choice(['post', 'review']), **({'title': dice.choice(WORDS)} if dice.random() < .4 else {})}
             for i in range(300)]
    write(folder, 'posts.jsonl', ''.join(json.dumps(p, ensure_ascii=False) + '\n' for p in posts))
    topics = [{'id': f'q{i}', 'query': q} for i, q in enumerate(QUERIES)]
    conf = config(folder, CONFIG.replace("topics: [{id: acme-all, query: 'acme'}]", f"topics: {json.dumps([{'id': 'acme-all', 'query': 'acme'}, *topics], ensure_ascii=False)}"))
    equal(earshot('run', '-c', conf, '--once').code, 0)
    mentions = [r['value'] for r in tail(conf, *LABELS)]
    equal(len(mentions), len(posts))
    lines = ''.join(json.dumps(p, ensure_ascii=False) + '\n' for p in posts)
    with Running('-c', conf) as server:
        url = server.url()
        wait_until(lambda: ready(url), 'ready')
        for topic in topics:
            found = names(m for m in mentions if topic['id'] in [t['id'] for t in m['topics']])
            check(0 < len(found) < len(posts), f'{topic}: {len(found)}')
            equal(names(earshot('match', '-q', topic['query'], stdin=lines).lines()), found, f'match -q {topic["query"]}')
            equal(names(r['value'] for r in earshot('tail', '-c', conf, '-q', topic['query'], 'posts').lines()), found, f'tail -q {topic["query"]}')
            equal(names(all_items(url, topic['query'])), found, f'the desk: {topic["query"]}')


@test('match -Q --explain says why of a theme that asks for the sentiment, and -q of a search that asks for marks')
def explained(folder):
    themes = write(folder, 't.yaml', "brands: [{id: a, topics: [{id: t, query: acme}]}]\nthemes: [{id: bad, query: 'sentiment:negative AND acme'}]\n")
    result = earshot('match', '--explain', '-Q', themes, stdin='{"text":"acme is terrible and broken"}\n')
    equal(result.code, 0, result.err)
    check('bad: match\n  yes AND\n  yes   sentiment:negative\n  yes   acme: "acme" (text, byte 0)\n' in result.err, result.err)
    result = earshot('match', '--explain', '-q', 'acme NOT is:spam', stdin='{"text":"acme","marks":["spam"]}\n')
    equal(result.err, 'standard input:1: q: no match\n  no  AND\n  yes   acme: "acme" (text, byte 0)\n  no    NOT\n  yes     is:spam\n')


@test('score and match together search posts that no worker has seen')
def scored(folder):
    posts = ''.join(json.dumps({'id': i, 'text': t}) + '\n' for i, t in enumerate(['acme is terrible and broken', 'acme is great, I love it', 'acme']))
    lines = earshot('score', stdin=posts).text
    equal([r['id'] for r in earshot('match', '-q', 'acme AND sentiment:negative', stdin=lines).lines()], [0])
    equal(earshot('match', '-q', 'sentiment:(neg OR neu OR pos)', stdin=posts).lines(), [], 'not scored')


@test('a late field in a topic, theme or flag is one error with its code, place and what to do, in match --check and in check')
def layers(folder):
    for layer in ('topic', 'theme', 'flag'):
        result = earshot('match', '--check', '--json', '--layer', layer, '-q', 'acme NOT is:spam')
        equal(result.code, 65)
        equal(result.lines()[0], {'valid': False, 'warnings': [], 'errors': [
            {'code': 'field-layer', 'start': 9, 'end': 16, 'mend': 'use it in a search',
             'message': f'is:spam is not known yet where a{" flag rule" if layer == "flag" else " " + layer} is matched'}]})
    equal(earshot('match', '--check', '--layer', 'search', '-q', 'acme NOT is:spam').text, 'valid\n')
    equal(earshot('match', '--check', '-q', 'acme NOT is:spam').text, 'valid\n')
    caret = earshot('match', '--check', '--layer', 'flag', '-q', '환불 AND likes:[1 TO 5]')
    equal(caret.err, '''error: likes: is not known yet where a flag rule is matched; use it in a search
  환불 AND likes:[1 TO 5]
         ^
''')
    equal(earshot('match', '--layer', 'topic', '-q', 'a').code, 2, '--layer without --check')
    equal(earshot('match', '--check', '--layer', 'alert', '-q', 'a').code, 2)
    bad = CONFIG.replace("'sentiment:negative AND refund'", "'sentiment:negative NOT is:duplicate'") + '''themes:
  - {id: loud, query: 'acme AND views:[1000 TO 5000]'}
'''
    conf = config(folder, bad)
    result = earshot('check', '-c', conf)
    equal(result.code, 78, result.err)
    for name, place, words in (('flag refund', "is:duplicate'", 'is:duplicate is not known yet where a flag rule is matched'),
                               ('theme loud', 'views:', 'views: is not known yet where a theme is matched')):
        row, line = next((i, l) for i, l in enumerate(bad.split('\n'), 1) if place in l)
        wanted = f'earshot.yaml:{row}:{line.index(place) + 1}: {name}: {words} (field-layer, byte '
        check(wanted in result.err, f'{wanted}\n{result.err}')
    equal(result.err.count('error: '), 2, result.err)
    equal(result.err.count('use it in a search'), 2, result.err)


@test('strict says what the suite that it follows says, and what earshot adds as notes')
def strict(folder):
    query = 'country:tr OR foo:x OR "a b"~5 OR b~3'
    lenient = earshot('match', '--check', '--json', '-q', query).lines()[0]
    equal([w['code'] for w in lenient['warnings']], ['field-absent', 'unknown-field', 'tilde-word'])
    check('notes' not in lenient, lenient)
    told = earshot('match', '--check', '--strict', '--json', '-q', query).lines()[0]
    equal((told['valid'], [w['code'] for w in told['warnings']], [n['code'] for n in told['notes']]),
          (True, ['tilde-word'], ['field-absent', 'unknown-field']))
    plain = earshot('match', '--check', '--strict', '-q', query).err
    check('note: no post has country:' in plain, plain)


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""Themes: those that ship, folders and files of one's own, a query for each language, stages."""

import json
import os
import re

from harness import CONFIG, EARSHOT_DEV, ROOT, check, config, earshot, equal, main, tail, test, write

SHIPPED = os.path.join(ROOT, 'lexicons', 'themes')
OWN = '''themes:
  - id: late
    stage: receive
    en: Late
    query:
      en: |-
        "never arrived" OR late
        OR parcel*
      tr: gecikti OR late
  - {id: hope, query: 'hope*'}
  - {id: at_home, stage: use, stage_only: true, query: 'home'}
'''


def count(conf, what='themes'):
    result = earshot('check', '-c', conf)
    equal(result.code, 0, result.err)
    return int(re.search(rf'(\d+) {what}', result.text + result.err)[1])


def shipped():
    n = 0
    for name in os.listdir(SHIPPED):
        if name.endswith('.yaml'):
            with open(os.path.join(SHIPPED, name), encoding='utf-8') as file:
                n += len(re.findall(r'(?m)^  - id: ', file.read()))
    return n


@test('a config without themes has those that ship; "lexicons/themes" names them, a folder of that name beside the config goes before')
def default(folder):
    n = shipped()
    check(n > 40, n)
    equal(count(config(folder)), n, 'no key')
    equal(count(config(folder, extra='themes: [lexicons/themes]\n')), n, 'by name')
    equal(count(config(folder, extra='themes: lexicons/themes\n')), n, 'one word')
    equal(count(config(folder, extra='themes: []\n')), 0, 'none wanted')
    write(folder, 'own.yaml', OWN)
    equal(count(config(folder, extra='themes: [lexicons/themes, own.yaml]\n')), n + 3, 'and a file')
    write(folder, 'lexicons/themes/own.yaml', OWN)
    equal(count(config(folder, extra='themes: [lexicons/themes]\n')), 3, 'the folder beside the config')
    result = earshot('check', '-c', config(folder, extra='themes: [lexicons/other]\n'))
    equal(result.code, 78, result.err)
    check('lexicons/other' in result.err and 'earshot.yaml:' in result.err, result.err)


@test('a bad query in a folder of themes is told with file, line and column, each of the languages')
def places(folder):
    write(folder, 'themes/a.yaml', OWN.replace('OR parcel*', 'OR (parcel* OR "box"').replace('gecikti OR', 'gecikti OR )'))
    conf = config(folder, extra='themes: [themes]\n')
    result = earshot('check', '-c', conf)
    equal(result.code, 78, result.err)
    for place in ('themes/a.yaml:8:12: theme late', 'themes/a.yaml:9:22: theme late'):
        check(place in result.err, f'{place}: {result.err}')
    for change, part in (('en: |-', 'english: |-'), ('    stage: use, stage_only', '    stage_only'), ('id: hope', 'id: late'),
                         ('{id: hope, query', '{id: hope, owner: x, query'), ("query: 'hope*'", "query: ['hope*']")):
        text = OWN.replace(change, part) if 'stage' not in part else OWN.replace('stage: use, ', '')
        write(folder, 'themes/a.yaml', text)
        result = earshot('check', '-c', conf)
        equal(result.code, 78, part)
        check(re.search(r'themes/a\.yaml:\d+:\d+: ', result.err), f'{part}: {result.err}')


@test('a theme is named once, whichever of its queries match; stage_only says the stage where no theme does, and is none')
def stages(folder):
    write(folder, 'own.yaml', OWN)
    conf = config(folder, CONFIG.replace("'sentiment:negative AND refund'", "'stage:use AND theme:hope'"), 'themes: [own.yaml]\n')
    posts = {'1': 'acme parcel is late, late at home', '2': 'acme at home, I hope', '3': 'acme at home', '4': 'acme and nothing'}
    write(folder, 'posts.jsonl', ''.join(json.dumps({'native_id': k, 'text': t}) + '\n' for k, t in posts.items()))
    wanted = {'1': (['late'], 'receive'), '2': (['hope'], 'use'), '3': ([], 'use'), '4': ([], None)}
    result = earshot('run', '-c', conf, '--once')
    equal(result.code, 0, result.err)
    mentions = [r['value'] for label in ('positive', 'neutral', 'negative') for r in tail(conf, f'mentions.{label}') if r['value']]
    equal({m['native_id']: (m.get('themes', []), m.get('stage')) for m in mentions}, wanted, 'mentions')
    equal([r['value']['native_id'] for r in tail(conf, 'flagged') if r['value']], ['2'], 'a flag asks for stage and theme')
    lines = ''.join(json.dumps({'id': k, 'text': t, 'stage': 'old'}) + '\n' for k, t in posts.items())
    for program in (None, EARSHOT_DEV if os.path.exists(EARSHOT_DEV) else None):
        matched = earshot('match', '-Q', os.path.join(folder, 'own.yaml'), '-', stdin=lines.encode(), program=program)
        equal(matched.code, 0, matched.err)
        equal({m['id']: (m.get('themes', []), m.get('stage')) for m in matched.lines()},
              {k: v for k, v in wanted.items() if k != '4'}, 'match -Q says the same')


@test('every theme that ships has labels and a query in English, Korean and Turkish, and says who owns it')
def complete(folder):
    for name in sorted(os.listdir(SHIPPED)):
        if not name.endswith('.yaml'):
            continue
        with open(os.path.join(SHIPPED, name), encoding='utf-8') as file:
            for block in re.split(r'(?m)^  - id: ', file.read())[1:]:
                theme = block.split('\n', 1)[0]
                for lang in ('en', 'ko', 'tr'):
                    check(re.search(rf'(?m)^    {lang}: \S', block), f'{theme}: no label in {lang}')
                    check(re.search(rf'(?m)^      {lang}: \|-$', block), f'{theme}: no query in {lang}')
                check('stage_only: true' in block or re.search(r'(?m)^    route: \S', block), f'{theme}: no route')


main()

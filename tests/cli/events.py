# SPDX-License-Identifier: MIT
"""The events of the log are a contract: src/app/README.md lists them, the sources hold to it."""

import glob
import json
import os
import re
import signal

from harness import EARSHOT, ROOT, Running, check, config, equal, main, test, wait_until, write

LEVELS = ['trace', 'debug', 'info', 'warn', 'error']
SECRET = 'nobody may read this'


def stated():
    """{event: (levels, keys)} of the table"""
    table = {}
    with open(f'{ROOT}/src/app/README.md', encoding='utf-8') as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
            if re.fullmatch(r'`[a-z]+\.[a-z_]+`', cells[0]):
                check(cells[0] not in table and len(cells) == 4 and cells[3], f'{cells}')
                table[cells[0].strip('`')] = (set(re.findall(r'\w+', cells[1])), set(re.findall(r'\w+', cells[2])))
    return table


def arguments(text, at):
    """What stands between a bracket that opens before `at` and the one that closes it."""
    depth, end = 1, at
    while depth:
        depth += {'(': 1, ')': -1}.get(text[end], 0)
        end += 1
    return re.sub(r'\s+', ' ', text[at:end - 1])


def sources():
    """(file, levels, names, keys) of every call that logs"""
    for path in sorted(glob.glob(f'{ROOT}/src/*/*.[ch]')):
        if os.path.basename(path).startswith('log.'):
            continue
        with open(path, encoding='utf-8') as file:
            text = file.read()
        for call in re.finditer(r'\bes_log(_error)?\(', text):
            said = arguments(text, call.end())
            head = said.split('ES_LOG_')[0]
            names = set(re.findall(r'"([a-z]+\.[a-z_]+)"', head))
            keys = set(re.findall(r'ES_LOG_[SVIF]\("(\w+)"', said)) | ({'code', 'error'} if call.group(1) else set())
            if not names:  # its name is a parameter: those who call the function give it
                function = re.findall(r'^\w[\w *]*?(\w+)\(', text[:call.start()], re.M)[-1]
                names = set(re.findall(rf'\b{function}\("([a-z]+\.[a-z_]+)"', text))
            check(names, f'{path}: an event without a name: {said}')
            yield path, {word.lower() for word in re.findall(r'\bES_(TRACE|DEBUG|INFO|WARN|ERROR)\b', head)}, names, keys


@test('every event in the sources is in the table of src/app/README.md with its levels and keys, and the other way round')
def table(folder):
    found = {}
    for path, levels, names, keys in sources():
        check(levels <= set(LEVELS) and levels, f'{path}: {names} has no level')
        for name in names:
            old = found.setdefault(name, (set(), set()))
            old[0].update(levels)
            old[1].update(keys)
    check(len(found) > 30, f'{sorted(found)}')
    want = stated()
    equal(sorted(found), sorted(want), 'events')
    for name, (levels, keys) in found.items():
        wanted = want[name]
        equal(keys, wanted[1], f'keys of {name}')
        check(wanted[0] <= levels, f'{name} is never {wanted[0] - levels}')


@test('as JSON every line is an object with time, level and an event of the table; no text of a post is in it')
def lines(folder):
    conf = config(folder)
    write(folder, 'posts.jsonl', json.dumps({'native_id': '1', 'text': f'acme {SECRET}'}) + '\n{"text": "acme ' + SECRET + '\n\n')
    with Running('-c', conf, '--log-json', '--log-level', 'debug') as run:
        def names():
            return [json.loads(line)['event'] for line in list(run.lines) if line]
        wait_until(lambda: 'http.listening' in names() and 'source.bad' in names(), 'a post was read and a bad line')
        write(folder, 'earshot.yaml', 'nonsense: 1\n')
        run.process.send_signal(signal.SIGHUP)
        wait_until(lambda: 'config.kept' in names(), 'the wrong config')
        equal(run.stop(), 0, 'the exit code')
        want = stated()
        for line in filter(None, run.lines):
            said = json.loads(line)
            check(said['event'] in want and said['level'] in want[said['event']][0], line)
            check(re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z', said['time']), line)
            check(set(said) - {'time', 'level', 'event'} <= want[said['event']][1], line)
            check(SECRET not in line, line)


main()

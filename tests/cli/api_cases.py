# SPDX-License-Identifier: MIT
"""api_cases.py - the cases of connectors (tests/cases/connectors), for the suites that ask and that send."""

import json
import os

from harness import ROOT, check, equal, tail

CASES = os.path.join(ROOT, 'tests', 'cases', 'connectors')


def cases(what='calls'):
    """Those that are asked ('calls'), or sent to ('sent')."""
    found = {}
    for name in sorted(os.listdir(CASES)):
        if name.endswith('.json'):
            with open(os.path.join(CASES, name), encoding='utf-8') as file:
                found[name[:-5]] = json.load(file)
    return {kind: case for kind, case in found.items() if what in case}


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

# SPDX-License-Identifier: MIT
"""The proof of ledger.py is a test of others; here it is tested itself: it must be silent on
topics that are right, and speak on each fault that can be made in them."""

import copy

import ledger
from kafka import LABELS, Offered, equal, main, test

N = 21


def right():
    """Topics as they should be after N posts of two sources."""
    offered = Offered()
    for n in range(N):
        offered.add('', f'urn:trial:{n}', f's{n % 2}', n)
    topics, offset = {topic: [] for topic in ledger.TOPICS}, 0

    def put(topic, key, value):
        nonlocal offset
        topics[topic].append({'topic': f'earshot.{topic}', 'partition': 0, 'offset': offset, 'key': key,
                              'time': '2026-01-01T00:00:00Z', 'headers': {}, 'value': value})
        offset += 1
    for n, (key, (_, source, matches)) in enumerate(offered.posts.items()):
        put('posts', key, {'id': key, 'source': source})
        if matches:
            put(LABELS[n % 3], key, {'id': key, 'flags': [{'rule': 'refund'}] if n % 3 == 2 else []})
        if matches and n % 3 == 2:
            put('flagged', key, {'id': key})
    for source, posts in offered.of_source().items():
        put('sources', source, {'posts': posts - 1})
        put('sources', source, {'posts': posts})
    return offered, topics


def problems(offered, topics, theirs=None):
    ledger.tail = lambda conf, *names: {name: topics[name] for name in names}
    ledger.kcat = lambda address, topic: sorted((r['partition'], r['offset'], r['key'])
                                                for r in (theirs or topics)[topic])
    proof = ledger.Proof('', '', offered)
    return proof.lost, proof.twice, '\n'.join(proof.problems)


def again(topic):
    def fault(topics):
        topics[topic].append({**topics[topic][-1], 'offset': 1000})
    return fault


def less(topic):
    def fault(topics):
        del topics[topic][-1]
    return fault


def elsewhere(topics):
    topics[LABELS[0]].append({**topics[LABELS[1]][0], 'offset': 1000})


def null(topics):
    topics[LABELS[0]].append({**topics[LABELS[0]][0], 'offset': 1000, 'value': None})


def stranger(topics):
    topics['posts'].append({**topics['posts'][0], 'offset': 1000, 'key': 'f' * 32})


def letter(topics):
    topics['deadletter'].append(topics['posts'][0])


FAULTS = ((less('posts'), 1, 0), (again('posts'), 0, 1), (less(LABELS[1]), 1, 0), (again(LABELS[1]), 0, 1),
          (elsewhere, 0, 1), (null, 0, 1), (less('flagged'), 1, 0), (again('flagged'), 0, 1),
          (less('sources'), 0, 0), (stranger, 0, 0), (letter, 0, 0))


@test('topics that are right are held for right')
def silent(folder):
    equal(problems(*right()), (0, 0, ''), 'lost, twice, problems')


@test(f'{len(FAULTS)} faults in topics are seen, and counted as lost or twice')
def speaks(folder):
    for number, (fault, lost, twice) in enumerate(FAULTS):
        offered, topics = right()
        fault(topics)
        found = problems(offered, topics)
        equal((found[:2], bool(found[2])), ((lost, twice), True), f'fault {number}, problems {found[2]!r}')


@test('a record that one of the two readers does not show is seen')
def readers(folder):
    ledger.AGREE = 0  # nothing comes here
    offered, topics = right()
    theirs = copy.deepcopy(topics)
    del theirs['posts'][3]
    equal('kcat' in problems(offered, topics, theirs)[2], True, 'the readers differ')


main()

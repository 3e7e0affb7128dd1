# SPDX-License-Identifier: MIT
"""A broker that is away: at the start it is waited for, in between nothing is lost."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
from harness import CONFIG, EARSHOT, ROOT, Running, check, earshot, equal, main, test, wait_until, write  # noqa: E402

BROKER_SH = os.path.join(ROOT, 'tests', 'kafka', 'broker.sh')



def broker(command, folder):
    run = subprocess.run([BROKER_SH, command, os.path.join(folder, 'broker')], stdout=subprocess.PIPE,
                         check=True, timeout=300)
    return run.stdout.decode().strip()


def post(n):
    words = ('great, I love it', 'terrible, I want a refund', 'is a thing')[n % 3]
    return json.dumps({'id': f'p{n}', 'native_id': f'p{n}', 'url': f'https://example.com/{n}', 'text': f'acme {words} {n}',
                       'published_at': '2026-01-05T10:00:00Z'}) + '\n'


def config_of(folder, address):
    return write(folder, 'earshot.yaml', CONFIG.replace('bus: ./var/log.db', f'bus: kafka://{address}'))


def tail(conf, topic):
    result = earshot('tail', '-c', conf, topic, program=EARSHOT)
    equal(result.code, 0, result.err)
    return result.lines()


def mentions(conf):
    return [r['key'] for label in ('positive', 'neutral', 'negative') for r in tail(conf, f'mentions.{label}')]


@test('brokers that are away at the start are waited for: /readyz says no, SIGTERM ends it, then it runs')
def away(folder):
    address = broker('start', folder)
    broker('stop', folder)
    try:
        write(folder, 'posts.jsonl', ''.join(post(n) for n in range(30)))
        conf = config_of(folder, address)
        with Running('-c', conf) as run:
            run.event('bus.waiting')
            check(any(address in line for line in run.lines), f'the address is said: {run.lines[-5:]}')
            url = run.event('http.waiting')['url']
            try:
                urllib.request.urlopen(f'{url}/readyz', timeout=10)
                check(False, '/readyz says yes')
            except urllib.error.HTTPError as error:
                equal(error.code, 503, '/readyz')
            equal(urllib.request.urlopen(f'{url}/healthz', timeout=10).status, 200, '/healthz')
            equal(run.stop(), 0, 'the exit code')
        with Running('-c', conf) as run:
            run.event('bus.waiting')
            broker('start', folder)
            run.url()
            wait_until(lambda: len(mentions(conf)) == 30, '30 mentions', 60, 1)
            equal(run.stop(), 0, 'the exit code')
    finally:
        broker('wipe', folder)


@test('the broker is killed and started again five times under way: every post once')
def killed(folder):
    address = broker('start', folder)
    try:
        path = write(folder, 'posts.jsonl', post(0))
        conf = config_of(folder, address)
        with Running('-c', conf) as run:
            run.url()
            for part in range(5):
                with open(path, 'a', encoding='utf-8') as out:
                    out.writelines(post(n) for n in range(1 + part * 80, 1 + (part + 1) * 80))
                broker('kill', folder)
                broker('start', folder)
            wait_until(lambda: len(set(mentions(conf))) == 401, '401 mentions', 90, 1)
            check(run.process.poll() is None, 'it still runs:\n' + '\n'.join(run.lines[-10:]))
            equal(run.stop(), 0, 'the exit code')
        equal(len(mentions(conf)), 401, 'records in the label topics')
        equal(len({r['key'] for r in tail(conf, 'posts')}), 401, 'posts')
    finally:
        broker('wipe', folder)


main()

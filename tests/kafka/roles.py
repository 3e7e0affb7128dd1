# SPDX-License-Identifier: MIT
"""The roles as processes of their own, as docker/compose.yaml starts them: collect, work, view with desk.

The broker is set up by what compose.yaml gives to the image apache/kafka, through the very
program of that image that makes a server.properties of its environment."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
import schemas  # noqa: E402
from harness import EARSHOT, ROOT, Running, check, demo_offline, earshot, equal, get, main, ready, test, wait_until, write  # noqa: E402

BROKER_SH = os.path.join(ROOT, 'tests', 'kafka', 'broker.sh')
DEMO = os.path.join(ROOT, 'config', 'demo', 'earshot.yaml')
LABELS = ('positive', 'neutral', 'negative')
SECONDS = 10  # the promise is 5; a machine that others use as well gets twice that
# the image's wrapper asks for files of this form
LOG4J = 'Configuration:\n  Appenders: {}\n  Loggers:\n    Root: {level: INFO, AppenderRef: {ref: STDOUT}}\n    Logger: []\n'


def broker_sh(command, folder):
    run = subprocess.run([BROKER_SH, command, os.path.join(folder, 'broker')], stdout=subprocess.PIPE, check=True, timeout=300)
    return run.stdout.decode().strip()


def compose_environment():
    """What compose.yaml gives to its service kafka."""
    with open(os.path.join(ROOT, 'docker', 'compose.yaml'), encoding='utf-8') as file:
        pairs = re.findall(r'^ {6}(KAFKA_\w+|CLUSTER_ID): "?(.*?)"?$', file.read(), re.M)
    check(len(pairs) > 10, f'{pairs}')
    return dict(pairs)


class Broker:
    """compose.yaml's broker, on free ports of the loopback."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        broker_sh('prepare', self.folder)
        at = os.path.join(self.folder, 'broker', '1')
        with open(os.path.join(at, 'server.properties'), encoding='utf-8') as file:
            listeners = dict(re.findall(r'(PLAINTEXT|CONTROLLER)://(127\.0\.0\.1:\d+)', file.read()))
        inside, control = listeners['PLAINTEXT'], listeners['CONTROLLER']
        env = compose_environment()
        heap = env.pop('KAFKA_HEAP_OPTS')
        check('-Xmx' in heap, heap)
        # its addresses are those of a container: here there is one, and the ports are free ones
        env.update(KAFKA_LISTENERS=f'INSIDE://{inside},CONTROLLER://{control}', KAFKA_ADVERTISED_LISTENERS=f'INSIDE://{inside}',
                   KAFKA_CONTROLLER_QUORUM_VOTERS=f'1@{control}', KAFKA_LOG_DIRS=os.path.join(at, 'data'))
        for name in ('log4j2.yaml', 'tools-log4j2.yaml', 'server.properties'):
            write(os.path.join(at, 'default'), name, '' if name == 'server.properties' else LOG4J)
        for name in ('mounted', 'final'):
            os.makedirs(os.path.join(at, name))
        jars = os.path.join(ROOT, 'build', 'kafka', os.environ.get('KAFKA_VERSION', '4.1.1'), '*')
        made = subprocess.run([os.environ.get('JAVA', 'java'), '-Xmx64m', '-cp', jars, 'kafka.docker.KafkaDockerWrapper', 'setup',
                               '-D', os.path.join(at, 'default'), '-M', os.path.join(at, 'mounted'), '-F', os.path.join(at, 'final')],
                              env={**os.environ, **env}, capture_output=True, timeout=120)
        equal(made.returncode, 0, made.stderr.decode()[-2000:])
        os.replace(os.path.join(at, 'final', 'server.properties'), os.path.join(at, 'server.properties'))
        equal(broker_sh('start', self.folder), inside)
        return inside

    def __exit__(self, *unused):
        broker_sh('wipe', self.folder)


class Role(Running):
    """One of compose.yaml's services of earshot."""

    def __init__(self, roles, instance, *args, env):
        super().__init__('--role', roles, *args, '--set', f'instance={instance}', '--set', 'http.listen=127.0.0.1:0', env=env)
        self.name = instance

    def metrics(self):
        with urllib.request.urlopen(self.url() + '/metrics', timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(' ', 1)[0]: float(line.rsplit(' ', 1)[1]) for line in lines if not line.startswith('#')}

    def total(self, name):
        return sum(value for key, value in self.metrics().items() if key.split('{')[0] == name)

    def drain(self, brokers=True):
        """SIGTERM; the seconds until it has ended with 0, with nothing left behind unless its brokers are away."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        took = time.monotonic() - start
        tail = '\n'.join(self.lines[-15:])
        equal(code, 0, f'{self.name} after SIGTERM:\n{tail}')
        print(f'# {self.name}: SIGTERM to the end {took:.2f} s')
        check(took <= SECONDS, f'{self.name} took {took:.1f} s to end:\n{tail}')
        if brokers:
            self.event('run.stopped')  # it does not say so where it left something behind
        return took


def healthy(role):
    url = role.url()
    equal(get(f'{url}/healthz'), {'ok': True}, f'{role.name} /healthz')
    wait_until(lambda: ready(url), f'{role.name} is ready')
    check(role.metrics(), f'{role.name} /metrics')


def offline():
    """What the recording plays in live is there at once."""
    return [*demo_offline(), '--set', 'demo.live=0s']


def counts(conf, env, *sets):
    """{label: live ids} in the label topics; nobody in two of them, no id twice."""
    table = {}
    for label in LABELS:
        result = earshot('tail', '-c', conf, *sets, f'mentions.{label}', program=EARSHOT, env=env, timeout=120)
        equal(result.code, 0, result.err)
        schemas.hold(result.lines())
        keys = [r['key'] for r in result.lines() if r['value'] is not None]
        equal(len(keys), len(set(keys)), f'a record stands twice in mentions.{label}')
        table[label] = set(keys)
    equal(len(set().union(*table.values())), sum(map(len, table.values())), 'an id has two labels')
    return table


@test('the demo, with collect, work and view+desk as processes of their own: all answer, all posts are shown, each drains on SIGTERM')
def demo(folder):
    alone = [*offline(), '--set', f'bus={folder}/log.db', '--set', f'view.path={folder}/alone.db']
    once = earshot('run', '-c', DEMO, '--once', *alone, program=EARSHOT, timeout=300)
    equal(once.code, 0, once.err[-3000:])
    want = {label: len(ids) for label, ids in counts(DEMO, {}, *alone).items()}
    with Broker(folder) as address:
        env = {'EARSHOT_BUS': f'kafka://{address}', 'EARSHOT_VIEW__PATH': f'{folder}/view.db'}
        args = ['-c', DEMO, *offline()]
        with Role('collect', 'collect-1', *args, env=env) as collect, Role('work', 'work-1', *args, env=env) as work, \
                Role('view,desk', 'desk-1', *args, env=env) as desk:
            start = time.monotonic()
            for role in (collect, work, desk):
                healthy(role)
            wait_until(lambda: {k: get(desk.url() + '/api/v1/summary')[k] for k in LABELS} == want,
                       f'{want} in the summary of the desk, through {address}', 120, 0.5)
            print(f'# {sum(want.values())} mentions from the feeds to the page in {time.monotonic() - start:.1f} s: {want}')
            for role in (collect, work, desk):
                with open(f'/proc/{role.process.pid}/status', encoding='utf-8') as file:
                    most = int(re.search(r'VmHWM:\s+(\d+)', file.read()).group(1)) // 1024
                print(f'# {role.name}: {most} MB at most')
            # what they have done is told a moment after it is done: collect tells once a second
            n = sum(want.values())
            wait_until(lambda: collect.total('earshot_collect_posts_total') > 1000, 'collect counts')
            wait_until(lambda: sum(work.metrics().get(f'earshot_posts_total{{outcome="{label}"}}', 0) for label in LABELS) == n, 'work counts')
            wait_until(lambda: desk.total('earshot_view_records_total') >= n, 'the view counts')
            for role in (desk, work, collect):
                role.drain()


SOURCES = 12


def brand(folder, address):
    sources = '\n'.join(f'  - {{id: s{n}, kind: jsonl, url: "file:s{n}.jsonl", every: 1s}}' for n in range(SOURCES))
    for n in range(SOURCES):
        write(folder, f's{n}.jsonl', '')
    return write(folder, 'earshot.yaml', f'''
bus: kafka://{address}
view: {{path: ./view.db}}
sources:
{sources}
brands:
  - {{id: acme, topics: [{{id: acme-all, query: 'acme'}}]}}
''')


class Feeds:
    """Sources that grow: every post is known by its number."""

    def __init__(self, folder):
        self.folder, self.n = folder, 0

    @contextlib.contextmanager
    def growing(self):
        """10,000 posts a second come until the end of the block."""
        stop = threading.Event()

        def go():
            while not stop.wait(0.1):
                self.grow(1000)
        thread = threading.Thread(target=go)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def grow(self, n):
        for source in range(SOURCES):
            with open(os.path.join(self.folder, f's{source}.jsonl'), 'a', encoding='utf-8') as out:
                for number in range(self.n + source, self.n + n, SOURCES):
                    words = ('great, I love it', 'terrible, I want a refund', 'opens at nine')[number % 3]
                    out.write(json.dumps({'native_id': f'p{number}', 'url': f'https://example.com/{number}',
                                          'text': f'acme {words} {number}', 'published_at': '2026-01-05T10:00:00Z'}) + '\n')
        self.n += n


@test('a second collector and a second worker join under names of their own; the first are killed and the work goes on, every post once')
def join(folder):
    with Broker(folder) as address:
        conf, feeds = brand(folder, address), Feeds(folder)
        with Role('view,desk', 'desk-1', '-c', conf, env={}) as desk:
            def shown():
                return get(desk.url() + '/api/v1/summary')['n']

            def all_shown(seconds=240):
                start = time.monotonic()
                wait_until(lambda: shown() == feeds.n, f'{feeds.n} posts are shown', seconds, 0.2)
                return time.monotonic() - start
            with Role('collect', 'collect-1', '-c', conf, env={}) as collect1, Role('work', 'work-1', '-c', conf, env={}) as work1:
                feeds.grow(600)
                all_shown()
                wait_until(lambda: work1.total('earshot_posts_total') == 600, 'the first worker does it all')
                with Role('collect', 'collect-2', '-c', conf, env={}) as collect2, Role('work', 'work-2', '-c', conf, env={}) as work2:
                    healthy(collect2)
                    healthy(work2)
                    wait_until(lambda: collect2.total('earshot_sources') > 0, 'the second collector has sources', every=0.5)
                    feeds.grow(1200)
                    all_shown()
                    # a collector counts what it has at the end of a turn, posts are written within it
                    wait_until(lambda: collect1.total('earshot_sources') + collect2.total('earshot_sources') == SOURCES,
                               'every source has one collector')
                    for role, name in ((collect2, 'earshot_collect_posts_total'), (work2, 'earshot_posts_total')):
                        wait_until(lambda role=role, name=name: role.total(name) > 0, f'{role.name} has done something')
                    print(f'# with two of each: work-1 {work1.total("earshot_posts_total") - 600:.0f}, work-2 {work2.total("earshot_posts_total"):.0f} of 1200')
                    collect1.kill()
                    work1.kill()
                    feeds.grow(1200)
                    print(f'# after SIGKILL of the first two: all posts shown in {all_shown():.1f} s (a member is missed after 10)')
                    wait_until(lambda: collect2.total('earshot_sources') == SOURCES, 'the second collector has every source')
                    with feeds.growing():
                        wait_until(lambda: shown() > 3100, 'the next posts come', every=0.02)
                        for role in (collect2, work2):
                            role.drain()
                        check(shown() < feeds.n, 'SIGTERM came when all was done')
            with Role('collect', 'collect-1', '-c', conf, env={}), Role('work', 'work-1', '-c', conf, env={}):
                all_shown()
            desk.drain()
        equal(sum(map(len, counts(conf, {}).values())), feeds.n, 'posts in the label topics')


@test('SIGTERM of each while its broker is away, just now or for long: it ends with 0 within the same bound')
def outage(folder):
    with Broker(folder) as address:
        conf, feeds = brand(folder, address), Feeds(folder)
        for seconds in (0, 3, 13):
            with Role('collect', 'collect-1', '-c', conf, env={}) as collect, Role('work', 'work-1', '-c', conf, env={}) as work, \
                    Role('view,desk', 'desk-1', '-c', conf, env={}) as desk:
                feeds.grow(1200)
                wait_until(lambda d=desk: get(d.url() + '/api/v1/summary')['n'] == feeds.n, f'{feeds.n} posts are shown', every=0.2)
                broker_sh('kill', folder)
                feeds.grow(1200)  # so that the collector has something to write
                print(f'# {seconds} s after the broker was killed:')
                time.sleep(seconds)  # how long it is away is the point of this test
                for role in (collect, work, desk):
                    role.drain(brokers=False)
            broker_sh('start', folder)
        # a broker that has just recovered may tell of a partition's end late
        wait_until(lambda: sum(map(len, counts(conf, {}).values())) >= feeds.n - 1200, 'all posts in the label topics', every=0.5)
        equal(sum(map(len, counts(conf, {}).values())), feeds.n - 1200, 'posts in the label topics')


main()

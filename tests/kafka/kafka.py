# SPDX-License-Identifier: MIT
"""kafka.py - what every suite in this folder needs: brokers, roles as processes of
their own with names that they keep, posts that are offered while things fail.

How many times a trial does its harm: EARSHOT_TRIAL_COUNT. Which moments it picks:
EARSHOT_TRIAL_SEED. A trial that fails leaves the whole logs of all its processes in
build/trial-logs/."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
from harness import (  # noqa: E402, F401: for the suites too
    BUILD, EARSHOT, LABELS, ROOT, Failed, Running, check, earshot, equal, main, test, wait_until, write)

BROKER_SH = os.path.join(ROOT, 'tests', 'kafka', 'broker.sh')
SOURCES = 8  # files that grow, in a trial whose sources are files
SEED = int(os.environ.get('EARSHOT_TRIAL_SEED', '4'))


def count(default):
    return int(os.environ.get('EARSHOT_TRIAL_COUNT', default))


class Broker:
    """One node or several, in a folder of the test; `properties` go into each server.properties."""

    def __init__(self, folder, nodes=1, properties=()):
        self.dir = os.path.join(folder, 'broker')
        self.nodes, self.address = nodes, None
        self.call('prepare', nodes)
        for line in properties:
            self.set(line)

    def set(self, line):
        """A line of server.properties, before the start; the last one of a name holds."""
        for node in range(1, self.nodes + 1):
            with open(os.path.join(self.dir, str(node), 'server.properties'), 'a', encoding='utf-8') as out:
                out.write(f'{line}\n')

    def port(self, node=1):
        with open(os.path.join(self.dir, str(node), 'port'), encoding='utf-8') as port:
            return int(port.read())

    def call(self, command, *args):
        # the quick compiler alone: a broker that is started often and does little
        run = subprocess.run([BROKER_SH, command, self.dir, *map(str, args)], stdout=subprocess.PIPE, check=True,
                             timeout=300, env={'KAFKA_JVM_OPTS': '-XX:TieredStopAtLevel=1', **os.environ})
        return run.stdout.decode().strip()

    def start(self):
        self.address = self.call('start')
        return self.address

    def kill(self, node=''):
        self.call('kill', node)

    def stop(self, node=''):
        self.call('stop', node)

    def up(self, node):
        self.call('up', node)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.call('wipe')


class Member:
    """A role in a process of its own, whose name in its groups outlives it."""

    def __init__(self, conf, role, name, *sets):
        self.role, self.name, self.lives, self.paused = role, name, [], False
        self.args = ['-c', conf, '--role', role, '--set', f'instance={name}']
        for one in sets:
            self.args += ['--set', one]

    def start(self):
        self.lives.append(Running(*self.args))
        self.paused = False

    @property
    def now(self):
        return self.lives[-1]

    @property
    def alive(self):
        return bool(self.lives) and self.now.process.poll() is None

    def kill(self):
        """True where it had got as far as to serve."""
        up = any('http.listening' in line for line in self.now.lines)
        self.now.kill()
        return up

    def pause(self):
        self.now.process.send_signal(signal.SIGSTOP)
        self.paused = True

    def go_on(self):
        self.now.process.send_signal(signal.SIGCONT)
        self.paused = False

    def metrics(self):
        """{name with labels: number} of /metrics."""
        with urllib.request.urlopen(self.now.url() + '/metrics', timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(' ', 1)[0]: float(line.rsplit(' ', 1)[1])
                for line in lines if line and not line.startswith('#')}

    def log(self, last=8):
        lines = [line for life in self.lives for line in life.lines if line]
        return [f'{self.name}: {line[:200]}' for line in lines[-last:]]


class Group:
    """The members of a trial: killed at its end whatever happens; their logs are kept where it fails."""

    def __init__(self, title, *members):
        self.title, self.members = title, list(members)

    def start(self):
        for member in self.members:
            member.start()
        for member in self.members:
            member.now.url()

    def stop(self):
        """SIGTERM to all, then every exit must be 0."""
        for member in self.members:
            if member.alive:
                member.now.process.send_signal(signal.SIGTERM)
        for member in self.members:
            equal(member.now.process.wait(60), 0, f'exit of {member.name}:\n' + '\n'.join(member.log()))

    def log(self, last=8):
        return [line for member in self.members for line in member.log(last)]

    def restart_ended(self):
        """A role that was fenced ends its process; whoever runs it starts it again, as here."""
        ended = [m for m in self.members if not m.alive]
        for member in ended:
            member.start()
        return len(ended)

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        for member in self.members:
            for life in member.lives:
                if life.process.poll() is None:
                    life.kill()
        if kind:
            folder = os.path.join(BUILD, 'trial-logs')
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, f'{self.title}.log'), 'w', encoding='utf-8') as out:
                for member in self.members:
                    for n, life in enumerate(member.lives):
                        out.writelines(f'{member.name}.{n} {line}\n' for line in life.lines)


# ---- posts ----

# what is said, and whether a topic of CONFIG matches it
WORDS = (('acme is great, I love it', True), ('acme refund is terrible', True), ('acme opens at nine', True),
         ('rival is better than acme', True), ('acme 배송이 너무 느려요', True), ('acme kargo çok hızlı geldi', True),
         ('nothing about the brand', False))

CONFIG = '''
bus: kafka://{address}
view: {{path: ./var/view.db}}
http: {{listen: "127.0.0.1:0"}}
topics: {{partitions: 4, replication: {replication}}}
sources:
{sources}
brands:
  - id: acme
    topics: [{{id: acme-all, query: 'acme'}}]
  - {{id: rival, competitor: true, topics: [{{id: rival-all, query: 'rival'}}]}}
flags: [{{id: refund, when: 'sentiment:negative AND refund', priority: high, route: care, due: 2h}}]
routes: {{care: {{owner: "care team"}}}}
default_route: care
'''


def config_of(folder, broker, sources=None, extra='', replication=1):
    """`sources`: lines of YAML; without any, SOURCES files posts-N.jsonl that the Feeder fills."""
    if sources is None:
        sources = [f'  - {{id: s{n}, kind: jsonl, url: "file:posts-{n}.jsonl", every: 200ms}}' for n in range(SOURCES)]
        for n in range(SOURCES):
            write(folder, f'posts-{n}.jsonl', '')
    text = CONFIG.format(address=broker.address, sources='\n'.join(sources), replication=replication)
    return write(folder, 'earshot.yaml', text + extra)


def post_id(scope, native_id):
    """DESIGN section 3: the first 16 bytes of SHA-256(scope LF native id)."""
    return hashlib.sha256(f'{scope}\n{native_id}'.encode()).hexdigest()[:32]


def text_of(n):
    words, matches = WORDS[n % len(WORDS)]
    return f'{words} number {n}', matches


class Offered:
    """What was offered: {id: (native id, source, whether a topic matches it)}."""

    def __init__(self):
        self.posts = {}

    def add(self, scope, native_id, source, n):
        self.posts[post_id(scope, native_id)] = (native_id, source, text_of(n)[1])

    @property
    def matching(self):
        return {key for key, (_, _, matches) in list(self.posts.items()) if matches}

    def of_source(self):
        numbers = {}
        for _, source, _ in list(self.posts.values()):
            numbers[source] = numbers.get(source, 0) + 1
        return numbers


class Feeder(threading.Thread):
    """Appends posts to the files of config_of, `rate` a second, until it is stopped or has offered `most`."""

    def __init__(self, folder, offered, rate=400, most=None):
        super().__init__(daemon=True)
        self.folder, self.offered, self.rate, self.most = folder, offered, rate, most
        self.ended = threading.Event()
        self.n = len(offered.posts)

    def offer(self, n):
        """n posts now, spread over the files."""
        lines = [[] for _ in range(SOURCES)]
        for number in range(self.n, self.n + n):
            source = number // 3 % SOURCES
            self.offered.add(f's{source}', f'p{number}', f's{source}', number)
            lines[source].append(json.dumps(
                {'native_id': f'p{number}', 'text': text_of(number)[0],
                 'published_at': f'2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z'},
                ensure_ascii=False) + '\n')
        for source, part in enumerate(lines):
            with open(os.path.join(self.folder, f'posts-{source}.jsonl'), 'a', encoding='utf-8') as out:
                out.write(''.join(part))
        self.n += n

    def run(self):
        step = 0.05
        begin = time.monotonic()
        first = self.n
        while not self.ended.wait(step):
            due = first + int((time.monotonic() - begin) * self.rate) - self.n
            if self.most is not None:
                due = min(due, self.most - self.n)
                if due <= 0:
                    return
            if due > 0:
                self.offer(due)

    def stop(self):
        self.ended.set()
        self.join()


def moments(seed=SEED):
    return random.Random(20261124 + seed)

# SPDX-License-Identifier: MIT
"""harness.py - a test is a function under @test("sentence"); main() runs them.

Everything a test starts is ended by its process id; everything it writes lies in a
folder of its own that is removed."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get('B', 'build'))
EARSHOT = os.environ.get('EARSHOT_PROGRAM', os.path.join(BUILD, 'earshot'))
# the same program with ASan and UBSan: for everything that is not about speed
EARSHOT_DEV = os.path.join(ROOT, 'build', 'dev', 'earshot')
TESTS = []


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def test(sentence):
    def add(function):
        TESTS.append((sentence, function))
        return function
    return add


def check(condition, what):
    if not condition:
        raise Failed(what)


def equal(got, want, what=''):
    if got != want:
        raise Failed(f'{what}: got {got!r}, not {want!r}')


def main():
    wanted, failed = sys.argv[1:], 0
    for sentence, function in TESTS:
        if wanted and not any(w in sentence for w in wanted):
            continue
        folder = tempfile.mkdtemp(prefix='earshot-test-')
        try:
            function(folder)
            print(f'ok - {sentence}', flush=True)
        except Skipped as reason:
            print(f'ok - {sentence} # SKIP {reason}', flush=True)
        except Exception as error:
            failed += 1
            if not isinstance(error, Failed):
                traceback.print_exc(file=sys.stdout)
            for line in str(error).splitlines()[:60] or ['?']:
                print(f'# {line}')
            print(f'not ok - {sentence}', flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)


class Result:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr.decode('utf-8', 'replace')
        if 'AddressSanitizer' in self.err or 'runtime error:' in self.err or 'LeakSanitizer' in self.err:
            raise Failed('a sanitizer speaks:\n' + self.err[-3000:])

    @property
    def text(self):
        return self.out.decode('utf-8', 'replace')

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


def earshot(*args, stdin=b'', cwd=ROOT, program=None, env=None, timeout=400):
    """Runs the program (the sanitized one) to its end."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    return Result(subprocess.run([program or EARSHOT_DEV, *map(str, args)], input=stdin, cwd=cwd,
                                 capture_output=True, timeout=timeout,
                                 env={**os.environ, **(env or {})}))


class Running:
    """`earshot run` in the background; reads its events from standard error."""

    def __init__(self, *args, program=None, cwd=ROOT, env=None):
        self.process = subprocess.Popen([program or EARSHOT, 'run', *map(str, args)], cwd=cwd,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        env={**os.environ, **(env or {})})
        self.lines, self.news = [], threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.decode('utf-8', 'replace').rstrip())
                self.news.notify_all()
        with self.news:
            self.lines.append('')
            self.news.notify_all()

    def event(self, name, seconds=120):
        """Waits for an event; returns its pairs."""
        end = time.monotonic() + seconds
        with self.news:
            while True:
                for line in self.lines:
                    pairs = dict(p.split('=', 1) for p in line.split(' ') if '=' in p)
                    if pairs.get('event') == name:
                        return pairs
                if self.lines and self.lines[-1] == '' and self.process.poll() is not None:
                    raise Failed(f'ended before {name}:\n' + '\n'.join(self.lines[-20:]))
                left = end - time.monotonic()
                if left <= 0:
                    raise Failed(f'no event {name} in {seconds} s:\n' + '\n'.join(self.lines[-20:]))
                self.news.wait(left)

    def url(self):
        return self.event('http.listening')['url']

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=60):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.kill()


def get(url, headers=None):
    request = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def announced(url, size):
    """The status that a body of that size is answered with, of which nothing is sent."""
    place = urllib.parse.urlsplit(url)
    with socket.create_connection((place.hostname, place.port), 60) as to:
        to.sendall(f'POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {size}\r\n\r\n'.encode())
        return int(to.recv(4096).split()[1])


def free_port():
    """Below those that connections go out from, so that none takes it before who is to listen does."""
    while True:
        port = random.randrange(10000, 30000)
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                free.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue


def metrics(url):
    """The text of /metrics."""
    with urllib.request.urlopen(f'{url}/metrics', timeout=30) as answer:
        return answer.read().decode()


def decide(url, item, **decision):
    """What a person does with an item of the desk; the answer."""
    body = json.dumps({'id': item['id'], 'base_rev': item.get('rev', 0), **decision}).encode()
    request = urllib.request.Request(f'{url}/api/v1/reviews', body, {'Content-Type': 'application/json', 'Origin': url})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def ready(url):
    """What /readyz says."""
    try:
        return get(f'{url}/readyz')['ready']
    except urllib.error.HTTPError as error:
        equal(error.code, 503, '/readyz')
        return False


def wait_until(condition, what, seconds=180, every=0.05):
    """For what has no event to wait for: asks again until it is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        threading.Event().wait(every)
    raise Failed(f'not within {seconds} s: {what}')


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as out:
        out.write(text.encode() if isinstance(text, str) else text)
    return path


CONFIG = '''
bus: ./var/log.db
view: {path: ./var/view.db}
http: {listen: "127.0.0.1:0"}
topics: {partitions: 4}
sources:
  - {id: posts, kind: jsonl, url: "file:posts.jsonl", every: 1s}
brands:
  - id: acme
    topics: [{id: acme-all, query: 'acme'}]
  - {id: rival, competitor: true, topics: [{id: rival-all, query: 'rival'}]}
flags: [{id: refund, when: 'sentiment:negative AND refund', priority: high, route: care, due: 2h}]
routes: {care: {owner: "care team"}}
default_route: care
'''


DEMO = os.path.join(ROOT, 'config', 'demo', 'earshot.yaml')


def demo_offline():
    """--set ... of the demo without its public feeds: the sandbox of a test is the loopback."""
    sets, n = [], -1
    with open(DEMO, encoding='utf-8') as demo:
        text = demo.read()
    for line in text.split('\nsources:')[1].split('\nbrands:')[0].splitlines():
        n += line.lstrip().startswith(('- {id:', '- id:'))
        if 'url: "https://' in line:
            sets += ['--set', f'sources.{n}.url=file:feeds/none-{n}.xml']
    return sets


def config(folder, text=CONFIG, extra=''):
    return write(folder, 'earshot.yaml', text + extra)


def debian_program(package, path):
    """A program out of a Debian package that is not installed: doing so would start a server."""
    there = shutil.which(os.path.basename(path))
    own = os.path.join(ROOT, 'build', 'debian', package)
    if there or os.path.exists(own + path):
        return there or own + path
    with tempfile.TemporaryDirectory(prefix='earshot-test-') as folder:
        os.chmod(folder, 0o755)  # apt reads it as another user
        for update in (False, True):  # its lists may be old or not there
            if update and os.geteuid() == 0:
                subprocess.run(['apt-get', 'update', '-q'], capture_output=True, timeout=300)
            get = subprocess.run(['apt-get', 'download', '-q', package], cwd=folder, capture_output=True, timeout=300)
            debs = os.listdir(folder)
            if debs:
                break
        if get.returncode or not debs:
            raise Skipped(f'{os.path.basename(path)} cannot be had: apt-get download {package} says '
                          + get.stderr.decode('utf-8', 'replace').strip()[:200].replace('\n', ' '))
        os.makedirs(own, exist_ok=True)
        subprocess.run(['dpkg-deb', '-x', os.path.join(folder, debs[0]), own], check=True, timeout=300)
    return own + path


def tail(conf, *topics, program=None, strangers=()):
    """The records of topics, each held against its contract (schemas.py)."""
    import schemas  # it needs packages of build/venv, which not every user of this file has
    records = earshot('tail', '-c', conf, *topics, program=program or EARSHOT).lines()
    schemas.hold(records, strangers)
    return records


LABELS = ('mentions.positive', 'mentions.neutral', 'mentions.negative')


def state(conf):
    """{topic: {id: what counts}}: per id the highest rev, then the latest observation, then the later record;
    a null removes what the same topic brought."""
    held = {}
    for topic in (*LABELS, 'flagged'):
        for record in tail(conf, topic):
            value, key = record['value'], (record['key'], topic)
            rev = int(record['headers']['rev'])
            order = (rev, value['observed_at'] if value else '')
            if key not in held or order >= held[key][0] or (value is None and rev >= held[key][0][0]):
                held[key] = (order, value)
    found = {}
    for (key, topic), (order, value) in held.items():
        kind = 'flagged' if topic == 'flagged' else 'label'
        if value is not None and order >= found.get((kind, key), ((-1, ''), None))[0]:
            bare = {k: v for k, v in value.items() if k not in ('rev', 'op', 'scored_at')}
            found[kind, key] = (order, (topic, bare))
    return {key: value for key, (_, value) in found.items()}


def rescored_once(conf):
    """Posts were scored anew, and each of them once; how many."""
    found = {}
    for topic in LABELS:
        for record in tail(conf, topic):
            if record['value'] and record['value'].get('op') == 'rescore':
                found[record['key']] = found.get(record['key'], 0) + 1
    check(found and set(found.values()) == {1}, 'a post was re-scored twice, or none was')
    return len(found)


def same_state(mine, theirs):
    """Two logs over the same posts hold the same, record for record; how many. Left out is what differs with the
    time at which the source was looked at."""
    def bare(found):
        return {key: (topic, {k: v for k, v in value.items() if k not in ('observed_at', 'flags')},
                      [{k: v for k, v in flag.items() if k != 'due'} for flag in value.get('flags', ())])
                for key, (topic, value) in found.items()}
    mine, theirs = bare(state(mine)), bare(state(theirs))
    apart = sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))
    check(not apart, f'{len(apart)} differ, first {apart[:1]}: {mine.get(apart[0]) if apart else 0} '
                     f'is not {theirs.get(apart[0]) if apart else 0}')
    return len(mine)

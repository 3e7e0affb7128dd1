# SPDX-License-Identifier: MIT
"""What a service manager hears of `earshot run`: sd_notify(3) on a real socket."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request

from harness import CONFIG, EARSHOT_DEV, Running, check, config, equal, free_port, get, main, ready, test, wait_until, write


class Manager:
    """The receiving end of $NOTIFY_SOCKET: a path, or '@name' in the abstract space."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind('\0' + name[1:] if name.startswith('@') else name)
        self.socket.settimeout(60)

    def hear(self):
        """The next message as a dict; a message is lines KEY=VALUE."""
        text = self.socket.recv(65536).decode()
        return dict(line.split('=', 1) for line in text.rstrip('\n').split('\n'))

    def run(self, *args, **env):
        return Running(*args, program=EARSHOT_DEV, env={'NOTIFY_SOCKET': self.name, **env})

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()


def usec():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


@test('READY=1 comes when http answers, RELOADING=1 with the time of SIGHUP and then READY=1, STOPPING=1 on SIGTERM')
def life(folder):
    conf = config(folder)
    write(folder, 'posts.jsonl', '')
    with Manager(os.path.join(folder, 'notify')) as manager, manager.run('-c', conf) as run:
        said = manager.hear()
        equal(said.get('READY'), '1', f'{said}')
        equal(get(said['STATUS'] + '/healthz'), {'ok': True}, 'STATUS is the address')
        equal(run.url(), said['STATUS'])
        before = usec()
        run.process.send_signal(signal.SIGHUP)
        reloading = manager.hear()
        equal(reloading.get('RELOADING'), '1', f'{reloading}')
        check(before <= int(reloading['MONOTONIC_USEC']) <= usec(), f'{before} {reloading} {usec()}')
        said = manager.hear()
        equal(said.get('READY'), '1', f'{said}')
        equal(get(said['STATUS'] + '/healthz'), {'ok': True}, 'after the reload')
        write(folder, 'earshot.yaml', CONFIG + 'nonsense: 1\n')
        run.process.send_signal(signal.SIGHUP)
        equal(manager.hear().get('RELOADING'), '1', 'a config with a mistake')
        kept = manager.hear()
        equal(kept.get('READY'), '1', f'{kept}')
        check('the old one goes on' in kept['STATUS'], kept)
        equal(get(said['STATUS'] + '/healthz'), {'ok': True}, 'the old one')
        # right, but it does not run: not one word of an end, for there is none
        config(folder, CONFIG.replace('127.0.0.1:0', '192.0.2.1:1'))
        run.process.send_signal(signal.SIGHUP)
        equal(manager.hear().get('RELOADING'), '1', 'a config that does not run')
        said = manager.hear()
        equal(said.get('READY'), '1', f'{said}')
        equal(get(said['STATUS'] + '/healthz'), {'ok': True}, 'the old one again')
        run.process.send_signal(signal.SIGTERM)
        equal(manager.hear().get('STOPPING'), '1')
        equal(run.stop(), 0, 'the exit code')


@test('a socket in the abstract space hears the same')
def abstract(folder):
    conf = config(folder)
    with Manager(f'@earshot-test-{os.getpid()}') as manager, manager.run('-c', conf) as run:
        equal(manager.hear().get('READY'), '1')
        equal(run.stop(), 0, 'the exit code')
        equal(manager.hear().get('STOPPING'), '1')


@test('WATCHDOG=1 comes again and again where WATCHDOG_USEC asks this very process, and only there')
def watchdog(folder):
    conf = config(folder)
    other = config(os.path.join(folder, 'other'))
    with Manager(os.path.join(folder, 'one')) as manager, Manager(os.path.join(folder, 'two')) as deaf:
        with manager.run('-c', conf, WATCHDOG_USEC='200000') as run, \
                deaf.run('-c', other, WATCHDOG_USEC='200000', WATCHDOG_PID='1') as second:
            equal(deaf.hear().get('READY'), '1')
            equal(manager.hear().get('READY'), '1')
            for _ in range(5):
                equal(manager.hear(), {'WATCHDOG': '1'})
            # this one first: few messages fit into a socket that nobody reads
            equal(run.stop(), 0, 'the exit code')
            equal(second.stop(), 0, 'the exit code')
            equal(deaf.hear().get('STOPPING'), '1', 'the watchdog of another process')


@test('brokers that are away: READY=1 with what is waited for, SIGHUP with another log runs, SIGTERM ends it')
def waiting(folder):
    address = f'127.0.0.1:{free_port()}'
    away = CONFIG.replace('bus: ./var/log.db', f'bus: kafka://{address}')
    conf = write(folder, 'earshot.yaml', away)
    with Manager(os.path.join(folder, 'notify')) as manager:
        with manager.run('-c', conf, '--role', 'collect,work') as run:
            said = manager.hear()
            equal(said.get('READY'), '1', f'{said}')
            equal(said['STATUS'], f'waiting for kafka://{address}')
            url = run.event('http.waiting')['url']
            try:
                urllib.request.urlopen(f'{url}/readyz', timeout=10)
                check(False, '/readyz says yes')
            except urllib.error.HTTPError as error:
                equal(error.code, 503, '/readyz')
                check(f'waiting for kafka://{address}' in json.load(error)['checks'][0]['message'], 'why not')
            write(folder, 'earshot.yaml', CONFIG)
            run.process.send_signal(signal.SIGHUP)
            equal(manager.hear().get('RELOADING'), '1')
            url = manager.hear()['STATUS']
            wait_until(lambda: ready(url), f'{url} is ready')
            write(folder, 'earshot.yaml', away)
            run.process.send_signal(signal.SIGHUP)
            equal(manager.hear().get('RELOADING'), '1')
            equal(manager.hear().get('STATUS'), f'waiting for kafka://{address}')
            run.process.send_signal(signal.SIGTERM)
            equal(manager.hear().get('STOPPING'), '1')
            equal(run.stop(), 0, 'the exit code')


@test('a desk that other machines could reach is refused at once, also while brokers are away')
def refused(folder):
    text = CONFIG.replace('bus: ./var/log.db', f'bus: kafka://127.0.0.1:{free_port()}')
    conf = write(folder, 'earshot.yaml', text.replace('127.0.0.1:0', '0.0.0.0:0'))
    with Manager(os.path.join(folder, 'notify')) as manager, manager.run('-c', conf) as run:
        last = manager.hear()
        equal(last.get('STOPPING'), '1', f'{last}')
        check('can be reached from other machines' in last['STATUS'], last)
        equal(run.process.wait(60), 78, 'the exit code')


@test('SIGHUP three times at once and SIGTERM three times kill nobody: the last config runs, the exit is 0')
def impatient(folder):
    conf = config(folder)
    with Manager(os.path.join(folder, 'notify')) as manager, manager.run('-c', conf) as run:
        equal(manager.hear().get('READY'), '1')
        write(folder, 'earshot.yaml', CONFIG + 'timezone: Asia/Seoul\n')
        for _ in range(3):
            run.process.send_signal(signal.SIGHUP)
        equal(manager.hear().get('RELOADING'), '1')
        for _ in range(3):
            run.process.send_signal(signal.SIGTERM)
        said = {}
        while said.get('STOPPING') != '1':
            said = manager.hear()
        run.process.send_signal(signal.SIGTERM)
        equal(run.stop(), 0, 'the exit code:\n' + '\n'.join(run.lines[-30:]))


@test('without a manager, or with a name that is no socket, earshot runs as ever')
def nobody(folder):
    conf = config(folder)
    for name in ('', '@', 'relative', os.path.join(folder, 'none'), '/' + 'x' * 200):
        with Running('-c', conf, program=EARSHOT_DEV, env={'NOTIFY_SOCKET': name}) as run:
            equal(get(run.url() + '/healthz'), {'ok': True})
            equal(run.stop(), 0, f'the exit code with {name!r}')


main()

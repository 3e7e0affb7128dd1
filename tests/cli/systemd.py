# SPDX-License-Identifier: MIT
"""The units of config/systemd: they parse, they harden, and what they start starts."""

import glob
import os
import re
import shutil
import shlex
import signal
import socket
import subprocess

from harness import CONFIG, EARSHOT, ROOT, Running, Skipped, check, config, equal, main, test, wait_until, write

UNITS = os.path.join(ROOT, 'config', 'systemd')
# every instance that a folder of drop-ins is there for
INSTANCES = sorted(os.path.basename(p)[:-2] for p in glob.glob(f'{UNITS}/earshot@*.service.d'))
ALL = ['earshot.service', *INSTANCES]


def analyze(*args, path):
    if not shutil.which('systemd-analyze'):
        raise Skipped('systemd-analyze is missing: apt-get install systemd')
    return subprocess.run(['systemd-analyze', *args], capture_output=True, timeout=60, text=True,
                          env={**os.environ, 'SYSTEMD_UNIT_PATH': f'{path}:', 'SYSTEMD_COLORS': '0'})


def installed(folder):
    """The units as they would lie on a machine where `earshot` is in the path of systemd."""
    path = os.path.join(folder, 'units')
    shutil.copytree(UNITS, path)
    for unit in glob.glob(f'{path}/*.service'):
        with open(unit, encoding='utf-8') as file:
            text = file.read()
        write(path, os.path.basename(unit), text.replace('ExecStart=earshot ', f'ExecStart={EARSHOT} '))
    return path


def settings(unit, folder=UNITS):
    """[(key, value)] of a unit and its drop-ins, in order."""
    template = re.sub('@.*', '@.service', unit)
    files = [os.path.join(folder, template if '@' in unit else unit), *sorted(glob.glob(f'{folder}/{unit}.d/*.conf'))]
    pairs = []
    for file in files:
        with open(file, encoding='utf-8') as lines:
            pairs += [line.strip().split('=', 1) for line in lines if '=' in line and line[0] not in '#;[']
    return pairs


@test('systemd-analyze verify finds nothing in the units, and finds a misspelt key')
def verify(folder):
    path = installed(folder)
    check(len(ALL) >= 4, ALL)
    for unit in ALL:
        said = analyze('verify', '--man=no', unit, path=path)
        equal((said.returncode, said.stderr.strip()), (0, ''), unit)
    write(path, 'wrong.service', '[Service]\nExecStart=/bin/true\nProtectSytem=strict\n')
    said = analyze('verify', '--man=no', 'wrong.service', path=path)
    check('ProtectSytem' in said.stderr, f'{said}')


@test('systemd-analyze security: an exposure of at most 1.5 of 10, for every unit')
def security(folder):
    path = installed(folder)
    for unit in ('earshot.service', 'earshot@.service'):
        said = analyze('security', '--offline=yes', '--no-pager', '--threshold=15', os.path.join(path, unit), path=path)
        equal(said.returncode, 0, said.stdout[-300:])
        print('# ' + re.sub('[^ -~]', '', said.stdout.strip().splitlines()[-1]).strip())


@test('both units restrict the same')
def same(folder):
    def restrictions(unit):
        pairs = settings(unit)
        return pairs[[key for key, _ in pairs].index('CapabilityBoundingSet'):]
    equal(restrictions('earshot@.service')[:-1], restrictions('earshot.service')[:-1])


def words(unit, folder):
    """Environment and command line as systemd would make them, in a folder of the test."""
    name = re.sub(r'^earshot@?|\.service$', '', unit)
    env, start = {}, None

    def there(text):
        return text.replace('%i', name).replace('%H', 'host-1').replace('/var/lib/earshot', folder).replace(
            '/etc/earshot/earshot.yaml', os.path.join(folder, 'earshot.yaml'))
    for key, value in settings(unit):
        if key == 'Environment':
            variable, value = there(value).split('=', 1)
            env[variable] = value
        elif key == 'ExecStart':
            start = value
    for variable, value in env.items():
        start = start.replace('${%s}' % variable, value)
    return env, shlex.split(there(start))


@test('what the units start says READY=1, reloads with what ExecReload= sends, and ends with 0')
def starts(folder):
    # without Kafka: one log, one unit after the other
    for unit in ALL:
        config(folder)
        write(folder, 'posts.jsonl', '')
        env, argv = words(unit, folder)
        check('/var/lib' not in ' '.join([*argv, *env.values()]), f'{env} {argv}')
        check(not re.search(r'[$%]', ' '.join(argv)), f'{argv}')
        equal(argv[:2], ['earshot', 'run'])
        equal(dict(settings(unit))['ExecReload'], 'kill -HUP $MAINPID')
        env.setdefault('EARSHOT_BUS', f'{folder}/earshot.db')
        env['EARSHOT_HTTP__LISTEN'] = '127.0.0.1:0'  # the unit's own may be taken here
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            name = os.path.join(folder, f'{unit}.socket')
            manager.bind(name)
            manager.settimeout(60)
            with Running(*argv[2:], env={**env, 'NOTIFY_SOCKET': name}) as run:
                check('READY=1' in manager.recv(4096).decode(), unit)
                check(os.path.exists(env['EARSHOT_BUS']), f'{unit}: the log lies where the unit says')
                if 'desk' in unit or '@' not in unit:
                    check(os.path.exists(env['EARSHOT_VIEW__PATH']), f'{unit}: the read model')
                run.process.send_signal(signal.SIGHUP)
                check('RELOADING=1' in manager.recv(4096).decode(), unit)
                check('READY=1' in manager.recv(4096).decode(), unit)
                equal(run.stop(), 0, f'{unit}: the exit code')


@test('addresses of the roles differ, so that they fit on one machine')
def ports(folder):
    config(folder, CONFIG.replace('127.0.0.1:0', '127.0.0.1:8080'))
    listen = [words(unit, folder)[0].get('EARSHOT_HTTP__LISTEN', '127.0.0.1:8080') for unit in INSTANCES]
    equal(len(set(listen)), len(INSTANCES), f'{listen}')
    check(all(re.fullmatch(r'127\.0\.0\.1:\d+', one) for one in listen), f'{listen}')


@test('an error that stays the same is not tried again: RestartPreventExitStatus= names its exit codes')
def mistakes(folder):
    never = dict(settings('earshot.service'))['RestartPreventExitStatus'].split()
    equal(never, dict(settings('earshot@.service'))['RestartPreventExitStatus'].split())
    wrong = config(folder, CONFIG + 'nonsense: 1\n')
    for args, want in ((['-c', wrong], 78), (['-c', folder + '/none.yaml'], 66), (['--rule', 'work'], 2)):
        with Running(*args) as run:
            code = wait_until(lambda r=run: r.process.poll(), f'the end of run {args}')
            equal(code, want, f'run {args}')
            check(str(code) in never, f'{code} is tried again and again')


main()

# SPDX-License-Identifier: MIT
"""docker/: the Dockerfile, compose.yaml and the door before the desk, without Docker.

tests/docker/image.sh builds and runs the image; tests/kafka/roles.py runs what compose.yaml
starts, against a broker set up as it says."""

import json
import os
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

import compose_spec
import yaml

from harness import CONFIG, EARSHOT, ROOT, Running, Skipped, check, config, debian_program, earshot, equal, free_port, get, main, \
    ready, test, wait_until, write

DOCKER = os.path.join(ROOT, 'docker')
COMPOSE = os.path.join(DOCKER, 'compose.yaml')
DEMO = os.path.join(ROOT, 'config', 'demo', 'earshot.yaml')


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding='utf-8') as file:
        return file.read()


def compose_text():
    """compose.yaml with its variables at their defaults."""
    return re.sub(r'\$\{\w+:-([^}]*)\}', r'\1', text_of('docker', 'compose.yaml'))


def services(ours=None):
    every = yaml.safe_load(compose_text())['services']
    return {name: s for name, s in every.items() if ours is None or ('build' in s) == ours}


def status(url, headers=None, body=None):
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# ---- compose.yaml ----

def scaled():
    """The services of compose.yaml with compose.scale.yaml over them, as compose merges them: maps by
    key, `extends` first, lists joined, all else replaced."""
    def over(below, above):
        merged = dict(below)
        for key, value in above.items():
            both = key in below and type(below[key]) is type(value)
            merged[key] = (over(below[key], value) if both and isinstance(value, dict)
                           else below[key] + value if both and isinstance(value, list) else value)
        return merged
    every = yaml.safe_load(compose_text())['services']
    for name, service in yaml.safe_load(text_of('docker', 'compose.scale.yaml'))['services'].items():
        whence = service.pop('extends', None)
        below = every.get(name, {})
        if whence:
            equal(whence['file'], 'compose.yaml', name)
            below = yaml.safe_load(compose_text())['services'][whence['service']]
        every[name] = over(below, service)
    return every


@test('compose.scale.yaml is valid over compose.yaml: three brokers that know each other, copies that they can keep, a name for each of ours')
def scale(folder):
    compose_spec.PyOptions(apply_merge=True).from_yaml(text_of('docker', 'compose.scale.yaml')).validate()
    every = scaled()
    brokers = {name: s for name, s in every.items() if s.get('image', '').startswith('apache/kafka:')}
    equal(sorted(brokers), ['kafka', 'kafka-2', 'kafka-3'])
    equal(len({s['image'] for s in brokers.values()}), 1, 'one version')
    voters = {f'{s["environment"]["KAFKA_NODE_ID"]}@{name}:9093' for name, s in brokers.items()}
    ports = [port for s in brokers.values() for port in s['ports']]
    equal(len({port.split(':')[1] for port in ports}), 3, f'ports: {ports}')
    for name, broker in brokers.items():
        env = broker['environment']
        equal(set(env['KAFKA_CONTROLLER_QUORUM_VOTERS'].split(',')), voters, name)
        check(f'INSIDE://{name}:9092' in env['KAFKA_ADVERTISED_LISTENERS'], env['KAFKA_ADVERTISED_LISTENERS'])
        outside = re.search(r'OUTSIDE://localhost:(\d+)', env['KAFKA_ADVERTISED_LISTENERS']).group(1)
        equal([p.split(':')[1:] for p in broker['ports']], [[outside, '29092']], name)
        for key, value in env.items():
            if key.endswith('REPLICATION_FACTOR'):
                equal(value, 3, f'{name}: {key}')
        equal((env['KAFKA_MIN_INSYNC_REPLICAS'], env['KAFKA_TRANSACTION_STATE_LOG_MIN_ISR']), (2, 2), name)
        check('mem_limit' in broker and 'healthcheck' in broker and broker['restart'] == 'unless-stopped', name)
    ours = {name: s for name, s in every.items() if s.get('image') == 'earshot'}
    equal(sorted(name.split('-')[0] for name in ours), ['collect'] * 2 + ['desk'] + ['work'] * 4)
    equal(len({s['environment']['EARSHOT_INSTANCE'] for s in ours.values()}), len(ours), 'instances')
    equal(len({s['container_name'] for s in ours.values()}), len(ours), 'containers')
    for name, service in ours.items():
        env = service['environment']
        equal(set(env['EARSHOT_BUS'].removeprefix('kafka://').split(',')), {f'{b}:9092' for b in brokers}, name)
        equal(env['EARSHOT_TOPICS__REPLICATION'], 3, name)
        check(set(brokers) <= set(service['depends_on']), f'{name} waits for {sorted(service["depends_on"])}')

@test('compose.yaml is valid by the Compose Specification, and a misspelt key is not')
def spec(folder):
    options = compose_spec.PyOptions(apply_merge=True)
    read = options.from_yaml(compose_text())
    read.validate()
    equal(len(read), len(services()), 'services')
    for was, wrong in (('mem_limit: 64m', 'mem_limt: 64m'), ('service_started', 'service_strted')):
        check(was in compose_text(), was)
        try:
            options.from_yaml(compose_text().replace(was, wrong))
        except ValueError:
            continue
        check(False, f'{wrong} is accepted')


@test('docker compose config -q accepts compose.yaml')
def client(folder):
    docker = shutil.which('docker')
    if not docker or subprocess.run([docker, 'compose', 'version'], capture_output=True, timeout=60).returncode:
        raise Skipped('this machine has no docker with the plugin compose')
    said = subprocess.run([docker, 'compose', '-f', COMPOSE, 'config', '-q'], capture_output=True, text=True, timeout=60)
    equal((said.returncode, said.stderr), (0, ''))


@test('what compose.yaml names is there: files, volumes, services, health checks')
def names(folder):
    every, volumes = services(), yaml.safe_load(compose_text())['volumes']
    for name, service in every.items():
        for volume in service.get('volumes', []):
            source = volume['source'] if isinstance(volume, dict) else volume.split(':')[0]
            there = os.path.exists(os.path.join(DOCKER, source)) if source[0] in './' else source in volumes
            check(there, f'{name}: there is no {source}')
        for other, how in service.get('depends_on', {}).items():
            check(other in every, f'{name} waits for {other}')
            if how['condition'] == 'service_healthy':
                check('healthcheck' in every[other] or 'build' in every[other], f'{other} has no health check')
        if 'network_mode' in service:
            check(service['network_mode'].removeprefix('service:') in every, f'{name}: {service["network_mode"]}')
            check('ports' not in service, f'{name} lets nothing out of a network that is not its own')
        if 'build' in service:
            build = service['build']
            check(os.path.exists(os.path.join(DOCKER, build['context'], build['dockerfile'])), f'{name}: {build}')


@test('nothing is let out further than this machine, images have a version, all have a limit of memory and start again')
def careful(folder):
    for name, service in services().items():
        for port in service.get('ports', []):
            check(re.fullmatch(r'127\.0\.0\.1:\d+:\d+', port), f'{name}: {port}')
        check('mem_limit' in service and service['restart'] == 'unless-stopped', name)
        check('no-new-privileges:true' in service['security_opt'], name)
        if 'build' not in service:
            check(re.search(r':v?\d+\.\d+', service['image']), f'{name}: {service["image"]}')
    for name, service in services(ours=True).items():
        check(service['read_only'] and service['cap_drop'] == ['ALL'], name)
    version = re.search(r'KAFKA_VERSION:-([\d.]+)', text_of('tests', 'kafka', 'broker.sh')).group(1)
    equal(services()['kafka']['image'], f'apache/kafka:{version}', 'the broker that the tests know')


@test('every service of earshot has another instance, finds its broker, and its config has no error')
def settings(folder):
    ours = services(ours=True)
    equal(len({s['environment']['EARSHOT_INSTANCE'] for s in ours.values()}), len(ours), 'instances')
    inside = re.findall(r'//([\w.-]+:\d+)', services()['kafka']['environment']['KAFKA_ADVERTISED_LISTENERS'])
    for name, service in ours.items():
        env = {key: str(value) for key, value in service['environment'].items()}
        check(env['EARSHOT_BUS'].removeprefix('kafka://') in inside, f'{name}: {env["EARSHOT_BUS"]} is none of {inside}')
        # as in the container: its config lies where the first look is; only its broker is not here
        result = earshot('check', env={**env, 'HOME': folder}, cwd=os.path.dirname(DEMO), program=EARSHOT)
        equal(result.code, 69, f'{name}: {result.err}')
        equal(len(re.findall(r'^error:', result.err, re.M)), 1, f'{name}: errors: {result.err}')
        check(f'Kafka at {env["EARSHOT_BUS"].removeprefix("kafka://")} cannot be reached' in result.err, result.err)
        check(f'instance: {env["EARSHOT_INSTANCE"]}' in result.text.replace('"', ''), result.text[:2000])


@test('the command of every service of earshot starts, and together they are all roles')
def commands(folder):
    roles = []
    for name, service in services(ours=True).items():
        command = service['command']
        equal(command[:2], ['run', '--role'], name)
        roles += command[2].split(',')
        conf = config(folder)
        write(folder, 'posts.jsonl', '')
        env = {k: v for k, v in service['environment'].items() if k not in ('EARSHOT_BUS', 'EARSHOT_HTTP__LISTEN')}
        with Running(*command[1:], '-c', conf, env=env) as run:
            wait_until(lambda r=run: ready(r.url()), f'{name} is ready')
            equal(run.stop(), 0, f'{name}: the exit code')
    equal(sorted(roles), ['collect', 'desk', 'view', 'work'])


@test('the desk listens on the loopback of the network that the door holds, the door leads there, Prometheus and Grafana ask what is there')
def addresses(folder):
    every, door = services(), text_of('docker', 'door.conf')
    desk = every['desk']['environment']['EARSHOT_HTTP__LISTEN']
    equal(desk, '127.0.0.1:8080')
    equal(every['desk']['network_mode'], 'service:door')
    equal(set(re.findall(r'proxy_pass http://([^;]+);', door)), {desk}, 'where the door leads')
    listens = re.findall(r'listen (\d+);', door)
    equal([p.split(':')[2] for p in every['door']['ports']], listens[:1], 'only the first of the two is let out')
    with open(os.path.join(ROOT, 'config', 'prometheus', 'prometheus.yaml'), encoding='utf-8') as file:
        targets = [t for job in yaml.safe_load(file)['scrape_configs'] for s in job['static_configs'] for t in s['targets']]
    there = {f'{name}:{s["environment"]["EARSHOT_HTTP__LISTEN"].split(":")[1]}' for name, s in services(ours=True).items()
             if 'network_mode' not in s} | {f'door:{listens[1]}'}
    equal(set(targets), there, 'targets of Prometheus')
    with open(os.path.join(ROOT, 'config', 'grafana', 'provisioning', 'datasources', 'prometheus.yaml'), encoding='utf-8') as file:
        url = yaml.safe_load(file)['datasources'][0]['url']
    host, port = url.removeprefix('http://').split(':')
    check(any(p.endswith(f':{port}') for p in every[host]['ports']), url)
    mounted = [v.split(':')[1] for v in every['grafana']['volumes']]
    with open(os.path.join(ROOT, 'config', 'grafana', 'provisioning', 'dashboards', 'earshot.yaml'), encoding='utf-8') as file:
        check(yaml.safe_load(file)['providers'][0]['options']['path'] in mounted, 'the folder of dashboards')


@test('through the door: pages, decisions and live events as at the desk itself, strange hosts and origins nothing, metrics apart')
def door(folder):
    nginx = debian_program('nginx', '/usr/sbin/nginx')
    conf = config(folder)
    write(folder, 'posts.jsonl', json.dumps({'id': 'p', 'native_id': 'p', 'text': 'acme refund now, terrible',
                                             'published_at': '2026-01-05T10:00:00Z'}) + '\n')
    whole, numbers = free_port(), free_port()
    with Running('-c', conf) as run:
        desk = run.url()
        text = text_of('docker', 'door.conf').replace('listen 8081', f'listen 127.0.0.1:{whole}').replace(
            'listen 8082', f'listen 127.0.0.1:{numbers}').replace('http://127.0.0.1:8080', desk).replace('/tmp/', f'{folder}/')
        root = 'user root; ' if os.geteuid() == 0 else ''
        server = subprocess.Popen([nginx, '-p', folder, '-c', write(folder, 'door.conf', text),
                                   '-g', f'{root}daemon off; master_process off;'], stderr=subprocess.DEVNULL)
        try:
            url = f'http://localhost:{whole}'

            def open_door():
                try:
                    return status(f'http://127.0.0.1:{numbers}/door')[0] == 204
                except OSError:
                    return False
            wait_until(open_door, 'the door is open')
            wait_until(lambda: get(f'{url}/api/v1/summary')['n'] == 1, 'the post is shown')
            code, page = status(f'{url}/')
            check(code == 200 and '<html' in page, f'{code}')
            equal(status(f'{url}/', {'Host': 'evil.example'})[0], 421, 'a strange name that points here')
            item = get(f'{url}/api/v1/mentions')['items'][0]
            body = json.dumps({'id': item['id'], 'decision': 'label', 'label': 'neutral', 'base_rev': item.get('rev', 0)}).encode()
            kind = {'Content-Type': 'application/json'}
            equal(status(f'{url}/api/v1/reviews', {**kind, 'Origin': 'http://evil.example'}, body)[0], 403, 'a strange page')
            equal(status(f'{url}/api/v1/reviews', {**kind, 'Origin': url}, body)[0], 200, 'our own page')
            with urllib.request.urlopen(f'{url}/api/v1/events', timeout=30) as events:
                lines = iter(events.readline, b'')
                check(any(line == b'event: change\n' for line in lines), 'an event comes at once')
            equal(status(f'http://127.0.0.1:{numbers}/metrics', {'Host': 'door:8082'})[0], 200, 'metrics under any name')
            check('earshot_posts_total' in status(f'http://127.0.0.1:{numbers}/metrics')[1], 'metrics')
            for path in ('/', '/api/v1/summary', '/metrics/x', '/readyz'):
                equal(status(f'http://127.0.0.1:{numbers}{path}')[0], 404, path)
        finally:
            server.terminate()
            server.wait(30)
        equal(run.stop(), 0, 'the exit code')


# ---- the Dockerfile ----

@test('the Dockerfile: the version of the Makefile, no second list of packages, every file it copies comes through .dockerignore')
def dockerfile(folder):
    text = text_of('docker', 'Dockerfile')
    version = re.search(r'^VERSION := (\S+)', text_of('Makefile'), re.M).group(1)
    equal(re.search(r'^ARG VERSION=(\S+)', text, re.M).group(1), version)
    equal(earshot('--version').text.strip(), f'earshot {version}')
    installs = re.findall(r'apt-get install .*?--no-install-recommends ([^&\\\n]*)', text)
    equal([one.strip() for one in installs], ['make', '</usr/local/share/earshot/packages'], 'what is installed by name')
    let_in = [line[1:] for line in text_of('.dockerignore').splitlines() if line.startswith('!')]
    for line in re.findall(r'^COPY (?!--from)(.*) \S+$', text, re.M):
        for source in line.split():
            check(source == '.' or source in let_in, f'{source} is kept out by .dockerignore')
    for path in let_in:
        check(os.path.exists(os.path.join(ROOT, path)), f'.dockerignore lets in {path}, which is not there')
    check(re.search(r'^USER [1-9]\d*:[1-9]\d*$', text, re.M), 'the user is a number and not root')


@test('the health check of the image, as it stands there: yes while earshot runs, no before and after, no where something else answers')
def health(folder):
    command = json.loads(re.search(r'^HEALTHCHECK.*\\\n\s*CMD (\[.*\])$', text_of('docker', 'Dockerfile'), re.M).group(1))
    conf = config(folder, CONFIG)

    def healthy(listen):
        return subprocess.run(command, env={'PATH': os.environ['PATH'], 'EARSHOT_HTTP__LISTEN': listen},
                              capture_output=True, timeout=60).returncode == 0
    check(not healthy(f'127.0.0.1:{free_port()}'), 'healthy before')
    with Running('-c', conf, '--role', 'collect,work') as run:
        port = run.url().split(':')[-1]
        check(healthy(f'127.0.0.1:{port}') and healthy(f'0.0.0.0:{port}'), 'not healthy while it runs')
        equal(run.stop(), 0, 'the exit code')
    check(not healthy(f'127.0.0.1:{port}'), 'healthy after')
    with socket.create_server(('127.0.0.1', 0)) as other:
        ask = subprocess.Popen(command, env={'PATH': os.environ['PATH'], 'EARSHOT_HTTP__LISTEN': f'127.0.0.1:{other.getsockname()[1]}'},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peer, _ = other.accept()
        with peer:
            check(b'GET /healthz' in peer.recv(1000), 'it asks')
            peer.sendall(b'HTTP/1.1 404 Not Found\r\n\r\n')
        check(ask.wait(60) != 0, 'a stranger is taken for earshot')


main()

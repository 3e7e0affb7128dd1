# SPDX-License-Identifier: MIT
"""Brokers that want TLS, a user, rights: each way in works, each way out is one clear error.

One broker (Kafka 4) with a listener for each way and ACLs; one of Kafka 3.9 for SCRAM,
which librdkafka before 2.6.1 can do with no later one."""

import base64
import concurrent.futures
import contextlib
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
import schemas  # noqa: E402
from harness import CONFIG, EARSHOT, Failed, ROOT, Running, check, earshot, equal, free_port, main, ready, test, wait_until, write  # noqa: E402
from loopback import Site  # noqa: E402

BROKER_SH = os.path.join(ROOT, 'tests', 'kafka', 'broker.sh')
TOPICS = 'org.apache.kafka.tools.TopicCommand'
ACLS = 'org.apache.kafka.tools.AclCommand'
CONFIGS = 'kafka.admin.ConfigCommand'
SECRET = 'hush-hush-1'  # everybody's password, and in nobody's output
USERS = ('boss', 'minimal', 'alter', 'nowrite', 'noread', 'nogroup', 'noname', 'nothing', 'reader')
POSTS = 12


def broker_sh(*args, version=''):
    env = {**os.environ, **({'KAFKA_VERSION': version} if version else {})}
    run = subprocess.run([BROKER_SH, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=300)
    if run.returncode:
        raise RuntimeError(f'{args}: {run.stderr.decode()[-3000:]}{run.stdout.decode()[-1000:]}')
    return run.stdout.decode().strip()


def librdkafka():
    """Its version, and what it was built with."""
    library = ctypes.CDLL('librdkafka.so.1')
    library.rd_kafka_conf_new.restype = ctypes.c_void_p
    conf, text, size = library.rd_kafka_conf_new(), ctypes.create_string_buffer(1000), ctypes.c_size_t(1000)
    library.rd_kafka_conf_get(ctypes.c_void_p(conf), b'builtin.features', text, ctypes.byref(size))
    library.rd_kafka_conf_destroy(ctypes.c_void_p(conf))
    return library.rd_kafka_version(), text.value.decode().split(',')


class Certificates:
    def __init__(self, folder):
        self.folder = folder
        for ca in ('ca', 'stranger'):
            self.openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{ca}.key', '-out', f'{ca}.pem',
                         '-subj', f'/CN=earshot test {ca}', '-days', '30')
        self.sign('broker', 'subjectAltName=IP:127.0.0.1\n')
        self.sign('client')
        self.openssl('rsa', '-in', 'client.key', '-aes256', '-passout', f'pass:{SECRET}', '-out', 'locked.key')
        with open(self.path('broker.both'), 'w', encoding='utf-8') as out:
            for name in ('broker.key', 'broker.pem'):
                with open(self.path(name), encoding='utf-8') as part:
                    out.write(part.read())

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *args):
        subprocess.run(['openssl', *args], cwd=self.folder, check=True, stderr=subprocess.DEVNULL, timeout=60)

    def sign(self, name, extension=''):
        write(self.folder, f'{name}.ext', extension)
        self.openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{name}.key', '-out', f'{name}.csr',
                     '-subj', f'/CN={name}')
        self.openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
                     '-out', f'{name}.pem', '-days', '30', '-extfile', f'{name}.ext')


def jaas(module, rest=''):
    return f'org.apache.kafka.common.security.{module} required {rest};'


class Broker:
    """listeners: name -> protocol; ports and addresses by the same names, PLAINTEXT too."""

    def __init__(self, folder, listeners, properties, version=''):
        self.folder, self.version = folder, version
        broker_sh('prepare', folder, version=version)
        path = os.path.join(folder, '1', 'server.properties')
        with open(path, encoding='utf-8') as file:
            text = file.read()
        ports = broker_ports(len(listeners))
        urls = ''.join(f',{name}://127.0.0.1:{port}' for name, port in zip(listeners, ports))
        text = re.sub(r'^((advertised\.)?listeners=.*)$', lambda m: m[1] + urls, text, flags=re.M)
        text = text.replace('protocol.map=', 'protocol.map=' + ''.join(f'{n}:{p},' for n, p in listeners.items()))
        write(folder, '1/server.properties', text + properties)
        self.at = {name: f'127.0.0.1:{port}' for name, port in zip(listeners, ports)}
        self.at['PLAINTEXT'] = broker_sh('start', folder, version=version)

    def tool(self, *args):
        return broker_sh('tool', args[0], '--bootstrap-server', self.at['PLAINTEXT'], *args[1:], version=self.version)

    def wipe(self):
        broker_sh('wipe', self.folder)


def broker_ports(n):
    """Free ones; the broker binds them a moment later."""
    ports = set()
    while len(ports) < n:
        ports.add(free_port())
    return list(ports)


class World:
    """Made by the first test that needs it."""

    def __init__(self):
        self.folder, self.broker, self.old = None, None, None

    def certificates(self):
        if not self.folder:
            self.folder = tempfile.mkdtemp(prefix='earshot-secure-')
            self.certs = Certificates(self.folder)
        return self.certs

    def new(self):
        if not self.broker:
            certs = self.certificates()
            users = ' '.join(f'user_{name}="{SECRET}"' for name in USERS)
            properties = f'''
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:boss;User:CN=client
ssl.keystore.type=PEM
ssl.keystore.location={certs.path('broker.both')}
ssl.truststore.type=PEM
ssl.truststore.location={certs.path('ca.pem')}
listener.name.mutual.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl.oauthbearer.connections.max.reauth.ms=6000
'''
            for listener in ('sasl', 'both'):
                properties += f'''
listener.name.{listener}.plain.sasl.jaas.config={jaas('plain.PlainLoginModule', users)}
listener.name.{listener}.scram-sha-512.sasl.jaas.config={jaas('scram.ScramLoginModule')}
listener.name.{listener}.oauthbearer.sasl.jaas.config={jaas('oauthbearer.OAuthBearerLoginModule',
                                                             'unsecuredLoginStringClaim_sub="broker"')}
'''
            self.broker = Broker(os.path.join(self.folder, 'new'), {
                'TLS': 'SSL', 'MUTUAL': 'SSL', 'SASL': 'SASL_PLAINTEXT', 'BOTH': 'SASL_SSL'}, properties)
        return self.broker

    def scram(self):
        if not self.old:
            self.certificates()
            self.old = Broker(os.path.join(self.folder, 'old'), {'SASL': 'SASL_PLAINTEXT'}, f'''
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.scram-sha-256.sasl.jaas.config={jaas('scram.ScramLoginModule')}
listener.name.sasl.scram-sha-512.sasl.jaas.config={jaas('scram.ScramLoginModule')}
''', version='3.9.1')
        return self.old

    def wipe(self):
        for broker in (self.broker, self.old):
            if broker:
                broker.wipe()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


WORLD = World()


def all_of(*jobs):
    """Two at a time: they wait most of the time, but the first answer of a broker has to come within 4 s."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(*job) for job in jobs]:
            done.result()


def config_of(folder, address, properties, prefix='earshot.', extra=''):
    words = ('great, I love it', 'terrible, I want a refund', 'is a thing')
    write(folder, 'posts.jsonl', ''.join(post(n, words[n % 3]) for n in range(POSTS)))
    kafka = 'kafka:\n' + ''.join(f'  {name}: {json.dumps(value)}\n' for name, value in properties.items())
    return write(folder, 'earshot.yaml', CONFIG.replace('bus: ./var/log.db', f'bus: kafka://{address}') +
                 f'topic_prefix: {prefix}\n' + (kafka if properties else '') + extra)


def post(n, words='is great, I love it'):
    return json.dumps({'id': f'p{n}', 'native_id': f'p{n}', 'url': f'https://example.com/{n}',
                       'text': f'acme {words} {n}', 'published_at': '2026-01-05T10:00:00Z'}) + '\n'


def call(*args, env=None, program=EARSHOT):
    result = earshot(*args, program=program, env=env)
    check(SECRET not in result.text + result.err, f'{args}: the secret is printed')
    return result


def goes_through(conf, env=None):
    """run --once, and tail reads back what it made; quietly."""
    for _ in range(3):  # of a broker that has just started, or has no time, the first may tell something
        run = call('run', '-c', conf, '--once', env=env)
        equal(run.code, 0, run.err)
        noise = [line for line in run.err.splitlines() if 'kafka.log' in line or 'level=' not in line]
        if not noise:
            break
    check(not noise, '\n'.join(noise))
    mentions(conf, POSTS, env)


def mentions(conf, n, env=None):
    read = call('tail', '-c', conf, 'posts', 'mentions.positive', 'mentions.neutral', 'mentions.negative', env=env)
    equal(read.code, 0, read.err)
    schemas.hold({**r, 'topic': re.search('(posts|mentions).*', r['topic'])[0]} for r in read.lines())  # any prefix
    for kind in ('.posts', '.mentions.'):
        keys = [r['key'] for r in read.lines() if kind in r['topic']]
        equal((len(keys), len(set(keys))), (n, n), kind)


@contextlib.contextmanager
def told(run):
    """Where it fails, what the run said last."""
    try:
        yield
    except Failed as error:
        raise Failed(f'{error}\n' + '\n'.join(run.lines[-20:])) from error


def fails(result, code, *parts):
    """One error that says all of it."""
    equal(result.code, code, result.err)
    said = [line for line in result.err.splitlines() if 'level=info' not in line]
    equal(len(said), 1, f'messages\n{result.err}')
    for part in parts:
        check(part in said[0], f'{part!r} is not in {said[0]!r}')


def user(name, protocol='sasl_plaintext'):
    return {'security.protocol': protocol, 'sasl.mechanism': 'PLAIN', 'sasl.username': name, 'sasl.password': SECRET}


BEARER = {'security.protocol': 'sasl_plaintext', 'sasl.mechanism': 'OAUTHBEARER'}
MINTED = {**BEARER, 'enable.sasl.oauthbearer.unsecure.jwt': 'true'}


# ---- ways in ----

@test('TLS, mutual TLS, PLAIN, PLAIN over TLS, OAUTHBEARER: a dozen posts go through and come back')
def ways(folder):
    broker, certs = WORLD.new(), WORLD.certificates()
    for name in ('ca.pem', 'client.pem', 'client.key', 'locked.key'):
        shutil.copy(certs.path(name), write(folder, f'certs/{name}', ''))
    write(folder, 'password', SECRET + '\n')
    tls = {'security.protocol': 'ssl', 'ssl.ca.location': '../certs/ca.pem'}  # relative to the config
    ours = {**tls, 'ssl.certificate.location': '../certs/client.pem'}
    ways_in = {
        'tls': ('TLS', tls),
        'mutual': ('MUTUAL', {**ours, 'ssl.key.location': '../certs/client.key'}),
        'locked': ('MUTUAL', {**ours, 'ssl.key.location': '../certs/locked.key', 'ssl.key.password': '${file:../password}'}),
        'text': ('MUTUAL', {**tls, 'ssl.certificate.pem': '${file:../certs/client.pem}',
                            'ssl.key.pem': '${file:../certs/client.key}'}),
        'plain': ('SASL', {**user('boss'), 'sasl.password': '${BOSS_PASSWORD}'}),
        'both': ('BOTH', {**user('${BOSS}', 'sasl_ssl'), 'ssl.ca.location': '../certs/ca.pem',
                          'sasl.password': '${file:../password}'}),
        'bearer': ('SASL', {**MINTED, 'sasl.oauthbearer.config': 'principal=boss'}),
    }
    env = {'BOSS': 'boss', 'BOSS_PASSWORD': SECRET}
    for name in ways_in:
        os.makedirs(os.path.join(folder, name))

    def go(name):
        listener, properties = ways_in[name]
        goes_through(config_of(os.path.join(folder, name), broker.at[listener], properties, f'{name}.'), env)
        print(f'# {name}: {POSTS} posts', flush=True)

    all_of(*((go, name) for name in ways_in))


@test('SCRAM-SHA-256 and -512 with Kafka 3.9: the run waits for a user that is not there yet, /readyz says no')
def scram(folder):
    broker = WORLD.scram()
    properties = {'security.protocol': 'sasl_plaintext', 'sasl.username': 'earshot', 'sasl.password': SECRET}
    conf = config_of(folder, broker.at['SASL'], {**properties, 'sasl.mechanism': 'SCRAM-SHA-512'}, 's512.')
    fails(call('run', '-c', conf, '--once'), 69, 'does not let us in', 'SCRAM-SHA-512', 'sasl.username', 'sasl.password')
    with Running('-c', conf) as run:
        run.event('bus.waiting')
        check(any('does not let us in' in line and 'sasl.password' in line for line in run.lines), f'{run.lines}')
        url = run.event('http.waiting')['url']
        check(not ready(url), '/readyz says yes')
        for mechanism in ('SCRAM-SHA-256', 'SCRAM-SHA-512'):
            broker.tool(CONFIGS, '--alter', '--add-config', f'{mechanism}=[iterations=4096,password={SECRET}]',
                        '--entity-type', 'users', '--entity-name', 'earshot')
        run.url()
        wait_until(lambda: call('tail', '-c', conf, 'mentions.neutral').lines(), 'mentions', every=1)
        equal(run.stop(), 0, 'the exit code')
        check(not any(SECRET in line for line in run.lines), 'the secret is printed')
    os.makedirs(os.path.join(folder, 'other'))
    goes_through(config_of(os.path.join(folder, 'other'), broker.at['SASL'],
                           {**properties, 'sasl.mechanism': 'SCRAM-SHA-256'}, 's256.'))


@test('SCRAM with Kafka 4: works from librdkafka 2.6.1 on, before that the error says so')
def scram_new(folder):
    broker = WORLD.new()
    broker.tool(CONFIGS, '--alter', '--add-config', f'SCRAM-SHA-512=[iterations=4096,password={SECRET}]',
                '--entity-type', 'users', '--entity-name', 'boss')
    conf = config_of(folder, broker.at['SASL'], {**user('boss'), 'sasl.mechanism': 'SCRAM-SHA-512'}, 'scram.')
    if librdkafka()[0] < 0x02060100:
        fails(call('check', '-c', conf), 69, 'SCRAM-SHA-512', 'Kafka 4', '2.6.1')
    else:
        goes_through(conf)


@test('OAUTHBEARER: tokens that run out are renewed under way; one from a file is waited for')
def renewed(folder):
    broker = WORLD.new()  # hangs up on every connection after 6 s (connections.max.reauth.ms)
    token = os.path.join(folder, 'file', 'token')
    ended = threading.Event()

    def renew():
        while not ended.is_set():
            write(folder, 'file/new', unsecured('boss', 10) + '\n')
            os.rename(os.path.join(folder, 'file', 'new'), token)
            ended.wait(2)

    def go(name, properties):
        here = os.path.join(folder, name)
        os.makedirs(here)
        conf = config_of(here, broker.at['SASL'], {**BEARER, **properties}, f'{name}.')
        with Running('-c', conf) as run, told(run):
            if name == 'file':
                run.event('bus.waiting')
                check(any(f'cannot read the token in {token}' in line for line in run.lines), f'{run.lines}')
                threading.Thread(target=renew, daemon=True).start()
            run.url()
            n, end = POSTS, time.monotonic() + 14
            while n == POSTS or time.monotonic() < end:  # one token does not last that long
                with open(os.path.join(here, 'posts.jsonl'), 'a', encoding='utf-8') as out:
                    out.writelines(post(k) for k in range(n, n + 5))
                n += 5
                wait_until(lambda want=n: len(call('tail', '-c', conf, 'posts').lines()) == want, 'posts', 120, 1)
            wait_until(lambda: len(call('tail', '-c', conf, 'mentions.positive').lines()) == n - POSTS * 2 // 3,
                       'mentions', 120, 1)
            equal(run.stop(), 0, 'the exit code')
        mentions(conf, n)

    try:
        all_of((go, 'minted', {'enable.sasl.oauthbearer.unsecure.jwt': 'true',
                               'sasl.oauthbearer.config': 'principal=boss lifeSeconds=8'}),
               (go, 'file', {'sasl.oauthbearer.token.endpoint.url': 'file:token'}))
    finally:
        ended.set()


def unsecured(name, seconds):
    """A token as an authorization server gives it, but unsigned."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip('=')
    now = int(time.time())
    return f"{part({'alg': 'none'})}.{part({'sub': name, 'iat': now, 'exp': now + seconds})}."


@test('OAUTHBEARER by oidc: from a token server, or an error that says that librdkafka is built without')
def oidc(folder):
    broker = WORLD.new()
    properties = {**BEARER, 'sasl.oauthbearer.method': 'oidc', 'sasl.oauthbearer.client.id': 'boss',
                  'sasl.oauthbearer.client.secret': SECRET, 'sasl.oauthbearer.token.endpoint.url': 'http://127.0.0.1:1/'}
    if 'oidc' not in librdkafka()[1]:
        fails(call('check', '-c', config_of(folder, broker.at['SASL'], properties)), 78, 'earshot.yaml:19:',
              'sasl.oauthbearer.method', 'not supported in this build')
        return
    with Site(give_token) as server:
        properties['sasl.oauthbearer.token.endpoint.url'] = f'{server.url}/token'
        goes_through(config_of(folder, broker.at['SASL'], properties, 'oidc.'))


def give_token(request):
    """To every client whose secret is right an unsecured one of its own name."""
    name, secret = base64.b64decode(request.headers['Authorization'].split()[1]).decode().split(':')
    return 200 if secret == SECRET else 401, {'access_token': unsecured(name, 600), 'token_type': 'Bearer', 'expires_in': 600}, {}


# ---- ways out ----

@test('a wrong password, CA, certificate, protocol or mechanism: one error each, with what to do')
def refused(folder):
    broker, certs = WORLD.new(), WORLD.certificates()
    tls = {'security.protocol': 'ssl', 'ssl.ca.location': certs.path('ca.pem')}
    cases = (
        ('SASL', {**user('boss'), 'sasl.password': 'wrong-' + SECRET}, ('does not let us in', 'sasl.password')),
        ('SASL', user('nobody'), ('does not let us in', 'sasl.username')),
        ('BOTH', {**user('nobody', 'sasl_ssl'), 'ssl.ca.location': certs.path('ca.pem')},
         ('does not let us in', 'sasl.username')),
        ('SASL', {**MINTED, 'sasl.oauthbearer.config': 'principalClaimName=name principal=boss'},
         ('does not let us in', 'token', 'sasl.oauthbearer')),
        ('SASL', {}, ('security.protocol', 'sasl.username')),
        ('SASL', {**user('boss'), 'sasl.mechanism': 'SCRAM-SHA-256'}, ('SCRAM-SHA-256', 'sasl.mechanism', 'PLAIN')),
        ('PLAINTEXT', user('boss'), ('no SASL', 'security.protocol')),
        ('PLAINTEXT', tls, ('no TLS', 'security.protocol')),
        ('TLS', {}, ('TLS', 'security.protocol')),
        ('TLS', {**tls, 'ssl.ca.location': certs.path('stranger.pem')}, ('certificate verify failed', 'ssl.ca.location')),
        ('TLS', {'security.protocol': 'ssl'}, ('certificate verify failed', 'ssl.ca.location')),
        ('MUTUAL', tls, ('certificate', 'ssl.certificate.location', 'ssl.key.location')),
        ('MUTUAL', {**tls, 'ssl.certificate.location': certs.path('stranger.pem'),
                    'ssl.key.location': certs.path('stranger.key')}, ('ssl.certificate.location', 'trust')),
    )

    def go(n):
        listener, properties, parts = cases[n]
        here = os.path.join(folder, str(n))
        os.makedirs(here)
        conf = config_of(here, broker.at[listener], properties)
        for command in (('run', '--once'), ('tail', 'posts')):
            fails(call(*command, '-c', conf), 69, broker.at[listener], *parts)
        result = call('check', '-c', conf)
        fails(result, 69, *parts)
        check('topics.partitions: "4"' in result.text, 'check prints the settings')
        loud = call('run', '--once', '--log-level', 'trace', '-c', conf, '--set', 'kafka.debug=all')
        equal(loud.code, 69, loud.err[-2000:])

    all_of(*((go, n) for n in range(len(cases))))
    # the name in the certificate is that of the address, not of the host
    host = broker.at['TLS'].replace('127.0.0.1', 'localhost')
    fails(call('check', '-c', config_of(folder, host, tls)), 69, 'certificate verify failed', 'the host in `bus:`')


@test('files of TLS that are missing, no certificates or of another key: an error of the config with its place')
def files(folder):
    broker, certs = WORLD.new(), WORLD.certificates()
    tls = {'security.protocol': 'ssl', 'ssl.ca.location': certs.path('ca.pem'),
           'ssl.certificate.location': certs.path('client.pem'), 'ssl.key.location': certs.path('client.key')}
    for name, value, line, part in (('ssl.ca.location', 'none.pem', 18, f'cannot read {folder}/none.pem: No such file'),
                                    ('ssl.ca.location', certs.path('client.key'), 18, 'no certificate'),
                                    ('ssl.certificate.location', 'none.pem', 19, 'No such file'),
                                    ('ssl.key.location', 'none.pem', 20, 'No such file'),
                                    ('ssl.key.location', certs.path('stranger.key'), 20, 'mismatch'),
                                    ('ssl.key.location', certs.path('locked.key'), 20, 'ssl.key.location')):
        conf = config_of(folder, broker.at['MUTUAL'], {**tls, name: value})
        for command in (('run', '--once'), ('check',)):
            fails(call(*command, '-c', conf), 78, f'earshot.yaml:{line}:', name, part)


# ---- rights ----

def grant(broker, users, *what):
    broker.tool(ACLS, '--add', *(arg for name in users for arg in ('--allow-principal', f'User:{name}')), *what,
                '--resource-pattern-type', 'prefixed')


@test('rights: `check | sh` makes the topics, three rights are enough, each that is missing is named')
def rights(folder):
    broker = WORLD.new()
    alike = ['minimal', 'alter', 'nogroup', 'noname']
    all_of((grant, broker, alike, '--topic', 'r.', '--operation', 'Read', '--operation', 'Write'),
           (grant, broker, ['nowrite', 'reader'], '--topic', 'r.', '--operation', 'Read'),
           (grant, broker, ['noread'], '--topic', 'r.', '--operation', 'Write'),
           (grant, broker, ['alter'], '--topic', 'r.', '--operation', 'DescribeConfigs'),
           (grant, broker, ['nothing'], '--topic', 'made.', '--operation', 'Create', '--operation', 'Read'),
           (grant, broker, ['minimal', 'alter', 'nowrite', 'noread', 'noname', 'reader'], '--group', 'r.', '--operation', 'Read'),
           (grant, broker, ['minimal', 'alter', 'nowrite', 'noread', 'nogroup'], '--transactional-id', 'r.',
            '--operation', 'Write'))

    def conf(name, **kwargs):
        here = os.path.join(folder, name)
        os.makedirs(here, exist_ok=True)
        return config_of(here, broker.at['SASL'], user(name), 'r.', **kwargs)

    # nothing is there and may not be made
    fails(call('run', '-c', conf('minimal'), '--once'), 78, 'making sources, posts, mentions.positive and 10 more',
          'earshot check', 'User:minimal', '--operation Create', '--topic r.')
    asked = call('check', '-c', conf('minimal'))
    fails(asked, 78, 'making sources, posts, mentions.positive and 10 more', '--operation Create')
    equal(len([line for line in asked.text.splitlines() if line.startswith('kafka-topics.sh')]), 13, asked.text)
    equal(asked.text.count('# kafka-acls.sh'), 3, asked.text)
    fails(call('check', '-c', conf('nothing')), 78, 'asking for sources', '--operation Describe')

    # an administrator types what check says
    write(folder, 'admin.properties', 'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=' +
          jaas('plain.PlainLoginModule', f'username="boss" password="{SECRET}"') + '\n')
    for name, tool in (('kafka-topics.sh', TOPICS), ('kafka-configs.sh', CONFIGS)):
        path = write(folder, f'bin/{name}', f'#!/bin/sh\nexec {BROKER_SH} tool {tool} "$@"\n')
        os.chmod(path, 0o755)

    def shell(text):
        run = subprocess.run(['sh', '-e'], input=text.encode(), cwd=folder, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=120, check=False,
                             env={**os.environ, 'PATH': f'{folder}/bin:{os.environ["PATH"]}'})
        equal(run.returncode, 0, run.stdout.decode())

    shell(asked.text)
    again = call('check', '-c', conf('minimal'))
    equal((again.code, again.err), (0, ''), again.text)
    check('all 13 topics are there; 13 may be used, their set-up may not be looked at' in again.text, again.text)
    goes_through(conf('minimal'))
    mentions(conf('reader'), POSTS)
    made = call('check', '-c', conf('nothing'), '--set', 'topic_prefix=made.')
    equal((made.code, made.err), (0, ''), made.text)
    check('13 of 13 topics are missing: earshot run makes them' in made.text, made.text)

    # one right less
    def lacks(name, *parts):
        here = conf(name)
        with open(os.path.join(folder, name, 'posts.jsonl'), 'a', encoding='utf-8') as out:
            out.write(post(POSTS))  # new: it has something to write
        fails(call('run', '-c', here, '--once'), 78, f'User:{name} ', *parts)

    # one after the other: they bear one name in one group
    lacks('nowrite', 'committing', '--operation Write --topic r.')
    lacks('noread', 'reading sources', '--operation Read --topic r.')
    lacks('nogroup', 'reading r.collect', '--operation Read --group r.')
    lacks('noname', 'name for transactions', '--operation Write --transactional-id r.')
    lacks('nothing', 'asking for', '--operation Describe --topic r.')
    with Running('-c', conf('nothing')) as run:
        equal(run.process.wait(30), 78, 'a run that would go on')
    fails(call('tail', '-c', conf('nothing'), 'posts'), 78, 'asking for topic posts', '--operation Describe')

    # set up otherwise: the difference is said, the command mends it
    same = call('check', '-c', conf('alter'))
    equal((same.code, same.err), (0, ''), same.text)
    check('all 13 topics are there\n' in same.text, same.text)
    other = 'topics: {partitions: 4, retention: {posts: 30d}}\n'
    changed = conf('alter')
    with open(changed, encoding='utf-8') as file:
        text = file.read().replace('topics: {partitions: 4}\n', other)
    write(os.path.dirname(changed), 'earshot.yaml', text)
    fails(call('run', '-c', changed, '--once'), 78, 'setting up posts', 'retention.ms is 34560000000, not 2592000000',
          '--operation AlterConfigs')
    asked = call('check', '-c', changed)
    fails(asked, 78, 'retention.ms is 34560000000, not 2592000000')
    equal([line.split()[0] for line in asked.text.splitlines() if line[0] != '#'], ['kafka-configs.sh'], asked.text)
    shell(asked.text)
    equal(call('check', '-c', changed).code, 0, 'after the command')


# ---- topics and properties ----

@test('topics that cannot be as they should: copies, min.insync.replicas, partitions, one error each')
def topics(folder):
    broker = WORLD.new()
    at = broker.at['PLAINTEXT']

    def conf(settings, prefix):
        text = config_of(folder, at, {}, prefix)
        with open(text, encoding='utf-8') as file:
            changed = file.read().replace('topics: {partitions: 4}', f'topics: {{{settings}}}')
        return write(folder, 'earshot.yaml', changed)

    copies = conf('partitions: 4, replication: 3', 'copies.')
    for command in (('run', '--once'), ('check',)):
        fails(call(*command, '-c', copies), 78, 'making sources, posts, mentions.positive and 10 more',
              'replication factor', 'topics.replication')
    small = conf('partitions: 4', 'insync.')
    for name in ('posts', 'flagged'):
        broker.tool(TOPICS, '--create', '--topic', f'insync.{name}', '--partitions', '4', '--config', 'min.insync.replicas=2')
    fails(call('check', '-c', small), 78, 'posts, flagged: 1 copies where min.insync.replicas is 2')
    fails(call('run', '--once', '-c', small), 78, 'posts, flagged: 1 copies', 'topics.replication: 2')
    broker.tool(TOPICS, '--create', '--topic', 'number.posts', '--partitions', '3')
    broker.tool(TOPICS, '--create', '--topic', 'number.settings', '--partitions', '3')
    number = conf('partitions: 4', 'number.')
    fails(call('run', '--once', '-c', number), 78, 'posts: 3 partitions, not 4', 'topics.partitions to 3')
    result = call('check', '-c', number)
    equal(result.code, 78, result.err)
    equal(len(result.err.splitlines()), 2, result.err)
    for part in ('posts: 3 partitions, not 4', 'settings: 3 partitions, not 1'):
        check(part in result.err, result.err)
    made = broker.tool(TOPICS, '--list')
    check('copies.' not in made and 'number.sources' not in made, f'nothing is made: {made}')


@test('check says what is there; properties of consumers, producers and topics go together, quietly')
def properties(folder):
    broker = WORLD.new()
    conf = config_of(folder, broker.at['PLAINTEXT'], {
        'fetch.min.bytes': '1', 'queued.min.messages': '10000',                  # consumers
        'linger.ms': '1', 'compression.codec': 'zstd', 'batch.size': '100000',   # producers
        'acks': 'all', 'message.timeout.ms': '9000', 'compression.level': '3',   # their topics
        'auto.commit.interval.ms': '1000', 'client.rack': 'r1', 'statistics.interval.ms': '0'}, 'properties.')
    before = call('check', '-c', conf)
    equal((before.code, before.err), (0, ''), before.text)
    check('1 broker, cluster ' in before.text and '13 of 13 topics are missing: earshot run makes them' in before.text,
          before.text)
    check('properties.' not in broker.tool(TOPICS, '--list'), 'check makes nothing')
    goes_through(conf)
    after = call('check', '-c', conf)
    equal((after.code, after.err), (0, ''), after.text)
    check('all 13 topics are there\n' in after.text, after.text)
    other = call('check', '-c', conf, '--set', 'topics.retention.posts=3d')
    check('all 13 topics are there; 1 are set up otherwise: earshot run changes them' in other.text, other.text)


try:
    main()
finally:
    WORLD.wipe()

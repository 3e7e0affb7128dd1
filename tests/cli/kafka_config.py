# SPDX-License-Identifier: MIT
"""What stands under `kafka:` is read, placed and hidden, without a broker (with one:
tests/kafka/secure.py)."""

import os

from harness import CONFIG, check, config, earshot, equal, main, test, write

SECRET = 'hush-hush'


def kafka(folder, *lines, bus='kafka://127.0.0.1:1'):
    """The config; the first of `lines` is line 3."""
    text = f'bus: {bus}\nkafka:\n' + ''.join(f'  {line}\n' for line in lines)
    return config(folder, text + CONFIG.replace('bus: ./var/log.db\n', ''))


def wrong(folder, lines, place, *parts):
    for command in (('check',), ('run', '--once'), ('tail', 'posts')):
        if command[0] == 'tail' and 'max.in.flight' in str(lines):
            continue  # readers make no producer
        result = earshot(*command, '-c', kafka(folder, *lines))
        equal(result.code, 78, result.err)
        said = [line for line in result.err.splitlines() if line]
        equal(len(said), 1, 'messages')
        for part in (f'earshot.yaml:{place}: ', *parts):
            check(part in said[0], f'{part!r} is not in {said[0]!r}')
        check(SECRET not in result.err + result.text, 'the secret is printed')


@test('a wrong property: file, line and column, by check, run and tail alike')
def properties(folder):
    wrong(folder, ['client.id: me', 'no.such.thing: 1'], '4:18', 'kafka.no.such.thing')
    wrong(folder, ['client.id: me', 'linger.ms: soon'], '4:14', 'kafka.linger.ms')
    wrong(folder, ['group: {id: mine}'], '3:15', 'kafka.group.id', 'earshot itself')
    wrong(folder, ['max.in.flight: 10'], '3:18', 'max.in.flight')
    wrong(folder, ['security.protocol: ssl', 'ssl: {ca: {location: none.pem}}'], '4:24', f'cannot read {folder}/none.pem')


@test('secrets of a wrong client are not printed')
def secrets(folder):
    key = write(folder, 'key', SECRET + '\n')
    wrong(folder, [f'sasl: {{mechanism: SECOND, username: me, password: "${{file:{key}}}"}}', 'security.protocol: sasl_ssl'],
          '3:3', 'SECOND')  # librdkafka names no property: the map
    wrong(folder, ['sasl.mechanism: OAUTHBEARER', 'sasl.oauthbearer.config: nonsense',
                   'enable.sasl.oauthbearer.unsecure.jwt: true'], '4:28', 'sasl.oauthbearer.config', 'nonsense')
    wrong(folder, [f'ssl.key.pem: "${{file:{key}}}"', 'security.protocol: ssl'], '3:17', 'ssl.key.pem')


@test('properties come from the file, nested or dotted, from ${ENV}, ${file:}, the environment and --set')
def sources(folder):
    write(folder, 'secrets/password', SECRET + '\n')
    conf = kafka(folder, 'security.protocol: sasl_ssl', 'sasl: {mechanism: PLAIN, username: "${WHO}"}',
                 'sasl.password: "${file:secrets/password}"', 'linger.ms: 5', 'client.rack: r1')
    result = earshot('check', '-c', conf, '--set', 'kafka.client.rack=r2', '--set', 'kafka.client.id=me',
                     env={'WHO': 'earshot-user', 'EARSHOT_KAFKA__LINGER__MS': '7', 'EARSHOT_KAFKA__STICKY__X': '1'})
    equal(result.code, 78, result.err)
    check('environment: ' in result.err and 'kafka.sticky.x' in result.err, result.err)
    result = earshot('check', '-c', conf, '--set', 'kafka.client.rack=r2', '--set', 'kafka.client.id=me',
                     env={'WHO': 'earshot-user', 'EARSHOT_KAFKA__LINGER__MS': '7'})
    equal(result.code, 69, result.err)
    for line in (f'kafka.security.protocol: ***  # {conf}:3', f'kafka.sasl.mechanism: ***  # {conf}:4',
                 f'kafka.sasl.username: ***  # {conf}:4', f'kafka.sasl.password: ***  # {conf}:5',
                 'kafka.linger.ms: ***  # environment', 'kafka.client.rack: ***  # --set',
                 'kafka.client.id: ***  # --set'):
        check(line + '\n' in result.text, f'{line!r} is not in\n{result.text}')
    for secret in (SECRET, 'earshot-user'):
        check(secret not in result.text + result.err, f'{secret} is printed')


@test('a secret that cannot be read is told with its place')
def unreadable(folder):
    for value, part in (('${file:none}', f'cannot read {folder}/none'), ('${file:.}', 'cannot read'),
                        ('${NOBODY_SET_IT}', 'NOBODY_SET_IT'), ('${file:zeros}', 'no text')):
        with open(os.path.join(folder, 'zeros'), 'wb') as out:
            out.write(b'a\0b')
        result = earshot('check', '-c', kafka(folder, f'sasl.password: "{value}"'))
        equal(result.code, 78, result.err)
        check('earshot.yaml:3:19: ' in result.err and part in result.err, result.err)


@test('check of brokers that are away: the settings, the reason, 69')
def away(folder):
    result = earshot('check', '-c', kafka(folder, 'client.id: me'))
    equal(result.code, 69, result.err)
    check('127.0.0.1:1' in result.err and 'refused' in result.err, result.err)
    check('topics.partitions: "4"' in result.text and 'not looked at' in result.text, result.text)


main()

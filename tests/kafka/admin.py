# SPDX-License-Identifier: MIT
"""admin.py - deletes a topic and makes it again, as an operator does with kafka-topics.sh,
which is not among the jars of a broker. Kafka's protocol, the versions without tags."""

import socket
import struct

from kafka import Failed, check, wait_until

CREATE, DELETE, METADATA = 19, 20, 3
UNKNOWN_TOPIC, EXISTS = 3, 36


def string(text):
    raw = text.encode()
    return struct.pack('>h', len(raw)) + raw


def ask(address, key, version, body):
    """The body of the answer."""
    host, port = address.split(',')[0].rsplit(':', 1)
    request = struct.pack('>hhi', key, version, 1) + string('trial') + body
    with socket.create_connection((host, int(port)), timeout=30) as wire:
        wire.sendall(struct.pack('>i', len(request)) + request)
        answer = b''
        while len(answer) < 4 or len(answer) < 4 + struct.unpack_from('>i', answer)[0]:
            part = wire.recv(65536)
            check(part, f'the broker hung up on request {key}')
            answer += part
    return answer[8:]


def error_of_first(answer):
    """Of [topic, error ...] behind the throttle time."""
    return struct.unpack_from('>h', answer, 8 + 2 + struct.unpack_from('>h', answer, 8)[0])[0]


def exists(address, topic):
    answer = ask(address, METADATA, 1, struct.pack('>i', 1) + string(topic))
    at = 4
    for _ in range(struct.unpack_from('>i', answer)[0]):  # brokers: id, host, port, rack
        at += 4
        at += 2 + struct.unpack_from('>h', answer, at)[0] + 4
        at += 2 + max(struct.unpack_from('>h', answer, at)[0], 0)
    at += 4 + 4  # controller, number of topics
    return struct.unpack_from('>h', answer, at)[0] == 0


def delete(address, topic):
    error = error_of_first(ask(address, DELETE, 1, struct.pack('>i', 1) + string(topic) + struct.pack('>i', 10000)))
    if error:
        raise Failed(f'deleting {topic}: error {error}')
    wait_until(lambda: not exists(address, topic), f'{topic} is gone')


def create(address, topic, partitions, cleanup):
    """With the settings that earshot gives it."""
    configs = {'cleanup.policy': cleanup, 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': '4194304'}
    body = struct.pack('>i', 1) + string(topic) + struct.pack('>ihi', partitions, 1, 0) + struct.pack('>i', len(configs))
    body += b''.join(string(name) + string(value) for name, value in configs.items()) + struct.pack('>i?', 10000, False)

    def made():
        error = error_of_first(ask(address, CREATE, 2, body))
        if error not in (0, EXISTS):  # EXISTS: the old one is not gone everywhere
            raise Failed(f'making {topic}: error {error}')
        return error == 0
    wait_until(made, f'{topic} is made', every=0.2)
    wait_until(lambda: exists(address, topic), f'{topic} is known')  # the answer comes before all know it

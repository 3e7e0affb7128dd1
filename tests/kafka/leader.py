# SPDX-License-Identifier: MIT
"""leader.py - leads a consumer group under the name of a member of ours and gives nobody anything, as
librdkafka's leader does that asks for the topics in the moment in which they are gone. Kafka's protocol,
the versions without tags."""

import struct

import admin
from admin import string
from kafka import equal, wait_until

FIND_COORDINATOR, JOIN, SYNC = 10, 11, 14
NOT_YET = (14, 15, 16)  # the coordinator reads its groups, is being elected, or has just been
MEMBER_ID_REQUIRED = 79
SESSION_MS = 30000


def block(raw):
    return struct.pack('>i', len(raw)) + raw


def text_at(answer, at):
    n = struct.unpack_from('>h', answer, at)[0]
    return answer[at + 2:at + 2 + max(n, 0)].decode(), at + 2 + max(n, 0)


def topics_of(topic):
    """ConsumerProtocolSubscription, version 0."""
    return struct.pack('>hi', 0, 1) + string(topic) + struct.pack('>i', -1)


def join(address, group, name, member, topic):
    """(error, generation, leader, the id that we have)"""
    answer = admin.ask(address, JOIN, 5, string(group) + struct.pack('>ii', SESSION_MS, SESSION_MS) + string(member) +
                       string(name) + string('consumer') + struct.pack('>i', 1) + string('range') + block(topics_of(topic)))
    error, generation = struct.unpack_from('>hi', answer, 4)
    _, at = text_at(answer, 10)
    leader, at = text_at(answer, at)
    return error, generation, leader, text_at(answer, at)[0]


def give_nothing(address, group, name, topic):
    """`name`, the first in its group, leads it into a generation in which nobody has a partition; then it is silent."""
    joined = []
    admin.ask(address, FIND_COORDINATOR, 1, string(group) + b'\0')  # makes the topic of the groups

    def first():
        joined[:] = join(address, group, name, joined[3] if joined else '', topic)
        if joined[0] not in (0, MEMBER_ID_REQUIRED, *NOT_YET):
            equal(joined[0], 0, f'error of joining {group}')
        return joined[0] == 0
    wait_until(first, f'{group} lets in {name}', every=0.2)
    _, generation, leader, member = joined
    equal(leader, member, 'the leader')
    nothing = struct.pack('>hii', 0, 0, -1)  # ConsumerProtocolAssignment, version 0
    answer = admin.ask(address, SYNC, 3, string(group) + struct.pack('>i', generation) + string(member) + string(name) +
                       struct.pack('>i', 1) + string(member) + block(nothing))
    equal(struct.unpack_from('>h', answer, 4)[0], 0, f'error of giving nothing in {group}')

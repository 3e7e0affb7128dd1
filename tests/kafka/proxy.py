# SPDX-License-Identifier: MIT
"""proxy.py - a wire to the broker on which an EndTxn can be late, or offsets stranded.

Clients reach the broker through it alone (its address is the advertised one). It cuts
what a client sends into requests and knows those that carry a transactional id.

    client --- EndTxn(commit) --x   kept                              kept.append(...)
           --- AddPartitionsToTxn -----> broker   the next begin of the same id
           --- Produce, TxnOffsetCommit -> broker   ... as far as the `spot` of this one
                   the kept EndTxn -----> broker   on the wire that it came by
                                  answer -> Late.error

A kept EndTxn is told to nobody: its client runs into its time-out. With `cut` the
connection is closed too, so that the client asks again on another one, as it does where a
network breaks. A broker before KIP-890's second part knows a late EndTxn of the same
producer epoch from a prompt one by nothing: error 0 says that it ended a transaction that
it did not belong to.

With `strand` every wire is cut when a transaction is told that it may send offsets, but for the one
that told it, and none is let in until `let_in`: the coordinator of the group is away at the moment
at which it is needed."""

import asyncio
import contextlib
import struct

from kafka import Broker, moments
from server import Server

PRODUCE, INIT, ADD, ADD_OFFSETS, END, OFFSETS = 0, 22, 24, 25, 26, 28
SPOTS = {'begin': ADD, 'records': PRODUCE, 'offsets': OFFSETS}
FLEXIBLE = {PRODUCE: 9, INIT: 2, ADD: 3, ADD_OFFSETS: 3, END: 3, OFFSETS: 3}  # from this version on: compact strings
BATCHED_ADD = 4  # from this version on a broker speaks to a broker
WAIT = 60


class Request:
    def __init__(self, frame):
        self.frame, self.txn = frame, None
        self.key, self.version, self.id = struct.unpack_from('>hhi', frame, 4)
        if self.key not in FLEXIBLE or (self.key == ADD and self.version >= BATCHED_ADD):
            return
        at = 14 + max(struct.unpack_from('>h', frame, 12)[0], 0)  # behind the client's name
        if self.flexible:
            length = frame[at + 1] - 1  # a byte of tags; names here are shorter than 127 bytes
            at += 2
        else:
            length = struct.unpack_from('>h', frame, at)[0]
            at += 2
        if length > 0:
            self.txn = frame[at:at + length].decode()
            at += length
        if self.key == END:
            self.producer, self.epoch, self.commit = struct.unpack_from('>qh?', frame, at)

    @property
    def flexible(self):
        return self.version >= FLEXIBLE[self.key]


class Late:
    """An EndTxn that is kept back."""

    def __init__(self, request, wire, spot, cut):
        self.request, self.wire, self.spot, self.cut = request, wire, spot, cut
        self.begun = self.gone = False
        self.error = None  # what the broker said to it

    def __str__(self):
        r = self.request
        return (f'EndTxn({"commit" if r.commit else "abort"}) of {r.txn}, producer {r.producer} epoch {r.epoch}, '
                f'{"connection cut" if self.cut else "kept silent"}, let go after {self.spot}: error {self.error}')


def error_of(request, answer):
    """Behind the size, the number, the tags and the time of throttling."""
    return struct.unpack_from('>h', answer, 13 if request.flexible else 12)[0]


async def read_frame(reader):
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack('>i', size)[0])


class Wire:
    """A client's connection and its twin to the broker."""

    def __init__(self, proxy, reader, writer):
        self.proxy, self.reader, self.writer = proxy, reader, writer
        self.up = None       # StreamWriter to the broker
        self.watched = {}    # correlation id -> (Late, api key): answers that are waited for
        self.late = {}       # correlation id -> Late: sent, not answered
        self.kept = 0        # Lates that came by this wire and are not answered
        self.asked = None    # the Request after whose answer the others are cut

    async def run(self):
        try:
            up_reader, self.up = await asyncio.open_connection('127.0.0.1', self.proxy.broker)
        except OSError:
            self.writer.close()
            return
        answers = asyncio.create_task(self.answers(up_reader))
        try:
            while True:
                request = Request(await read_frame(self.reader))
                if self.proxy.on_request(self, request):
                    continue
                self.up.write(request.frame)
                await self.up.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        self.writer.close()
        if not self.kept:
            self.up.close()
        await answers

    async def answers(self, up_reader):
        try:
            while True:
                frame = await read_frame(up_reader)
                number = struct.unpack_from('>i', frame, 4)[0]
                if number in self.late:
                    late = self.late.pop(number)
                    late.error = error_of(late.request, frame)
                    self.kept -= 1
                    if not self.kept and self.writer.is_closing():
                        break
                    continue  # its client has given up waiting, or would not expect it
                if self.asked and number == self.asked.id:
                    self.proxy.on_asked(self, error_of(self.asked, frame))
                if not self.writer.is_closing():
                    self.writer.write(frame)
                    await self.writer.drain()
                if number in self.watched:
                    self.proxy.on_answer(*self.watched.pop(number))
        except (OSError, asyncio.IncompleteReadError):
            pass
        for late in self.late.values():
            late.gone = True
        self.up.close()
        self.writer.close()

    def send_late(self, late):
        if self.up.is_closing():
            late.gone = True
            return
        self.late[late.request.id] = late
        self.up.write(late.request.frame)


class Proxy(Server):
    """Listens on a port of its own; `broker` is the port behind it."""

    def __init__(self, broker, rng):
        self.broker, self.rng = broker, rng
        self.to_keep, self.chance = 0, 0.0
        self.kept, self.under_way = [], {}  # all Lates; those that are not let go, by transactional id
        self.wires, self.to_strand, self.shut = set(), None, False
        super().__init__()

    async def on_client(self, reader, writer):
        if self.shut:
            writer.close()
            return
        wire = Wire(self, reader, writer)
        self.wires.add(wire)
        await wire.run()
        self.wires.remove(wire)

    def keep(self, n, chance):
        """The next n EndTxn, each with this chance."""
        self.to_keep, self.chance = n, chance

    def strand(self, txn):
        """The next transaction of this id; `shut` tells when."""
        self.to_strand = txn

    def let_in(self):
        self.shut = False

    def on_asked(self, wire, error):
        if error:  # it asks again, for its last transaction is not over yet
            self.to_strand = wire.asked.txn
        else:
            self.shut = True
            for other in self.wires - {wire}:
                other.writer.close()
        wire.asked = None

    @property
    def settled(self):
        return [late for late in self.kept if late.error is not None or late.gone]

    def on_request(self, wire, request):
        """True where it does not go on to the broker now."""
        if request.key == ADD_OFFSETS and request.txn == self.to_strand:
            self.to_strand, wire.asked = None, request
        late = self.under_way.get(request.txn) if request.txn else None
        if late and late.begun and request.key == END:
            self.let_go(late)  # it overtakes the one that it was kept for
            return False
        if late and request.key in SPOTS.values():
            wire.watched[request.id] = (late, request.key)
        if late or request.key != END or self.to_keep <= 0 or self.rng.random() > self.chance:
            return False
        late = Late(request, wire, self.rng.choice(list(SPOTS)), self.rng.random() < 0.5)
        self.to_keep -= 1
        wire.kept += 1
        self.kept.append(late)
        self.under_way[request.txn] = late
        if late.cut:
            wire.writer.close()
        return True

    def on_answer(self, late, key):
        late.begun = late.begun or key == ADD
        if late.begun and SPOTS[late.spot] == key:
            self.let_go(late)

    def let_go(self, late):
        if self.under_way.get(late.request.txn) is late:
            del self.under_way[late.request.txn]
            late.wire.send_late(late)


@contextlib.contextmanager
def broker_behind_proxy(folder):
    broker = Broker(folder)
    with Proxy(broker.port(), moments()) as proxy:
        broker.set(f'advertised.listeners=PLAINTEXT://127.0.0.1:{proxy.port}')
        with broker:
            broker.address = f'127.0.0.1:{proxy.port}'
            yield broker, proxy

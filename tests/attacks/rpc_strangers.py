"""Strangers at both sides of a broker: frames that were damaged, random, or sent by the wrong one.

A broker with real sockets has a server and a client that behave, and meanwhile strangers that
connect with a certificate of their own: they call, register for services of their own, and answer
whatever comes. They may not register for the service of the one that behaves. Its calls have to get
their replies, the broker must not end, and what it keeps has to stay within its bounds.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from contextlib import ExitStack
from typing import Any

import zmqlite as zmq
from zmqlite import auth, rpc
from zmqlite.rpc import schema, wire
from zmqlite.rpc.wire import Kind

from .program import begin, end, eventually, resident
from .rpc_fuzz import Handlers, damaged, message
from .rpc_service import SERVICE, Note

CALLS = 200
"""How many unfinished calls all strangers together may have, since they are one user."""

SERVICES = ("strange.One", "strange.Two", SERVICE.full_name)


def options_of(who: auth.Certificate, server: auth.Certificate) -> Any:
    keys = {"curve_publickey": who.public_key, "curve_secretkey": who.secret_key}
    return {"curve_serverkey": server.public_key, **keys}


def registration() -> list[bytes]:
    """A REGISTER that may be damaged: of a service of strangers, or of one that is not theirs."""
    data = schema.Registration(
        services=random.sample(SERVICES, random.randrange(3)),
        repeatable=["/strange.One/Once"],
        files=[b"no file"],
        calls=random.choice((0, 1, 100, 2**32 - 1)),
    ).SerializeToString()
    names = random.choice((b"a", b"b", os.urandom(8), b"", bytes(17)))
    head = wire.more(kind=int(Kind.REGISTER), version=1, incarnation=names)
    frames = [head, data]
    return [damaged(frame) if random.random() < 0.3 else frame for frame in frames]


def answer(envelope: Any) -> list[bytes]:
    """What a server says about a call, or something near it."""
    kind = random.choice((Kind.REPLY, Kind.STATUS, Kind.ITEM, Kind.CANCEL, Kind.REQUEST))
    fields = {"status": random.choice((0, 3, 14)), "executed": random.choice((0, 1, 2, 9))}
    frames = [wire.head(kind, envelope.id) + wire.more(**fields), b"payload"]
    return [damaged(frame) if random.random() < 0.2 else frame for frame in frames]


class Stranger:
    """One connection, on which anything may be sent."""

    def __init__(self, socket: zmq.Socket, endpoint: str) -> None:
        self.socket = socket
        socket.connect(endpoint)
        self.incarnation = b"unknown"
        self.ids: list[bytes] = [bytes(16)]

    def step(self, counts: Counter[str]) -> None:
        match random.randrange(8):
            case 0:
                self.put(registration(), counts)
            case 1:
                self.put([wire.more(kind=int(Kind.HELLO), version=1)], counts)
            case 2:
                method = random.choice(("/strange.One/Once", "/strange.Two/Nothing"))
                fields = {"method": method, "incarnation": self.incarnation}
                more = random.choice(({}, {"timeout": 50}, {"credit": 5}, {"timeout": 2**32 - 1}))
                self.ids.append(os.urandom(16))
                head = wire.head(Kind.REQUEST, self.ids[-1]) + wire.more(**fields, **more)
                self.put([head, b"payload"], counts)
            case _:
                self.put(message(self.ids, self.incarnation), counts)
        while frames := self.get():
            envelope = wire.decode(frames[0])
            counts["heard"] += 1
            if envelope is None:
                continue
            self.incarnation = envelope.incarnation or self.incarnation
            if envelope.kind == Kind.REQUEST:
                counts["given"] += 1
                self.ids.append(envelope.id)
                self.put(answer(envelope), counts)
        del self.ids[:-20]

    def put(self, frames: list[bytes], counts: Counter[str]) -> None:
        counts["sent"] += 1
        self.socket.send_multipart(frames, timeout=1000)

    def get(self) -> list[bytes] | None:
        try:
            return self.socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return None


def strangers(context: zmq.Context, endpoint: str, options: Any, stop: float) -> Counter[str]:
    """Connect, send anything, and vanish, again and again."""
    counts: Counter[str] = Counter()
    known: list[Stranger] = []
    while time.monotonic() < stop:
        if len(known) < 6:
            socket = context.socket(zmq.DEALER, linger=0, **options)
            known.append(Stranger(socket, endpoint))
            counts["strangers"] += 1
        one = random.choice(known)
        try:
            one.step(counts)
        except zmq.Again:
            counts["full"] += 1
        if random.random() < 0.005:
            known.remove(one)
            one.socket.close()
    for one in known:
        one.socket.close()
    return counts


class Running(threading.Thread):
    """A thread that keeps what its function raised."""

    raised: BaseException | None = None

    def __init__(self, function: Any) -> None:
        super().__init__(daemon=True)
        self.function = function
        self.start()

    def run(self) -> None:
        try:
            self.function()
        except BaseException as raised:
            self.raised = raised
            raise


class Honest:
    """A client that behaves, and counts what it gets."""

    def __init__(self, client: rpc.Client, stop: float) -> None:
        self.stub, self.stop = client.stub(SERVICE), stop
        self.right = self.wrong = self.failed = 0

    def call(self) -> None:
        number = 0
        while time.monotonic() < self.stop:
            number += 1
            wanted = Note(number=5 * number)  # the handler refuses some of the others
            try:
                method = random.choice((self.stub.once, self.stub.repeat))
                same = method(wanted, timeout=10_000) == wanted
                self.right, self.wrong = self.right + same, self.wrong + (not same)
            except rpc.RpcError as error:
                self.failed += 1
                print(error, flush=True)


def main(seconds: float) -> None:
    broker_key, honest, strange = (auth.Certificate.generate() for _ in range(3))
    policy = auth.Policy(curve={honest.public_key: "honest", strange.public_key: "strange"})
    with ExitStack() as stack:
        context = stack.enter_context(zmq.Context(linger=0))
        stack.enter_context(auth.Authenticator(context, policy))
        broker = rpc.Broker(
            context,
            waiting=50,
            calls=CALLS,
            limit=1000,
            may_register=lambda user, name: (user == "honest") == (name == SERVICE.full_name),
            options={"curve_server": True, "curve_secretkey": broker_key.secret_key},
        )
        endpoint = broker.bind("tcp://127.0.0.1:*")
        options = options_of(honest, broker_key)
        server = rpc.Server(context, rpc.Service(SERVICE, Handlers()), threads=0, options=options)
        server.register(endpoint)
        threads = [Running(broker.run), Running(server.run)]
        client = stack.enter_context(rpc.Client(context, endpoint, options=options))
        client.stub(SERVICE).repeat(Note(), timeout=30_000)
        stop = time.monotonic() + seconds
        caller = Honest(client, stop)
        calling = Running(caller.call)
        before = resident()
        counts = strangers(context, endpoint, options_of(strange, broker_key), stop)
        grown = resident() - before
        calling.join()
        protocol = broker._protocol
        left = not eventually(lambda: not protocol._calls and not protocol._counts)
        lost = not eventually(lambda: [*protocol.queues] and len(protocol.members) == 1)
        for each in (server, broker):
            each.stop()
        for thread in threads:
            thread.join()
    faults = {
        "raised": sum(each.raised is not None for each in (*threads, calling)),
        "wrong": caller.wrong,
        "failed": caller.failed,
        "left": int(left),
        "members": int(lost),
        "MiB": int(grown > 64),
    }
    end({**counts, "right": caller.right, "MiB_more": round(grown)}, faults)


if __name__ == "__main__":
    main(begin(__doc__, 10).seconds)

"""A process that serves sockets of every type to anybody, and tells what that costs it.

    python -m tests.attacks.hostile_server '{"types": ["PULL"], "mechanism": "NULL", ...}'

It prints its endpoints as JSON, then, for each line it reads, its memory, its descriptors and how
late a thread was that sleeps for 1 ms. A good message is one with the secret in it: it goes back to
who sent it, or, where a socket cannot send, to `reports`. Others are dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import json
import os
import resource
import sys
import threading
import time
from typing import Any

from google.protobuf.wrappers_pb2 import BytesValue

import zmqlite as zmq
from zmqlite import aio, proto

from .program import resident

ECHOES = {"REP", "ROUTER", "PAIR", "STREAM"}
TELLS = ("PUSH", "PUB", "XPUB", "REQ")
TYPED = {"REP", "ROUTER", "PAIR", "PULL", "DEALER", "SUB"}
EVERY = 10  # ms between what a server sends by itself
NOTHING = (zmq.Again, zmq.StateError, zmq.HostUnreachable)  # to receive, or nobody to reply to
ONCE = 50  # messages of a socket before others get their turn


def good(content: bytes) -> bytes:
    """The payload of a BytesValue with this content, which plain sockets pass on as it is."""
    return BytesValue(value=content).SerializeToString()


class Lateness(threading.Thread):
    """How late a thread wakes that sleeps for 1 ms, in ms: median, 99th percentile, most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: list[float] = []

    def run(self) -> None:
        while True:
            start = time.perf_counter()
            time.sleep(0.001)
            self.seen.append((time.perf_counter() - start) * 1000 - 1)

    def take(self) -> list[float]:
        seen, self.seen = sorted(self.seen) or [0.0], []
        return [seen[len(seen) // 2], seen[len(seen) * 99 // 100], seen[-1]]


class Server:
    """The sockets, and what becomes of a message that one of them received."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.secret: bytes = given["secret"].encode()
        self.number = 0
        asynchronous = given["server"] == "asyncio"
        context: Any = (aio.Context if asynchronous else zmq.Context)(linger=0)
        blocking: zmq.Context = context.blocking if asynchronous else context
        if given["mechanism"] != "NULL":
            threading.Thread(target=let_in, args=[blocking.socket(zmq.REP)], daemon=True).start()
        self.reports = blocking.socket(zmq.PUSH)
        self.reports.connect(given["reports"])
        self.sockets: dict[str, Any] = {}
        self.endpoints: dict[str, list[str]] = {}
        security = given["security"]
        if "curve_secretkey" in security:
            security["curve_secretkey"] = security["curve_secretkey"].encode()
        for kind in given["types"]:
            options = {**given["options"], **(security if kind != "STREAM" else {})}
            socket = context.socket(getattr(zmq, kind), **options)
            if kind == "REQ":
                socket.req_relaxed = socket.req_correlate = True
            self.endpoints[kind] = [
                socket.bind("tcp://127.0.0.1:*"),
                *([socket.bind(f"ipc://{given['directory']}/{kind}")] if kind != "STREAM" else []),
            ]
            if kind == "SUB":
                socket.subscribe(b"")
            self.sockets[kind] = socket

    def reply(self, kind: str, frames: list[bytes]) -> list[bytes] | None:
        """What to send back."""
        if self.secret in frames[-1] and kind != "REQ":
            if kind in ECHOES:
                return frames
            with contextlib.suppress(zmq.Again):
                self.reports.send_multipart([kind.encode(), frames[-1]], zmq.DONTWAIT)
        return [b""] if kind == "REP" else None

    def next(self) -> bytes:
        self.number += 1
        return good(self.secret + b"%d" % self.number)

    def tell(self) -> None:
        """Send a number on every socket that speaks first."""
        for kind in TELLS:
            if kind in self.sockets:
                with contextlib.suppress(zmq.Again):
                    self.sockets[kind].send(self.next(), zmq.DONTWAIT)

    def read(self, kind: str, *_: object) -> None:
        socket = self.sockets[kind]
        with contextlib.suppress(*NOTHING):
            for _time in range(ONCE):
                reply = self.reply(kind, socket.recv_multipart(zmq.DONTWAIT))
                if reply:
                    socket.send_multipart(reply, zmq.DONTWAIT)

    def with_reactor(self) -> None:
        reactor = zmq.Reactor()
        if "XSUB" in self.sockets:
            self.sockets["XSUB"].send(b"\x01")
        for kind, socket in self.sockets.items():
            if kind not in ("PUB", "PUSH"):
                reactor.reader(socket, functools.partial(self.read, kind))
        reactor.timer(EVERY, self.tell)
        reactor.run()

    def with_delay(self) -> None:
        """Read so seldom that queues are full meanwhile."""
        while True:
            time.sleep(0.3)
            for kind in [*self.sockets] * 100:
                self.read(kind)

    def with_dispatcher(self) -> None:
        dispatcher = proto.Dispatcher(on_error=lambda failure: None)
        for socket in self.sockets.values():
            dispatcher.add(proto.TypedSocket(socket, BytesValue))

        @dispatcher.on(BytesValue)
        def handle(message: BytesValue, delivery: proto.Delivery[BytesValue]) -> None:
            reply = self.reply(delivery.socket.type.name, [good(message.value)])
            if reply is not None:
                delivery.reply(message)

        dispatcher.run()

    async def with_asyncio(self) -> None:
        async def answer(kind: str, socket: aio.Socket) -> None:
            if kind == "XSUB":
                await socket.send(b"\x01")
            while True:
                with contextlib.suppress(*NOTHING):
                    reply = self.reply(kind, await socket.recv_multipart())
                    if reply is not None:
                        await socket.send_multipart(reply, zmq.DONTWAIT)

        async def tell(kind: str, socket: aio.Socket) -> None:
            while True:
                await asyncio.sleep(EVERY / 1000)
                with contextlib.suppress(zmq.Again):
                    await socket.send(self.next(), zmq.DONTWAIT)

        async with asyncio.TaskGroup() as group:
            for kind, socket in self.sockets.items():
                if kind not in ("PUB", "PUSH"):
                    group.create_task(answer(kind, socket))
                if kind in TELLS:
                    group.create_task(tell(kind, socket))


def let_in(socket: zmq.Socket) -> None:
    """Answer as ZAP wants it: any key may come in, and one name with its password."""
    socket.bind("inproc://zeromq.zap.01")
    while True:
        version, request, _, _, _, mechanism, *credentials = socket.recv_multipart()
        known = mechanism == b"CURVE" or credentials == [b"good", b"password"]
        socket.send_multipart([version, request, b"200" if known else b"400", b"", b"", b""])


def main() -> None:
    given = json.loads(sys.argv[1])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = Server(given)
    lateness = Lateness()
    lateness.start()

    def serve() -> None:
        try:
            if given["server"] == "asyncio":
                asyncio.run(server.with_asyncio())
            else:
                getattr(server, f"with_{given['server']}")()
        finally:
            os._exit(3)  # it was to go on for ever

    threading.Thread(target=serve, daemon=True).start()
    print(json.dumps(server.endpoints), flush=True)
    for _ in sys.stdin:
        ctypes.CDLL(None).malloc_trim(0)  # what the allocator only keeps for later does not count
        told = [resident(), len(os.listdir("/proc/self/fd")), *lateness.take()]
        print(json.dumps(told), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()

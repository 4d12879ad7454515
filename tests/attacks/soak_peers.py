"""One process of a soak: the clients or the servers of a group, blocking or with asyncio.

All loops are coroutines. Those of the blocking driver never suspend: what they await blocks.
"""

from __future__ import annotations

import asyncio
import faulthandler
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from google.protobuf.wrappers_pb2 import BytesValue

import zmqlite as zmq
from zmqlite import aio, proto
from zmqlite.proto import aio as typed_aio

from .signals_support import Interrupted, Storm
from .soak_record import ENDING, GOING, OVER, Record, Seen, Sent

PATIENCE = 0.5  # seconds without a reply, after which a peer that may be killed is taken for gone


class Lane(NamedTuple):
    """The two ends of a pattern. The clients connect and send; servers bind, and reply or not."""

    name: str
    client: zmq.SocketType
    server: zmq.SocketType
    parts: int = 2  # frames of a message; of one frame they are sent and received many at a time
    window: int = 0  # how many requests may wait for a reply; 0: there are none
    late: bool = False  # what is sent before there is a subscriber need not come
    reconnects: bool = True


LANES = [
    Lane("push", zmq.PUSH, zmq.PULL, parts=1),
    Lane("pub", zmq.PUB, zmq.SUB, late=True),
    Lane("pair", zmq.PAIR, zmq.PAIR, reconnects=False),  # a new one is refused beside the old
    Lane("dealer", zmq.DEALER, zmq.ROUTER, window=20),
    Lane("req", zmq.REQ, zmq.REP, window=1),
    Lane("typed", zmq.PUSH, zmq.PULL),
    Lane("actor", zmq.PAIR, zmq.PAIR, window=20, reconnects=False),  # both ends in the client
]
MAIN = {"client": "dealer", "server": "push"}  # whose receives handlers of signals end
READ = {"pub", "pair", "typed"}  # what the blocking server reads with a Reactor


class Group(NamedTuple):
    """Two processes, how each of them waits, and which is killed over and over."""

    client: str
    server: str
    killed: str = ""

    def lanes(self) -> list[Lane]:
        """Those there are. A bound PAIR never serves who comes before its old peer is gone."""
        absent = {"actor"} if self.client == "aio" else set()
        absent |= {"pair"} if self.killed == "client" else set()
        return [lane for lane in LANES if lane.name not in absent]


GROUPS = [
    Group("blocking", "blocking"),
    Group("aio", "aio"),
    Group("aio", "blocking", killed="client"),
    Group("blocking", "aio", killed="client"),
    Group("aio", "blocking", killed="server"),
    Group("blocking", "aio", killed="server"),
]
OPTIONS: dict[str, Any] = {"sndhwm": 100, "rcvhwm": 100}
MORE: dict[zmq.SocketType, dict[str, Any]] = {
    zmq.REQ: {"req_relaxed": True, "req_correlate": True},
    zmq.PUB: {"xpub_nodrop": True},
    zmq.SUB: {"sndhwm": 0},
}


class Blocking:
    """A socket, or the pipe of an actor, that waits for a little while."""

    typed_socket: Any = proto.TypedSocket

    def __init__(self, lane: Lane, socket: Any) -> None:
        self.lane = lane
        self.socket = socket
        self.typed = self.typed_socket(socket, BytesValue) if lane.name == "typed" else None
        self.storm: Any = SimpleNamespace()  # in the main thread, the one of its signals

    async def send(self, messages: list[list[bytes]]) -> int:
        """Send messages; how many of them."""
        timeout = random.choice((1, 20))
        try:
            if self.lane.parts == 1:
                return int(self.socket.send_many([each[0] for each in messages], timeout=timeout))
            if self.typed:
                self.typed.send(BytesValue(value=b"".join(messages[0])), timeout=timeout)
            else:
                self.socket.send_multipart(messages[0], timeout=timeout)
        except zmq.Again:
            return 0
        return 1

    async def rest(self) -> None:
        time.sleep(0.02)

    async def recv(self) -> list[list[bytes]]:
        """Receive what comes in time."""
        many = self.lane.parts == 1
        receive = self.socket.recv_many if many else self.socket.recv_multipart
        timeout = random.choice((1, 20))
        try:
            self.storm.armed = True
            got = receive(timeout=timeout)
            self.storm.armed = False
            self.storm.in_a_row = 0
        except (zmq.Again, Interrupted):
            self.storm.armed = False
            return []
        return [[each] for each in got] if many else [got]


class Aio(Blocking):
    """The same for asyncio, with waits that end by a timeout or are cancelled."""

    typed_socket: Any = typed_aio.TypedSocket

    async def send(self, messages: list[list[bytes]]) -> int:
        try:
            return int(await self._soon(self._send(messages)))
        except (asyncio.CancelledError, TimeoutError) as error:
            return aio.sent(error)

    async def rest(self) -> None:
        await asyncio.sleep(0.02)

    async def recv(self) -> list[list[bytes]]:
        try:
            got: list[list[bytes]] = await self._soon(self._recv())
        except (asyncio.CancelledError, TimeoutError):
            return []
        return got

    async def _soon(self, call: Coroutine[Any, Any, Any]) -> Any:
        limit = random.choice((0.0005, 0.02))
        if random.random() < 0.5:
            async with asyncio.timeout(limit):
                return await call
        task = asyncio.ensure_future(call)
        asyncio.get_running_loop().call_later(limit, task.cancel)
        return await task

    async def _send(self, messages: list[list[bytes]]) -> int:
        if self.lane.parts == 1:
            return int(await self.socket.send_many([each[0] for each in messages]))
        if self.typed:
            await self.typed.send(BytesValue(value=b"".join(messages[0])))
        else:
            await self.socket.send_multipart(messages[0])
        return 1

    async def _recv(self) -> list[list[bytes]]:
        if self.lane.parts == 1:
            return [[each] for each in await self.socket.recv_many()]
        if self.typed:
            return [[(await self.typed.recv()).value]]
        return [await self.socket.recv_multipart()]


class Peer:
    """This process."""

    def __init__(self, directory: Path, number: int, side: str) -> None:
        self.directory = directory
        self.number = number
        self.group = GROUPS[number]
        self.side = side
        self.driver: str = getattr(self.group, side)
        self.record = Record(directory / "record", len(GROUPS) * len(LANES))
        # On a busy machine a slow reader is minutes behind, and what waits for it is not dropped;
        # but where the reader may have been killed, nobody waits for ever.
        linger = 5000 if self.group.killed else -1
        self.context: Any = (aio if self.driver == "aio" else zmq).Context(linger=linger)
        self.blocking: zmq.Context = (
            self.context if self.driver == "blocking" else zmq.Context(linger=linger)
        )

    def endpoint(self, lane: Lane) -> str:
        return (self.directory / f"{self.number}-{lane.name}").read_text()

    def of(self, lane: Lane) -> tuple[Sent, Seen, Seen]:
        return self.record.lane(self.number * len(LANES) + LANES.index(lane))

    def port(self, lane: Lane) -> Blocking:
        """The socket of this side of a lane, bound or connected."""
        if lane.name == "actor":
            self.actor = zmq.Actor(self.context, self.echo)
            return Blocking(lane, self.actor.pipe)
        kind = getattr(lane, self.side)
        socket = self.context.socket(kind, **{**OPTIONS, **MORE.get(kind, {})})
        if kind is zmq.SUB:
            socket.subscribe("")
            socket.connect(self.proxy(lane))
        else:
            (socket.connect if self.side == "client" else socket.bind)(self.endpoint(lane))
        return (Aio if self.driver == "aio" else Blocking)(lane, socket)

    def echo(self, pipe: zmq.Pipe) -> None:
        """The body of the actor."""
        pipe.ready()
        _, seen, _ = self.of(LANES[-1])
        while True:
            frames = pipe.recv_multipart()
            seen.note(frames)
            pipe.send_multipart(frames)

    def proxy(self, lane: Lane) -> str:
        """Start a proxy between publishers and subscribers; the endpoint for these."""
        front = self.blocking.socket(zmq.XSUB, **OPTIONS)
        back = self.blocking.socket(zmq.XPUB, xpub_nodrop=True, **OPTIONS)
        front.bind(self.endpoint(lane))
        endpoint = back.bind("tcp://127.0.0.1:*")
        threading.Thread(target=self.forward, args=(front, back), daemon=True).start()
        return endpoint

    @staticmethod
    def forward(front: zmq.Socket, back: zmq.Socket) -> None:
        try:
            zmq.proxy(front, back)
        except zmq.ContextTerminated:
            return

    async def client(self, lane: Lane, port: Blocking) -> None:
        """Send until the end, and see the replies to all of it."""
        sent, _, seen = self.of(lane)
        sent.begin()
        waiting, heard, renewal = 0, time.monotonic(), time.monotonic() + 1
        while self.record.phase < ENDING or waiting:
            now = time.monotonic()
            go = self.record.phase == GOING
            renew = lane.reconnects and go and now > renewal
            if not go and not waiting:
                await port.rest()
            elif go and not renew and (not lane.window or waiting < lane.window):
                count = await port.send(sent.next(20 if lane.parts == 1 else 1, lane.parts))
                sent.add(count)
                waiting += count if lane.window else 0
            if waiting:
                for frames in await port.recv():
                    seen.note(frames)
                    waiting, heard = waiting - 1, now
                if self.group.killed and now > heard + PATIENCE:
                    waiting, heard = 0, now
            if renew and not waiting:
                if random.random() < 0.5:
                    port.socket.disconnect(self.endpoint(lane))
                    port.socket.connect(self.endpoint(lane))
                else:
                    port.socket.close()
                    storm, port = port.storm, self.port(lane)
                    port.storm = storm
                renewal = now + random.uniform(1, 4)
                sent.begin()

    async def server(self, lane: Lane, port: Blocking) -> None:
        """Receive, and reply, until the end of all."""
        _, seen, _ = self.of(lane)
        while self.record.phase < OVER:
            for frames in await port.recv():
                seen.note(frames)
                while lane.window and not await port.send([frames]) and self.record.phase < OVER:
                    pass

    def read(self, ports: list[Blocking]) -> None:
        """Receive from several sockets with one Reactor, through a Dispatcher where typed."""
        dispatcher = proto.Dispatcher(on_error=fail)
        note = {port.socket: self.of(port.lane)[1].note for port in ports}

        def read_typed(got: BytesValue, delivery: proto.Delivery[BytesValue]) -> None:
            note[delivery.socket.socket]([got.value])

        def read(socket: zmq.Socket) -> None:
            note[socket](socket.recv_multipart())

        def end() -> None:
            if self.record.phase == OVER:
                dispatcher.stop()

        dispatcher.register(BytesValue, read_typed)
        dispatcher.reactor.timer(20, end)
        for port in ports:
            if port.typed:
                dispatcher.add(port.typed)
            else:
                dispatcher.reactor.reader(port.socket, read)
        dispatcher.run()

    def run(self) -> None:
        lanes = [
            each for each in self.group.lanes() if self.side == "client" or each.name != "actor"
        ]
        ports = [self.port(lane) for lane in lanes]
        loop = self.client if self.side == "client" else self.server
        if self.driver == "aio":
            asyncio.run(self.gather([loop(port.lane, port) for port in ports]))
        else:
            self.threads(ports, loop)
        self.blocking.shutdown()  # ends the proxy
        self.blocking.term()

    async def gather(self, loops: list[Coroutine[Any, Any, None]]) -> None:
        await asyncio.gather(*loops)
        await self.context.term()

    def threads(self, ports: list[Blocking], loop: Callable[..., Any]) -> None:
        """One thread for each lane, but for those that a Reactor reads; signals in this one."""
        read = [each for each in ports if self.side == "server" and each.lane.name in READ]
        threads = [threading.Thread(target=self.read, args=[read])] if read else []
        mine = next(each for each in ports if each.lane.name == MAIN[self.side])
        mine.storm = Storm("raise")
        for port in ports:
            if port not in read and port is not mine:
                threads.append(threading.Thread(target=block, args=[loop(port.lane, port)]))
        for thread in threads:
            thread.start()
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        block(loop(mine.lane, mine))
        mine.storm.end()
        for thread in threads:
            thread.join()


def fail(failure: proto.Failure) -> None:
    raise failure.error


def block(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for something")


if __name__ == "__main__":
    random.seed(sys.argv[5])
    sys.setswitchinterval(0.0005)  # seconds; so that no lane is left behind by far
    faulthandler.dump_traceback_later(float(sys.argv[4]), exit=True)
    Peer(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]).run()

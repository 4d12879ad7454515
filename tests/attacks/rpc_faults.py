"""Calls while servers are killed, connections cut, frames doubled and broken, clients gone.

Three servers in processes of their own, each behind a relay that cuts connections. A server notes
every execution in a file. One server is never killed, and its
connections are cut least, so that there is always one to go to. The calls are those of a client of
asyncio, or of the threads that share a blocking one. With `--brokers yes` they go through two
brokers, with which all servers have registered; one is killed, too, and the relays cut the
connections of both sides.

The memory and the descriptors of the processes that are never killed are printed as they were after
a tenth of the time, when what is remembered of ended calls no longer grows, and at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import zmqlite as zmq
from zmqlite import aio, rpc
from zmqlite.rpc import schema, wire
from zmqlite.rpc.aio import Client

from .program import begin, end, resident
from .rpc_service import SERVICE, Note

HEARTBEAT = 1000
"""Milliseconds between heartbeats; without an answer for as long a connection is lost."""

ENOUGH = 3 * HEARTBEAT + 1000
"""The deadline with which an idempotent call has to get its answer."""

MOST_MIB, MOST_DESCRIPTORS = 16, 32
"""What a process may have more at the end than after a tenth of the time."""

KINDS = ("asyncio", "pool", "receiving thread")
UNDER_WAY = 48
THREADS = 16


class Host:
    """A server process that can be killed and started again on the same port."""

    def __init__(self, number: int, directory: Path) -> None:
        self.number = number
        self.file = directory / f"executed-{number}"
        self.file.touch()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.brokers: list[str] = []
        self.process: subprocess.Popen[bytes]

    def command(self) -> list[str]:
        endpoint = f"tcp://127.0.0.1:{self.port}"
        arguments = [endpoint, str(self.file), KINDS[self.number], *self.brokers]
        return ["tests.attacks.rpc_server", *arguments]

    def start(self) -> None:
        command = [sys.executable, "-m", *self.command()]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def ready(self) -> None:
        assert self.process.stdout
        self.process.stdout.readline()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()
        self.start()


class Broker(Host):
    """A broker process that can be killed and started again on the same port."""

    def command(self) -> list[str]:
        return ["zmqlite.rpc", "broker", f"tcp://127.0.0.1:{self.port}"]


class Ends:
    """How calls that may be executed at most once have ended: a byte for each, as they are many."""

    WORDS = ("", "unknown", "no", "yes")

    def __init__(self) -> None:
        self._codes = bytearray()

    def __setitem__(self, number: int, word: str) -> None:
        if number >= len(self._codes):
            self._codes.extend(bytes(number + 4096 - len(self._codes)))
        self._codes[number] = self.WORDS.index(word)

    def items(self) -> Iterator[tuple[int, str]]:
        return ((number, self.WORDS[code]) for number, code in enumerate(self._codes) if code)


class Watched:
    """The memory and the descriptors of a process that is never killed."""

    def __init__(self, process: int) -> None:
        self.process = process
        self.samples: list[tuple[float, int]] = []

    def look(self) -> None:
        descriptors = len(os.listdir(f"/proc/{self.process}/fd"))
        self.samples.append((resident(self.process), descriptors))

    def early_and_late(self, which: int) -> tuple[float, float]:
        """The most in the second tenth of the time, and in the last one."""
        tenth = max(1, len(self.samples) // 10)
        parts = self.samples[tenth : 2 * tenth] or self.samples, self.samples[-tenth:]
        early, late = (max(sample[which] for sample in part) for part in parts)
        return early, late


class Storm:
    """The calls of a client of asyncio, and what became of them.

    `relays` are what the relays lead to, `targets` what clients connect to: servers or brokers.
    """

    def __init__(
        self,
        stub: Any,
        relay: Any,
        relays: list[Host],
        hosts: list[Host],
        calls: int,
        seconds: float,
    ) -> None:
        self.stub = stub
        self.relay = relay
        self.relays = relays
        self.hosts = hosts
        self.all = list(dict.fromkeys(relays + hosts))
        self.left = calls
        self.end = time.monotonic() + seconds
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.grown: dict[str, str] = {}  # what processes had early and late
        self.once = Ends()
        self.unanswered: dict[int, str] = {}
        self.delays: deque[tuple[float, float]] = deque(maxlen=100)  # when, and of the event loop
        self.number = 0

    def over(self) -> bool:
        return self.left <= 0 or time.monotonic() > self.end

    async def calls(self) -> None:
        await asyncio.gather(*(self.caller() for _ in range(UNDER_WAY)))

    async def caller(self) -> None:
        while not self.over():
            self.left -= 1
            self.number += 1
            kind = random.random()
            if kind < 0.45:
                await self.call_once(self.number)
            elif kind < 0.98:
                await self.call_repeat(self.number)
            else:
                await self.stream()

    async def call_once(self, number: int) -> None:
        note = Note(number=number, pause=random.choice((0, 0, 0, 0, 0, 2)))
        timeout = random.choice((1, 20, ENOUGH, ENOUGH))
        call = asyncio.ensure_future(self.stub.once(note, timeout=timeout))
        if random.random() < 0.05:
            asyncio.get_running_loop().call_later(random.random() / 100, call.cancel)
        self.once[number] = "unknown"
        try:
            reply = await call
            self.faults["wrong replies"] += reply.number != number * 7 + 1
            self.once[number] = "yes"
            self.counts["answered"] += 1
        except asyncio.CancelledError:
            self.counts["cancelled"] += 1
        except rpc.RpcError as error:
            self.once[number] = error.executed.name.lower()
            self.counts[f"{error.status.name} {error.executed.name}"] += 1

    async def call_repeat(self, number: int) -> None:
        try:
            reply = await self.stub.repeat(Note(number=number), timeout=ENOUGH)
            self.faults["wrong replies"] += reply.number != number * 7 + 1
            self.counts["answered"] += 1
        except rpc.RpcError as error:
            self.faults["unanswered"] += 1
            self.unanswered[number] = self.told(error)

    async def stream(self) -> None:
        count = random.randrange(2000)
        try:
            async with self.stub.count(Note(number=count), timeout=ENOUGH) as stream:
                expected = 0
                async for note in stream:
                    self.faults["wrong items"] += note.number != expected
                    expected += 1
                    if random.random() < 0.0005:
                        return
            self.faults["wrong items"] += expected != count
            self.counts["streams"] += 1
        except rpc.RpcError as error:
            self.counts[f"stream {error.status.name}"] += 1

    async def trouble(self) -> None:
        """Kill and cut, one server after the other; the first is only cut now and then."""
        while not self.over():
            await asyncio.sleep(random.uniform(0.1, 0.5))
            if random.random() < 0.3:
                host = random.choice(self.all)
                if host.number:
                    host.kill()
                    self.counts[f"kills of a {type(host).__name__}".lower()] += 1
                continue
            index = random.randrange(len(self.relays))
            if self.relays[index].number or random.random() < 0.2:
                self.relay.stdin.write(b"%d\n" % index)
                self.relay.stdin.flush()
                self.counts["cuts"] += 1

    async def watch(self, processes: list[Watched]) -> None:
        """Look at processes, and at how late this one is: a starved client cannot be answered."""
        while not self.over():
            for _ in range(10):
                begun = time.monotonic()
                await asyncio.sleep(0.05)
                now = time.monotonic()
                self.delays.append((now, now - begun - 0.05))
            for process in processes:
                process.look()

    def told(self, error: rpc.RpcError) -> str:
        since = time.monotonic() - ENOUGH / 1000
        most = max((delay for when, delay in [*self.delays] if when > since), default=0)
        return f"{error}; meanwhile the client was at most {most * 1000:.0f} ms late"

    def check(self) -> None:
        """Compare how calls ended with what the servers have noted."""
        executed: Counter[int] = Counter()
        for host in self.hosts:
            executed.update(map(int, host.file.read_bytes().split()))
        for number, error in self.unanswered.items():
            print(f"unanswered, executed {executed[number]} times: {error}", file=sys.stderr)
        for number, end_ in self.once.items():
            self.faults["executed twice"] += executed[number] > 1
            self.faults["not executed, but was"] += end_ == "no" and executed[number] > 0
            self.faults["executed, but was not"] += end_ == "yes" and not executed[number]


class BlockingStorm(Storm):
    """The same with threads that share a blocking client."""

    lock = threading.Lock()

    async def calls(self) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(THREADS) as pool:
            await asyncio.gather(*(loop.run_in_executor(pool, self.thread) for _ in range(THREADS)))

    def thread(self) -> None:
        while not self.over():
            with self.lock:
                self.left -= 1
                self.number += 1
                number = self.number
            kind = random.random()
            if kind < 0.45:
                self.ask_once(number)
            elif kind < 0.98:
                self.ask_repeat(number)
            else:
                self.read_stream()

    def count(self, what: str, fault: bool = False) -> None:
        with self.lock:
            (self.faults if fault else self.counts)[what] += 1

    def ask_once(self, number: int) -> None:
        note = Note(number=number, pause=random.choice((0, 0, 0, 0, 0, 2)))
        self.once[number] = "unknown"
        try:
            reply = self.stub.once(note, timeout=random.choice((1, 20, ENOUGH, ENOUGH)))
        except rpc.RpcError as error:
            self.once[number] = error.executed.name.lower()
            self.count(f"{error.status.name} {error.executed.name}")
        else:
            self.answered(number, reply)
            self.once[number] = "yes"

    def ask_repeat(self, number: int) -> None:
        try:
            self.answered(number, self.stub.repeat(Note(number=number), timeout=ENOUGH))
        except rpc.RpcError as error:
            self.count("unanswered", fault=True)
            self.unanswered[number] = self.told(error)

    def answered(self, number: int, reply: Any) -> None:
        self.count("answered")
        if reply.number != number * 7 + 1:
            self.count("wrong replies", fault=True)

    def read_stream(self) -> None:
        count, expected = random.randrange(2000), 0
        try:
            with self.stub.count(Note(number=count), timeout=ENOUGH) as stream:
                for note in stream:
                    if note.number != expected:
                        self.count("wrong items", fault=True)
                    expected += 1
                    if random.random() < 0.0005:
                        self.count("cancelled")
                        return
        except rpc.RpcError as error:
            self.count(f"stream {error.status.name}")
            return
        self.count("streams")
        if expected != count:
            self.count("wrong items", fault=True)


async def strangers(hosts: list[Host], storm: Storm) -> None:
    """Broken frames, doubled requests, and clients that vanish in the middle."""
    async with aio.Context(linger=0) as context:
        while not storm.over():
            host = random.choice(hosts)
            stranger = context.socket(zmq.DEALER)
            stranger.connect(f"tcp://127.0.0.1:{host.port}")
            await stranger.send(wire.more(kind=1, version=1))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    welcome = schema.Envelope.FromString(await stranger.recv())
                    storm.number += 1
                    await doubled(stranger, welcome.incarnation, storm)
            for _ in range(random.randrange(20)):
                frames = [
                    random.randbytes(random.randrange(40)) for _ in range(1 + random.randrange(4))
                ]
                await stranger.send_multipart(frames)
            stranger.close(0)
            storm.counts["strangers"] += 1
            await asyncio.sleep(0.01)


async def doubled(stranger: Any, incarnation: bytes, storm: Storm) -> None:
    """Send a request three times: it is executed once, and all replies are the same."""
    number = storm.number
    storm.once[number] = "unknown"
    head = wire.head(wire.Kind.REQUEST, os.urandom(16)) + wire.more(method="/faults.Faults/Once")
    head += wire.incarnation_field(incarnation)
    for _ in range(3):
        await stranger.send_multipart([head, Note(number=number).SerializeToString()])
    replies = [await stranger.recv_multipart() for _ in range(random.choice((0, 1, 1)))]
    storm.counts["doubled"] += 1
    for head, *rest in replies:
        envelope = schema.Envelope.FromString(head)
        if envelope.kind == wire.Kind.PROBE:  # which a client ignores
            storm.counts["probes"] += 1
        elif envelope.kind == wire.Kind.STATUS:  # the server was killed, and its successor refuses
            storm.counts["doubled, refused"] += 1
            storm.faults["wrong refusals"] += envelope.status != rpc.Status.UNAVAILABLE
        else:
            storm.faults["wrong doubled"] += Note.FromString(rest[0]).number != number * 7 + 1


def start_relay(hosts: list[Host]) -> tuple[Any, list[str]]:
    """Start the relays, and return the endpoints that lead to the servers."""
    ports = [str(host.port) for host in hosts]
    command = [sys.executable, "-m", "tests.attacks.rpc_relay", *ports]
    relay = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert relay.stdout
    return relay, [f"tcp://127.0.0.1:{port.decode()}" for port in relay.stdout.readline().split()]


async def main(kind: str, brokers: bool, calls: int, seconds: float, directory: Path) -> Storm:
    hosts = [Host(number, directory) for number in range(3)]
    middle: list[Host] = [Broker(number, directory) for number in range(2)] if brokers else []
    targets = middle or hosts
    relays = middle + targets  # of servers to brokers, and of clients to what they call
    relay, endpoints = start_relay(relays)
    for host in hosts:
        host.brokers = endpoints[: len(middle)]
    endpoints = endpoints[len(middle) :]
    for each in (*middle, *hosts):
        each.start()
        each.ready()
    try:
        options: Any = {"heartbeat_ivl": HEARTBEAT, "heartbeat_timeout": HEARTBEAT}
        if kind == "asyncio":
            async with (
                aio.Context(linger=0) as context,
                Client(context, *endpoints, options=options) as client,
            ):
                storm = Storm(client.stub(SERVICE), relay, relays, hosts, calls, seconds)
                await play(storm, targets, client, hosts[0], *middle[:1])
        else:
            with (
                zmq.Context(linger=0) as plain,
                rpc.Client(plain, *endpoints, options=options) as blocking,
            ):
                storm = BlockingStorm(blocking.stub(SERVICE), relay, relays, hosts, calls, seconds)
                await play(storm, targets, blocking, hosts[0], *middle[:1])
    finally:
        for process in (relay, *(each.process for each in (*middle, *hosts))):
            process.kill()
            process.wait()
    storm.check()
    return storm


async def play(storm: Storm, hosts: list[Host], client: Any, *kept: Host) -> None:
    watched = {type(host).__name__.lower(): Watched(host.process.pid) for host in kept}
    watched["client"] = Watched(os.getpid())
    processes = list(watched.values())
    await asyncio.gather(
        storm.calls(), storm.trouble(), strangers(hosts, storm), storm.watch(processes)
    )
    links = client._protocol.links
    storm.faults["left"] = sum(len(link.calls) for link in links)
    for name, process in watched.items():
        for which, (what, most) in enumerate(
            (("MiB", MOST_MIB), ("descriptors", MOST_DESCRIPTORS))
        ):
            early, late = process.early_and_late(which)
            storm.grown[f"{name} {what}"] = f"{early:.0f}..{late:.0f}"
            if len(process.samples) > 40:  # a short run still grows
                storm.faults[what] += late - early > most


if __name__ == "__main__":
    client: dict[str, Any] = {"choices": ("asyncio", "blocking"), "default": "asyncio"}
    brokers: dict[str, Any] = {"choices": ("yes", "no"), "default": "no"}
    many: dict[str, Any] = {"type": int, "default": 1_000_000_000}
    given = begin(__doc__, 20, calls=many, client=client, brokers=brokers)
    with tempfile.TemporaryDirectory() as temporary:
        storm = asyncio.run(
            main(given.client, given.brokers == "yes", given.calls, given.seconds, Path(temporary))
        )
    zeros: tuple[str, ...] = (
        "wrong replies",
        "wrong doubled",
        "wrong refusals",
        "wrong items",
        "unanswered",
        "executed twice",
        "not executed, but was",
    )
    zeros += ("executed, but was not", "left", "descriptors", "MiB")
    counts: dict[str, object] = {"calls": storm.number, **dict(sorted(storm.counts.items()))}
    counts |= storm.grown
    end(
        {key.replace(" ", "_"): value for key, value in counts.items()},
        {key.replace(" ", "_"): storm.faults[key] for key in zeros},
    )

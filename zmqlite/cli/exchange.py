"""The commands that are a socket: pub, sub, push, pull, req, rep, dealer, router, pair."""

from __future__ import annotations

import errno
import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from importlib import import_module
from itertools import chain, cycle
from typing import Any, Final

from ..constants import DONTWAIT, POLLIN, POLLOUT
from ..errors import Again, HostUnreachable, ZMQError
from ..poll import Poller
from ..transfer import BATCH
from .exits import Failed, TimedOut, Wrong, wrong_input
from .records import Printer, Reader, split
from .sockets import attach, opened
from .terminal import Meter

CHUNK: Final = 1 << 18
"""Bytes that are read at once."""

FULL_MS: Final = 10
"""How long a ROUTER with a full queue waits before it tries again to send."""


def run_socket(args: Namespace) -> int:
    """Run the command of one socket type; return the exit code."""
    typed = None
    if args.proto or args.type or args.tagged or args.decode_raw:
        typed = import_module(".payloads", __package__).payloads(args)
    if len(args.topic or ()) > 1 and args.command == "pub":
        raise Wrong("pub sends one --topic; with a --separator each message can have its own")
    printer = Printer(args, typed) if args.output else None
    source = Source(args, typed) if args.input else None
    verb = "received" if printer else "sent"
    with opened(args, args.command) as socket, Meter(args.rate, verb) as meter:
        for topic in (args.topic or [""]) if args.command == "sub" else []:
            socket.subscribe(os.fsencode(topic))
        if args.command == "router":
            socket.router_mandatory = True  # or messages for an unknown peer are dropped silently
        _attach_and_wait(socket, args)
        exchange = Exchange(socket, args, source, printer, meter)
        getattr(exchange, METHODS.get(args.command, "talk"))()
    return max(exchange.code, Failed.code if printer and printer.broken else 0)


def _attach_and_wait(socket: Any, args: Namespace) -> None:
    if args.wait and args.command != "pub":
        socket.wait_peers(0)  # peers count from here on
    attach(socket, args, args.command)
    if args.wait:
        wait = socket.wait_subscribers if args.command == "pub" else socket.wait_peers
        wait(args.wait, args.timeout)


class Source:
    """The messages to send: from arguments, files or standard input.

    Each item of `batches` is what one read has completed: a list of messages, each of them its only
    frame where `single`, else a list of frames. `fd` is what the next item is read from, None if it
    is there already.
    """

    def __init__(self, args: Namespace, typed: Any) -> None:
        self._reader = Reader(args, typed)
        self.single: Final = self._reader.single
        self.given: Final = bool(args.message or args.file)
        self.fd: int | None = None
        self.batches: Final = self._read(args)

    def _read(self, args: Namespace) -> Iterator[list[Any]]:
        yield self._messages([os.fsencode(text) for text in args.message])
        for name in args.file if self.given else ["-"]:
            with wrong_input(f"{name}: "):
                self.fd = fd = 0 if name == "-" else os.open(name, os.O_RDONLY)
                yield []
                for records in split(args.input, iter(lambda: os.read(fd, CHUNK), b"")):  # noqa: B023
                    yield self._messages(records)
                os.close(fd)
        self.fd = None

    def _messages(self, records: list[bytes]) -> list[Any]:
        return records if self.single else [self._reader.frames(record) for record in records]


class Exchange:
    """Sends and receives on one socket, until the count, the input or the time ends it."""

    def __init__(
        self, socket: Any, args: Namespace, source: Any, printer: Any, meter: Meter
    ) -> None:
        self.socket: Final = socket
        self.source: Final = source
        self.printer: Final = printer
        self.meter: Final = meter
        self.count: Final[int | None] = args.count
        self.timeout: Final[int | None] = args.timeout
        self.interval: Final[int] = args.interval or 0
        self.code = 0
        self._several = printer is not None and printer.peers  # receive whole messages

    def _left(self, most: int) -> int:
        """Return how many messages are left of the count, at most `most`."""
        return most if self.count is None else min(most, self.count - self.meter.count)

    def _send(self, message: Any, flags: int = 0) -> None:
        timeout = None if flags else self.timeout
        send = self.socket.send if isinstance(message, bytes) else self.socket.send_multipart
        send(message, flags, timeout)

    def _each(self) -> Iterator[Any]:
        """Yield the messages to send one by one, with a pause between them."""
        for message in chain.from_iterable(self.source.batches):
            if self.interval and self.meter.count:
                time.sleep(self.interval / 1000)
            yield message
            self.meter.add(1)
            if not self._left(1):
                return

    def send(self) -> None:
        """Send what the source has: pub and push."""
        if self.interval or not self.source.single:
            for message in self._each():
                self._send(message)
            return
        for batch in self.source.batches:
            messages = batch[: self._left(len(batch))]
            sent = self.socket.send_many(messages, timeout=self.timeout) if messages else 0
            self.meter.add(sent)
            if sent < len(messages):
                raise TimedOut(f"nobody took message {self.meter.count + 1} in {self.timeout} ms")
            if not self._left(1):
                return

    def receive(self) -> None:
        """Print what comes: sub and pull."""
        while self._left(1):
            try:
                self._receive(self.timeout)
            except Again:
                self._silence()
                return

    def _silence(self) -> None:
        """Nothing came in time: the end, if there was something and no count was asked for."""
        if self.count is not None or not self.meter.count:
            raise TimedOut(f"nothing came in {self.timeout} ms")

    def _receive(self, timeout: int | None) -> None:
        """Wait for a message, and print all that are there; Again if none comes."""
        most = self._left(BATCH)
        if not self._several:
            try:
                messages = self.socket.recv_many(most, timeout=timeout)
                peers = None
            except ZMQError as error:
                if error.errno != errno.EPROTO:  # a message of several frames
                    raise
                self._several = True
        if self._several:
            parts = [self.socket.recv_parts(1, timeout=timeout)]
            try:
                while True:
                    if len(parts) == most:
                        break
                    parts.append(self.socket.recv_parts(1, DONTWAIT))
            except Again:
                pass
            messages = [[bytes(frame) for frame in frames] for frames in parts]
            peers = [frames[0].metadata("Peer-Address") for frames in parts]
        self.printer.write(messages, peers)
        self.meter.add(len(messages))

    def request(self) -> None:
        """Send each message, and print the reply to it: req."""
        for message in self._each():
            self._send(message)
            self.printer.write([self.socket.recv_multipart(timeout=self.timeout)])

    def reply(self) -> None:
        """Print each request, and send the next of the given replies, or the request: rep."""
        given = [*chain.from_iterable(self.source.batches)] if self.source.given else []
        replies = cycle(given)
        while self._left(1):
            try:
                request = self.socket.recv_multipart(timeout=self.timeout)
            except Again:
                self._silence()
                return
            self.printer.write([request])
            self._send(next(replies, request))
            self.meter.add(1)

    def talk(self) -> None:
        """Send what the source has, and print what comes meanwhile and after it: the others.

        Neither waits for the other: two peers that both only send would wait for each other.
        """
        poller = Poller()
        waiting: list[Any] | None = []  # None: all was sent
        while self._left(1):
            fd = self.source.fd if waiting == [] else None
            if waiting == [] and fd is None:
                waiting = next(self.source.batches, None)
                continue
            poller.register(self.socket, POLLIN | POLLOUT if waiting else POLLIN)
            if fd is not None:
                poller.register(fd, POLLIN)
            found: Any = dict(poller.poll(self.timeout))
            if fd is not None:
                poller.unregister(fd)
            if not found:
                self._silence()
                return
            if found.get(self.socket, 0) & POLLIN:
                self._receive(0)
            if fd in found:
                waiting = next(self.source.batches, None)
            elif waiting:
                waiting = self._give(waiting)

    def _give(self, messages: list[Any]) -> list[Any]:
        """Send what there is room for; return the rest."""
        for index, message in enumerate(messages):
            try:
                self._send(message, DONTWAIT)
            except HostUnreachable:
                self.code = Failed.code
                print("no peer has the routing id of a message", file=sys.stderr)
            except Again:
                self.socket.poll(FULL_MS)  # a ROUTER says that it can send when it cannot
                return messages[index:]
        return []


METHODS: Final = {
    "pub": "send",
    "push": "send",
    "sub": "receive",
    "pull": "receive",
    "req": "request",
    "rep": "reply",
}
"""How each type goes on; the others talk both ways."""

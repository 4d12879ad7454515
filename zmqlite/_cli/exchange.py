"""The commands that are a socket: pub, sub, push, pull, req, rep, dealer, router, pair."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from itertools import chain, cycle
from typing import Any, Final

from ..constants import DONTWAIT, POLLIN, POLLOUT
from ..errors import Again, HostUnreachable, ZMQError
from ..poll import Poller
from ..transfer import BATCH
from .exits import Failed, TimedOut, Wrong, wrong_input
from .records import Printer, reader, split
from .sockets import attach, opened
from .terminal import Meter

CHUNK: Final = 1 << 18
"""Bytes that are read at once."""

FULL_MS: Final = 10
"""How long a ROUTER with a full queue waits before it tries again to send."""


def run(args: Any) -> int:
    """Run the command of one socket type; return the exit code."""
    typed = None
    if args.proto or args.type or args.tagged or args.decode_raw:
        typed = import_module(".schema", __package__).payloads(args)
    printer = Printer(args, typed) if args.output else None
    items = source(args, typed) if args.input else iter(())
    with opened(args, args.command) as socket, Meter(args.rate, bool(printer)) as meter:
        for topic in (args.topic or [""]) if args.command == "sub" else []:
            socket.subscribe(os.fsencode(topic))
        if args.command == "router":
            socket.router_mandatory = True  # or messages for an unknown peer are dropped silently
        if args.wait and args.command != "pub":
            socket.wait_peers(0)  # peers count from here on
        attach(socket, args, args.command)
        if args.wait:
            wait = socket.wait_subscribers if args.command == "pub" else socket.wait_peers
            wait(args.wait, args.timeout)
        return Exchange(socket, args, items, printer, meter).run()


def source(args: Any, typed: Any) -> Iterator[Any]:
    """Yield what to send: lists of messages, each its only frame, or a list of frames.

    A descriptor comes between them: the next item is read from it, which waits if it is not
    readable yet.
    """
    frames = reader(args, typed)

    def messages(records: list[bytes]) -> list[Any]:
        return [*map(frames, records)] if frames else records

    yield messages([os.fsencode(text) for text in args.message])
    for name in args.file or ([] if args.message else ["-"]):
        if name == "-" and sys.stdin is None:
            raise Wrong("standard input is closed")
        with wrong_input(f"{name}: "):
            fd = 0 if name == "-" else os.open(name, os.O_RDONLY)
            batches = split(args.input, iter(lambda: os.read(fd, CHUNK), b""))  # noqa: B023
            yield fd
            for records in batches:
                yield messages(records)
                yield fd
            os.close(fd)


class Exchange:
    """Sends and receives on one socket, until the count, the input or the time ends it.

    Neither waits for the other: two peers that both only send would wait for each other. Messages
    that are received count, and those that are sent where none are.

    `item` is what is left to send of an item, a descriptor to wait for, or None at the end.
    """

    def __init__(self, socket: Any, args: Any, items: Any, printer: Any, meter: Meter) -> None:
        self.socket, self.printer, self.meter = socket, printer, meter
        self.count, self.timeout, self.interval = args.count, args.timeout, args.interval or 0
        self.one: Final = args.command in ("req", "rep")  # message at a time
        self.ends: Final = args.command in ("pub", "push", "req")  # at the end of the input
        self.replies: Any = None
        if args.command == "rep":
            each = chain.from_iterable(item for item in items if isinstance(item, list))
            self.replies = cycle(each if args.message or args.file else ())
            items = iter(())
        self.items: Iterator[Any] = items
        self.item: Any = []
        self.sent = self.code = 0
        self.whole = printer is not None and printer.peers  # receive messages of several frames

    def run(self) -> int:
        """Go on until the end; return the exit code."""
        while self._most(1):
            if self.item == []:
                self.item = next(self.items, None)
                continue
            if self.item is None and self.ends and self.meter.count == self.sent:
                break
            if not (found := self._wait()):
                break
            self.meter.begin()
            if isinstance(self.item, int) and self.item in found:
                self.item = []
            ready = found.get(self.socket, 0)
            if ready & POLLOUT:
                self._send()
            if ready & POLLIN:
                self._receive()
        return max(self.code, Failed.code if self.printer and self.printer.broken else 0)

    def _most(self, most: int) -> int:
        """Return how many messages are left of the count, at most `most`."""
        return most if self.count is None else min(most, self.count - self.meter.count)

    def _wait(self) -> dict[Any, int]:
        """Return what is ready; nothing at a silence that is a good end."""
        poller, sends = Poller(), isinstance(self.item, list)
        if isinstance(self.item, int):
            poller.register(self.item, POLLIN)
        if self.printer or sends:
            poller.register(self.socket, POLLIN * bool(self.printer) | POLLOUT * sends)
        found: dict[Any, int] = dict(poller.poll(self.timeout))
        if not found and (sends or self.count is not None or not self.meter.count):
            unanswered = self.ends and self.sent > self.meter.count  # requests
            what = f"nobody took message {self.sent + 1}" if sends else "nothing came"
            what = "no reply came" if unanswered else what
            raise TimedOut(f"{what} in {self.timeout} ms")
        return found

    def _send(self) -> None:
        """Send what there is room for."""
        if self.interval and self.sent:
            time.sleep(self.interval / 1000)
        most = 1 if self.one or self.interval else len(self.item)
        batch = self.item[: most if self.printer else self._most(most)]
        sent = gone = 0
        try:
            if isinstance(batch[0], bytes):
                sent = self.socket.send_many(batch, DONTWAIT)
            else:
                for frames in batch:
                    self.socket.send_multipart(frames, DONTWAIT)
                    sent += 1
        except HostUnreachable:
            gone = self.code = Failed.code
            print("no peer has the routing id of a message", file=sys.stderr)
        except Again:
            if not sent:
                self.socket.poll(FULL_MS)  # a ROUTER says that it can send when it cannot
        del self.item[: sent + gone]
        self.sent += sent
        self.meter.add(0 if self.printer else sent)

    def _receive(self) -> None:
        """Print the messages that are there, and answer them as a REP."""
        most, messages, peers = 1 if self.one else self._most(BATCH), [], None
        try:
            if not self.whole:
                messages = self.socket.recv_many(most, DONTWAIT)
        except ZMQError as error:
            if error.errno not in (errno.EPROTO, errno.EAGAIN):
                raise
            self.whole = error.errno == errno.EPROTO  # a message of several frames
        if self.whole:
            parts: list[Any] = []
            with suppress(Again):
                for _ in range(most):
                    parts.append(self.socket.recv_parts(1, DONTWAIT))
            messages = [[bytes(frame) for frame in frames] for frames in parts]
            peers = [frames[0].metadata("Peer-Address") for frames in parts]
        if messages:
            self.printer.write(messages, peers)
            self.meter.add(len(messages))
        for message in messages if self.replies else ():
            reply = next(self.replies, message)
            self.socket.send_multipart([reply] if isinstance(reply, bytes) else reply)

"""The commands that are a socket: pub, sub, push, pull, req, rep, dealer, router, pair.

Messages are lines, NUL, length-prefixed, JSON lines, or hex for people. `--input json` reads what
`--output json` has printed. There a frame is a text where it is UTF-8, and otherwise an object with
its base64, so nothing is lost.
"""

from __future__ import annotations

import base64
import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from itertools import chain, count, cycle
from typing import Any, Final

from ..constants import DONTWAIT, POLLIN, POLLOUT
from ..errors import Again, HostUnreachable, ZMQError
from ..poll import Poller
from ..transfer import BATCH
from .sockets import attach, opened
from .terminal import Failed, Meter, TimedOut, Wrong, printable, wrong_input

CHUNK: Final = 1 << 18
"""Bytes that are read at once."""

ANSWERED: Final = ("req", "dealer", "pair")
"""Types that begin when a peer is there, if they connect: otherwise messages for one that never
comes would be dropped at the end. A push, which receives nothing, has the option immediate."""

FULL_MS: Final = 10
"""How long a ROUTER with a full queue waits before it tries again to send."""

LENGTH: Final = 4
"""Bytes of the length before a message, big-endian."""

ENDS: Final[dict[str, bytes | None]] = {"lines": b"\n", "json": b"\n", "nul": b"\0", "whole": None}
"""What ends a record; what has no end is one record."""


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
        begins = args.command in ANSWERED
        if args.command != "pub" and (args.wait or begins):
            socket.wait_peers(0)  # peers count from here on
        bound = attach(socket, args, args.command)
        if peers := args.wait or (begins and not bound):
            wait = socket.wait_subscribers if args.command == "pub" else socket.wait_peers
            wait(int(peers), args.timeout)
        return Exchange(socket, args, items, printer, meter).run()


def source(args: Any, typed: Any) -> Iterator[Any]:
    """Yield what to send: lists of messages, each its only frame, or a list of frames.

    A descriptor comes between them: the next item is read from it, which waits if it is not
    readable yet.
    """
    messages = reader(args, typed)
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
        self.socket, self.printer, self.meter, self.items = socket, printer, meter, items
        self.count, self.timeout, self.interval = args.count, args.timeout, args.interval or 0
        self.one: Final = args.command in ("req", "rep")  # message at a time
        self.ends: Final = args.command in ("pub", "push", "req")  # at the end of the input
        self.replies: Any = None
        if args.command == "rep":
            each = chain.from_iterable(item for item in items if isinstance(item, list))
            self.replies = cycle(each if args.message or args.file else ())
            self.items = iter(())
        self.item: Any = []
        self.sent = self.code = 0
        self.whole = args.output == "json"  # receive whole messages, and who sent them

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
        if sends and found.get(self.socket) == POLLIN:
            # A ROUTER knows a new peer, and can send to it, once it was looked for its messages.
            found[self.socket] |= self.socket.poll(0, POLLOUT)
        if not found and (sends or self.count is not None or not self.meter.count):
            waits = sends and not (self.ends and self.sent > self.meter.count)  # for no reply
            what = f"nobody took message {self.sent + 1}" if waits else "nothing came"
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
        most, messages = 1 if self.one else self._most(BATCH), []
        try:
            if not self.whole:
                messages = self.socket.recv_many(most, DONTWAIT)
        except ZMQError as error:
            if error.errno not in (errno.EPROTO, errno.EAGAIN):
                raise
            self.whole = error.errno == errno.EPROTO  # a message of several frames
        if self.whole:
            with suppress(Again):
                for _ in range(most):
                    messages.append(self.socket.recv_parts(1, DONTWAIT))
        if messages:
            self.printer.write(messages)
            self.meter.add(len(messages))
        for message in messages if self.replies else ():
            reply = next(self.replies, message)
            self.socket.send_multipart([reply] if isinstance(reply, bytes) else reply)


# What is sent


def split(form: str, chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut an input into records: yield those that each chunk completes, and those of its end."""
    return _prefixed(chunks) if form == "length" else _ended(chunks, ENDS[form])


def _ended(chunks: Iterable[bytes], end: bytes | None) -> Iterator[list[bytes]]:
    parts: list[bytes] = []
    for chunk in chunks:
        head, found, tail = chunk.rpartition(end) if end else (b"", b"", chunk)
        yield b"".join((*parts, head)).split(end) if found else []
        parts = [tail] if found else [*parts, tail]
    if (rest := b"".join(parts)) or end is None:
        yield [rest]


def _prefixed(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        records, start = [], 0
        while (end := start + LENGTH + int.from_bytes(data[start : start + LENGTH])) <= len(data):
            records.append(bytes(data[start + LENGTH : end]))
            start = end
        del data[:start]
        yield records
    if data:
        raise Wrong(f"the input ends within a message: {len(data)} bytes are left over")


def reader(args: Any, payloads: Any) -> Callable[[list[bytes]], list[Any]]:
    """Return what makes messages of records: lists of frames, or the record is the only frame.

    It raises Wrong, with the number of the message, for what has not the form.
    """
    between, typed, numbers = args.separator, payloads is not None, count(1)
    topic = [os.fsencode(args.topic)] if args.topic else []
    if not (args.input == "json" or between or topic or typed):
        return list

    def frames(record: bytes) -> list[bytes]:
        with wrong_input(f"message {next(numbers)}: "):
            if args.input == "json":
                parts = _from_json(record, typed)
            else:
                parts = record.split(between) if between else [record]
            return topic + (payloads.encode(parts) if typed else parts)

    return lambda records: [*map(frames, records)]


def _from_json(record: bytes, typed: bool) -> list[bytes]:
    """Return the frames of a message; with types an object may also be the payload alone."""
    value = json.loads(record)
    frames = value.get("frames") if isinstance(value, dict) else None
    if typed and frames is None:
        return [record]
    if not isinstance(frames, list) or not frames:
        raise ValueError('an object with "frames", a list, is wanted')
    return [_frame(frame, typed) for frame in frames]


def _frame(value: Any, typed: bool) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and list(value) == ["base64"] and isinstance(value["base64"], str):
        return base64.b64decode(value["base64"], validate=True)
    if not typed:
        raise ValueError('a frame is a text or {"base64": a text}')
    return json.dumps(value).encode()


# What is printed


class Printer:
    """Writes messages to standard output, as the options of a command say.

    `broken` counts the payloads that did not parse.
    """

    def __init__(self, args: Any, payloads: Any) -> None:
        self._form: Final = args.output
        self._separator = args.separator or b"\t"
        self._payloads, self._terminal = payloads, sys.stdout.isatty()
        self._topic = args.command == "sub"
        self.number = self.broken = 0

    def write(self, messages: list[Any]) -> None:
        """Write messages, each a list of frames or the only frame, and flush."""
        end = ENDS.get(self._form)
        if end and isinstance(messages[0], bytes) and not (self._payloads or self._terminal):
            data = end.join([*messages, b""])
        else:
            data = b"".join(map(self._text, messages))
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def _text(self, message: Any) -> bytes:
        frames = [message] if isinstance(message, bytes) else [*map(bytes, message)]
        self.number += 1
        if self._payloads:
            try:
                frames = self._payloads.decode(frames)
            except ValueError as error:
                self.broken += 1
                print(f"message {self.number}: {printable(str(error))}", file=sys.stderr)
                return b""
        if self._form == "json":
            return self._json(frames, message[0].metadata("Peer-Address"))
        if self._form == "hex":
            return "".join(_hex(self.number, frames)).encode()
        data = self._separator.join(frames)
        if self._form == "length":
            return len(data).to_bytes(LENGTH) + data
        if self._terminal:
            data = printable(data.decode(errors="backslashreplace")).encode()
        return data + (ENDS[self._form] or b"")

    def _json(self, frames: list[bytes], peer: str | None) -> bytes:
        values = [*map(_value, frames)]
        if self._payloads:
            values[-1] = json.loads(frames[-1])
        line: dict[str, Any] = {"time": datetime.now(UTC).isoformat(timespec="microseconds")}
        line |= {"peer": peer} if peer else {}
        line |= {"topic": values[0]} if self._topic else {}
        text = json.dumps(line | {"frames": values}, ensure_ascii=self._terminal)
        return text.encode() + b"\n"


def _value(frame: bytes) -> Any:
    try:
        return frame.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(frame).decode()}


def _hex(number: int, frames: list[bytes]) -> Iterator[str]:
    for index, frame in enumerate(frames, 1):
        yield f"message {number}, frame {index} of {len(frames)}, {len(frame)} bytes\n"
        for start in range(0, len(frame), 16):
            part = frame[start : start + 16]
            text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
            yield f"  {start:08x}  {part.hex(' '):<47}  {text}\n"

"""Messages to bytes and back: lines, NUL, length-prefixed, JSON lines, and hex for people.

`--input json` reads what `--output json` has printed. A frame is a text where it is UTF-8, and
otherwise an object with its base64, so nothing is lost.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from .exits import Wrong, printable, wrong_input

LENGTH: Final = 4
"""Bytes of the length before a message, big-endian."""

ENDS: Final[dict[str, bytes | None]] = {"lines": b"\n", "json": b"\n", "nul": b"\0", "whole": None}
"""What ends a record; what has no end is one record."""


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
        while len(data) - start >= LENGTH:
            end = start + LENGTH + int.from_bytes(data[start : start + LENGTH], "big")
            if end > len(data):
                break
            records.append(bytes(data[start + LENGTH : end]))
            start = end
        del data[:start]
        yield records
    if data:
        raise Wrong(f"the input ends within a message: {len(data)} bytes are left over")


def _separator(args: Any) -> bytes | None:
    """Return what is between frames; None if that was not said."""
    with wrong_input("--separator: "):
        given = os.fsencode(args.separator or "")
        found = given.decode("unicode_escape").encode("latin-1") if b"\\" in given else given
    if found or args.separator is None:
        return found or None
    raise Wrong("--separator is empty")


def reader(args: Any, payloads: Any) -> Callable[[bytes], list[bytes]] | None:
    """Return what makes the frames of a message of a record; None if the record is the only one.

    It raises Wrong, with the number of the message, for what has not the form.
    """
    between, typed, numbers = _separator(args), payloads is not None, count(1)
    topic = [os.fsencode(args.topic)] if args.topic else []
    if not (args.input == "json" or between or topic or typed):
        return None

    def frames(record: bytes) -> list[bytes]:
        with wrong_input(f"message {next(numbers)}: "):
            if args.input == "json":
                parts = _from_json(record, typed)
            else:
                parts = record.split(between) if between else [record]
            return topic + (payloads.encode(parts) if typed else parts)

    return frames


def _from_json(record: bytes, typed: bool) -> list[bytes]:
    """Return the frames of a message; with types an object may also be the payload alone."""
    try:
        value = json.loads(record)
    except RecursionError as error:
        raise ValueError(str(error)) from None
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


class Printer:
    """Writes messages to standard output, as the options of a command say.

    `broken` counts the payloads that did not parse. `peers` says whether the addresses of senders
    are wanted.
    """

    def __init__(self, args: Any, payloads: Any) -> None:
        self._form: Final = args.output
        self._separator = _separator(args) or b"\t"
        self._payloads = payloads
        self._terminal = sys.stdout.isatty()
        self._topic = args.command == "sub"
        self.peers: Final = self._form == "json"
        self.number = self.broken = 0

    def write(self, messages: list[Any], peers: list[str | None] | None) -> None:
        """Write messages, each a list of frames or the only frame, and flush."""
        end = ENDS.get(self._form)
        single = isinstance(messages[0], bytes) and not (self._payloads or self._terminal)
        if end and single and self._form != "json":
            data = end.join([*messages, b""])
        else:
            data = b"".join(map(self._text, messages, peers or [None] * len(messages)))
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def _text(self, message: Any, peer: str | None) -> bytes:
        frames = [message] if isinstance(message, bytes) else message
        self.number += 1
        if self._payloads:
            try:
                frames = self._payloads.decode(frames)
            except ValueError as error:
                self.broken += 1
                print(f"message {self.number}: {printable(str(error))}", file=sys.stderr)
                return b""
        if self._form == "json":
            return self._json(frames, peer)
        if self._form == "hex":
            return "".join(_hex(self.number, frames)).encode()
        data = self._separator.join(frames)
        if self._form == "length":
            return len(data).to_bytes(LENGTH, "big") + data
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

"""Messages to bytes and back: lines, NUL, length-prefixed, JSON lines, and hex for people.

`--input json` reads what `--output json` has printed. A frame is a text where it is UTF-8, and
otherwise an object with its base64, so nothing is lost.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

from .exits import Wrong, printable

LENGTH: Final = 4
"""Bytes of the length before a message, big-endian."""


def split(form: str, chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut an input into records: yield those that each chunk completes, and those of its end."""
    if form == "whole":
        return iter([[b"".join(chunks)]])
    return (
        _prefixed(chunks) if form == "length" else _ended(chunks, b"\0" if form == "nul" else b"\n")
    )


def _ended(chunks: Iterable[bytes], delimiter: bytes) -> Iterator[list[bytes]]:
    parts: list[bytes] = []
    for chunk in chunks:
        head, found, tail = chunk.rpartition(delimiter)
        yield b"".join((*parts, head)).split(delimiter) if found else []
        parts = [tail] if found else [*parts, tail]
    if rest := b"".join(parts):
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


def separator(text: str | None) -> bytes | None:
    """Return what is between frames; None if that was not said."""
    for escape, meant in (("\\t", "\t"), ("\\0", "\0"), ("\\n", "\n"), ("\\x1f", "\x1f")):
        text = text.replace(escape, meant) if text else text
    if text == "":
        raise Wrong("--separator is empty")
    return text.encode(errors="surrogateescape") if text else None


class Reader:
    """From records to the frames of messages, as the options of a command say."""

    def __init__(self, args: Any, payloads: Any) -> None:
        self._json = args.input == "json"
        self._separator = separator(args.separator)
        self._topic = [text.encode(errors="surrogateescape") for text in args.topic or ()]
        self._payloads = payloads
        self._number = 0
        self.single = not (self._json or self._separator or self._topic or payloads)
        """Whether each record is the only frame of its message."""

    def frames(self, record: bytes) -> list[bytes]:
        """Return the frames of a message; Wrong, with its number, if it has not the form."""
        self._number += 1
        try:
            if self._json:
                parts = _from_json(record, bool(self._payloads))
            else:
                parts = record.split(self._separator) if self._separator else [record]
            return self._topic + (self._payloads.encode(parts) if self._payloads else parts)
        except (ValueError, RecursionError) as error:
            raise Wrong(f"message {self._number}: {error}") from None


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


class Printer:
    """Writes messages to standard output, as the options of a command say.

    `broken` counts the payloads that did not parse. `peers` says whether the addresses of senders
    are wanted.
    """

    def __init__(self, args: Any, payloads: Any) -> None:
        self._form: Final = args.output
        self._separator = separator(args.separator) or b"\t"
        self._payloads = payloads
        self._terminal = sys.stdout.isatty()
        self._topic = args.command == "sub"
        self.peers: Final = self._form == "json"
        self.number = self.broken = 0

    def write(self, messages: list[Any], peers: list[str | None] | None = None) -> None:
        """Write messages, each a list of frames or the only frame, and flush."""
        end = {"lines": b"\n", "nul": b"\0"}.get(self._form)
        if end and isinstance(messages[0], bytes) and not (self._payloads or self._terminal):
            data = end.join([*messages, b""])
            self.number += len(messages)
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
            return _hex(self.number, frames)
        data = self._separator.join(frames)
        if self._form == "length":
            return len(data).to_bytes(LENGTH, "big") + data
        if self._terminal:
            data = printable(data.decode(errors="backslashreplace")).encode()
        return data + (b"\0" if self._form == "nul" else b"\n")

    def _json(self, frames: list[bytes], peer: str | None) -> bytes:
        values = [*map(_value, frames)]
        if self._payloads:
            values[-1] = frames[-1].decode()
        second, micro = divmod(time.time_ns() // 1000, 1_000_000)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        known = f', "peer": {json.dumps(peer)}' if peer else ""
        known += f', "topic": {values[0]}' if self._topic else ""
        text = f'{{"time": "{stamp}.{micro:06}Z"{known}, "frames": [{", ".join(values)}]}}\n'
        return text.encode()


def _value(frame: bytes) -> str:
    try:
        return json.dumps(frame.decode())
    except UnicodeDecodeError:
        return json.dumps({"base64": base64.b64encode(frame).decode()})


def _hex(number: int, frames: list[bytes]) -> bytes:
    lines = []
    for index, frame in enumerate(frames, 1):
        lines.append(f"message {number}, frame {index} of {len(frames)}, {len(frame)} bytes\n")
        for start in range(0, len(frame), 16):
            part = frame[start : start + 16]
            text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
            lines.append(f"  {start:08x}  {part.hex(' '):<47}  {text}\n")
    return "".join(lines).encode()

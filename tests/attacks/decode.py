"""Frames from strangers for the typed decoders, guided by coverage.

Every input becomes the frames of a message, random ones or valid ones that were damaged, for one of
the codecs in one of the framings. Only a DecodeError may come out, it has to carry the frames, and
what decodes has to survive a round trip. The inputs in `corpus/` are replayed first; with
`--seconds 0`, which needs no atheris, nothing else is done. libFuzzer bounds the memory and the
time of an input.

With PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python, protobuf's own parser is guided by its coverage,
too; in C it cannot be. `--found DIRECTORY` keeps the inputs that reached something new.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from .program import begin, end

try:
    import atheris
except ModuleNotFoundError:
    atheris = None

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))

INSTRUMENTED = ["zmqlite.proto", "google.protobuf.internal"]
with atheris.instrument_imports(include=INSTRUMENTED) if atheris else nullcontext():
    import schemas
    from google.protobuf.internal import api_implementation

    from zmqlite import proto

CORPUS = Path(__file__).with_name("corpus")
LONGEST = 4096
LIMITS = [f"-max_len={LONGEST}", "-rss_limit_mb=1024", "-timeout=10"]

VALID = [
    schemas.DataMessage(content="hello", timestamp=7),
    schemas.Node(child=schemas.Node(child=schemas.Node(depth=3))),
    schemas.Everything(
        real=1.5,
        whole=-7,
        fixed=7,
        flag=True,
        text="text",
        raw=b"\0\xff",
        mood=1,
        packed=[1, 2, 300],
        cats={"a": schemas.Cat(name="A"), "b": schemas.Cat()},
        right=schemas.Cat(name="R"),
    ),
    schemas.Order(number=1, note="note"),
    schemas.Cart(orders=[schemas.Order(number=1), schemas.Order(number=2)]),
    schemas.Open(),
    schemas.Plain(note="note"),
    schemas.Reading(value=1.5, unit="C"),
    schemas.Ticket(number=7),
]
KINDS = [type(message) for message in VALID]
FRAMINGS = [
    proto.Framing(codec, codec, route=route, least=least, replies=replies)
    for attachments in (0, 1, range(3))
    for codec in (
        *(proto.Bare(kind, limit=2048, attachments=attachments) for kind in KINDS),
        proto.Topic(schemas.Everything, limit=2048, attachments=attachments),
        proto.Tagged(*KINDS, limit=2048, attachments=attachments),
        proto.Tagged(*KINDS, topic=True, limit=2048, attachments=attachments),
    )
    for replies in (False, True)
    for route, least in ((0, 0), (1, 0), (None, 0), (None, 1))
    if route is not None or not isinstance(attachments, range)
]
KNOWN = [b"", b"zmqlite.error: reason", *(kind.DESCRIPTOR.full_name.encode() for kind in KINDS)]


class Choices:
    """An input of the fuzzer, read from its beginning as a sequence of choices; zeros follow it."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def take(self, size: int) -> bytes:
        taken, self._raw = self._raw[:size], self._raw[size:]
        return taken

    def number(self, most: int) -> int:
        """A number from 0 to `most`; one byte if that is enough."""
        return int.from_bytes(self.take(1 + (most > 255)), "big") % (most + 1)

    def one_of(self, things: list[Any]) -> Any:
        return things[self.number(len(things) - 1)]


def random_frames(choices: Choices) -> list[bytes]:
    """Cut an input into frames, among which known type names are frequent."""
    frames = [
        choices.one_of(KNOWN) if choices.number(1) else choices.take(choices.number(LONGEST))
        for _ in range(choices.number(6))
    ]
    return [*frames, choices.take(LONGEST)]


def damaged_frames(choices: Choices, framing: Any) -> list[bytes]:
    """Pack a valid message and damage its frames in some places."""
    codec = framing.outgoing
    envelope = proto.Envelope(
        choices.one_of([each for each in VALID if type(each) in codec.types]),
        topic=b"topic" if codec.has_topic else None,
        route=[b"id"] * max(framing.least, framing.route or 0),
        attachments=[b"attached"] * codec.attachments[0],
    )
    frames = [bytearray(frame) for frame in framing.pack(envelope)]
    for _ in range(choices.number(8)):
        frame = choices.one_of(frames)
        start = choices.number(len(frame))
        stop = start + choices.number(len(frame) - start)
        frame[start:stop] = choices.take(choices.number(12))
        if choices.number(9) == 1:
            frames.insert(choices.number(len(frames)), bytearray(frame))
    return [bytes(frame) for frame in frames]


class Fuzzer:
    """What is called with each input, and what became of them."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds
        self.inputs = self.decoded = self.refused = 0

    def __call__(self, raw: bytes) -> None:
        """Decode one input; raise if anything but a DecodeError comes out."""
        choices = Choices(raw)
        framing = choices.one_of(FRAMINGS)
        damaged = choices.number(1)
        frames = damaged_frames(choices, framing) if damaged else random_frames(choices)
        self.inputs += 1
        try:
            envelope = framing.unpack(frames)
        except proto.DecodeError as error:
            self.refused += 1
            if error.frames != frames or len(str(error)) > 2000:
                raise AssertionError from error
            return
        self.decoded += 1
        again = framing.unpack([bytes(frame) for frame in framing.pack(envelope)])
        for part in ("route", "topic", "attachments"):
            assert getattr(again, part) == getattr(envelope, part)
        first, second = (each.message.SerializeToString() for each in (envelope, again))
        assert len(first) == len(second)  # NaN is not equal to itself, and maps have no order

    def until_the_end(self, raw: bytes) -> None:
        """Call it, and print the counts when the time is over, which libFuzzer cannot."""
        self(raw)
        if time.monotonic() > self.end:
            try:
                self.report()
            except SystemExit:
                os._exit(0)

    def report(self) -> None:
        end(
            {
                "runtime": api_implementation.Type(),
                "inputs": self.inputs,
                "decoded": self.decoded,
                "refused": self.refused,
            },
            {},
        )


def main() -> None:
    if any("merge" in argument for argument in sys.argv):  # by hand, and by libFuzzer itself
        atheris.Setup([f"{sys.executable} -m tests.attacks.decode", *sys.argv[1:]], Fuzzer(3600))
        atheris.Fuzz()
    arguments = begin(__doc__, 30, found={"default": None})
    fuzzer = Fuzzer(arguments.seconds)
    for path in sorted(CORPUS.iterdir()):
        fuzzer(path.read_bytes())
    if not arguments.seconds:
        fuzzer.report()
    with tempfile.TemporaryDirectory() as directory:
        found = arguments.found or directory
        options = [*LIMITS, f"-seed={arguments.seed}", f"-artifact_prefix={found}/"]
        atheris.Setup([sys.argv[0], *options, found, str(CORPUS)], fuzzer.until_the_end)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

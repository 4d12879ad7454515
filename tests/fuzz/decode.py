"""A coverage-guided fuzzer of all that reads frames from strangers; run by hand, with atheris.

    pip install atheris && python tests/fuzz/decode.py -max_total_time=600 -rss_limit_mb=1024

Every input becomes the frames of a message, random ones or valid ones that were damaged, for one of
the codecs in one of the framings. Only a DecodeError may come out, it has to carry the frames, and
what decodes has to survive a round trip. libFuzzer adds the bounds on memory (`-rss_limit_mb`) and
on time per input (`-timeout`). With PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python, protobuf's own
parser is guided by its coverage, too; in C it cannot be.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))

with atheris.instrument_imports(include=["zmqlite.proto", "google.protobuf.internal"]):
    import schemas

    from zmqlite import proto

KINDS = [
    schemas.DataMessage,
    schemas.Node,
    schemas.Everything,
    schemas.Order,
    schemas.Cart,
    schemas.Open,
    schemas.Plain,
    schemas.Reading,
    schemas.Ticket,
]
FRAMINGS = [
    proto.Framing(codec, codec, route=route, least=least, replies=replies)
    for attachments in (0, 1, range(3))
    for codec in (
        *(proto.Bare(kind, limit=4096, attachments=attachments) for kind in KINDS),
        proto.Topic(schemas.Everything, limit=4096, attachments=attachments),
        proto.Tagged(*KINDS, limit=4096, attachments=attachments),
        proto.Tagged(*KINDS, topic=True, limit=4096, attachments=attachments),
    )
    for replies in (False, True)
    for route, least in ((0, 0), (1, 0), (None, 0), (None, 1))
    if route is not None or not isinstance(attachments, range)
]
NAMES = [kind.DESCRIPTOR.full_name.encode() for kind in KINDS]

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
LONGEST = 8192

counts = {"inputs": 0, "decoded": 0, "refused": 0}


def random_frames(data: atheris.FuzzedDataProvider) -> list[bytes]:
    """Cut an input into frames, among which known type names are frequent."""
    frames = []
    for _ in range(data.ConsumeIntInRange(0, 6)):
        if data.ConsumeBool():
            frames.append(data.PickValueInList([*NAMES, b"", b"zmqlite.error: reason"]))
        else:
            frames.append(data.ConsumeBytes(data.ConsumeIntInRange(0, LONGEST)))
    frames.append(data.ConsumeBytes(data.remaining_bytes()))
    return frames


def damaged_frames(data: atheris.FuzzedDataProvider, framing: Any) -> list[bytes]:
    """Pack a valid message and damage its frames in some places."""
    codec = framing.outgoing
    message = data.PickValueInList([each for each in VALID if type(each) in codec.types])
    envelope = proto.Envelope(
        message,
        topic=b"topic" if codec.has_topic else None,
        route=[b"id"] * max(framing.least, framing.route or 0),
        attachments=[b"attached"] * codec.attachments[0],
    )
    frames = [bytearray(frame) for frame in framing.pack(envelope)]
    for _ in range(data.ConsumeIntInRange(0, 8)):
        frame = data.PickValueInList(frames)
        start = data.ConsumeIntInRange(0, len(frame))
        end = data.ConsumeIntInRange(start, len(frame))
        frame[start:end] = data.ConsumeBytes(data.ConsumeIntInRange(0, 12))
        if data.ConsumeIntInRange(0, 9) == 0:
            frames.insert(data.ConsumeIntInRange(0, len(frames)), bytearray(frame))
    return [bytes(frame) for frame in frames]


def fuzz(raw: bytes) -> None:
    """Decode one input; raise if anything but a DecodeError comes out."""
    data = atheris.FuzzedDataProvider(raw)
    framing = FRAMINGS[data.ConsumeIntInRange(0, len(FRAMINGS) - 1)]
    frames = damaged_frames(data, framing) if data.ConsumeBool() else random_frames(data)
    counts["inputs"] += 1
    if counts["inputs"] % 2**18 == 0:
        print(counts, file=sys.stderr)
    try:
        envelope = framing.unpack(frames)
    except proto.DecodeError as error:
        counts["refused"] += 1
        if error.frames != frames or len(str(error)) > 2000:
            raise AssertionError from error
        return
    counts["decoded"] += 1
    again = framing.unpack([bytes(frame) for frame in framing.pack(envelope)])
    assert again.route == envelope.route
    assert again.topic == envelope.topic
    assert again.attachments == envelope.attachments
    first, second = (each.message.SerializeToString() for each in (envelope, again))
    # NaN is not equal to itself, and maps have no order.
    assert len(first) == len(second)


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()

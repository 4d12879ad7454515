"""What a type checker knows: with the stubs that protoc writes, the type of every message."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import schemas
from checkout import ROOT

HEAD = """
from typing import Any, assert_type
import zmqlite as zmq
from zmqlite import aio, proto
from zmqlite.proto.aio import TypedSocket as AsyncTypedSocket
from message_pb2 import DataMessage
from zoo_pb2 import Array, Cat, CatFlap, Everything, Node

context = zmq.Context()
socket = context.socket(zmq.PULL)
awaited = aio.Context().socket(zmq.PULL)
"""

RIGHT = """
typed = proto.TypedSocket(socket, DataMessage)
assert_type(typed, proto.TypedSocket[DataMessage, DataMessage])
assert_type(typed.recv(), DataMessage)
assert_type(typed.recv_many(), list[DataMessage])
assert_type(typed.recv_envelope(), proto.Received[DataMessage])
assert_type(typed.recv_envelope().message, DataMessage)
for attachment in typed.recv_envelope().attachments:
    assert_type(attachment, memoryview)
assert_type(typed.recv_envelope().topic, bytes | None)
for message in typed:
    assert_type(message, DataMessage)
typed.send(DataMessage(content="hello"))
assert_type(typed.send_many([DataMessage()]), int)

client = proto.TypedSocket(socket, Cat, CatFlap)
assert_type(client, proto.TypedSocket[Cat, CatFlap])
client.send(Cat())
assert_type(client.recv(), CatFlap)
client.send_envelope(client.recv_envelope().reply(Cat()))

topics = proto.TypedSocket(socket, proto.Topic(Cat))
assert_type(topics.recv(), Cat)

both = proto.TypedSocket(socket, proto.Tagged[Cat | CatFlap](Cat, CatFlap))
both.send(Cat())
both.send(CatFlap())
match both.recv():
    case Cat() as cat:
        assert_type(cat, Cat)
    case flap:
        assert_type(flap, CatFlap)

tagged = proto.TypedSocket(socket, proto.Tagged(Cat, CatFlap, topic=True, limit=4096))
assert_type(tagged, proto.TypedSocket[Cat | CatFlap, Cat | CatFlap])
reveal_type(tagged.recv())
assert_type(proto.Tagged(Cat), proto.Tagged[Cat])
assert_type(proto.Tagged(Cat, CatFlap, DataMessage), proto.Tagged[Cat | CatFlap | DataMessage])
assert_type(
    proto.Tagged(DataMessage, Node, Array, Everything, Cat, CatFlap),
    proto.Tagged[DataMessage | Node | Array | Everything | Cat | CatFlap],
)

tagged.rcvhwm = 5
assert_type(tagged.rcvhwm, int)
assert_type(tagged.bind("tcp://*:*"), str)
poller = zmq.Poller()
poller.register(tagged, zmq.POLLIN)

mixed = proto.TypedSocket(socket, Cat, proto.Tagged[Cat | CatFlap](Cat, CatFlap))
assert_type(mixed.recv(), Cat | CatFlap)

assert_type(proto.Bare(Cat).decode([b""]), Cat)

dispatcher = proto.Dispatcher()
dispatcher.add(both)

@dispatcher.on(Cat)
def on_cat(message: Cat, delivery: proto.Delivery[Cat]) -> None:
    assert_type(delivery.envelope.message, Cat)

asynchronous = AsyncTypedSocket(awaited, Cat, CatFlap)
assert_type(asynchronous, AsyncTypedSocket[Cat, CatFlap])

async def exchange() -> None:
    await asynchronous.send(Cat())
    assert_type(await asynchronous.recv(), CatFlap)
    assert_type(await asynchronous.recv_many(), list[CatFlap])
    received = await asynchronous.recv_envelope()
    assert_type(received, proto.Received[CatFlap])
    await asynchronous.send_envelope(received.reply(Cat()))
    async for message in AsyncTypedSocket(awaited, proto.Tagged[Cat | CatFlap](Cat, CatFlap)):
        assert_type(message, Cat | CatFlap)
"""

WRONG = {
    "typed.send(Cat())": 'incompatible type "Cat"',
    "typed.send(b'bytes')": 'incompatible type "bytes"',
    "typed.recv().no_such_field": "has no attribute",
    "client.send(CatFlap())": 'incompatible type "CatFlap"',
    "proto.TypedSocket(socket, int)": "",
    "both.send(DataMessage())": 'incompatible type "DataMessage"',
    "dispatcher.on(CatFlap)(on_cat)": "incompatible type",
    "proto.TypedSocket(awaited, Cat)": "No overload variant",
    "AsyncTypedSocket(socket, Cat)": "No overload variant",
    "asynchronous.send(CatFlap())": 'incompatible type "CatFlap"',
    "asynchronous.recv().name": 'has no attribute "name"',
    "tagged.send(DataMessage())": 'incompatible type "DataMessage"',
    "proto.Tagged(Cat, CatFlap, topics=True)": "No overload variant",
    "typed.recv(timeout=1.5)": 'incompatible type "float"',
    "typed.send(DataMessage(), topic='text')": 'incompatible type "str"',
}


def mypy(directory: Path, program: str) -> list[str]:
    """Return what mypy says about a program; what protoc wrote for it is not our concern."""
    (directory / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "program.py"],
        cwd=directory,
        env={
            **os.environ,
            "MYPYPATH": str(ROOT),
            "MYPY_CACHE_DIR": str(directory.parent / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith("program.py:")]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("typed")
    schemas.generate(path, f"--pyi_out={path}")
    return path


@pytest.mark.slow
def test_the_types_of_messages_flow_and_misuse_is_found(directory: Path) -> None:
    (revealed,) = mypy(directory, HEAD + RIGHT)
    assert revealed.endswith('note: Revealed type is "zoo_pb2.Cat | zoo_pb2.CatFlap"')
    program = HEAD + RIGHT + "\n".join(WRONG)
    first = program.count("\n") - len(WRONG) + 2
    lines = mypy(directory, program)
    for number, (line, words) in enumerate(WRONG.items(), start=first):
        found = [text for text in lines if text.startswith(f"program.py:{number}: error")]
        assert found, f"nothing found in {line!r}:\n" + "\n".join(lines)
        assert words in " ".join(found)

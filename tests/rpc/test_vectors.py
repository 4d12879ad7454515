"""The golden vectors and the wire page: what both protocols make of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from google.protobuf import descriptor_pb2
from google.protobuf.any_pb2 import Any as AnyMessage
from rpc_support import GREETER

from zmqlite import rpc
from zmqlite.rpc import schema, wire
from zmqlite.rpc.brokering import BrokerProtocol
from zmqlite.rpc.call import methods_of
from zmqlite.rpc.calling import ClientCall, ClientProtocol
from zmqlite.rpc.serving import Happened, ServerCall, ServerProtocol

PAGE = (ROOT / "docs" / "reference" / "rpc-wire.md").read_text(encoding="utf-8")
VECTORS = json.loads((ROOT / "tests" / "rpc" / "vectors" / "conversations.json").read_text())
METHODS = {method.name: method for method in methods_of(GREETER)}
INCARNATION, LIMIT = b"INCARN-1", 4_194_304
CALL = bytes(range(16))
ROUTE = b"\0abcd"

conversations = pytest.mark.parametrize(
    "steps", [pytest.param(vector["steps"], id=vector["name"]) for vector in VECTORS]
)


def parsed(frames: list[Any]) -> list[Any]:
    """Frames that can be compared: fields of an envelope may come in any order."""
    envelope = schema.Envelope.FromString(bytes(frames[0]))
    return [envelope, *(bytes(frame) for frame in frames[1:])]


def decoded(frames: list[str]) -> list[bytes]:
    return [bytes.fromhex(frame) for frame in frames]


def error_of(step: dict[str, Any]) -> rpc.RpcError:
    details = [
        AnyMessage(type_url=url, value=bytes.fromhex(value)) for url, value in step["details"]
    ]
    yes = rpc.Executed.YES
    return rpc.RpcError(rpc.Status(step["status"]), step["message"], details, executed=yes)


def act(protocol: ServerProtocol, call: ServerCall, step: dict[str, Any]) -> None:
    """Do what a handler does."""
    call.claim()
    if step["does"] == "reply":
        attachments = decoded(step.get("attachments", []))
        extra = wire.extra(step.get("metadata"), attachments)
        protocol.reply(call, bytes.fromhex(step["payload"]), extra, attachments, 0)
    elif step["does"] == "fail":
        protocol.fail(call, error_of(step), 0)
    elif step["does"] == "end":
        protocol.end(call, {}, 0)
    else:
        for payload in decoded(step["payloads"]):
            protocol.item(call, payload)


@conversations
def test_a_server_answers_so(steps: list[dict[str, Any]]) -> None:
    protocol = ServerProtocol(INCARNATION, METHODS, calls=10, limit=LIMIT)
    begun: list[ServerCall] = []
    expected: list[Any] = []
    sent: list[Any] = []
    for step in steps:
        if "client" in step:
            sent += protocol.outgoing
            protocol.outgoing.clear()
            event = protocol.receive([ROUTE, *decoded(step["client"])], 0)
            begun += [event[1]] if event and event[0] is Happened.BEGIN else []
        elif "does" in step:
            act(protocol, begun[-1], step)
        else:
            expected.append([ROUTE, *parsed(decoded(step["server"]))])
    sent += protocol.outgoing
    assert [[frames[0], *parsed(frames[1:])] for frames in sent] == expected


BROKER = json.loads((ROOT / "tests" / "rpc" / "vectors" / "broker.json").read_text())


@pytest.mark.parametrize("steps", [pytest.param(each["steps"], id=each["name"]) for each in BROKER])
def test_a_broker_says_so(steps: list[dict[str, Any]]) -> None:
    broker = BrokerProtocol(b"BROKER-1", 0, waiting=10, calls=10, limit=LIMIT)
    sent: list[Any] = []
    expected: list[Any] = []
    for step in steps:
        if "from" in step:
            broker.receive([step["from"].encode(), *decoded(step["frames"])], 0)
        elif "lost" in step:
            broker.unreachable([step["lost"].encode(), wire.more(kind=int(wire.Kind.PROBE))], 0)
        else:
            expected.append([step["to"].encode(), *parsed(decoded(step["frames"]))])
        sent += broker.outgoing
        broker.outgoing.clear()
    assert [[frames[0], *parsed(frames[1:])] for frames in sent] == expected


def started(client: ClientProtocol, frames: list[bytes]) -> ClientCall:
    """Begin the call of a request."""
    envelope = schema.Envelope.FromString(frames[0])
    method = METHODS[envelope.method]
    count = envelope.attachments
    extra = wire.extra(dict(envelope.metadata), frames[len(frames) - count :] if count else [])
    timeout = envelope.timeout if envelope.HasField("timeout") else -1
    return client.start(method, frames[1:], timeout, 0, extra)


@pytest.mark.parametrize(
    "steps", [pytest.param(each["steps"], id=each["name"]) for each in VECTORS[:5]]
)
def test_a_client_says_and_understands_so(steps: list[dict[str, Any]]) -> None:
    client = ClientProtocol(["tcp://server"])
    client._prefix, client._count = CALL[:8], int.from_bytes(CALL[8:], "big") - 1
    link, call, items = client.links[0], None, []
    client.opened(link)
    for step in steps:
        if "client" in step:
            frames = decoded(step["client"])
            envelope = schema.Envelope.FromString(frames[0])
            if envelope.kind == wire.Kind.REQUEST:
                call = started(client, frames)
            elif envelope.kind == wire.Kind.CREDIT:
                continue
            sent = parsed(client.outgoing.pop()[1])
            sent[0].credit = envelope.credit
            assert sent == parsed(frames)
        elif "server" in step:
            client.receive(link, decoded(step["server"]), 0)
            items += decoded(step["server"])[1:]
    assert link.incarnation == INCARNATION
    if call is not None:
        last = decoded(steps[-1]["server"])
        assert call.ended
        got = list(call.items or call.parts[1:])
        assert got == items
        status = schema.Envelope.FromString(last[0]).status
        assert (call.error.status if call.error else 0) == status


def test_the_page_has_the_schema(tmp_path: Path) -> None:
    (tmp_path / "zmqlite").mkdir()
    (block,) = re.findall(r"```proto\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "zmqlite" / "rpc.proto").write_text(block)
    command = [sys.executable, "-m", "protoc", f"--proto_path={tmp_path}", "zmqlite/rpc.proto"]
    subprocess.run(
        [*command, f"--descriptor_set_out={tmp_path / 'set'}"], check=True, timeout=20, cwd=tmp_path
    )
    (file,) = descriptor_pb2.FileDescriptorSet.FromString((tmp_path / "set").read_bytes()).file
    ours = descriptor_pb2.FileDescriptorProto()
    ours.CopyFrom(schema.FILE)
    for each in (file, ours):
        for message in each.message_type:
            for field in [*message.field, *(f for m in message.nested_type for f in m.field)]:
                field.ClearField("json_name")
    assert file == ours


def test_the_examples_of_the_page_are_those_of_the_vectors() -> None:
    examples = re.findall(r"^    ([0-9a-f]{8,}) +[A-Z]+ \{", PAGE, re.MULTILINE)
    known = json.dumps(VECTORS)
    assert len(examples) == 3
    assert [example for example in examples if f'"{example}"' not in known] == []

"""Typed payloads as JSON in every wire form, from each kind of schema; and payloads without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_support import Call, pyzmq, refused, says, started
from schemas import SOURCES, Cat, DataMessage, Everything, generate
from support import slow

ANY = "tcp://127.0.0.1:*"
HELLO = DataMessage(content="hellö", timestamp=7)
TEXT = '{"content": "hellö", "timestamp": "7"}'
PROTO = ["--proto", str(SOURCES / "message.proto"), "--type", "DataMessage"]


@pytest.fixture
def schema(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The options for a schema of one of the kinds."""
    if request.param == "source":
        return PROTO[:2]
    if request.param == "module":
        generate(tmp_path)
        return ["--proto", "message_pb2", "-I", str(tmp_path)]
    path = tmp_path / "set"
    command = [sys.executable, "-m", "protoc", f"-I{SOURCES}", f"--descriptor_set_out={path}"]
    subprocess.run([*command, "message.proto"], check=True, timeout=30)
    return ["--proto", str(path)]


@pytest.mark.parametrize(
    "schema", ["source", slow("module"), slow("descriptor set")], indirect=True
)
def test_each_kind_of_schema_serves_both_ways(schema: list[str]) -> None:
    with pyzmq("PULL") as peer:
        says("push", peer.bind(), *schema, "--type", "DataMessage", stdin=TEXT)
        assert DataMessage.FromString(*peer.recv()) == HELLO
    options = [*schema, "--type", "DataMessage"]
    with started("pull", ANY, "-n", "1", *options) as command, pyzmq("PUSH") as peer:
        peer.connect(command.bound())
        peer.send(HELLO.SerializeToString())
        assert command.output() == f"{TEXT}\n"


@pytest.mark.slow
def test_a_topic_is_before_the_payload() -> None:
    with started("sub", ANY, "--bind", "-n", "1", "--topic", "t", *PROTO) as command:
        says(
            "pub", "--connect", command.bound(), "--topic", "t1", "--wait", "1", *PROTO, "-m", TEXT
        )
        assert command.output() == f"t1\t{TEXT}\n"


@pytest.mark.slow
def test_a_tagged_payload_says_its_type() -> None:
    zoo = ["--proto", str(SOURCES / "zoo.proto"), "--tagged"]
    zoo += ["--type", Cat.DESCRIPTOR.full_name, "--type", Everything.DESCRIPTOR.full_name]
    name = Everything.DESCRIPTOR.full_name.encode()
    with pyzmq("PULL") as peer:
        endpoint = peer.bind()
        says("push", endpoint, *zoo, "--separator", "|", "-m", "{}", "-m", f"{name.decode()}|{{}}")
        assert peer.recv() == [Cat.DESCRIPTOR.full_name.encode(), b""]
        assert peer.recv() == [name, b""]
        assert "none of --type" in refused(
            "push", endpoint, *zoo, "--separator", "|", "-m", "a.B|{}"
        )
    with (
        started("pull", ANY, "-n", "2", *zoo, "--output", "json") as command,
        pyzmq("PUSH") as peer,
    ):
        peer.connect(command.bound())
        peer.send(name, Everything(whole=-5, raw=b"\xff").SerializeToString())
        peer.send(b"a.B", b"")
        code, out, err = command.end()
        assert json.loads(out)["frames"] == [name.decode(), {"whole": "-5", "raw": "/w=="}]
        assert (code, err.count("\n")) == (1, 1)
        assert err.startswith("message 2: ")


@pytest.mark.slow
def test_typed_json_that_was_printed_is_read_again() -> None:
    with started("pull", ANY, "-n", "1", "--output", "json", *PROTO) as command:
        says("push", command.bound(), *PROTO, "--input", "json", stdin=TEXT)
        printed = command.output()
    assert json.loads(printed)["frames"] == [json.loads(TEXT)]
    with pyzmq("PULL") as peer:
        says("push", peer.bind(), *PROTO, "--input", "json", stdin=printed)
        assert DataMessage.FromString(*peer.recv()) == HELLO


def test_a_payload_that_does_not_parse_is_told_and_the_next_is_printed() -> None:
    with started("pull", ANY, "-n", "2", *PROTO) as command, pyzmq("PUSH") as peer:
        peer.connect(command.bound())
        peer.send(b"\xff\x1b[31m")
        peer.send(HELLO.SerializeToString())
        code, out, err = command.end()
    assert (code, out, err.count("\n")) == (1, f"{TEXT}\n", 1)
    assert err.startswith("message 1: DataMessage: the payload does not parse")


def test_the_fields_of_a_payload_are_shown_without_a_schema() -> None:
    shown: list[tuple[bytes, dict[str, Any]]] = [
        (b"", {}),
        (HELLO.SerializeToString(), {"1": ["hellö"], "2": [7]}),
        (b"\x0a\x02\x08\x01\x0a\x01\xff", {"1": [{"1": [1]}, {"hex": "ff"}]}),
        (b"\x0d\1\0\0\0\x11\1\0\0\0\0\0\0\0", {"1": [1], "2": [1]}),
        (b"\x0b\x10\x01\x0c", {"1": ["a group"]}),
        (b"\x0a\0", {"1": [""]}),
    ]
    options = ["-n", str(len(shown)), "--decode-raw"]
    with started("pull", ANY, *options) as command, pyzmq("PUSH") as peer:
        peer.connect(command.bound())
        for payload, _ in shown:
            peer.send(payload)
        lines = command.output().splitlines()
    assert [json.loads(line) for line in lines] == [fields for _, fields in shown]


@pytest.mark.slow
def test_messages_inside_one_another_end_somewhere() -> None:
    payload = b"\xff"
    for _ in range(40):
        payload = b"\x0a" + bytes([len(payload)]) + payload
    with started("pull", ANY, "-n", "2", "--decode-raw") as command, pyzmq("PUSH") as peer:
        peer.connect(command.bound())
        peer.send(payload)
        peer.send(b"\xff")
        code, out, err = command.end()
    assert (code, out.count("\n"), err.count("\n")) == (1, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "text", "reason"),
    [
        (PROTO, '{"nonsense": 1}', "nonsense"),
        (PROTO, "no json", "message 1"),
        (PROTO, '{"timestamp": "x"}', "timestamp"),
        (PROTO, "[1]", "message 1"),
        (PROTO, "[" * 100_000, "message 1"),
        ([*PROTO[:2], "--type", "Nonsense"], "{}", "no message Nonsense"),
        ([*PROTO, "--type", "DataMessage"], "{}", "--tagged"),
        (PROTO[:2], "{}", "--type"),
    ],
)
def test_what_does_not_fit_the_schema_is_refused(
    arguments: list[str], text: str, reason: str, call: Call
) -> None:
    done = call("push", ANY, *arguments, "-m", text)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr


def test_a_proto_file_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.proto").write_text("nonsense")
    arguments = ["--proto", str(tmp_path / "bad.proto"), "--type", "a.B", "-m", "{}"]
    assert "bad.proto:1:1" in refused("push", ANY, *arguments)

"""call, list and describe, with a server of demo.Greeter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import Call, run, says, started
from rpc_support import SOURCES, Serving, serving

import zmqlite as zmq
from zmqlite import auth

SCHEMA = ["--proto", str(SOURCES / "greeter.proto")]


@pytest.fixture
def server(context: zmq.Context) -> Iterator[Serving]:
    with serving("pool", context) as server:
        yield server


@pytest.fixture
def endpoint(server: Serving) -> str:
    return server.endpoint


def test_list_names_services_with_their_health(endpoint: str) -> None:
    assert says("list", endpoint) == ("demo.Greeter        serving\nzmqlite.rpc.Server  serving\n")


@pytest.mark.slow
def test_describe_prints_what_the_proto_file_has(endpoint: str) -> None:
    assert says("describe", endpoint, "demo.Greeter").splitlines()[1:3] == [
        "  rpc Hello(demo.HelloRequest) returns (demo.HelloReply);",
        "  rpc Ask(demo.HelloRequest) returns (demo.HelloReply)"
        " { option idempotency_level = IDEMPOTENT; }",
    ]
    assert says("describe", endpoint, "demo.Event").splitlines() == [
        "message demo.Event {",
        "  uint64 number = 1;",
        "}",
    ]
    assert "service zmqlite.rpc.Server {\n" in says("describe", endpoint)


@pytest.mark.slow
def test_call_prints_a_reply_and_the_items_of_a_stream(endpoint: str) -> None:
    request = '{"name": "you"}'
    assert json.loads(says("call", endpoint, "demo.Greeter/Hello", request))["text"]
    assert says("call", endpoint, "demo.Greeter/Hello", "-", stdin=request) == says(
        "call", endpoint, "/demo.Greeter/Hello", request, *SCHEMA
    )
    lines = says("call", endpoint, "demo.Greeter/Watch", '{"count": 3}').splitlines()
    assert [json.loads(line).get("number", "0") for line in lines] == ["0", "1", "2"]


@pytest.mark.slow
def test_a_stream_is_printed_as_it_comes(endpoint: str) -> None:
    request = ["demo.Greeter/Watch", '{"count": 1000000000}']
    with started("call", endpoint, *request, "--timeout", "60000") as command:
        assert [command.line() for _ in range(3)][2] == '{"number": "2"}'


@pytest.mark.slow
def test_metadata_is_sent(server: Serving) -> None:
    says("call", server.endpoint, "demo.Greeter/Hello", "--meta", "trace=7")
    assert server.greeter.calls[-1].metadata == {"trace": "7"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["call", "demo.Nobody/Hello", "{}"], "no method demo.Nobody/Hello"),
        (["call", "demo.Greeter/Nothing", "{}"], "no method demo.Greeter/Nothing"),
        (["call", "Hello", "{}"], "no method Hello"),
        (["call", "demo.Greeter/Hello", "x"], "demo.HelloRequest"),
        (["call", "demo.Greeter/Hello", '{"nam": 1}'], "nam"),
        (["call", "demo.Greeter/Hello", "[" * 10_000], "demo.HelloRequest"),
        (["describe", "demo.Nobody"], "there is no demo.Nobody"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_wrong_call_is_refused(
    endpoint: str, arguments: list[str], reason: str, call: Call
) -> None:
    command, *rest = arguments
    done = call(command, endpoint, *rest)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert reason in done.stderr


def test_how_a_call_failed_is_one_line(endpoint: str) -> None:
    done = run("call", endpoint, "demo.Greeter/Hello", '{"name": "unknown"}')
    line = "zmqlite call: NOT_FOUND: nobody is called so (executed: yes)\n"
    assert (done.returncode, done.stderr) == (1, line)


@pytest.mark.slow
def test_a_deadline_that_passed_has_an_exit_code_of_its_own(endpoint: str) -> None:
    slow = ["demo.Greeter/Hello", '{"name": "wait"}', "--timeout", "2000"]
    assert run("call", endpoint, *slow).returncode == 3
    assert run("list", "tcp://127.0.0.1:1", "--timeout", "100").returncode == 1


@pytest.mark.slow
def test_a_service_behind_curve_is_called_with_a_certificate(tmp_path: Path) -> None:
    for name in ("server", "anna"):
        auth.Certificate.generate().save(tmp_path / name)
    keys = ["--cert", str(tmp_path / "anna"), "--server-key", str(tmp_path / "server")]
    secret = auth.Certificate.load(tmp_path / "server").secret_key
    policy = auth.Policy(curve={auth.Certificate.load(tmp_path / "anna").public_key})
    options = {"curve_server": True, "curve_secretkey": secret}
    with (
        zmq.Context(linger=0) as context,
        auth.Authenticator(context, policy),
        serving("pool", context, options=options) as server,
    ):
        hello = ["call", server.endpoint, "demo.Greeter/Hello", '{"name": "you"}']
        assert says(*hello, *keys) == '{"text": "Hello, you"}\n'
        assert run(*hello, "--timeout", "300").returncode == 1

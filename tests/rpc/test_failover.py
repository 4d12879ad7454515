"""Servers that end, come back and are lost, with real sockets; see test_protocol for all orders."""

from __future__ import annotations

import collections
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attacks.rpc_service import SERVICE, Note
from checkout import ROOT
from rpc_support import GREETER, LONG, Reply, Request, WatchRequest, calling, serving
from support import Task, eventually

import zmqlite as zmq
from zmqlite import rpc

CLIENTS = pytest.mark.parametrize("kind", ["blocking", "asyncio"])


def called(stub: Any, count: int) -> collections.Counter[str]:
    """Make calls that may be repeated; how many each server has answered."""
    endpoints: collections.Counter[str] = collections.Counter()
    for number in range(count):
        outcome = rpc.Outcome()
        assert stub.ask(Request(name=f"{number}"), outcome=outcome).text == f"Hello, {number}"
        endpoints[outcome.endpoint] += 1
    return endpoints


@CLIENTS
def test_calls_go_on_when_a_server_ends(context: zmq.Context, kind: str) -> None:
    with serving("pool", context) as first, serving("asyncio", context) as second:
        endpoints = [first.endpoint, second.endpoint]
        with calling(kind, context, *endpoints, timeout=LONG) as stub:
            eventually(lambda: set(called(stub, 4)) == set(endpoints))
            first.end()
            # A call that was sent to it when it ended is sent to the other one.
            eventually(lambda: set(called(stub, 4)) == {second.endpoint})


@CLIENTS
def test_a_server_that_comes_back_gets_calls_again(context: zmq.Context, kind: str) -> None:
    with serving("pool", context) as first:
        endpoint = first.endpoint
        with calling(kind, context, endpoint, timeout=LONG) as stub:
            called(stub, 1)
            first.end()
            waiting = Task(called, stub, 1)
            with serving("pool", context, endpoint) as again:
                waiting.result()
                assert again.greeter.executed == ["0"]


@CLIENTS
def test_a_call_that_was_sent_to_a_server_that_ended_is_not_sent_again(
    context: zmq.Context, kind: str
) -> None:
    with (
        serving("asyncio", context) as first,
        calling(kind, context, first.endpoint, timeout=LONG) as stub,
    ):
        waiting = Task(stub.hello, Request(name="wait"))
        assert first.greeter.begun.acquire(timeout=LONG / 1000)
        first.stop(0)
        first.task.result()
        with serving("pool", context, first.endpoint) as again:
            with pytest.raises(rpc.RpcError) as caught:
                waiting.result()
            assert caught.value.status in (rpc.Status.UNAVAILABLE, rpc.Status.CANCELLED)
            assert caught.value.executed is not rpc.Executed.NO
            assert stub.hello(Request(name="you")) == Reply(text="Hello, you")
        assert again.greeter.executed == ["you"]


@contextmanager
def relayed(endpoint: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """A way to a server over a relay, and what cuts its connections."""
    command = [sys.executable, "-m", "tests.attacks.rpc_relay", endpoint.rpartition(":")[2]]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as relay:
        assert relay.stdin
        assert relay.stdout
        stdin = relay.stdin

        def cut() -> None:
            stdin.write("0\n")
            stdin.flush()

        try:
            yield f"tcp://127.0.0.1:{relay.stdout.readline().strip()}", cut
        finally:
            relay.kill()


@CLIENTS
@pytest.mark.parametrize("method", ["hello", "ask"])
def test_a_call_survives_a_lost_connection(context: zmq.Context, kind: str, method: str) -> None:
    with (
        serving("pool", context) as server,
        relayed(server.endpoint) as (endpoint, cut),
        calling(kind, context, endpoint, timeout=LONG) as stub,
    ):
        waiting = Task(getattr(stub, method), Request(name="wait"))
        assert server.greeter.begun.acquire(timeout=LONG / 1000)
        protocol = server.server._protocol
        (call,) = protocol._open.values()
        routes = len(call.routes)
        cut()
        eventually(lambda: len(call.routes) > routes)  # the client is back, and has asked again
        server.greeter.go_on.set()
        assert waiting.result() == Reply(text="Hello, wait")
    assert server.greeter.executed.count("wait") == 1


def test_calls_are_spread_over_the_servers(context: zmq.Context) -> None:
    with (
        serving("receiving thread", context) as first,
        serving("receiving thread", context) as second,
        calling("asyncio", context, first.endpoint, second.endpoint, timeout=LONG) as stub,
    ):
        eventually(lambda: len(called(stub, 4)) == 2)
        assert sorted(called(stub, 10).values()) == [5, 5]


def test_a_stream_of_a_server_that_ends_does_too(context: zmq.Context) -> None:
    with (
        serving("asyncio", context) as server,
        rpc.Client(context, server.endpoint, timeout=LONG) as client,
    ):
        stream = client.stub(GREETER).watch(WatchRequest(count=1_000_000))
        next(stream)
        server.stop(0)
        server.task.result()
        with pytest.raises(rpc.RpcError) as caught:
            collections.deque(stream, maxlen=0)
        assert caught.value.status in (rpc.Status.UNAVAILABLE, rpc.Status.CANCELLED)


@pytest.mark.slow
def test_a_server_that_hangs_is_lost(context: zmq.Context, tmp_path: Path) -> None:
    endpoints = [f"ipc://{tmp_path}/{number}" for number in range(2)]
    processes = []
    try:
        for endpoint in endpoints:
            command = [sys.executable, "-m", "tests.attacks.rpc_server", endpoint]
            processes.append(
                subprocess.Popen(
                    [*command, str(tmp_path / "executed"), "pool"], stdout=subprocess.PIPE, cwd=ROOT
                )
            )
            stdout = processes[-1].stdout
            assert stdout
            assert stdout.readline()
        options: Any = {"heartbeat_ivl": 100, "heartbeat_timeout": 500}
        with rpc.Client(context, *endpoints, timeout=LONG, options=options) as client:
            stub = client.stub(SERVICE)

            def called() -> str:
                outcome = rpc.Outcome()
                stub.repeat(Note(number=1), outcome=outcome)
                return outcome.endpoint

            eventually(lambda: {called() for _ in range(4)} == set(endpoints))
            processes[0].send_signal(signal.SIGSTOP)
            eventually(lambda: {called() for _ in range(4)} == {endpoints[1]})
    finally:
        for process in processes:
            process.kill()
            process.communicate()

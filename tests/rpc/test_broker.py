"""A broker with real sockets and processes; see test_broker_protocol for all orders of events."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attacks.rpc_service import SERVICE, Note
from rpc_support import (
    GREETER,
    LONG,
    AsyncGreeter,
    Event,
    Greeter,
    Reply,
    Request,
    WatchRequest,
    calling,
)
from support import DEADLINE, Task

import zmqlite as zmq
from zmqlite import aio, auth, rpc
from zmqlite.rpc import aio as rpc_aio
from zmqlite.rpc import calling as rpc_calling
from zmqlite.rpc import schema


@contextmanager
def brokering(context: zmq.Context, **options: Any) -> Iterator[tuple[rpc.Broker, str]]:
    """A broker that runs in a thread until the end of the block, and its endpoint."""
    broker = rpc.Broker(context, **options)
    endpoint = broker.bind("tcp://127.0.0.1:*")
    task = Task(broker.run)
    try:
        yield broker, endpoint
    finally:
        broker.stop()
        task.result()


@contextmanager
def registered(context: zmq.Context, *endpoints: str, **options: Any) -> Iterator[Greeter]:
    """A server that has registered with brokers."""
    greeter = Greeter()
    server = rpc.Server(context, rpc.Service(GREETER, greeter), threads=4, **options)
    for endpoint in endpoints:
        server.register(endpoint, calls=4)
    task = Task(server.run)
    try:
        yield greeter
    finally:
        greeter.go_on.set()
        server.stop()
        task.result()


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_calls_streams_and_attachments_pass_through(context: zmq.Context, kind: str) -> None:
    with (
        brokering(context) as (_, endpoint),
        registered(context, endpoint),
        calling(kind, context, endpoint, timeout=LONG) as stub,
    ):
        outcome = rpc.Outcome()
        sent = {"metadata": {"a": "b"}, "attachments": [bytes(100_000)], "outcome": outcome}
        assert stub.hello(Request(name="you"), **sent) == Reply(text="Hello, you")
        assert outcome.metadata == {"got a": "b"}
        assert [len(each) for each in outcome.attachments] == [100_001]
        items = list(stub.watch(WatchRequest(count=3000)))
        assert items == [Event(number=number) for number in range(3000)]
        with pytest.raises(rpc.RpcError, match="NOT_FOUND: nobody is called so") as raised:
            stub.hello(Request(name="unknown"))
        assert raised.value.executed is rpc.Executed.YES


def test_a_cancelled_call_is_cancelled_on_its_server(context: zmq.Context) -> None:
    with (
        brokering(context) as (_, endpoint),
        registered(context, endpoint) as greeter,
        calling("blocking", context, endpoint) as stub,
    ):
        # The server may be the first to see that the time is over.
        with pytest.raises(rpc.RpcError, match=r"DEADLINE_EXCEEDED|CANCELLED"):
            stub.hello(Request(name="wait"), timeout=LONG // 10)
        (call,) = greeter.calls
        assert call.cancellation.wait(DEADLINE)


def test_the_built_in_services_tell_of_what_is_registered(context: zmq.Context) -> None:
    with (
        brokering(context) as (_, endpoint),
        registered(context, endpoint),
        rpc.Client(context, endpoint, timeout=LONG) as client,
    ):
        client.stub(GREETER).hello(Request(name="you"))
        built_in = client.stub(schema.SERVER)
        assert GREETER.full_name in built_in.list(schema.ListRequest()).services
        health = schema.HealthRequest(service=GREETER.full_name)
        assert built_in.health(health).serving
        (found,) = client.stub(schema.BROKER).statistics(schema.StatisticsRequest()).services
        assert (found.service, found.servers, found.calls) == (GREETER.full_name, 1, 1)


def test_strangers_neither_call_nor_register(context: zmq.Context) -> None:
    server, anna, bert = (auth.Certificate.generate() for _ in range(3))
    policy = auth.Policy(curve={anna.public_key: "anna", bert.public_key: "bert"})
    allowed = threading.Event()

    def may_register(user: str | None, service: str) -> bool:
        if user != "anna":
            allowed.set()
        return user == "anna"

    def of(who: auth.Certificate) -> Any:
        keys = {"curve_publickey": who.public_key, "curve_secretkey": who.secret_key}
        return {"curve_serverkey": server.public_key, **keys}

    options: Any = {"curve_server": True, "curve_secretkey": server.secret_key}
    with (
        auth.Authenticator(context, policy),
        brokering(context, may_register=may_register, options=options) as (_, endpoint),
        registered(context, endpoint, options=of(bert)) as refused,
    ):
        assert allowed.wait(DEADLINE)
        with (
            registered(context, endpoint, options=of(anna)) as greeter,
            rpc.Client(context, endpoint, timeout=LONG, options=of(bert)) as client,
        ):
            for _ in range(4):
                client.stub(GREETER).hello(Request(name="you"))
        assert len(greeter.executed) == 4
        assert refused.executed == []


# Processes


class Program:
    """A broker or a server of its own process, which is killed at the end."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline().strip()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(DEADLINE)
        assert self.process.stdout is not None
        self.process.stdout.close()


def broker_program(endpoint: str = "tcp://127.0.0.1:*") -> Program:
    return Program("zmqlite.rpc", "broker", endpoint)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_sigterm_lets_calls_end(context: zmq.Context) -> None:
    with broker_program() as broker:
        endpoint = broker.line.split()[1]
        with (
            registered(context, endpoint) as greeter,
            calling("blocking", context, endpoint, timeout=LONG) as stub,
        ):
            waiting = Task(stub.hello, Request(name="wait"))
            assert greeter.begun.acquire(timeout=DEADLINE)
            broker.process.send_signal(signal.SIGTERM)

            def late() -> None:
                while True:  # it ends before the broker is asked once more
                    stub.hello(Request(name="late"), timeout=rpc_calling.AVOID_MS // 2)

            with pytest.raises(rpc.RpcError, match="UNAVAILABLE") as raised:
                late()
            assert raised.value.executed is rpc.Executed.NO
            greeter.go_on.set()
            assert waiting.result() == Reply(text="Hello, wait")
            assert broker.process.wait(DEADLINE) == 0


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["pool", "receiving thread", "asyncio"])
def test_calls_survive_the_death_of_a_broker_and_of_a_server(
    context: zmq.Context, kind: str, tmp_path: Any
) -> None:
    file = str(tmp_path / "executed")
    with broker_program() as first, broker_program() as second:
        endpoints = [first.line.split()[1], second.line.split()[1]]
        server = ("tests.attacks.rpc_server", "tcp://127.0.0.1:*", file, kind, *endpoints)
        with (
            Program(*server) as lost,
            Program(*server),
            rpc.Client(context, *endpoints, timeout=LONG) as client,
        ):
            stub = client.stub(SERVICE)
            for number in range(400):
                if number == 100:
                    lost.process.kill()
                elif number == 200:
                    first.process.kill()
                elif number == 300:
                    with broker_program(endpoints[0]):
                        assert stub.repeat(Note(number=1)).number == 8
                assert stub.repeat(Note(number=number)).number == number * 7 + 1


def test_servers_of_asyncio_register_too(context: zmq.Context) -> None:
    async def serve(endpoint: str) -> str:
        async with (
            aio.Context() as own,
            rpc_aio.Server(own, rpc.Service(GREETER, AsyncGreeter())) as server,
            rpc_aio.Client(own, endpoint, timeout=LONG) as client,
        ):
            server.register(endpoint)
            running = asyncio.create_task(server.run())
            reply = await client.stub(GREETER).hello(Request(name="you"))
            await server.stop()
            await running
            return str(reply.text)

    with brokering(context) as (_, endpoint):
        assert asyncio.run(serve(endpoint)) == "Hello, you"

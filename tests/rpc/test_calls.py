"""Calls, streams, errors and deadlines: every kind of server with every kind of client."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from rpc_support import (
    GREETER,
    KINDS,
    LONG,
    AsyncGreeter,
    Event,
    Reply,
    Request,
    Serving,
    WatchRequest,
    calling,
    serving,
)
from support import DEADLINE, Task, eventually

import zmqlite as zmq
from zmqlite import aio, rpc
from zmqlite.rpc import aio as rpc_aio
from zmqlite.rpc import schema
from zmqlite.rpc import serving as serving_protocol
from zmqlite.rpc.calling import WINDOW

CLIENTS = ("blocking", "asyncio")


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, context: zmq.Context) -> Iterator[Serving]:
    with serving(request.param, context) as server:
        yield server


@pytest.fixture(params=["pool", "asyncio"])
def concurrent(request: pytest.FixtureRequest, context: zmq.Context) -> Iterator[Serving]:
    """A server that receives while a handler runs."""
    with serving(request.param, context) as server:
        yield server


@pytest.fixture(params=CLIENTS)
def stub(request: pytest.FixtureRequest, context: zmq.Context, server: Serving) -> Iterator[Any]:
    with calling(request.param, context, server.endpoint, timeout=LONG) as stub:
        yield stub


def failed(call: Any, *arguments: Any, **options: Any) -> rpc.RpcError:
    with pytest.raises(rpc.RpcError) as caught:
        call(*arguments, **options)
    return caught.value


def test_a_call_gets_its_reply_with_metadata_and_attachments(stub: Any) -> None:
    outcome = rpc.Outcome()
    large = bytes(1_000_000)
    reply = stub.hello(
        Request(name="you"), metadata={"a": "b"}, attachments=[large, b""], outcome=outcome
    )
    assert reply == Reply(text="Hello, you")
    assert outcome.metadata == {"got a": "b"}
    assert [bytes(each) for each in outcome.attachments] == [large + b"!", b"!"]
    assert all(each.readonly for each in outcome.attachments)


def test_a_stream_gives_its_items_in_order(stub: Any) -> None:
    outcome = rpc.Outcome()
    count = 3 * WINDOW + 7
    items = list(stub.watch(WatchRequest(count=count), outcome=outcome))
    assert items == [Event(number=number) for number in range(count)]
    assert outcome.metadata == {"the": "end"}


ERRORS = [
    ("unknown", rpc.Status.NOT_FOUND, rpc.Executed.YES, "nobody is called so"),
    ("broken", rpc.Status.INTERNAL, rpc.Executed.YES, "the server has logged why"),
    ("another class", rpc.Status.INTERNAL, rpc.Executed.YES, "the server has logged why"),
]


@pytest.mark.parametrize(("name", "status", "executed", "text"), ERRORS)
def test_an_error_of_a_handler_comes_without_its_traceback(
    stub: Any,
    caplog: pytest.LogCaptureFixture,
    name: str,
    status: rpc.Status,
    executed: rpc.Executed,
    text: str,
) -> None:
    error = failed(stub.hello, Request(name=name))
    assert (error.status, error.executed) == (status, executed)
    assert text in error.message
    assert "secret" not in str(error)
    if status is rpc.Status.INTERNAL:
        assert caplog.record_tuples[0][:2] == ("zmqlite.rpc", logging.ERROR)
        assert caplog.records[0].exc_info
    else:
        request = Request()
        assert error.details[0].Unpack(request)
        assert request.name == name


def test_a_deadline_ends_a_call_and_cancels_its_handler(stub: Any, server: Serving) -> None:
    stub.hello(Request(name="you"))  # from here on the server is known
    error = failed(stub.hello, Request(name="wait"), timeout=50)
    # The server may be the first to see that the time is over.
    assert error.status in (rpc.Status.DEADLINE_EXCEEDED, rpc.Status.CANCELLED)
    if len(server.greeter.executed) > 1:  # a slow machine may not have begun it
        assert eventually(lambda: server.greeter.calls[1].cancelled)
    assert stub.hello(Request(name="you")) == Reply(text="Hello, you")


@pytest.mark.parametrize("kind", ["receiving thread", "pool"])
def test_a_server_does_what_is_due_once(
    context: zmq.Context, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_protocol, "PROBE_MS", 10)
    with serving(kind, context) as server, calling("blocking", context, server.endpoint) as stub:
        protocol = server.server._protocol
        ticks: list[int] = []
        tick = protocol.tick

        def noted(now: int) -> Any:
            ticks.append(now)
            return tick(now)

        monkeypatch.setattr(protocol, "tick", noted)
        failed(stub.hello, Request(name="wait"), timeout=50)
        while len(ticks) < 3:
            stub.hello(Request(name="you"), timeout=LONG)
        assert ticks == sorted(set(ticks)), "twice in the same millisecond"


def test_the_time_in_queues_counts(stub: Any, server: Serving) -> None:
    stub.hello(Request(name="you"), timeout=LONG)
    assert 0 < (server.greeter.calls[0].remaining or 0) <= LONG


def test_calls_from_many_threads_get_their_own_replies(stub: Any) -> None:
    def calls(number: int) -> None:
        for index in range(20):
            name = f"{number}.{index}"
            assert stub.hello(Request(name=name)) == Reply(text=f"Hello, {name}")

    for task in [Task(calls, number) for number in range(8)]:
        task.result(2 * DEADLINE)


def test_hooks_see_method_status_and_time(context: zmq.Context, server: Serving) -> None:
    seen: list[rpc.Ended] = []
    with rpc.Client(context, server.endpoint, timeout=LONG, hook=seen.append) as client:
        stub = client.stub(GREETER)
        stub.hello(Request(name="you"))
        failed(stub.hello, Request(name="unknown"))
        list(stub.watch(WatchRequest(count=1)))
    assert [each[:2] for each in seen] == [
        ("/demo.Greeter/Hello", rpc.Status.OK),
        ("/demo.Greeter/Hello", rpc.Status.NOT_FOUND),
        ("/demo.Greeter/Watch", rpc.Status.OK),
    ]
    assert all(each.microseconds > 0 for each in seen)


def test_every_server_lists_its_services_and_tells_its_health(
    context: zmq.Context, server: Serving
) -> None:
    with rpc.Client(context, server.endpoint, timeout=LONG) as client:
        built_in = client.stub(schema.SERVER)
        listed = built_in.list(schema.ListRequest())
        assert list(listed.services) == ["demo.Greeter", "zmqlite.rpc.Server"]
        assert GREETER.file.serialized_pb in listed.files
        assert built_in.health(schema.HealthRequest(service="demo.Greeter")).serving
        error = failed(built_in.health, schema.HealthRequest(service="demo.Nothing"))
        assert error.status is rpc.Status.NOT_FOUND
        server.server.serving = False
        assert not built_in.health(schema.HealthRequest()).serving


def test_a_slow_reader_bounds_a_fast_writer(context: zmq.Context, server: Serving) -> None:
    with rpc.Client(context, server.endpoint, timeout=LONG) as client:
        with client.stub(GREETER).watch(WatchRequest(count=10 * WINDOW)) as stream:
            assert next(stream) == Event(number=0)
            eventually(lambda: len(server.greeter.executed) >= WINDOW)
            assert client.stub(GREETER).hello(Request(name="you"))
            assert len(server.greeter.executed) <= WINDOW + 2  # with one more, and the hello
        assert server.greeter.closed.wait(DEADLINE)
    assert server.greeter.calls[0].cancelled


@pytest.mark.parametrize("how", ["cancelled", "gone"])
def test_a_call_that_nobody_waits_for_is_cancelled_on_its_server(
    context: zmq.Context, concurrent: Serving, how: str
) -> None:
    with calling("asyncio", context, concurrent.endpoint, timeout=LONG) as stub:
        stub.run(_begin(stub, concurrent, how))
        if how == "cancelled":
            eventually(lambda: concurrent.greeter.calls[0].cancelled)
    eventually(lambda: concurrent.greeter.calls[0].cancelled)


def test_a_server_that_stops_lets_calls_end_and_refuses_others(
    context: zmq.Context, concurrent: Serving
) -> None:
    server = concurrent
    with (
        rpc.Client(context, server.endpoint, timeout=LONG) as one,
        rpc.Client(context, server.endpoint, timeout=500) as other,
    ):
        assert other.stub(GREETER).hello(Request(name="you"))
        assert server.greeter.begun.acquire(timeout=DEADLINE)
        waiting = Task(one.stub(GREETER).hello, Request(name="wait"))
        assert server.greeter.begun.acquire(timeout=DEADLINE)
        server.stop(LONG)
        eventually(lambda: server.server._protocol.draining)
        error = failed(other.stub(GREETER).hello, Request(name="late"))
        assert error.executed is rpc.Executed.NO
        server.greeter.go_on.set()
        assert waiting.result() == Reply(text="Hello, wait")
    assert "late" not in server.greeter.executed


async def _begin(stub: Any, server: Serving, how: str) -> None:
    stub.task = asyncio.ensure_future(stub._stub.hello(Request(name="wait")))
    while not server.greeter.begun.acquire(blocking=False):
        await asyncio.sleep(0.001)
    if how == "cancelled":
        stub.task.cancel()


def test_too_many_calls_are_refused(context: zmq.Context) -> None:
    with (
        serving("pool", context, calls=1) as server,
        rpc.Client(context, server.endpoint, timeout=LONG) as client,
    ):
        stub = client.stub(GREETER)
        waiting = Task(stub.hello, Request(name="wait"))
        assert server.greeter.begun.acquire(timeout=DEADLINE)
        error = failed(stub.hello, Request(name="you"))
        assert error.status is rpc.Status.RESOURCE_EXHAUSTED
        assert error.executed is rpc.Executed.NO
        server.greeter.go_on.set()
        waiting.result()


def test_work_that_nobody_waits_for_is_not_begun(context: zmq.Context) -> None:
    with (
        # Over inproc the cancellation is at the server as soon as it is sent.
        serving("receiving thread", context, "inproc://greeter") as server,
        rpc.Client(context, server.endpoint, timeout=LONG) as client,
    ):
        stub = client.stub(GREETER)
        waiting = Task(stub.hello, Request(name="wait"))
        assert server.greeter.begun.acquire(timeout=DEADLINE)
        error = failed(stub.hello, Request(name="late"), timeout=20)
        assert error.status is rpc.Status.DEADLINE_EXCEEDED
        server.greeter.go_on.set()
        waiting.result()
        assert stub.hello(Request(name="you")).text == "Hello, you"
    assert server.greeter.executed == ["wait", "you"]


def test_a_call_without_a_server_was_not_executed(context: zmq.Context) -> None:
    with rpc.Client(context, "tcp://127.0.0.1:9") as client:
        start = time.monotonic()
        error = failed(client.stub(GREETER).hello, Request(), timeout=50)
        assert time.monotonic() - start >= 0.05
    assert (error.status, error.executed) == (rpc.Status.UNAVAILABLE, rpc.Executed.NO)
    assert "tcp://127.0.0.1:9" in error.message


def test_a_client_that_is_late_does_not_wait_for_what_it_has(
    context: zmq.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late:
        """Sleeps of which each ends without news: they come before the next one."""

        def __init__(self, client: rpc.Client) -> None:
            self.client, self.real = client, client._poll
            self.register, self.unregister = self.real.register, self.real.unregister

        def poll(self, wait: int) -> list[tuple[int, int]]:
            if not wait:
                return self.real.poll(0)
            assert self.client._protocol.unfinished()  # else there is nothing to wait for
            self.real.poll(wait)
            return []

    monkeypatch.setattr("zmqlite.rpc.client.LOOK_MS", -1)  # it looks before each sleep
    with (
        serving("pool", context) as server,
        rpc.Client(context, server.endpoint, timeout=LONG) as client,
    ):
        monkeypatch.setattr(client, "_poll", Late(client))
        for _ in range(10):
            assert client.stub(GREETER).hello(Request(name="you")).text == "Hello, you"


def test_ctrl_c_leaves_a_call(context: zmq.Context) -> None:
    with (
        serving("pool", context) as server,
        rpc.Client(context, server.endpoint) as client,
    ):

        def interrupt() -> None:
            assert server.greeter.begun.acquire(timeout=DEADLINE)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        task = Task(interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.stub(GREETER).hello(Request(name="wait"))
        task.result()
        eventually(lambda: server.greeter.calls[0].cancelled)


@pytest.mark.parametrize("kind", [rpc.Client, rpc.Server, rpc_aio.Client, rpc_aio.Server])
def test_the_wrong_kind_of_context_is_refused(kind: type[Any]) -> None:
    async def make() -> None:
        wrong = zmq.Context() if kind.__module__.endswith("aio") else aio.Context()
        with pytest.raises(TypeError, match=rf"{kind.__name__} takes a zmqlite\.\S*Context, not"):
            kind(wrong, "tcp://127.0.0.1:9")

    asyncio.run(make())


def test_mistakes_have_messages(context: zmq.Context) -> None:
    with pytest.raises(ValueError, match="the endpoint of each server"):
        rpc.Client(context)
    with pytest.raises(ValueError, match=r"has a service zmqlite\.rpc\.Server already"):
        rpc.Server(context, rpc.Service(schema.SERVER, object()))
    with pytest.raises(TypeError, match="made by protoc-gen-zmqlite"):
        rpc.Service()
    with rpc.Client(context, "tcp://127.0.0.1:9") as client:
        with pytest.raises(AttributeError, match=r"demo\.Greeter has no method goodbye"):
            client.stub(GREETER).goodbye(Request())
        with pytest.raises(TypeError, match="HelloRequest"):
            client.stub(GREETER).hello(Event())
        with pytest.raises(TypeError, match="str"):
            client.stub(GREETER).hello(Request(), metadata={"a": b"b"})
    with pytest.raises(RuntimeError, match="the Client is closed"):
        client.stub(GREETER).hello(Request())
    with pytest.raises(ValueError, match="another status"):
        rpc.RpcError(rpc.Status.OK)


def test_servers_and_clients_of_asyncio_end_with_their_context() -> None:
    async def main() -> None:
        context, others = aio.Context(linger=0), aio.Context(linger=0)
        server = rpc_aio.Server(context, rpc.Service(GREETER, AsyncGreeter()))
        client = rpc_aio.Client(others, server.bind("tcp://127.0.0.1:*"))
        running = asyncio.ensure_future(server.run())
        waiting = asyncio.ensure_future(client.stub(GREETER).hello(Request(name="wait")))
        while not server._protocol.unfinished:
            await asyncio.sleep(0.001)
        await others.term()
        with pytest.raises(rpc.RpcError, match="CANCELLED"):
            await waiting
        await context.term()
        await running
        server.close()
        client.close()

    asyncio.run(asyncio.wait_for(main(), DEADLINE))


def test_a_client_of_asyncio_that_is_closed_ends_calls_that_wait_for_a_server() -> None:
    async def main() -> rpc.RpcError:
        async with aio.Context(linger=0) as context:
            async with rpc_aio.Client(context, "tcp://127.0.0.1:9") as client:
                waiting = asyncio.ensure_future(client.stub(GREETER).hello(Request(name="you")))
                while not client._protocol._waiting:
                    await asyncio.sleep(0)
            with pytest.raises(rpc.RpcError) as caught:
                await waiting
            return caught.value

    error = asyncio.run(asyncio.wait_for(main(), DEADLINE))
    assert (error.status, error.executed) == (rpc.Status.CANCELLED, rpc.Executed.NO)


@pytest.mark.parametrize("threads", [0, 2])
def test_a_blocking_server_ends_with_its_context(threads: int) -> None:
    context = zmq.Context(linger=0)
    server = rpc.Server(context, threads=threads)
    server.bind("tcp://127.0.0.1:*")
    running = Task(server.run)
    context.term()
    running.result()

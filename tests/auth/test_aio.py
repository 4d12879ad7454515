"""The authenticator on an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from auth_support import ANNA, BERT, HASHES, SERVER
from google.protobuf.timestamp_pb2 import Timestamp

from zmqlite import PULL, PUSH, SecurityError, SocketType, aio, auth
from zmqlite.auth.aio import Authenticator, connect
from zmqlite.proto.aio import TypedSocket


class Keeping(aio.Context):
    """A context that keeps its sockets, and closes them at its end."""

    def __init__(self) -> None:
        super().__init__(linger=0)
        self.made: list[aio.Socket] = []

    def make(self, kind: SocketType, **options: Any) -> aio.Socket:
        self.made.append(self.socket(kind, **options))
        return self.made[-1]


def play(scenario: Callable[[Keeping], Awaitable[None]]) -> None:
    """Run a scenario with a context, for 20 s at most."""

    async def main() -> None:
        async with asyncio.timeout(20), Keeping() as context:
            await scenario(context)

    asyncio.run(main())


def server(context: Keeping, allow: Any) -> tuple[aio.Socket, str]:
    socket = context.make(PULL)
    auth.curve_server(socket, SERVER, allow=allow)
    return socket, socket.bind("tcp://127.0.0.1:*")


def client(context: Keeping, certificate: auth.Certificate, **options: Any) -> aio.Socket:
    socket = context.make(PUSH, **options)
    auth.curve_client(socket, certificate, SERVER)
    return socket


async def denied(context: Keeping, certificate: auth.Certificate, endpoint: str) -> None:
    with pytest.raises(SecurityError, match="denied by the policy"):
        await connect(client(context, certificate), endpoint, interval=None)


def test_a_coroutine_function_decides_while_others_are_served() -> None:
    async def scenario(context: Keeping) -> None:
        asked: asyncio.Queue[bytes] = asyncio.Queue()
        grant = asyncio.Event()

        async def allow(domain: str, address: str, key: bytes) -> bool:
            asked.put_nowait(key)
            await grant.wait()
            return key == ANNA.public_key

        async with Authenticator(context) as authenticator:
            receiver, slow = server(context, allow)
            _, fast = server(context, {BERT.public_key})
            anna = client(context, ANNA)
            coming = asyncio.create_task(connect(anna, slow))
            assert await asked.get() == ANNA.public_key
            await connect(client(context, BERT), fast)
            assert not coming.done()
            grant.set()
            await coming
            await denied(context, BERT, slow)
            await anna.send(Timestamp(seconds=5).SerializeToString())
            envelope = await TypedSocket(receiver, Timestamp).recv_envelope()
            assert envelope.user_id == ANNA.public_key.decode()
            assert authenticator.allowed(envelope.user_id)
            assert authenticator.statistics()[:2] == (2, 1)

    play(scenario)


def test_passwords_are_checked_beside_the_loop() -> None:
    async def scenario(context: Keeping) -> None:
        async with Authenticator(context):
            socket = context.make(PULL)
            auth.plain_server(socket, allow=HASHES)
            endpoint = socket.bind("tcp://127.0.0.1:*")
            good, bad = context.make(PUSH), context.make(PUSH)
            auth.plain_client(good, "anna", "right")
            auth.plain_client(bad, "anna", "wrong")
            await connect(good, endpoint)
            with pytest.raises(SecurityError, match="denied"):
                await connect(bad, endpoint, interval=None)

    play(scenario)


def test_a_coroutine_that_takes_too_long_is_cancelled_and_asked_again() -> None:
    async def scenario(context: Keeping) -> None:
        calls: list[asyncio.Event] = []

        async def allow(*_: object) -> bool:
            calls.append(asyncio.Event())
            if len(calls) == 1:
                try:
                    await asyncio.sleep(60)
                finally:
                    calls[0].set()
            return True

        async with Authenticator(context, timeout=100) as authenticator:
            _, endpoint = server(context, allow)
            await connect(client(context, ANNA, handshake_ivl=300), endpoint)
            assert calls[0].is_set()
            assert authenticator.statistics()[:3] == (1, 0, 1)

    play(scenario)


@pytest.mark.parametrize("inner", [True, False])
def test_it_ends_by_itself_and_with_the_context(inner: bool) -> None:
    async def scenario(context: Keeping) -> None:
        authenticator = Authenticator(context, auth.Policy(curve=auth.ANYONE))
        with pytest.raises(SecurityError, match="one ZAP handler"):
            Authenticator(context)
        if inner:
            await authenticator.stop()
            await authenticator.stop()
            assert "ended" in repr(authenticator)
            async with Authenticator(context):
                pass

    play(scenario)


def test_a_client_comes_in_once_it_is_granted() -> None:
    async def scenario(context: Keeping) -> None:
        keys: set[bytes] = set()
        _, endpoint = server(context, keys)  # with an authenticator in a thread
        start = time.monotonic()
        coming = asyncio.create_task(connect(client(context, ANNA), endpoint, interval=20))
        await denied(context, BERT, endpoint)
        keys.add(ANNA.public_key)
        await coming
        assert time.monotonic() - start < 10

    play(scenario)


def test_it_needs_a_running_loop() -> None:
    context = aio.Context(linger=0)
    with pytest.raises(RuntimeError, match="no running event loop"):
        Authenticator(context)
    context.blocking.term()

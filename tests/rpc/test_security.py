"""Who the client of a call is: what the ZAP handler said, with CURVE and with PLAIN."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rpc_support import GREETER, KINDS, LONG, AsyncGreeter, Reply, Request, serving
from support import DEADLINE

import zmqlite as zmq
from zmqlite import aio, auth, rpc
from zmqlite.auth.aio import Authenticator as AsyncAuthenticator
from zmqlite.rpc import aio as rpc_aio

SERVER, ANNA = auth.Certificate.generate(), auth.Certificate.generate()

POLICY = auth.Policy(curve={ANNA.public_key: "anna"}, plain={"bert": auth.hash_password("right")})

MECHANISMS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"curve_server": True, "curve_secretkey": SERVER.secret_key},
        {
            "curve_serverkey": SERVER.public_key,
            "curve_publickey": ANNA.public_key,
            "curve_secretkey": ANNA.secret_key,
        },
        "anna",
    ),
    ({"plain_server": True}, {"plain_username": "bert", "plain_password": "right"}, "bert"),
]
mechanisms = pytest.mark.parametrize(
    ("server_options", "client_options", "user"), MECHANISMS, ids=["CURVE", "PLAIN"]
)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "asyncio"])
@mechanisms
def test_a_handler_sees_the_user_id_of_the_zap_handler(
    context: zmq.Context, kind: str, server_options: Any, client_options: Any, user: str
) -> None:
    with (
        auth.Authenticator(context, POLICY),
        serving(kind, context, options=server_options) as server,
        rpc.Client(context, server.endpoint, timeout=LONG, options=client_options) as client,
    ):
        stub = client.stub(GREETER)
        # Metadata of the client's own does not count.
        assert stub.hello(Request(name="you"), metadata={"User-Id": "eve"}) == Reply(
            text="Hello, you"
        )
        assert server.greeter.calls[0].user_id == user
        assert server.greeter.calls[0].peer == "127.0.0.1"


@mechanisms
def test_a_handler_of_asyncio_sees_it_too(
    server_options: Any, client_options: Any, user: str
) -> None:
    greeter = AsyncGreeter()

    async def main() -> None:
        async with aio.Context() as context, AsyncAuthenticator(context, POLICY):
            service = rpc.Service(GREETER, greeter)
            server = rpc_aio.Server(context, service, options=server_options)
            client = rpc_aio.Client(
                context, server.bind("tcp://127.0.0.1:*"), options=client_options
            )
            running = asyncio.ensure_future(server.run())
            async with server, client:
                await client.stub(GREETER).hello(Request(name="you"), timeout=LONG)
            await running

    asyncio.run(asyncio.wait_for(main(), DEADLINE))
    assert greeter.calls[0].user_id == user


def test_without_a_zap_handler_there_is_no_user_id(context: zmq.Context) -> None:
    with (
        serving("receiving thread", context) as server,
        rpc.Client(context, server.endpoint, timeout=LONG) as client,
    ):
        client.stub(GREETER).hello(Request(name="you"))
        assert server.greeter.calls[0].user_id is None


def test_a_client_that_the_zap_handler_refuses_gets_no_call_through(context: zmq.Context) -> None:
    server_options, client_options, _ = MECHANISMS[1]
    wrong: Any = {**client_options, "plain_password": "wrong"}
    with (
        auth.Authenticator(context, POLICY),
        serving("pool", context, options=server_options) as server,
        rpc.Client(context, server.endpoint, timeout=300, options=wrong) as client,
        pytest.raises(rpc.RpcError) as caught,
    ):
        client.stub(GREETER).hello(Request(name="you"))
    assert caught.value.status is rpc.Status.UNAVAILABLE
    assert caught.value.executed is rpc.Executed.NO
    assert not server.greeter.executed

"""What the tests of zmqlite.auth share: keys, sockets that are set up, and what became of them."""

from __future__ import annotations

from typing import Any

from support import DEADLINE, Make

from zmqlite import PULL, PUSH, Context, Monitor, Socket, auth
from zmqlite.constants import MonitorEvent

WAIT = int(DEADLINE * 1000)
SERVER, ANNA, BERT = (auth.Certificate.generate() for _ in range(3))
HASHES = {"anna": auth.hash_password("right")}

FAILED = (
    MonitorEvent.HANDSHAKE_FAILED_AUTH
    | MonitorEvent.HANDSHAKE_FAILED_PROTOCOL
    | MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL
)
OUTCOMES = FAILED | MonitorEvent.HANDSHAKE_SUCCEEDED


def curve_client(make: Make, certificate: auth.Certificate, **options: Any) -> Socket:
    client = make(PUSH, **options)
    auth.curve_client(client, certificate, SERVER)
    return client


def plain_client(make: Make, name: str, password: str) -> Socket:
    client = make(PUSH)
    auth.plain_client(client, name, password)
    return client


def curve_server(make: Make, allow: Any) -> tuple[Socket, str]:
    server = make(PULL)
    auth.curve_server(server, SERVER, allow=allow)
    return server, server.bind("tcp://127.0.0.1:*")


def outcome(client: Socket, endpoint: str) -> MonitorEvent:
    """Connect, and return how the first handshake has ended for the client."""
    with client.monitor(OUTCOMES) as monitor:
        client.connect(endpoint)
        return monitor.recv(timeout=WAIT).event


def gets_in(client: Socket, endpoint: str) -> bool:
    return outcome(client, endpoint) is MonitorEvent.HANDSHAKE_SUCCEEDED


def denial(monitor: Monitor) -> Any:
    """The next event of the authenticator."""
    return next(each for each in monitor.iter(WAIT) if each.socket == "authenticator")


def authenticator_of(context: Context) -> Any:
    """The one that a function has started."""
    return context._owner.policies.authenticator

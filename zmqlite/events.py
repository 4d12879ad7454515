"""Events of sockets in words: what happened, and for failures the likely cause."""

from __future__ import annotations

import errno
import os

from .constants import MonitorEvent, ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

_HAPPENED: Final = {
    MonitorEvent.CONNECTED: "connected to {endpoint}, the handshake begins",
    MonitorEvent.CONNECT_DELAYED: "is connecting to {endpoint}",
    MonitorEvent.CONNECT_RETRIED: "will connect to {endpoint} again in {value} ms",
    MonitorEvent.LISTENING: "accepts peers at {endpoint}",
    MonitorEvent.BIND_FAILED: "could not bind {endpoint}: {error}",
    MonitorEvent.ACCEPTED: "accepted a connection{peer} at {endpoint}, the handshake begins",
    MonitorEvent.ACCEPT_FAILED: "could not accept a connection at {endpoint}: {error}",
    MonitorEvent.CLOSED: "closed the listener or the failed connection of {endpoint}",
    MonitorEvent.CLOSE_FAILED: "could not remove the file of {endpoint}: {error}",
    MonitorEvent.DISCONNECTED: "lost the connection{peer} at {endpoint}",
    MonitorEvent.MONITOR_STOPPED: "was closed, or is not watched any more",
    MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL: "failed the handshake{peer} at {endpoint}: {error}",
    MonitorEvent.HANDSHAKE_SUCCEEDED: "has a new peer{who} at {endpoint}",
    MonitorEvent.HANDSHAKE_FAILED_PROTOCOL: "failed the handshake{peer} at {endpoint}: {protocol}",
    MonitorEvent.HANDSHAKE_FAILED_AUTH: "failed the handshake{peer} at {endpoint}: status {value}",
}

_STATUS: Final = {
    300: "the authentication handler was not able to decide; the peer tries again",
    400: "denied by the policy of the server; the client does not try again",
    500: "the authentication handler failed; the client does not try again",
}

_NO_ZEROMQ: Final = "the peer may be no ZeroMQ socket, but for example an HTTP client or a browser"

_CURVE_SERVER: Final = (
    "the keys do not fit: the client has another curve_serverkey than the public key of this "
    "server, the client has no keys of its own or swapped them, or curve_secretkey of this server "
    "is not the one that belongs to its public key"
)
_CURVE_CLIENT: Final = (
    "the server refused the keys: curve_serverkey is not its public key, curve_publickey and "
    "curve_secretkey of this client are missing or no pair, or the server has no curve_secretkey"
)
_UNFINISHED: Final = (
    "the connection ended before the handshake did, without a reason: the socket types do not fit "
    "(PUSH with PULL, REQ with REP or ROUTER, PUB with SUB ...), or the peer ended"
)


def sentence(event: Any) -> str:
    """Say what happened to which socket, where, with whom and why; `event` is a SocketEvent."""
    text = _HAPPENED.get(event.event, f"event {event.event:#x} at {{endpoint}}, value {{value}}")
    happened = text.format(
        endpoint=event.endpoint or "an endpoint",
        value=event.value,
        peer=f" of {event.peer}" if event.peer else "",
        who=f" {event.peer}" if event.peer else "",
        error=os.strerror(event.value) if event.value < 2**31 else event.value,
        protocol=_protocol(event.value),
    )
    why = cause(event)
    return f"{event.socket or 'socket'} {happened}{'; ' if why else ''}{why}"


def cause(event: Any) -> str:
    """Return the likely cause of a failure, "" for other events."""
    kind, value = event.event, event.value
    if kind == MonitorEvent.HANDSHAKE_FAILED_AUTH:
        return event._note or _STATUS.get(value, "the authentication handler gave no known status")
    if kind == MonitorEvent.HANDSHAKE_FAILED_PROTOCOL:
        return _protocol_cause(event)
    if kind == MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL:
        return _no_detail(event)
    if kind == MonitorEvent.BIND_FAILED and value == errno.EADDRINUSE:
        return "another socket is bound there"
    return _UNFINISHED if event._note == "unfinished" else ""


def _protocol(value: int) -> str:
    try:
        return ProtocolError(value).name
    except ValueError:
        return f"protocol error {value:#x}"


def _protocol_cause(event: Any) -> str:
    if event.value == ProtocolError.ZMTP_MECHANISM_MISMATCH:
        return (
            f"the peer uses another security mechanism than {event.mechanism or 'this socket'}, or "
            "both or neither are the server of it; a client does not try again"
        )
    if event.value == ProtocolError.ZMTP_CRYPTOGRAPHIC:
        return _CURVE_SERVER if event.role == "server" else _CURVE_CLIENT
    if event.value == ProtocolError.ZMTP_INVALID_METADATA:
        return "the socket types do not fit, or the peer sent malformed metadata"
    if event.value >= ProtocolError.ZAP_UNSPECIFIED:
        return "the authentication handler sent a malformed reply"
    return f"the peer broke the protocol: {_NO_ZEROMQ}, or uses another security mechanism"


def _no_detail(event: Any) -> str:
    if event.value == errno.EFAULT:
        return "the context has no ZAP handler (any more), so this socket lets nobody in"
    if event.mechanism == "CURVE" and event.role != "server":
        return _CURVE_CLIENT
    if event.mechanism == "PLAIN" and event.role != "server":
        return "the server refused username and password, or nobody answers for it"
    if event.value in (errno.EPIPE, errno.ECONNRESET):
        return f"the peer ended the connection before the handshake was finished: {_NO_ZEROMQ}"
    if event.value in (errno.ETIMEDOUT, errno.EAGAIN):
        return f"the peer did not answer within handshake_ivl: {_NO_ZEROMQ}"
    return f"{_NO_ZEROMQ}; or it ended the connection"

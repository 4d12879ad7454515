"""Hints: the last part of an error's text, which says what to do.

They are looked up when the text is made, not when the error is raised: an Again or Timeout that is
caught and never printed costs no time for them.
"""

from __future__ import annotations

import errno

from .constants import EFSM, EMTHREAD, ENOCOMPATPROTO, SocketType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

UNSUBSCRIBED: Final = "SUB without a subscription"
"""How errors name a SUB socket until its first subscription."""

# The key is the errno, with C's function where the hint depends on it.
_HINTS: Final[dict[int | tuple[int, str], str]] = {
    (errno.EAGAIN, "zmq_recv"): "nothing is there to receive: give a timeout, or poll() first",
    EFSM: (
        "REQ sends then receives, REP receives then sends; a REQ that missed a reply stays stuck "
        "unless req_relaxed and req_correlate are set: close it and open another"
    ),
    errno.EHOSTUNREACH: "no connected peer has this routing id (yet, or any more)",
    errno.EADDRINUSE: (
        "something is bound there; close() and unbind() free an address a moment later; "
        "port * takes a free one"
    ),
    (errno.EADDRINUSE, "zmq_socket_monitor"): "a socket has one monitor: close() the first",
    errno.EADDRNOTAVAIL: "bind() takes an address of this machine",
    errno.ENODEV: (
        "bind() takes an interface name, an IP address or *; host names work from libzmq 4.3.5, "
        "IPv6 addresses with the ipv6 option"
    ),
    errno.ENOENT: "an ipc path needs an existing directory",
    (errno.ENOENT, "zmq_unbind"): "unbind() takes an endpoint that bind() was given or returned",
    (errno.ENOENT, "zmq_disconnect"): "disconnect() takes an endpoint exactly as connect() got it",
    errno.ENAMETOOLONG: "an ipc path has at most 107 bytes",
    errno.ENOTSUP: (
        "this socket type cannot do that (PUSH and PUB only send, PULL and SUB only receive), "
        "or libzmq was built without it"
    ),
    errno.EPROTONOSUPPORT: "a misspelt transport, or one that libzmq was built without: see has()",
    ENOCOMPATPROTO: (
        "udp is for RADIO, DISH and DGRAM, pgm and norm for PUB and SUB, inproc not for STREAM"
    ),
    EMTHREAD: "the context has io_threads=0, or the affinity option matches none of its threads",
    errno.EMFILE: (
        "max_sockets of the context or the descriptors of the process (ulimit -n) are used up; "
        "close() frees a socket's place a moment later"
    ),
    errno.EBUSY: "give each thread its own socket; Context.shutdown() wakes a thread that waits",
    errno.ECHILD: "make a new Context after fork()",
    errno.EPIPE: "where an actor has failed, Actor.stop() raises what it failed with",
    errno.EPROTO: "the next message has several frames: recv_multipart() receives it",
    errno.EMSGSIZE: "the frame was not taken: give a larger buffer, or call recv()",
    (errno.EINVAL, "zmq_bind"): (
        "an endpoint is transport://address, with tcp tcp://interface:port"
    ),
    (errno.EINVAL, "zmq_connect"): "an endpoint is transport://address, with tcp tcp://host:port",
    (errno.EINVAL, "zmq_socket"): f"the types are {', '.join(SocketType.__members__)}",
    (errno.EINVAL, "zmq_ctx_set"): "this libzmq has no such option, or refuses the value",
    (errno.EINVAL, "zmq_ctx_get"): "this libzmq has no such option",
    (errno.EINVAL, "zmq_setsockopt"): "this libzmq has no such option, or refuses the value",
    (errno.EINVAL, "zmq_getsockopt"): "this libzmq has no such option",
}

_SUBSCRIPTIONS: Final = {
    UNSUBSCRIBED: 'it receives nothing until subscribe() is called; subscribe("") is everything',
    "SUB": (
        "a SUB receives what begins with a topic that it subscribed to, and nothing that was "
        "published before it had connected"
    ),
}

# Whom a socket sends to, for the types that wait for room.
_RECEIVERS: Final = {
    "PUSH": "PULL",
    "REQ": "REP or ROUTER",
    "DEALER": "ROUTER, REP or DEALER",
    "PAIR": "PAIR",
}


def hint(code: int, call: str, subject: str | None) -> str | None:
    """Return the hint for a failed call, None if there is none."""
    if code == errno.EAGAIN and call == "zmq_recv":
        return _SUBSCRIPTIONS.get(subject or "") or _HINTS[code, call]
    if code == errno.EAGAIN and call == "zmq_send":
        return _nobody_has_room(subject)
    if code == errno.EINVAL and call == "zmq_connect" and "*" in (subject or ""):
        return (
            "* is for bind(); connect() takes the host and port of the peer, as in "
            "tcp://localhost:5555"
        )
    return _HINTS.get((code, call)) or _HINTS.get(code)


def timeout_hint(call: str, subject: str | None) -> str | None:
    """Return the hint for a wait that ended without a result, None if there is none."""
    if call == "zmq_send":
        return _nobody_has_room(subject)
    return _SUBSCRIPTIONS.get(subject or "") if call == "zmq_recv" else None


def _nobody_has_room(subject: str | None) -> str:
    peer = _RECEIVERS.get(subject or "", "peer of a fitting type")
    return f"no {peer} is connected (yet), or the queues of all are full (sndhwm)"

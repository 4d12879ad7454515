"""Advice for a name that does not exist: the nearest one, or what replaces a name of pyzmq."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final


def _option(name: str) -> str:
    return f"options are attributes: socket.{name} = value, or context.socket(type, {name}=value)"


_JSON: Final = "write send(json.dumps(value).encode()) and json.loads(recv()), or use zmqlite.proto"
_PICKLE: Final = "zmqlite never unpickles what a peer sent; use zmqlite.proto, or json"
_SHADOW: Final = "zmqlite takes over no libzmq handles; zmqlite.capi works with them"

_SOCKET: Final = {
    "setsockopt": "options are attributes: socket.linger = 0; or socket.set(number, value)",
    "getsockopt": "options are attributes: socket.linger; or socket.get(number)",
    "setsockopt_string": "options are attributes: socket.plain_username = 'name'",
    "getsockopt_string": "options are attributes: socket.last_endpoint",
    "setsockopt_unicode": "options are attributes: socket.plain_username = 'name'",
    "getsockopt_unicode": "options are attributes: socket.last_endpoint",
    "identity": "libzmq calls it socket.routing_id",
    "hwm": "there are two: socket.sndhwm and socket.rcvhwm",
    "set_hwm": "there are two options: socket.sndhwm and socket.rcvhwm",
    "get_hwm": "there are two options: socket.sndhwm and socket.rcvhwm",
    "send_json": _JSON,
    "recv_json": _JSON,
    "send_pyobj": _PICKLE,
    "recv_pyobj": _PICKLE,
    "send_serialized": "call your function: send_multipart(serialize(message))",
    "recv_serialized": "call your function: deserialize(recv_multipart())",
    "send_unicode": "it is send_string()",
    "recv_unicode": "it is recv_string()",
    "subscribe_string": "subscribe() takes str and bytes",
    "bind_to_random_port": 'bind("tcp://*:*") takes a free port and returns the endpoint',
    "get_monitor_socket": "socket.monitor() returns a Monitor that yields typed events",
    "disable_monitor": "close() the Monitor that monitor() returned",
    "fileno": "libzmq's descriptor is socket.fd, edge-triggered; Poller and zmqlite.aio use it",
    "copy_threshold": "bytes of 64 KiB and more are sent without a copy; so is zmqlite.Message",
    "underlying": _SHADOW,
    "shadow": _SHADOW,
    "join": "groups need RADIO and DISH, which are drafts of libzmq",
    "leave": "groups need RADIO and DISH, which are drafts of libzmq",
}
_CONTEXT: Final = {
    "instance": "there is no global context; make one, context = zmqlite.Context(), and pass it on",
    "destroy": "term() closes all sockets, too; Context(linger=0) drops what was not sent",
    "setsockopt": "options of a context are attributes: context.io_threads = 2",
    "getsockopt": "options of a context are attributes: context.io_threads",
    "sockopts": "give options to context.socket(type, linger=0)",
    "underlying": _SHADOW,
    "shadow": _SHADOW,
}
_MODULE: Final = {
    "NOBLOCK": "it is DONTWAIT",
    "Frame": "it is Message",
    "ContextOption": "options are attributes: Context.io_threads",
    "SocketOption": "options are attributes: Socket.linger",
    "PollEvent": "it is Event",
    "SecurityMechanism": "it is Mechanism",
    "NotDone": "send() needs no tracker: it keeps what libzmq still reads",
    "MessageTracker": "send() needs no tracker: it keeps what libzmq still reads",
    "Stopwatch": "time.perf_counter() does it",
    "device": "it is proxy()",
    "select": "a Poller waits for several sockets",
    "zmq_version_info": "zmq_version() returns three ints",
    "pyzmq_version": "the version of zmqlite is __version__",
    "asyncio": "it is zmqlite.aio",
    "green": "zmqlite.aio waits for many sockets in one thread",
    "eventloop": "Reactor and zmqlite.aio are event loops",
    "SUBSCRIBE": "call socket.subscribe(topic)",
    "UNSUBSCRIBE": "call socket.unsubscribe(topic)",
    "IDENTITY": "libzmq calls it routing_id; " + _option("routing_id"),
    "HWM": "there are two options: socket.sndhwm and socket.rcvhwm",
}


PYZMQ: Final = {"socket": _SOCKET, "context": _CONTEXT, "module": _MODULE}
"""Names of pyzmq that zmqlite does not have, and what to write instead."""


def meant(name: str, known: Iterable[str], kind: str = "") -> str:
    """Say what may have been meant by a name that does not exist; nothing if that is not clear.

    `kind` is what pyzmq may have under that name: a key of PYZMQ.
    """
    if name.startswith("_"):  # asked for by Python itself, or not set yet
        return ""
    advice = PYZMQ.get(kind, {}).get(name)
    known = list(known)
    if advice is None and name.isupper() and name.lower() in known:
        advice = _option(name.lower())
    if advice is None and name not in known:
        near = _nearest(name, known)
        advice = f"did you mean {near!r}?" if near else None
    return f"; {advice}" if advice else ""


def _nearest(name: str, known: Iterable[str]) -> str | None:
    try:
        difflib = import_module("difflib")  # not at the top: it takes long
    except (ImportError, OSError):  # no descriptor is left, or the interpreter is about to exit
        return None
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), by_lower, 1)
    return by_lower[near[0]] if near else None

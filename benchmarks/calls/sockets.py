"""A connected pair over inproc for each library, with the names that the statements use."""

from __future__ import annotations

import functools
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

LONG: Final = 100_000

OTHERS: Final = 9
"""More sockets, for a Poller."""

UNLIMITED: Final = {"sndhwm": 0, "rcvhwm": 0, "linger": 0}

_numbers = itertools.count()


class Pair(ABC):
    """A PUSH connected to a PULL, whose queue is unlimited.

    Attributes:
        names: what statements may use.
    """

    def __init__(self) -> None:
        data = bytes(16)
        self.names: dict[str, Any] = {
            "repeat": itertools.repeat,
            "data": data,
            "long": bytes(LONG),
            "array": bytearray(data),
            "view": memoryview(data),
            "buffer": bytearray(data),
            "text": "x" * len(data),
            "frames": [data] * 3,
            "several": (data,) * 3,
            "islice": itertools.islice,
        }
        self.contents: dict[str, Sequence[bytes]] = {
            "frame": [data],
            "frames": [data] * 3,
            "large": [bytes(LONG)],
        }

    @abstractmethod
    def fill(self, frames: Sequence[bytes], count: int) -> None:
        """Queue so many messages of these frames."""

    @abstractmethod
    def drain(self) -> int:
        """Receive all that is queued; return how many frames that was."""

    def function(self, template: str, setup: str, loop: str, **defined: Any) -> Callable[..., Any]:
        """Compile a function `run` with these parts and the names as its local variables."""
        source = template.replace("{names}", ", ".join(self.names))
        for name, text in (("{setup}", setup or "pass"), ("{loop}", loop)):
            indent = source.partition(name)[0].rpartition("\n")[2]
            source = source.replace(name, text.replace("\n", f"\n{indent}"))
        exec(source, defined)
        return functools.partial(defined["run"], **self.names)

    def set(self, options: Mapping[str, int]) -> dict[str, int]:
        """Set options of the sockets, and return what they were."""
        assert not options
        return {}


class Named(Pair):
    """The pair of a library whose names are pyzmq's: zmqlite or pyzmq itself."""

    def __init__(self, zmq: Any) -> None:
        super().__init__()
        self.zmq = zmq
        self.context = zmq.Context()
        endpoint = f"inproc://calls.{next(_numbers)}"
        self.push, self.pull = self.socket(zmq.PUSH), self.socket(zmq.PULL)
        self.full = self.socket(zmq.PUSH)  # it has no peer, hence no room
        self.pull.bind(endpoint)
        self.push.connect(endpoint)
        self.names |= {
            "zmq": zmq,
            "push": self.push,
            "pull": self.pull,
            "DONTWAIT": zmq.DONTWAIT,
            "SNDMORE": zmq.SNDMORE,
            "full": self.full,
            "subscriber": self.socket(zmq.SUB),
            "others": [self.socket(zmq.PULL) for _ in range(OTHERS)],
        }

    def socket(self, kind: Any) -> Any:
        socket = self.context.socket(kind)
        for name, value in UNLIMITED.items():
            setattr(socket, name, value)
        return socket

    def set(self, options: Mapping[str, int]) -> dict[str, int]:
        """Set options of the sockets, and return what they were."""
        before = {name: getattr(self.pull, name) for name in options}
        for socket in (self.push, self.pull, self.full):
            for name, value in options.items():
                setattr(socket, name, value)
        return before

    def fill(self, frames: Sequence[bytes], count: int) -> None:
        if len(frames) == 1:
            for _ in range(count):
                self.push.send(frames[0])
        else:
            for _ in range(count):
                self.push.send_multipart(frames)

    def drain(self) -> int:
        count = 0
        self.pull.rcvtimeo = 0
        try:
            while True:
                self.pull.recv()
                count += 1
        except self.zmq.Again:
            self.pull.rcvtimeo = -1
            return count


class Zmqlite(Named):
    """zmqlite's sockets."""

    def __init__(self) -> None:
        import zmqlite

        super().__init__(zmqlite)


class Pyzmq(Named):
    """pyzmq's sockets."""

    def __init__(self) -> None:
        import zmq

        super().__init__(zmq)


class Typed(Zmqlite):
    """Typed sockets around zmqlite's."""

    def __init__(self) -> None:
        from zmqlite import proto

        from ..peers.article import KIND

        super().__init__()
        add_message(self)
        self.names["push"] = proto.TypedSocket(self.push, KIND)
        self.names["pull"] = proto.TypedSocket(self.pull, KIND)


class ByHand(Pyzmq):
    """pyzmq's sockets, with protobuf's own calls around send and receive."""

    def __init__(self) -> None:
        super().__init__()
        add_message(self)


def add_message(pair: Pair) -> None:
    """Define a small protobuf message for the statements."""
    from ..peers.article import KIND, filled

    typed = filled(bytes(16))
    pair.names |= {"kind": KIND, "typed": typed}
    pair.contents["encoded"] = [typed.SerializeToString()]


class Capi(Pair):
    """The pair of a program that came from C."""

    def __init__(self) -> None:
        from zmqlite import capi

        super().__init__()
        self.capi = capi
        context = capi.zmq_ctx_new()
        self.push, self.pull = (
            capi.zmq_socket(context, kind) for kind in (capi.ZMQ_PUSH, capi.ZMQ_PULL)
        )
        for socket in (self.push, self.pull):
            for option in (capi.ZMQ_SNDHWM, capi.ZMQ_RCVHWM, capi.ZMQ_LINGER):
                capi.zmq_setsockopt(socket, option, capi.c_int(0), 4)
        capi.zmq_bind(self.pull, "inproc://calls")
        capi.zmq_connect(self.push, "inproc://calls")
        self.names |= {name: value for name, value in vars(capi).items() if name[0] != "_"}
        self.names |= {"push": self.push, "pull": self.pull}

    def fill(self, frames: Sequence[bytes], count: int) -> None:
        *first, last = frames
        for _ in range(count):
            for frame in first:
                self.capi.zmq_send(self.push, frame, len(frame), self.capi.ZMQ_SNDMORE)
            self.capi.zmq_send(self.push, last, len(last), 0)

    def drain(self) -> int:
        count = 0
        while self.capi.zmq_recv(self.pull, bytearray(), 0, self.capi.ZMQ_DONTWAIT) >= 0:
            count += 1
        return count


PAIRS: Final[dict[str, type[Pair]]] = {
    "zmqlite": Zmqlite,
    "pyzmq": Pyzmq,
    "capi": Capi,
    "typed": Typed,
    "by hand": ByHand,
}

"""What one side of a cell does: set up once, then run as often as it is told to.

A role that binds leaves its endpoints in `endpoints`; the others are given those. `run` handles
`count` messages. A role that receives returns how many it timed, and in how many seconds.
"""

from __future__ import annotations

import errno
import resource
import statistics
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from .peers.blocking import SECOND, Blocking

Result = dict[str, float]


@dataclass(frozen=True)
class Setting:
    """What a role is told about its cell."""

    endpoints: list[str]
    size: int
    number: int
    """Of peers, of sockets, of topics: of whatever a cell has many."""
    hwm: int

    @property
    def message(self) -> bytes:
        return bytes(self.size)


@dataclass
class Role(ABC):
    """One side of a cell, with its sockets."""

    peer: Blocking
    setting: Setting
    endpoints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.set_up()

    @abstractmethod
    def set_up(self) -> None:
        """Make the sockets, bind and connect them."""

    @abstractmethod
    def run(self, count: int) -> Result | None:
        """Handle `count` messages."""

    def socket(self, kind: str, **options: int) -> Any:
        hwm = self.setting.hwm
        return self.peer.socket(kind, sndhwm=hwm, rcvhwm=hwm, linger=0, **options)

    def bound(self, kind: str, endpoint: int = 0, **options: int) -> Any:
        """Make a socket that is bound, to one of the endpoints of the cell."""
        socket = self.socket(kind, **options)
        self.endpoints.append(self.peer.bind(socket, self.setting.endpoints[endpoint]))
        return socket

    def connected(self, kind: str, endpoint: int = 0, **options: int) -> Any:
        socket = self.socket(kind, **options)
        self.peer.connect(socket, self.setting.endpoints[endpoint])
        return socket


def timed(count: int, work: Callable[[], Any]) -> Result:
    """Time what handles `count` messages."""
    start = time.perf_counter_ns()
    work()
    return {"count": count, "seconds": (time.perf_counter_ns() - start) / SECOND}


class Push(Role):
    def set_up(self) -> None:
        self.push = self.connected("PUSH")

    def run(self, count: int) -> None:
        self.peer.send(self.push, self.setting.message, count)


class Pull(Role):
    """Times from the first message on."""

    def set_up(self) -> None:
        self.pull = self.bound("PULL")

    def run(self, count: int) -> Result:
        left = count - self.peer.receive_first(self.pull)
        return timed(left, lambda: self.peer.receive(self.pull, left))


class PullFromProxy(Pull):
    def set_up(self) -> None:
        self.pull = self.connected("PULL", -1)


class Distribute(Push):
    """A PUSH that is bound, for many that pull."""

    def set_up(self) -> None:
        self.push = self.bound("PUSH")


class PushFrames(Push):
    def run(self, count: int) -> None:
        self.peer.send_frames(self.push, [self.setting.message] * 3, count)


class PullFrames(Pull):
    def run(self, count: int) -> Result:
        self.peer.receive_frames(self.pull, 1)
        return timed(count - 1, lambda: self.peer.receive_frames(self.pull, count - 1))


class Publish(Role):
    """Waits for `number` subscriptions, and from then on for the slowest subscriber."""

    def set_up(self) -> None:
        # Verbose, or it hears of the first of equal subscriptions alone.
        self.publisher = self.bound("XPUB", xpub_nodrop=1, xpub_verbose=1)
        self.missing = self.setting.number

    def run(self, count: int) -> None:
        self.peer.receive(self.publisher, self.missing)
        self.missing = 0
        self.peer.send(self.publisher, self.setting.message, count)


class Subscribe(Pull):
    def set_up(self) -> None:
        self.pull = self.connected("SUB")
        self.peer.subscribe(self.pull, [b""])


class Ask(Role):
    """Times every round trip."""

    def set_up(self) -> None:
        self.request = self.connected("REQ")

    def run(self, count: int) -> Result:
        times = self.peer.ask(self.request, self.setting.message, count)
        hundredths = statistics.quantiles([*times, times[-1]], n=100, method="inclusive")
        return {
            "count": count,
            "seconds": sum(times) / SECOND,
            "p50": hundredths[49] / SECOND,
            "p99": hundredths[98] / SECOND,
        }


class Answer(Role):
    def set_up(self) -> None:
        self.reply = self.bound("REP")

    def run(self, count: int) -> None:
        self.peer.answer(self.reply, count)


class Deal(Role):
    """`number` peers of one router."""

    def set_up(self) -> None:
        self.dealers = [self.connected("DEALER") for _ in range(self.setting.number)]

    def run(self, count: int) -> Result:
        return timed(count, lambda: self.peer.exchange(self.dealers, self.setting.message, count))


class Route(Role):
    def set_up(self) -> None:
        self.router = self.bound("ROUTER")

    def run(self, count: int) -> None:
        self.peer.route(self.router, count)


class Poll(Role):
    """Receives from `number` sockets in a Poller."""

    def set_up(self) -> None:
        self.sockets = [self.connected("PULL") for _ in range(self.setting.number)]
        self.poller = self.peer.poller(self.sockets)

    def run(self, count: int) -> Result:
        return timed(count, lambda: self.peer.receive_polled(self.poller, count))


class Proxy(Role):
    """Runs from its set-up on, in a thread."""

    def set_up(self) -> None:
        frontend, backend = self.bound("PULL"), self.bound("PUSH", -1)
        threading.Thread(target=self.peer.proxy, args=(frontend, backend), daemon=True).start()

    def run(self, count: int) -> None:
        pass


class Alternate(Role):
    """Sends and receives alternately, in one thread."""

    def set_up(self) -> None:
        self.pull = self.bound("PULL")
        self.push = self.socket("PUSH")
        self.peer.connect(self.push, self.endpoints[0])

    def run(self, count: int) -> Result:
        message = self.setting.message
        return timed(count, lambda: self.peer.alternate(self.push, self.pull, message, count))


class AlternateFrames(Alternate):
    def run(self, count: int) -> Result:
        frames = [self.setting.message] * 3
        return timed(count, lambda: self.peer.alternate_frames(self.push, self.pull, frames, count))


class Flow(Alternate):
    """Sends and receives very many messages; returns the bytes that the process grew by."""

    def run(self, count: int) -> Result:
        super().run(count // 10)  # what is allocated once
        before = resident()
        return {**super().run(count), "grown": resident() - before}


class FlowFrames(AlternateFrames):
    """The same with messages of three frames."""

    def run(self, count: int) -> Result:
        super().run(count // 10)
        before = resident()
        return {**super().run(count), "grown": resident() - before}


class PullBack(Pull):
    """A second pair beside the first."""

    def set_up(self) -> None:
        self.pull = self.bound("PULL", -1)


class PushBack(Push):
    def set_up(self) -> None:
        self.push = self.connected("PUSH", -1)


class PollReady(Role):
    """Polls `number` sockets, of which one is always ready."""

    def set_up(self) -> None:
        sockets = [self.bound("PULL")]
        sockets += [self.socket("PULL") for _ in range(self.setting.number - 1)]
        self.push = self.socket("PUSH")
        self.peer.connect(self.push, self.endpoints[0])
        self.peer.send(self.push, self.setting.message, 1)
        self.poller = self.peer.poller(sockets)

    def run(self, count: int) -> Result:
        return timed(count, lambda: self.peer.poll(self.poller, count))


class SubscribeTopics(Pull):
    """Subscribes to `number` topics; the messages are of the first."""

    def set_up(self) -> None:
        # A queue without limit, or libzmq drops the subscriptions that do not fit.
        self.pull = self.peer.socket("SUB", sndhwm=0, rcvhwm=self.setting.hwm, linger=0)
        self.peer.connect(self.pull, self.setting.endpoints[0])
        topics = [bytes(8)] + [b"%08d" % index for index in range(1, self.setting.number)]
        start = time.perf_counter_ns()
        self.peer.subscribe(self.pull, topics)
        self.each = (time.perf_counter_ns() - start) / SECOND / len(topics)

    def run(self, count: int) -> Result:
        return {**super().run(count), "subscribe": self.each}


class MakeSockets(Role):
    """Makes sockets and closes them, one after the other."""

    def set_up(self) -> None:
        self.first = self.socket("PUSH")  # with it the threads start

    def run(self, count: int) -> Result:
        def work() -> None:
            for _ in range(count):
                self.peer.close(self.make())

        return timed(count, work)

    def make(self) -> Any:
        """Make one, as soon as libzmq has got rid of enough of the closed ones."""
        while True:
            try:
                return self.peer.socket("PUSH")
            except Exception as error:
                if getattr(error, "errno", None) != errno.EMFILE:
                    raise


class HoldSockets(MakeSockets):
    """Makes sockets and keeps them; returns the bytes of each."""

    def run(self, count: int) -> Result:
        sockets: list[Any] = []
        before = resident()
        result = timed(count, lambda: sockets.extend(self.socket("PUSH") for _ in range(count)))
        return {**result, "bytes": (resident() - before) / count}


class HoldMessages(Role):
    """Sends messages that nobody receives; returns the bytes of each."""

    def set_up(self) -> None:
        self.pull, self.push = (
            self.peer.socket(kind, sndhwm=0, rcvhwm=0, linger=0) for kind in ("PULL", "PUSH")
        )
        self.peer.connect(self.push, self.peer.bind(self.pull, self.setting.endpoints[0]))

    def run(self, count: int) -> Result:
        before = resident()
        result = timed(count, lambda: self.peer.send(self.push, self.setting.message, count))
        return {**result, "bytes": (resident() - before) / count}


def resident() -> int:
    """Return the bytes of memory that the process has."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


ROLES: Final[dict[str, type[Role]]] = {
    "push": Push,
    "pull": Pull,
    "pull-proxied": PullFromProxy,
    "distribute": Distribute,
    "push-frames": PushFrames,
    "pull-frames": PullFrames,
    "publish": Publish,
    "subscribe": Subscribe,
    "ask": Ask,
    "answer": Answer,
    "deal": Deal,
    "route": Route,
    "poll": Poll,
    "proxy": Proxy,
    "alternate": Alternate,
    "alternate-frames": AlternateFrames,
    "flow": Flow,
    "flow-frames": FlowFrames,
    "pull-back": PullBack,
    "push-back": PushBack,
    "poll-ready": PollReady,
    "subscribe-topics": SubscribeTopics,
    "make-sockets": MakeSockets,
    "hold-sockets": HoldSockets,
    "hold-messages": HoldMessages,
}

"""A load as Jupyter makes it, in three processes whose sockets are all in streams.

The kernel answers requests at a ROUTER, publishes three messages for each at an XPUB, and echoes
heartbeats at a REP socket. The front end keeps some requests under way at a DEALER, and gets what
is published; a third process sends the heartbeats.

    python -m benchmarks.pyzmq.jupyter LIBRARY kernel
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from typing import Any, Final

from ..children import Children

REQUESTS: Final = 1500
UNDER_WAY: Final = 10
PUBLISHED: Final = (b"busy", b"stream", b"idle")
REQUEST: Final = [b"<IDS|MSG>", bytes(64), bytes(120), bytes(80), b"{}", bytes(400)]
READY: Final = b"ready"
END: Final = b"end"
LOCAL: Final = "tcp://127.0.0.1"


def load(name: str) -> dict[str, float]:
    """Return the microseconds for each request: of time, and of CPU in kernel and front end."""
    start = [sys.executable, "-m", "benchmarks.pyzmq.jupyter", name]
    with Children() as children:
        kernel = children.start("kernel", [*start, "kernel"])
        [about] = children.hear(kernel)
        ports = [str(port) for port in about["ports"]]
        heart = children.start("heartbeats", [*start, "heart", *ports])
        front = children.start("front end", [*start, "front", *ports])
        served, _, used = children.hear(kernel, heart, front)
    return {
        "Jupyter-like load, time": used["time"],
        "Jupyter-like load, CPU": served["cpu"] + used["cpu"],
    }


def say(**answer: Any) -> None:
    print(json.dumps(answer), flush=True)


class Role:
    """The sockets of one process, in streams."""

    def __init__(self, name: str, ports: list[str]) -> None:
        self.library = importlib.import_module(name)
        self.kind = importlib.import_module(f"{name}.eventloop.zmqstream").ZMQStream
        self.context = self.library.Context()
        self.ports = ports
        self.streams: list[Any] = []
        self.done = asyncio.Event()

    def stream(self, kind: int) -> Any:
        """Make a socket in a stream."""
        self.streams.append(self.kind(self.context.socket(kind)))
        return self.streams[-1]

    def connected(self, kind: int, number: int) -> Any:
        stream = self.stream(kind)
        stream.connect(f"{LOCAL}:{self.ports[number]}")
        return stream

    async def kernel(self) -> None:
        """Serve until the other two say that they have all."""
        kinds = (self.library.ROUTER, self.library.XPUB, self.library.REP)
        requests, published, heart = (self.stream(kind) for kind in kinds)

        serving = 2

        def ended() -> None:
            nonlocal serving
            serving -= 1
            if not serving:
                self.done.set()

        def echo(frames: list[bytes]) -> None:
            heart.send_multipart(frames)
            if frames == [END]:
                ended()

        def answer(frames: list[bytes]) -> None:
            if frames[1] == END:
                ended()
                return
            for topic in PUBLISHED:
                published.send_multipart([topic, *frames[1:]])
            requests.send_multipart(frames)

        requests.on_recv(answer)
        published.on_recv(lambda _: published.send(READY))
        heart.on_recv(echo)
        say(ports=[each.bind_to_random_port(LOCAL) for each in self.streams])
        start = time.process_time()
        await self.done.wait()
        say(cpu=(time.process_time() - start) / REQUESTS * 1e6)

    async def heart(self) -> None:
        """Send one heartbeat for four requests."""
        stream = self.connected(self.library.REQ, 2)
        left = REQUESTS // 4

        def back(_: object) -> None:
            nonlocal left
            left -= 1
            if left:
                stream.send(b"ping" if left > 1 else END)
            else:
                self.done.set()

        stream.on_recv(back)
        stream.send(b"ping")
        await self.done.wait()
        say()

    async def front(self) -> None:
        """Send requests until all are answered and all that belongs to them was published."""
        requests = self.connected(self.library.DEALER, 0)
        published = self.connected(self.library.SUB, 1)
        subscribed = asyncio.Event()
        to_send, missing = REQUESTS - UNDER_WAY, REQUESTS * (1 + len(PUBLISHED))

        def came() -> None:
            nonlocal missing
            missing -= 1
            if not missing:
                self.done.set()

        def answer(_: object) -> None:
            nonlocal to_send
            if to_send:
                to_send -= 1
                requests.send_multipart(REQUEST)
            came()

        def publication(frames: list[bytes]) -> None:
            if frames == [READY]:
                subscribed.set()
            else:
                came()

        requests.on_recv(answer)
        published.on_recv(publication)
        published.setsockopt(self.library.SUBSCRIBE, b"")
        await subscribed.wait()
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(UNDER_WAY):
            requests.send_multipart(REQUEST)
        await self.done.wait()
        spent = {"time": time.perf_counter() - start, "cpu": time.process_time() - cpu}
        requests.send(END)
        say(**{name: seconds / REQUESTS * 1e6 for name, seconds in spent.items()})


async def main(name: str, role: str, *ports: str) -> None:
    """Play one role with one library, and serve the others until the process is ended."""
    await getattr(Role(name, list(ports)), role)()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

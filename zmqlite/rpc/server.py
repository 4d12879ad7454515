"""The blocking server: one thread receives and sends, and handlers run in a pool, or in it.

How threads talk. The receiving thread alone uses the socket and the protocol. Workers take calls
from a queue, and append what they have to say to `_results`; they write to an eventfd if the
receiving thread sleeps. A stream does not hold a thread while it waits for credit: it is parked.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

from ..arguments import INT_MAX, integer, milliseconds
from ..constants import DONTWAIT, POLLIN
from ..context import Context
from ..errors import Again, ContextTerminated, HostUnreachable
from ..poll import Poller
from ..transfer import PARTS
from . import wire
from .call import clock
from .hosting import Host, Run, ServerOptions, Service, late
from .serving import Event, Happened
from .status import Executed, RpcError, Status
from .waker import Waker

if TYPE_CHECKING:
    pass

AT_ONCE: Final = 64
"""Messages that are received before results are sent and calls executed."""


class Server(Host):
    """Executes calls of the methods of its services, in a pool of threads or in the one that runs.

        class Greeter(greeter_rpc.Greeter):
            def hello(self, request, call): return HelloReply(text=f"Hello, {request.name}")

        rpc.Server(context, Greeter()).serve("tcp://*:5555")

    `threads` is how many handlers may run at a time; with 0 they run in the thread that called
    `run`, one after the other, which is fastest where they are short. More calls wait, at most
    `calls` together with those that run; others are refused with RESOURCE_EXHAUSTED. `limit` bounds
    the bytes of a request and of a reply; attachments are bounded by the option `maxmsgsize`.
    `hook` is called with an Ended after each call, in the thread of its handler. `options` are for
    the ROUTER socket, such as those for CURVE.

    `bind` before `run`; `stop` may be called from any thread and any signal handler.
    """

    def __init__(
        self,
        context: Context,
        *services: Service,
        threads: int = 8,
        **options: Unpack[ServerOptions],
    ) -> None:
        self._threads = integer(threads, "threads", 0, INT_MAX)
        super().__init__(context, *services, **options)
        self._results: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._ready: deque[Run] = deque()  # where the receiving thread executes
        self._queue: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._sleeping = False
        self._due: int | None = None  # when the protocol wants to be told of the time
        self._stop_at: int | None = None
        self._waker = Waker()
        self._poller = Poller()
        self._poller.register(self._socket, POLLIN)
        self._poller.register(self._waker.fd, POLLIN)

    def serve(self, endpoint: str) -> None:
        """Accept clients at an endpoint, and `run`."""
        self.bind(endpoint)
        self.run()

    def stop(self, grace: int = 0) -> None:
        """Have `run` return when the calls under way have ended, after `grace` ms at the latest.

        Meanwhile new calls are refused, and clients send them to other servers.
        """
        self._stop_at = clock() + milliseconds(grace, "grace")
        self._waker.set()

    def run(self) -> None:
        """Execute calls until `stop`, or until the context is terminated; then close.

        Handlers that still run then are told by `call.cancelled`, and are not waited for.
        """
        workers = [
            threading.Thread(target=self._work, name=f"zmqlite.rpc {number}", daemon=True)
            for number in range(self._threads)
        ]
        for worker in workers:
            worker.start()
        try:
            while True:
                if self._done():
                    break
                self._round()
        except ContextTerminated:
            pass
        finally:
            for _ in workers:
                self._queue.put(None)
            self.close()

    def close(self) -> None:
        """Close the socket; nothing if it is closed."""
        for call in self._protocol.abandon():
            if call.runner.seen is not None:
                call.runner.seen._set()
        self._socket.close()
        self._waker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The receiving thread

    def _done(self) -> bool:
        if self._stop_at is None:
            return False
        self._protocol.draining = True
        return not self._protocol.unfinished or clock() >= self._stop_at

    def _round(self) -> None:
        if not self._ready:
            self._sleeping = True
            found = self._poller.poll(0 if self._results else self._wait())
            self._sleeping = False
            if found and found[-1][0] == self._waker.fd:
                self._waker.clear()
        self._receive()
        if self._ready:
            self._step(self._ready.popleft())
        for _ in range(len(self._results)):  # a fast stream adds more and more
            apply, arguments = self._results.popleft()
            apply(*arguments)
        if self._due is not None:
            self._tick()
        if self._protocol.outgoing:
            self._send()

    def _wait(self) -> int:
        self._due = due = self._protocol.next()
        if self._stop_at is not None:
            due = self._stop_at if due is None else min(due, self._stop_at)
        return -1 if due is None else max(0, due - clock())

    def _receive(self) -> None:
        attempt, receive = self._socket._attempt, self._protocol.receive
        now = clock()
        for _ in range(AT_ONCE):
            parts = attempt(PARTS, wire.PARTS)
            if parts is None:
                break
            if event := receive(parts, now):
                self._happened(event)
        if self._protocol.outgoing:
            self._send()

    def _tick(self) -> None:
        if self._due is not None and (now := clock()) >= self._due:
            for event in self._protocol.tick(now):
                self._happened(event)

    def _happened(self, event: Event) -> None:
        what, call = event
        if what is Happened.BEGIN:
            call.runner = run = Run(call, call.method)
            self._start(run)
        elif (run := call.runner) is not None:
            if what is Happened.CANCEL and run.seen is not None:
                run.seen._set()
            if _unpark(run):
                self._start(run)

    def _start(self, run: Run) -> None:
        if self._threads:
            self._queue.put(run)
        else:
            self._ready.append(run)

    def _send(self) -> None:
        outgoing = self._protocol.outgoing
        for frames in outgoing:
            try:
                self._socket.send_multipart(frames, DONTWAIT)
            except (HostUnreachable, Again) as error:
                for event in self._unreachable(frames[0], error):
                    self._happened(event)
        outgoing.clear()

    # The threads of handlers

    def _work(self) -> None:
        while (run := self._queue.get()) is not None:
            self._step(run)
            del run  # a thread that waits keeps no call, nor its attachments

    def _post(self, apply: Callable[..., None], *arguments: Any) -> None:
        """Have the receiving thread call this; it sends what comes of it."""
        if not self._threads:
            apply(*arguments)
            return
        self._results.append((apply, arguments))
        if self._sleeping:
            self._sleeping = False
            self._waker.set()

    def _step(self, run: Run) -> None:
        """Execute a call, or a part of it if it is a stream."""
        if run.seen is None:
            if not run.call.claim():
                return
            if late(run):
                self._post(lambda: self._protocol.expire(run.call, clock()))
                return
        try:
            if run.bound.method.streaming:
                if not self._go_on(run):
                    return
                self._post(lambda: self._protocol.end(run.call, run.metadata, clock()))
            else:
                payload, extra, attachments = run.reply(run.begin())
                self._post(self._reply, run, payload, extra, attachments)
            status = Status.OK
        except Exception as raised:
            error = run.error(raised)
            status = error.status
            self._post(lambda: self._protocol.fail(run.call, error, clock(), run.metadata))
        self._ended(run, status)

    def _reply(self, run: Run, payload: bytes, extra: bytes, attachments: list[Any]) -> None:
        self._protocol.reply(run.call, payload, extra, attachments, clock())

    def _go_on(self, run: Run) -> bool:
        """Send items of a stream; False if it is to go on later."""
        if run.seen is None:
            run.item = iter(run.begin())
        encode, send = run.bound.reply.encode, self._protocol.item
        turn = run.used + AT_ONCE
        while not run.call.cancelled:
            if run.used >= run.call.credit:
                run.parked.append(True)
                idle = run.used >= run.call.credit and not run.call.cancelled
                if idle or not _unpark(run):  # the receiving thread starts it again, or has
                    return False
            elif run.used == turn and not self._threads:
                self._ready.append(run)  # it is the turn of other calls
                return False
            else:
                try:
                    message = next(run.item)
                except StopIteration:
                    return True
                run.used += 1
                self._post(send, run.call, encode(message))
        if close := getattr(run.item, "close", None):
            close()
        raise RpcError(Status.CANCELLED, "nobody reads the stream", executed=Executed.YES)


def _unpark(run: Run) -> bool:
    """Whether the caller is the one to start a parked stream again."""
    try:
        return bool(run.parked.pop())
    except IndexError:
        return False

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
from functools import partial
from typing import Any, Final, Unpack

from ..arguments import INT_MAX, integer, milliseconds
from ..constants import DONTWAIT, POLLIN
from ..context import Context
from ..errors import ContextTerminated
from ..poll import Poller
from ..transfer import PARTS
from . import wire
from .call import Closing, clock, tell
from .hosting import Host, ServerOptions, Service
from .serving import Event, Happened, ServerCall
from .status import Executed, RpcError, Status
from .waker import Waker

AT_ONCE: Final = 64
"""Messages that are received before results are sent and calls executed."""


class Server(Closing, Host):
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
        self._put = partial(self._socket.send_multipart, flags=DONTWAIT)
        self._results: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._ready: deque[ServerCall] = deque()  # where the receiving thread executes
        self._queue: queue.SimpleQueue[ServerCall | None] = queue.SimpleQueue()
        self._start = self._queue.put if self._threads else self._ready.append
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
            if call.seen is not None:
                call.seen._set()
        self._socket.close()
        self._waker.close()

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
        if self._due is not None and clock() >= self._due:
            self._tick()
        if self._protocol.outgoing:
            self._flush()

    def _wait(self) -> int:
        self._due = due = self._protocol.next()
        if self._stop_at is not None:
            due = self._stop_at if due is None else min(due, self._stop_at)
        return -1 if due is None else max(0, due - clock())

    def _receive(self) -> None:
        attempt, now = self._socket._attempt, clock()
        for _ in range(AT_ONCE):
            parts = attempt(PARTS, wire.PARTS)
            if parts is None:
                break
            self._take(parts, now)
        if self._protocol.outgoing:
            self._flush()

    def _happened(self, event: Event) -> None:
        what, call = event
        if what is Happened.BEGIN:
            self._start(call)
            return
        if what is Happened.CANCEL and call.seen is not None:
            call.seen._set()
        if _unpark(call):
            self._start(call)

    # The threads of handlers

    def _work(self) -> None:
        while (call := self._queue.get()) is not None:
            self._step(call)
            del call  # a thread that waits keeps no call, nor its attachments

    def _post(self, apply: Callable[..., None], *arguments: Any) -> None:
        """Have the receiving thread call this; it sends what comes of it."""
        if not self._threads:
            apply(*arguments)
            return
        self._results.append((apply, arguments))
        if self._sleeping:
            self._sleeping = False
            self._waker.set()

    def _step(self, call: ServerCall) -> None:
        """Execute a call, or a part of it if it is a stream."""
        protocol = self._protocol
        if call.seen is None and not call.claim():
            return
        try:
            if call.method.streaming:
                if not self._go_on(call):
                    return
                self._post(protocol.end, call, call.seen.reply_metadata, clock())
            else:
                reply = self._encode(call, self._begin(call))
                self._post(protocol.reply, call, *reply, clock())
            status = Status.OK
        except Exception as raised:
            error = self._error(call, raised)
            status = error.status
            self._post(protocol.fail, call, error, clock(), call.seen.reply_metadata)
        tell(self._hook, call.method.name, status, call.start)

    def _go_on(self, call: ServerCall) -> bool:
        """Send items of a stream; False if it is to go on later."""
        if call.seen is None:
            call.item = iter(self._begin(call))
        encode, send = call.method.reply.encode, self._protocol.item
        turn = call.used + AT_ONCE
        while not call.cancelled:
            if call.used >= call.credit:
                call.parked.append(True)
                idle = call.used >= call.credit and not call.cancelled
                if idle or not _unpark(call):  # the receiving thread starts it again, or has
                    return False
            elif call.used == turn and not self._threads:
                self._ready.append(call)  # it is the turn of other calls
                return False
            else:
                try:
                    message = next(call.item)
                except StopIteration:
                    return True
                call.used += 1
                self._post(send, call, encode(message)[0])
        if close := getattr(call.item, "close", None):
            close()
        raise RpcError(Status.CANCELLED, "nobody reads the stream", executed=Executed.YES)


def _unpark(call: ServerCall) -> bool:
    """Whether the caller is the one to start a parked stream again."""
    try:
        return bool(call.parked.pop())
    except IndexError:
        return False

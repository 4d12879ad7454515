"""The blocking server: one thread receives, and handlers run in a pool, or in it.

How threads talk. Workers take calls from a queue. `_lock` protects the protocol and the socket:
who ends a call sends its reply at once, while the receiving thread sleeps on the descriptor of the
socket, not in it. Items of streams are sent by the receiving thread, many in one message. It is
woken through an eventfd. A stream does not hold a thread while it waits for credit: it is parked.
"""

from __future__ import annotations

import queue
import select
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Unpack

from ..arguments import INT_MAX, integer, milliseconds
from ..constants import DONTWAIT
from ..context import Context
from ..errors import ContextTerminated, SocketClosed
from ..transfer import PARTS
from . import serving, wire
from .call import Closing, Waker, clock
from .hosting import OUTGOING, Host, ServerOptions, Service
from .serving import Happened, ServerCall
from .status import Executed, RpcError, Status

AT_ONCE: Final = 64
"""Messages that are received, or items that are sent, before it is the turn of something else."""

SLICE_MS: Final = 1000
"""The longest sleep: a socket that another thread closes may not end it."""


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
        self._ready: deque[ServerCall] = deque()  # where the receiving thread executes
        self._queue: queue.SimpleQueue[ServerCall | None] = queue.SimpleQueue()
        self._start = self._queue.put if self._threads else self._ready.append
        self._lock = threading.RLock()  # a signal handler may close it
        self._sleeping = False
        self._woken = False  # just now
        self._stop_at: int | None = None
        self._waker = Waker()
        self._poll = select.poll()
        for descriptor in (self._socket.fd, self._waker.fd):
            self._poll.register(descriptor, select.POLLIN)

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
                if self._stop_at is not None and self._done(self._stop_at):
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
        with self._lock:
            for call in self._protocol.abandon():
                if seen := call.seen:
                    seen._set()
            self._socket.close()
            self._waker.close()

    # The receiving thread

    def _done(self, stop_at: int) -> bool:
        self._protocol.draining = True
        return not self._protocol.unfinished or clock() >= stop_at

    def _round(self) -> None:
        """Receive what there is, execute a call, send; then sleep if there is no more."""
        with self._lock:
            now = clock()
            self._receive(now)
        if self._ready:
            self._step(self._ready.popleft())
        with self._lock:
            due = self._protocol.next() or now + SLICE_MS
            if due <= now or self._protocol.outgoing:
                self._tick(now)
            # The descriptor tells of what comes after a look, see aio.
            self._sleeping = not self._ready and self._socket._ready() == OUTGOING
        if self._sleeping:
            due = min(due, now + SLICE_MS, self._stop_at or due)
            for descriptor, _ in self._poll.poll(max(0, due - clock())):
                if descriptor == self._waker.fd:
                    self._waker.clear()
            self._sleeping, self._woken = False, True

    def _receive(self, now: int) -> None:
        """Take what is there, or some of it."""
        attempt, receive = self._socket._attempt, self._protocol.receive
        for _ in range(1 if self._woken else AT_ONCE):  # most come alone, and are executed at once
            parts = attempt(PARTS, wire.PARTS)
            if parts is None:
                break
            if event := receive(parts, now):
                self._happened(event)
        self._woken = False

    def _happened(self, event: serving.Event) -> None:
        what, call = event
        if what is Happened.BEGIN:
            self._start(call)
            return
        if what is Happened.CANCEL and (seen := call.seen):
            seen._set()
        if call.method.streaming and _unpark(call):
            self._start(call)

    # The threads of handlers

    def _work(self) -> None:
        for call in iter(self._queue.get, None):
            self._step(call)
            del call  # a thread that waits keeps no call, nor its attachments

    def _finish(self, end: Callable[..., None], *arguments: Any) -> None:
        with self._lock:
            end(*arguments)
            try:
                self._flush()
            except (ContextTerminated, SocketClosed):
                pass  # the receiving thread ends the server
            # The send may have consumed the wake-up for a message or for the end of the context.
            if self._sleeping and (self._socket._ready() != OUTGOING or self._stop_at is not None):
                self._wake()

    def _item(self, call: ServerCall, payload: bytes) -> None:
        """Have the receiving thread send an item."""
        with self._lock:
            self._protocol.item(call, payload)
            if self._sleeping:
                self._wake()

    def _wake(self) -> None:
        self._sleeping = False
        self._waker.set()

    def _step(self, call: ServerCall) -> None:
        """Execute a call, or a part of it if it is a stream."""
        if call.seen is None and not call.claim():
            return
        try:
            if not call.method.streaming:
                reply = self._encode(call, self._begin(call))
                self._end(call, Status.OK, self._protocol.reply, *reply, clock())
            elif self._go_on(call):
                self._end(call, Status.OK, self._protocol.end, call.seen.reply_metadata, clock())
        except Exception as raised:
            self._fail(call, raised)

    def _go_on(self, call: ServerCall) -> bool:
        """Send items of a stream; False if it is to go on later."""
        if call.seen is None:
            call.item = iter(self._begin(call))
        encode = call.method.reply.encode
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
                self._item(call, encode(message)[0])
        if close := getattr(call.item, "close", None):
            close()
        raise RpcError(Status.CANCELLED, "nobody reads the stream", executed=Executed.YES)


def _unpark(call: ServerCall) -> bool:
    """Whether the caller is the one to start a parked stream again."""
    try:
        return bool(call.parked.pop())
    except IndexError:
        return False

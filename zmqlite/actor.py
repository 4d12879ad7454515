"""Threads with a pipe to their maker, which waits for their start and gets their errors.

How an actor ends. Both sides follow the same rule: the side that ends sends an end message as its
last, and then receives and drops messages until the other side's end message has arrived. So
neither side is left waiting for the other, even if the pipe is full in both directions. The thread
does that when the body has returned or raised, the maker in `stop`. Then each closes its socket.

An Actor that is dropped without `stop` cannot wait. It sends the end message, if there is room, and
the thread closes both sockets. The thread refers to the pipe and never to the Actor.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import itertools
import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Self, TypeVarTuple

from .arguments import milliseconds
from .constants import DONTWAIT, POLLIN, POLLOUT, SocketType
from .context import Context  # before _end_all below is registered, so that contexts end after it
from .errors import ActorEnded, Again, ContextTerminated, SocketBusy, ZMQError, failure, timed_out
from .owner import GRACE, ForkAware
from .socket import Socket
from .waiting import remaining

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from .message import Message

Arguments = TypeVarTuple("Arguments")

_numbers: Final = itertools.count(1)


class Pipe:
    """One side of the pipe between an actor and its maker: messages in order, both ways.

    One thread at a time, as for any socket. `socket` is a PAIR socket, for a Poller or a Reactor,
    or to be the capture of a proxy. Receive through the pipe itself, since only that recognises the
    end: in the actor, that it is to stop; for its maker, that the body has returned or raised.
    Messages that were sent before the end arrive first.
    """

    __slots__ = ("_end", "_ended", "_other", "_over", "_ready", "_said", "socket")

    def __init__(self, socket: Socket[Context], end: bytes, ready: threading.Event) -> None:
        self.socket: Socket[Context] = socket
        self._end = end  # the end message: random, so that no other message equals it
        self._ready = ready
        self._other: Pipe = self
        self._ended = False  # nobody receives on this side any more
        self._said = False  # this side's end message was sent
        self._over = False  # the other side's end message has arrived

    def ready(self) -> None:
        """Let the constructor of the Actor return; the body calls this when it is set up."""
        self._ready.set()

    def send(self, data: Buffer | Message, flags: int = 0, timeout: int | None = None) -> None:
        """Send one frame, as Socket does; ActorEnded if nobody would receive it."""
        self._check("Pipe.send", self._other._ended)
        self.socket.send(data, flags, timeout=timeout)

    def send_multipart(
        self, frames: Sequence[Buffer | Message], flags: int = 0, timeout: int | None = None
    ) -> None:
        """Send one message, as Socket does; ActorEnded if nobody would receive it."""
        self._check("Pipe.send", self._other._ended)
        self.socket.send_multipart(frames, flags, timeout=timeout)

    def recv(self, flags: int = 0, timeout: int | None = None) -> bytes:
        """Receive one frame, as Socket does; ActorEnded if no more will come."""
        self._check("Pipe.recv", self._over)
        data = self.socket.recv(flags, timeout=timeout)
        self._check("Pipe.recv", self._is_end(data))
        return data

    def recv_multipart(self, flags: int = 0, timeout: int | None = None) -> list[bytes]:
        """Receive one message, as Socket does; ActorEnded if no more will come."""
        self._check("Pipe.recv", self._over)
        frames = self.socket.recv_multipart(flags, timeout=timeout)
        self._check("Pipe.recv", self._is_end(frames[-1]))
        return frames

    def __iter__(self) -> Iterator[bytes]:
        """Yield frames as `recv` does, until the other side or the context has ended."""
        with contextlib.suppress(ActorEnded, ContextTerminated):
            while True:
                yield self.recv()

    def _is_end(self, data: bytes) -> bool:
        self._over = self._over or data == self._end
        return self._over

    def _check(self, call: str, ended: bool) -> None:
        if ended:
            raise failure(errno.EPIPE, call)

    def _say_end(self) -> None:
        """Send the end message, once; Again if there is no room."""
        if not self._said:
            self.socket.send(self._end, DONTWAIT)
            self._said = True

    def _finish(self, timeout: int) -> None:
        """Send the end message, and drop messages until that of the other side or the timeout."""
        start = time.monotonic()
        while True:
            with contextlib.suppress(Again):
                self._say_end()
            with contextlib.suppress(Again, ActorEnded):
                self.recv_multipart(DONTWAIT)
            wanted = (0 if self._said else POLLOUT) | (0 if self._over else POLLIN)
            left = remaining(start, timeout)
            if not wanted or left == 0:
                return
            self.socket.poll(left, wanted)


class _Life(ForkAware):
    """The state of an actor that its thread uses. The thread must not refer to the Actor."""

    def __init__(self, inner: Pipe, outer: Pipe) -> None:
        super().__init__()
        self.inner = inner
        self.outer = outer
        self.error: BaseException | None = None  # raised by the body and not reported yet
        self.failed = False  # the body raised it before it was ready
        self.abandoned = False  # nobody will call stop
        self._gone = False  # the thread is done with the pipe
        # For the last two. Reentrant, since the garbage collector may run at any time.
        self._lock = threading.RLock()

    def run(self, body: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        """Run the body and then end the pipe: the target of the thread."""
        try:
            body(self.inner, *arguments)
        except BaseException as error:
            if not self._is_end(error):
                self.error = error
                self.failed = not self.inner._ready.is_set()
        self.inner._ended = True
        self.inner._ready.set()
        with contextlib.suppress(ZMQError):  # the context has ended
            self.inner._finish(-1)
        self.inner.socket.close()
        with self._lock:
            self._gone = True
            if self.abandoned:
                self._clear()

    def abandon(self) -> None:
        """Tell the thread to end, and let it close both sockets."""
        with self._lock:
            self.abandoned = self.outer._ended = True
            if self._gone:
                self._clear()
            else:
                with contextlib.suppress(ZMQError):  # no room, or the context has ended
                    self.outer._say_end()

    def _clear(self) -> None:
        """Close the maker's socket and report the error, as nobody calls `stop`."""
        with contextlib.suppress(SocketBusy):  # another thread uses the pipe
            self.outer.socket.close()
        if error := self.take_error():
            thread = threading.current_thread()
            threading.excepthook(
                threading.ExceptHookArgs((type(error), error, error.__traceback__, thread))
            )

    def _is_end(self, error: BaseException) -> bool:
        """Return whether the body raised this because it had to end."""
        if isinstance(error, ActorEnded):
            return self.inner._over or self.outer._ended
        if isinstance(error, ContextTerminated):
            owner = self.inner.socket._owner
            with owner.lock:  # which a shutdown holds while it wakes one socket after the other
                # If not its own context, another one has ended: expected when the program exits.
                return owner.shut or self.abandoned
        return False

    def take_error(self) -> BaseException | None:
        """Return what the body raised, to a caller that reports it; only once."""
        error, self.error = self.error, None
        return error


class Actor:
    """A thread with a pipe: `body(pipe, *arguments)` runs in it, and `pipe` leads to it.

        def double(pipe: zmq.Pipe) -> None:
            pipe.ready()
            for message in pipe:
                pipe.send(message * 2)

        with zmq.Actor(context, double) as actor:
            actor.pipe.send(b"ab")
            print(actor.pipe.recv())

    The constructor returns when the body has called `pipe.ready()`, after it has bound its sockets
    and so on, or has returned; it raises what the body raised before that.

    `stop` or the end of a `with` block tells the body to end through its pipe: the iteration ends,
    and receiving raises ActorEnded. The body need not catch that, nor ContextTerminated. It makes
    its own sockets in the same context, and closes them, best by `with`. If it raises anything
    else, receiving from `pipe` raises ActorEnded, and `stop` raises the same exception. A body that
    never receives from its pipe cannot be stopped: `timeout`, in milliseconds (-1 or None: for
    ever), is how long the constructor, and then `stop`, wait for it.

    An actor that is dropped without `stop` is told to end, with a ResourceWarning. Those that are
    left when the program exits are told to end and have a second for it. What the bodies of either
    raise goes to `threading.excepthook`. In a forked child there is no actor.
    """

    def __init__(
        self,
        context: Context,
        body: Callable[[Pipe, *Arguments], object],
        *arguments: *Arguments,
        timeout: int | None = 5000,
    ) -> None:
        """Start the thread, and wait until it is ready.

        Raises:
            Timeout: the body did not call `pipe.ready()` in time; it was told to end.
            Exception: whatever the body raised before it was ready.
        """
        self._timeout = milliseconds(timeout)
        self._name = getattr(body, "__qualname__", type(body).__name__)
        ready = threading.Event()
        outer, inner = _pipe(context, ready)
        self.pipe: Pipe = outer
        self._life = _Life(inner, outer)
        self._stopping = threading.RLock()
        self._thread = threading.Thread(
            target=self._life.run, args=(body, arguments), name=f"Actor {self._name}", daemon=True
        )
        try:
            self._thread.start()
        except BaseException:
            self.pipe.socket.close()
            inner.socket.close()
            raise
        _living.add(self)
        try:
            if not ready.wait(None if self._timeout < 0 else self._timeout / 1000):
                what = "its body did not call pipe.ready()"
                raise timed_out(self._timeout, "Actor", self._name, what)
        except BaseException:
            self._life.abandon()
            raise
        if self._life.failed:
            self.stop()

    def stop(self) -> None:
        """Tell the actor to end and wait until it has; messages nobody has received are dropped.

        Any thread may call it, while no other thread uses the pipe. Another call does nothing.

        Raises:
            Timeout: the body did not end in time. It goes on until it receives from its pipe, and
                `stop` may be called again.
            SocketBusy: another thread uses `pipe`.
            Exception: whatever the body raised, once.
        """
        if self._life.forked:
            return
        if threading.current_thread() is self._thread:
            raise RuntimeError("an actor does not stop itself: its body returns")
        with self._stopping:
            start = time.monotonic()
            with contextlib.suppress(ContextTerminated):
                self.pipe._finish(self._timeout)
            left = remaining(start, self._timeout)
            self._thread.join(None if left < 0 else left / 1000)
            if self._thread.is_alive():
                raise timed_out(self._timeout, "Actor.stop", self._name, "its body did not end")
            self.pipe.socket.close()
        if error := self._life.take_error():
            raise error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __del__(self) -> None:
        if not hasattr(self, "_thread") or self._life.forked:
            return
        if not self._life.abandoned and (self._life.error or not self.pipe.socket.closed):
            unstopped = repr(self)
            self._life.abandon()  # before the warning, which may be turned into an exception
            warnings.warn(f"unstopped {unstopped}", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        state = "running" if not self._life.inner._ended else "ended"
        return f"<zmqlite.Actor {self._name}, {state}>"


def _pipe(context: Context, ready: threading.Event) -> tuple[Pipe, Pipe]:
    """Return both sides of a pipe: the maker's and the actor's."""
    end = os.urandom(16)
    endpoint = f"inproc://zmqlite.actor.{next(_numbers)}"
    outer = Pipe(context.socket(SocketType.PAIR, linger=0), end, ready)
    try:
        inner = Pipe(context.socket(SocketType.PAIR, linger=0), end, ready)
        try:
            outer.socket.bind(endpoint)
            inner.socket.connect(endpoint)
        except BaseException:
            inner.socket.close()
            raise
    except BaseException:
        outer.socket.close()
        raise
    outer._other, inner._other = inner, outer
    return outer, inner


_living: Final[weakref.WeakSet[Actor]] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """Tell all actors to end, and wait for the grace period, before their contexts are ended."""
    actors = [each for each in _living if not each._life.forked]
    start = time.monotonic()
    for actor in actors:
        actor._life.abandon()
    for actor in actors:
        actor._thread.join(remaining(start, GRACE) / 1000)

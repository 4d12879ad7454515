"""Threads with a pipe: started when they are ready, ended when they are told, their errors kept.

How an actor ends. Both ends of the pipe follow the same rule: who ends says so, with the last
message it sends, and drops what comes until the other side has said so, too. So nobody is left
waiting in the pipe, not even where both directions are full. The thread does that when the body
has returned or raised, the maker in `stop`; the thread then closes its end, `stop` the other one.

An Actor that is dropped without `stop` cannot wait. It says the end, if there is room, and leaves
both ends to the thread, which refers to the pipe and never to the Actor.
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
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVarTuple

from .arguments import milliseconds
from .constants import DONTWAIT, POLLIN, POLLOUT, SocketType
from .context import Context  # also since what is imported first ends last, see _end_all
from .errors import ActorEnded, Again, ContextTerminated, SocketBusy, ZMQError, failure, timed_out
from .socket import Socket
from .waiting import PATIENCE, remaining

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from .message import Message

Arguments = TypeVarTuple("Arguments")

_numbers: Final = itertools.count(1)


class Pipe:
    """One end of the pipe between an actor and its maker: messages in order, both ways.

    One thread at a time, as for any socket. `socket` is a PAIR socket, for a Poller or a Reactor,
    or to be the capture of a proxy. Receive through the pipe itself, since only that knows the end:
    in the actor that it is to stop, for its maker that the body has returned or raised. Messages
    from before that arrive first.
    """

    __slots__ = ("_end", "_ended", "_other", "_over", "_ready", "_said", "socket")

    def __init__(self, socket: Socket, end: bytes, ready: threading.Event) -> None:
        self.socket: Socket = socket
        self._end = end  # the last message, which nobody else can know
        self._ready = ready
        self._other: Pipe = self
        self._ended = False  # nobody on this side takes what comes
        self._said = False  # this side's end was sent
        self._over = False  # the other side's end has arrived

    def ready(self) -> None:
        """Let the constructor of the Actor return, once all is set up; called by the body."""
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
        """Say the end, once, if there is room; Again if not."""
        if not self._said:
            self.socket.send(self._end, DONTWAIT)
            self._said = True

    def _finish(self, timeout: int) -> None:
        """Say the end, and drop what comes until the other side has said it or time is over."""
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


class _Life:
    """What is known of an actor without the Actor: the thread refers to this."""

    def __init__(self, inner: Pipe, outer: Pipe) -> None:
        self.inner = inner
        self.outer = outer
        self.error: BaseException | None = None  # of the body, until somebody is told
        self.failed = False  # it did that before it was ready
        self.abandoned = False  # nobody will call stop
        self._gone = False
        self._lock = threading.RLock()  # of these two; reentrant, for the garbage collector

    def run(self, body: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        """Run the body, and see to the end of the pipe; this is the thread."""
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
        """Tell the thread to end, and leave the pipe to it."""
        with self._lock:
            self.abandoned = self.outer._ended = True
            if self._gone:
                self._clear()
            else:
                with contextlib.suppress(ZMQError):  # no room, or the context has ended
                    self.outer._say_end()

    def _clear(self) -> None:
        """Close and report what nobody else will."""
        with contextlib.suppress(SocketBusy):  # somebody has kept the pipe, and is inside
            self.outer.socket.close()
        if error := self.take_error():
            thread = threading.current_thread()
            threading.excepthook(
                threading.ExceptHookArgs((type(error), error, error.__traceback__, thread))
            )

    def _is_end(self, error: BaseException) -> bool:
        """Whether a body raised no more than that it had to end."""
        if isinstance(error, ActorEnded):
            return self.inner._over or self.outer._ended
        if isinstance(error, ContextTerminated):
            try:
                self.inner.socket.poll(0)
            except ContextTerminated:
                return True  # it was the context of the actor itself
            return self.abandoned  # or the program ends, and all contexts do
        return False

    def take_error(self) -> BaseException | None:
        """Return what the body raised, to one who tells."""
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

    The end, by `stop` or a `with` block, reaches the body through its pipe: the iteration ends, and
    receiving raises ActorEnded, which the body lets through, as it does ContextTerminated. Its
    own sockets it makes in the same context and closes itself, by `with`. What it raises
    otherwise ends it, too: then receiving from `pipe` raises ActorEnded here, and `stop` raises
    what it was. Code that does not look at its pipe cannot be stopped; `timeout`, in milliseconds
    (-1 or None: for ever), is how long the constructor and `stop` wait for it each.

    An actor that is dropped without `stop` is told to end and reported as ResourceWarning; those
    that are left at the end of the program are told to end and have a second for it. What their
    bodies raised goes to `threading.excepthook`. In a forked child there is no actor.
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
        """Have the actor end, and wait for that; drop what it sent and nobody has received.

        Any thread may call it, while no other one is inside the pipe. Doing it again does nothing.

        Raises:
            Timeout: the body was busy for longer; it goes on until it looks at its pipe, and
                `stop` may be called again.
            SocketBusy: another thread is inside `pipe`.
            Exception: whatever the body raised, once.
        """
        if self.pipe.socket.context._foreign:
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __del__(self) -> None:
        if not hasattr(self, "_thread") or self.pipe.socket.context._foreign:
            return
        if not self._life.abandoned and (self._life.error or not self.pipe.socket.closed):
            unstopped = repr(self)
            self._life.abandon()  # first, since a warning may be turned into an exception
            warnings.warn(f"unstopped {unstopped}", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        state = "running" if not self._life.inner._ended else "ended"
        return f"<zmqlite.Actor {self._name}, {state}>"


def _pipe(context: Context, ready: threading.Event) -> tuple[Pipe, Pipe]:
    """Make both ends of a pipe."""
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
    """Tell all to end, and wait a moment for that, while their contexts are still there."""
    actors = [each for each in _living if not each.pipe.socket.context._foreign]
    start = time.monotonic()
    for actor in actors:
        actor._life.abandon()
    for actor in actors:
        actor._thread.join(remaining(start, PATIENCE) / 1000)

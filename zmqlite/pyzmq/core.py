"""The core's contexts and sockets with libzmq's own behaviour, which pyzmq's programs expect.

Here a server of CURVE or PLAIN needs no policy, every socket has libzmq's high-water marks and
linger, and a context can be ended while its sockets are still open. All guards of the core stay.
"""

from __future__ import annotations

import time
from weakref import WeakValueDictionary

from .._zmq import ffi, lib
from ..context import Context
from ..message import collect
from ..socket import Socket
from .frame import Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

END_AT_EXIT: Final = 5000
"""Milliseconds that all contexts together have to send what is queued as the interpreter exits."""

_EXIT_INTERVAL: Final = 0.002
_END_CONTEXT: Final = ffi.addressof(lib, "zl_end_context")

contexts: Final[WeakValueDictionary[int, PlainContext]] = WeakValueDictionary()
sockets: Final[WeakValueDictionary[int, PlainSocket]] = WeakValueDictionary()
"""By address, for shadows."""

_deadline: float | None = None  # of the exit


class PlainSocket(Socket[Context]):
    """A socket whose security options are checked by libzmq alone."""

    __slots__ = ()

    def _secure(self, call: str, endpoint: str) -> None:
        """Leave it to the program whether its server asks who connects."""


class PlainContext(Context):
    """A context that can be ended as in libzmq: by waiting until all sockets are closed."""

    __slots__ = ("address",)

    _socket_class = PlainSocket
    _message_class = Frame

    def __init__(self, io_threads: int) -> None:
        super().__init__(io_threads, linger=-1)
        self.address: int = int(ffi.cast("intptr_t", self._owner._pointer[0]))
        contexts[self.address] = self

    def plain_socket(self, number: int, name: str) -> PlainSocket:
        """Make a socket without the defaults that `socket` sets."""
        socket = self._new_socket(number, name)
        assert isinstance(socket, PlainSocket)
        sockets[socket._handle.address] = socket
        return socket

    def wait_term(self) -> None:
        """Wake all threads, wait until all sockets are closed and have sent, and end the context.

        Raises:
            KeyboardInterrupt: the wait was interrupted; another call goes on with it.
        """
        if self._owner.forked:
            return
        with self._termination:
            self._abandoned = True  # until all of this is done
            self.shutdown()
            for each in (self._owner.hub, self._owner.policies):
                if each is not None:
                    each.join()
            if self._inproc._spare is not None and not self.closed:
                self._owner.close(self._inproc._spare)
            self._owner.terminate()
            self._abandoned = False
        collect()

    def _end_at_exit(self) -> None:
        """End the context, but give up when END_AT_EXIT is over: the linger may be for ever.

        libzmq's wait is on a thread of its own, as Python starts none while it exits.
        """
        global _deadline
        if _deadline is None:
            _deadline = time.monotonic() + END_AT_EXIT / 1000
        pointer = self._owner._pointer
        if not pointer[0]:
            return
        # The thread may outlive the interpreter: what it writes to is never freed.
        msg = ffi.new("zmq_msg_t *")
        if lib.zmq_msg_init_size(msg, 64) < 0:
            return
        slot = ffi.cast("void **", lib.zmq_msg_data(msg))
        slot[0] = pointer[0]
        self._abandoned = True
        lib.zmq_threadstart(_END_CONTEXT, slot)
        while slot[0] and time.monotonic() < _deadline:
            time.sleep(_EXIT_INTERVAL)
        if not slot[0]:
            pointer[0] = ffi.NULL
            self._abandoned = False

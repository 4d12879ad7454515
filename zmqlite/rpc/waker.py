"""An eventfd that any thread may write to, also while another one closes it."""

from __future__ import annotations

import os
import threading
import weakref


class Waker:
    """Wakes a thread that polls `fd`. It is closed by `close`, or with its last reference."""

    __slots__ = ("__weakref__", "_close", "_lock", "fd")

    def __init__(self) -> None:
        self.fd: int = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = threading.RLock()  # a signal handler may come in between
        self._close = weakref.finalize(self, os.close, self.fd)
        self._close.atexit = False

    def set(self) -> None:
        """Wake the thread, now or when it next polls."""
        with self._lock:
            if self._close.alive:
                os.eventfd_write(self.fd, 1)

    def clear(self) -> None:
        """Let the thread sleep again."""
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Close the descriptor; nothing if it is closed."""
        with self._lock:
            self._close()

"""The names of tornado.ioloop, which pyzmq's programs have imported from here since long ago."""

from __future__ import annotations

import warnings

from tornado.ioloop import IOLoop, PeriodicCallback

__all__ = ["IOLoop", "PeriodicCallback", "ZMQIOLoop", "install"]

ZMQIOLoop = IOLoop


def install() -> None:
    """Do nothing, with a warning: every loop of tornado works with libzmq's sockets."""
    warnings.warn("ioloop.install() does nothing any more", DeprecationWarning, stacklevel=2)

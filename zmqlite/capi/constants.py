"""The constants of zmq.h under their names there, the deprecated ones included.

The C compiler supplied their values, so they are those of the libzmq that zmqlite was built with.
Their names are written down once for C, in vendor/libzmq, and once for Python, in constants.pyi.
"""

import errno

from .._zmq import lib

# Those that zmq.h defines where the system lacks them, and those that a call here may set.
_SYSTEM_ERRORS = (
    "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EBUSY ECONNABORTED ECONNREFUSED "
    "ECONNRESET EFAULT EHOSTUNREACH EINPROGRESS EINTR EINVAL EMFILE EMSGSIZE ENAMETOOLONG "
    "ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOMEM ENOTCONN ENOTSOCK "
    "ENOTSUP EPERM EPROTO EPROTONOSUPPORT ETIMEDOUT"
)

_values = {name: getattr(errno, name) for name in _SYSTEM_ERRORS.split()}
_values |= {name: getattr(lib, name) for name in dir(lib) if name.startswith(("ZMQ_", "E"))}
_values["ZMQ_HAVE_TIMERS"] = 1  # a macro without a value, for #ifdef
globals().update(_values)


def ZMQ_MAKE_VERSION(major: int, minor: int, patch: int) -> int:
    """Return a release as one number, to be compared with ZMQ_VERSION."""
    return major * 10000 + minor * 100 + patch


__all__ = [*_values, "ZMQ_MAKE_VERSION"]

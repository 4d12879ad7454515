"""zmq.h in Python: `from zmqlite.capi import *`, and a C program can be ported line by line.

The names, the order of the arguments, the return values and errno are those of C. A function that
fails returns -1 or None, and `zmq_errno()` says why. It raises only what a C compiler would refuse,
TypeError or ValueError, and what a callback or a signal handler raises. The rest of C becomes:

    void *socket                 None, or an object that zmq_socket and similar functions return
    NULL                         None
    char buffer[10]              buffer = bytearray(10), or any other buffer
    "text" as const char *       "text" or b"text"
    int x; ... &x                x = c_int(); ... x   and then x.value; likewise c_size_t ...
    char text[256]               text = c_char_buffer(256)   and then text.value
    zmq_msg_t msg; ... &msg      msg = zmq_msg_t(); ... msg
    zmq_pollitem_t items[] = {}  items = [zmq_pollitem_t(socket, 0, ZMQ_POLLIN, 0), ...]
    void *p; ... &p              p = c_pointer(handle); ... p   and then p.value
    a function as callback       a Python function

The docstrings of the functions say "a socket error" for what every function with a socket may set:

    ENOTSOCK   it is None, closed, of the parent process before fork(), or another kind of handle
    EBUSY      another thread is inside the socket, or the call that a signal handler interrupted
    ETERM      its context was shut down, or is being terminated

and "no context", "no timers object" and so on for a handle that is None, of another kind, or was
freed before, and for a context of the parent process before fork().

docs/howto/porting-from-c.md has all rules and differences. No function closes, sends or terminates
anything that the program did not ask for: ZMQ_LINGER has libzmq's default, zmq_ctx_term waits, and
a program may exit without it.
"""

import typing as _typing

from ._handles import *
from ._message import *
from .constants import *
from .context import *
from .errors import *
from .message import *
from .poll import *
from .security import *
from .socket import *
from .timers import *
from .transfer import *
from .util import *
from .variables import *

# Importing a submodule binds its name here. Type checkers cannot follow a joined __all__; without
# one they export what the star imports bring, which is the same.
if not _typing.TYPE_CHECKING:
    __all__ = [
        *_handles.__all__, *_message.__all__, *constants.__all__, *context.__all__,
        *errors.__all__, *message.__all__, *poll.__all__, *security.__all__, *socket.__all__,
        *timers.__all__, *transfer.__all__, *util.__all__, *variables.__all__,
    ]  # fmt: skip

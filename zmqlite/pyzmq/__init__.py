"""Programs written for pyzmq run unchanged on zmqlite.

    import zmqlite.pyzmq as zmq                       # in one's own code
    python -m zmqlite.pyzmq PROGRAM ARGS              # a program that says `import zmq`
    zmqlite.pyzmq.install()                           # the same from inside a process

Names, types and behaviour are those of pyzmq 27.3; what zmqlite guards (threads, fork, exit,
cancellation) stays guarded. pyzmq is neither needed nor loaded. Left out: ssh, green, tornado's
futures. See "Coming from pyzmq" in the documentation.
"""

from __future__ import annotations

import os as _os
import sys as _sys
from types import ModuleType as _ModuleType

from .. import curve as _curve
from ..curve import curve_keypair as curve_keypair
from ..library import has as has
from . import constants as constants
from . import context, error, frame, poll, socket, tracker, version
from .constants import *  # noqa: F403  # the names of its __all__
from .context import Context as Context
from .context import SyncContext as SyncContext
from .device import device as device
from .device import proxy as proxy
from .device import proxy_steerable as proxy_steerable
from .error import *  # noqa: F403  # likewise
from .frame import COPY_THRESHOLD as COPY_THRESHOLD
from .frame import Frame as Frame
from .frame import Message as Message
from .install import install as install
from .poll import Poller as Poller
from .poll import select as select
from .poll import zmq_poll as zmq_poll
from .socket import Socket as Socket
from .socket import SyncSocket as SyncSocket
from .tracker import _FINISHED_TRACKER as _FINISHED_TRACKER
from .tracker import MessageTracker as MessageTracker
from .version import __revision__ as __revision__
from .version import __version__ as __version__
from .version import pyzmq_version as pyzmq_version
from .version import pyzmq_version_info as pyzmq_version_info
from .version import zmq_version as zmq_version
from .version import zmq_version_info as zmq_version_info

TYPE_CHECKING = False
DRAFT_API = PYZMQ_DRAFT_API = False


def curve_public(secret_key: str | bytes) -> bytes:
    """Return the public key of a secret one.

    C: zmq_curve_public(3)
    """
    secret = secret_key.encode() if isinstance(secret_key, str) else secret_key
    try:
        return _curve.curve_public(secret)
    except ValueError as invalid:
        raise error.translated(invalid) from None


def get_includes() -> list[str]:
    """Return where pyzmq has its C headers, which are not here: the folders hold none."""
    here = _os.path.join(_os.path.dirname(__file__), "_path", "zmq")
    return [here, _os.path.join(here, "utils")]


def get_library_dirs() -> list[str]:
    """Return where pyzmq has its libzmq; there is none."""
    return get_includes()[:1]


if not TYPE_CHECKING:  # type checkers take what is imported by `*` and as its own name above
    __all__ = ["_FINISHED_TRACKER", "__revision__", "__version__"]
    __all__ += [
        name
        for name, value in globals().items()
        if not (name.startswith("_") or isinstance(value, _ModuleType))
        and name not in ("annotations", "TYPE_CHECKING")
    ]

# pyzmq's layers by name: this module has all that programs look for in them.
sugar: _ModuleType = _sys.modules[__name__]
backend: _ModuleType = sugar
for _alias in ("sugar", "backend"):
    _sys.modules[f"{__name__}.{_alias}"] = _sys.modules[__name__]
    for _module in (context, socket, frame, poll, tracker, version, error):
        _name = f"{__name__}.{_alias}.{_module.__name__.rpartition('.')[2]}"
        _sys.modules[_name] = _module
del _alias, _module, _name

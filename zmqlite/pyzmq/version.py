"""The version of pyzmq whose programs run here, and libzmq's."""

from __future__ import annotations

from .. import library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

VERSION_MAJOR: Final = 27
VERSION_MINOR: Final = 3
VERSION_PATCH: Final = 0
VERSION_EXTRA: Final = ""

__version__: str = f"{VERSION_MAJOR}.{VERSION_MINOR}.{VERSION_PATCH}"
__revision__: str = ""
version_info: tuple[int, int, int] = (VERSION_MAJOR, VERSION_MINOR, VERSION_PATCH)


def pyzmq_version() -> str:
    """Return the version of pyzmq that this package stands for: programs compare it."""
    return __version__


def pyzmq_version_info() -> tuple[int, int, int]:
    """Return that version as numbers."""
    return version_info


def zmq_version() -> str:
    """Return the version of libzmq."""
    return ".".join(map(str, zmq_version_info()))


def zmq_version_info() -> tuple[int, int, int]:
    """Return the version of libzmq as numbers."""
    return library.zmq_version()

"""Who frees what C allocated: the last reference, and never anybody before."""

from __future__ import annotations

from ._zmq import ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ._zmq import CData


def owned(pointer: CData, free: Callable[[CData], object]) -> CData:
    """Return the pointer as one that calls `free`, a function in C, with its last reference.

    The garbage collector is not told of it: in a cycle it would call `free` first, and then the
    finalizers of those who still use the memory.
    """
    owner = ffi.gc(pointer, free)
    lib.zl_untrack(ffi.cast("void *", id(owner)))
    return owner

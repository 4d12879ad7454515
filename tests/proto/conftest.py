"""Sockets for the tests of typed messages: as everywhere, but none of them waits for ever."""

from __future__ import annotations

from typing import Any

import pytest
from drivers import drive, driver, pytest_pycollect_makeitem, pytest_pyfunc_call
from support import DEADLINE, Connect, Make

from zmqlite import Socket, SocketType

__all__ = ["drive", "driver", "pytest_pycollect_makeitem", "pytest_pyfunc_call"]


@pytest.fixture
def pair(make: Make, connect: Connect) -> Any:
    """Make two sockets with options that know each other; the first one binds."""

    def pair(first: SocketType, second: SocketType, **options: Any) -> tuple[Socket, Socket]:
        patience = int(DEADLINE * 1000)
        options = {"rcvtimeo": patience, "sndtimeo": patience, **options}
        sockets = make(first, **options), make(second, **options)
        connect(*sockets)
        return sockets

    return pair

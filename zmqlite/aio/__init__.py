"""Sockets for asyncio: what waits is awaited, and a cancelled wait has lost nothing.

    from zmqlite import aio

    async with aio.Context() as context, context.socket(zmq.PULL) as socket: ...

    readiness   Watch: the one loop that every operation waits in, and the descriptor behind it
    socket      Socket: a blocking Socket, driven by it
    context     Context: a blocking Context, whose sockets are these
    monitor     Monitor: typed events to be awaited
    poll        Poller: several sockets at once

Importing zmqlite does not import this package.
"""

from .context import Context
from .monitor import Monitor
from .poll import Poller
from .socket import Socket, sent

__all__ = ["Context", "Monitor", "Poller", "Socket", "sent"]

for _name in __all__:
    globals()[_name].__module__ = __name__
del _name

"""Sockets for asyncio: calls that wait are awaited, and a cancelled one has lost nothing.

    from zmqlite import aio

    async with aio.Context() as context, context.socket(zmq.PULL) as socket: ...

    readiness   Watch: the loop that every operation waits in, and the file descriptor behind it
    batches     sent: how much of a batch was sent when it ended early
    socket      Socket: awaits the calls of a blocking Socket; Monitor: awaits typed events
    context     Context: a blocking Context whose sockets are these
    poll        Poller: waits for several sockets

Importing zmqlite does not import this package.
"""

from .batches import sent
from .context import Context
from .poll import Poller
from .socket import Monitor, Socket

__all__ = ["Context", "Monitor", "Poller", "Socket", "sent"]

for _name in __all__:
    globals()[_name].__module__ = __name__
del _name

"""Devices that run a monitored queue."""

from __future__ import annotations

from .. import PUB
from .monitoredqueue import monitored_queue
from .proxydevice import ProcessProxy, Proxy, ThreadProxy

__all__ = ["MonitoredQueue", "ProcessMonitoredQueue", "ThreadMonitoredQueue"]


class MonitoredQueue(Proxy):
    """A Proxy whose third socket gets each message with a prefix that tells its direction."""

    def __init__(
        self,
        in_type: int,
        out_type: int,
        mon_type: int = PUB,
        in_prefix: bytes = b"in",
        out_prefix: bytes = b"out",
    ) -> None:
        super().__init__(in_type, out_type, mon_type)
        self._prefixes = in_prefix, out_prefix

    def run_device(self) -> None:
        """Make the sockets and forward messages, until an error ends it."""
        first, second, monitor = self._setup_sockets()
        monitored_queue(first, second, monitor, *self._prefixes)


class ThreadMonitoredQueue(MonitoredQueue, ThreadProxy):
    """A MonitoredQueue in a daemon thread."""


class ProcessMonitoredQueue(MonitoredQueue, ProcessProxy):
    """A MonitoredQueue in a process."""

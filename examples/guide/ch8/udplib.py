"""A UDP socket for pings: to whoever is near, and from whoever is there, also several on one host.

What goes wrong for a while, as networks do, is passed over; all else is raised. The class has a
`fileno`, so a Poller takes it beside ZeroMQ sockets.
"""

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Iterator
from typing import Self

import psutil

LARGEST = 65535
TEMPORARY = (
    errno.EAGAIN,
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EINTR,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ENETUNREACH,
    errno.ENOBUFS,
)


def broadcast_address(interface: str) -> str:
    """Return the address that reaches all hosts on an interface; "" is the one with the route.

    Raises:
        ValueError: there is no such interface, or it has no IPv4 address.
    """
    if not interface:
        return "255.255.255.255"
    for address in psutil.net_if_addrs().get(interface, ()):
        if address.family == socket.AF_INET:
            network = ipaddress.IPv4Interface(f"{address.address}/{address.netmask}").network
            return str(network.broadcast_address)
    raise ValueError(f"no interface {interface!r} with an IPv4 address")


class Udp:
    """A socket for broadcasts on one port, which others on this host may use, too.

    Port 0 takes one that is free; `port` tells which. `interface` is a name such as eth0.
    """

    def __init__(self, port: int, interface: str = "") -> None:
        self._broadcast = broadcast_address(interface)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("", port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]

    def fileno(self) -> int:
        """Return the descriptor, for a Poller."""
        return self._socket.fileno()

    def send(self, data: bytes) -> None:
        """Send a datagram to all who listen on the port, ourselves included."""
        with _passing_over():
            self._socket.sendto(data, (self._broadcast, self.port))

    def recv(self) -> tuple[bytes, str] | None:
        """Return a datagram and who sent it, as address:port; None if nothing is there."""
        with _passing_over():
            data, (address, port) = self._socket.recvfrom(LARGEST)
            return data, f"{address}:{port}"
        return None

    def close(self) -> None:
        """Close the socket; doing it again does nothing."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@contextlib.contextmanager
def _passing_over() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in TEMPORARY:
            raise

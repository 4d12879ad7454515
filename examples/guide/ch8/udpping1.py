"""Find peers on the network with UDP broadcasts, with a plain socket in a poll of ZeroMQ's.

Whoever listens on the port hears the pings of everybody, also its own. Several of these may run on
one host, because they all say that the address may be reused. It ends where the network has no
way to the broadcast address. On a host without a network, take that of the loopback interface:

    python -m examples.guide.ch8.udpping1
    python -m examples.guide.ch8.udpping1 --broadcast 127.255.255.255
"""

import socket

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock

PING = b"!"


def main(port: int = 9999, broadcast: str = "255.255.255.255", interval: int = 1000) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as pinger:
        pinger.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        pinger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        pinger.bind(("", port))
        port = pinger.getsockname()[1]
        print(f"bound port {port}")

        poller = zmq.Poller()
        poller.register(pinger, zmq.POLLIN)
        next_ping = clock()
        while True:
            if poller.poll(max(0, next_ping - clock())):
                _, (address, sender) = pinger.recvfrom(len(PING))
                print(f"found peer {address}:{sender}")
            if clock() >= next_ping:
                print("pinging peers")
                pinger.sendto(PING, (broadcast, port))
                next_ping = clock() + interval


if __name__ == "__main__":
    run(main)

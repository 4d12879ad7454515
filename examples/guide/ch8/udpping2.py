"""Find peers on the network with UDP broadcasts: udpping1 on the class of udplib.

python -m examples.guide.ch8.udpping2
python -m examples.guide.ch8.udpping2 --interface lo
"""

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock
from .udplib import Udp

PING = b"!"


def main(port: int = 9999, interface: str = "", interval: int = 1000) -> None:
    with Udp(port, interface) as udp:
        print(f"bound port {udp.port}")
        poller = zmq.Poller()
        poller.register(udp, zmq.POLLIN)
        next_ping = clock()
        while True:
            if poller.poll(max(0, next_ping - clock())) and (received := udp.recv()):
                _, sender = received
                print(f"found peer {sender}")
            if clock() >= next_ping:
                print("pinging peers")
                udp.send(PING)
                next_ping = clock() + interval


if __name__ == "__main__":
    run(main)

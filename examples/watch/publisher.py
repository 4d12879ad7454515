"""Publish to subscribers that come, are refused and go, and say what happens to them.

The publisher is a CURVE server. It waits until its subscriber has subscribed, so that the first
message is not lost, and prints a line for each handshake, each failure and each departure.

    python -m examples.watch.publisher
    python -m examples.watch.subscriber --connect ENDPOINT --key KEY
"""

import zmqlite as zmq
from zmqlite import auth

from ..program import run

EVENTS = (
    zmq.MonitorEvent.HANDSHAKE_SUCCEEDED
    | zmq.MonitorEvent.HANDSHAKE_FAILED_PROTOCOL
    | zmq.MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL
    | zmq.MonitorEvent.DISCONNECTED
)


def main(bind: str = "tcp://127.0.0.1:5571", count: int = 3) -> None:
    certificate = auth.Certificate.generate()
    with zmq.Context() as context, context.socket(zmq.XPUB) as publisher:
        auth.curve_server(publisher, certificate, allow=auth.ANYONE)
        with publisher.monitor(EVENTS) as monitor:
            endpoint = publisher.bind(bind)
            print("bound", endpoint, zmq.z85_decode(certificate.public_key).hex())
            refused = False
            while not refused:
                event = monitor.recv()
                print(event)
                refused = bool(event.cause)
            publisher.wait_subscribers(1)
            for number in range(1, count + 1):
                publisher.send_string(f"item {number}")
            publisher.send(b"")
            while publisher.statistics().peers:
                print(monitor.recv())
        statistics = publisher.statistics()
        print(f"{statistics.connections} connected, {statistics.failures} failed")


if __name__ == "__main__":
    run(main)

"""Subscribe to examples.watch.publisher, with the key of the publisher or with a wrong one.

With a wrong key the publisher refuses the connection; the program says why, and ends.

    python -m examples.watch.subscriber --connect ENDPOINT --key KEY
"""

import zmqlite as zmq

from ..program import run


def main(connect: str = "tcp://127.0.0.1:5571", key: str = "") -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
        subscriber.curve_publickey, subscriber.curve_secretkey = zmq.curve_keypair()
        if key:
            subscriber.curve_serverkey = zmq.z85_encode(bytes.fromhex(key))
        else:
            subscriber.curve_serverkey = zmq.curve_keypair()[0]  # that of nobody
        subscriber.subscribe(b"")
        with subscriber.monitor() as monitor:
            subscriber.connect(connect)
            for event in monitor:
                if event.cause:
                    print("refused:", event.cause)
                    return
                if event.event == zmq.MonitorEvent.HANDSHAKE_SUCCEEDED:
                    break
        count = 0
        while subscriber.recv():
            count += 1
        print(f"received {count} messages")


if __name__ == "__main__":
    run(main)

"""Subscribe to examples.watch.publisher, with the key of the publisher or with a wrong one.

With a wrong key the publisher refuses the connection; the program says why, and ends.

    python -m examples.watch.subscriber --connect ENDPOINT --key KEY
"""

import argparse

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Subscribe, or say why that is refused.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5571", metavar="ENDPOINT")
    parser.add_argument("--key", help="the public key of the publisher, in hexadecimal")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
        subscriber.curve_publickey, subscriber.curve_secretkey = zmq.curve_keypair()
        if options.key:
            subscriber.curve_serverkey = zmq.z85_encode(bytes.fromhex(options.key))
        else:
            subscriber.curve_serverkey = zmq.curve_keypair()[0]  # that of nobody
        subscriber.subscribe(b"")
        with subscriber.monitor() as monitor:
            subscriber.connect(options.connect)
            for event in monitor:
                if event.cause:
                    print("refused:", event.cause, flush=True)
                    return
                if event.event == zmq.MonitorEvent.HANDSHAKE_SUCCEEDED:
                    break
        count = 0
        while subscriber.recv():
            count += 1
        print(f"received {count} messages", flush=True)


if __name__ == "__main__":
    main()

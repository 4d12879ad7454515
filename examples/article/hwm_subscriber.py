"""Read more slowly than an hwm_publisher sends, and count what was dropped.

python -m examples.article.hwm_publisher
python -m examples.article.hwm_subscriber
"""

import argparse
import time

import zmqlite as zmq

BUFFER = 65536


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Read a burst slowly; count the gaps.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    parser.add_argument("--hwm", type=int, default=10, help="messages that the socket keeps")
    parser.add_argument("--work", type=int, default=20, help="milliseconds spent on a message")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    received, dropped, last = 0, 0, 0
    with (
        zmq.Context() as context,
        context.socket(zmq.SUB, rcvhwm=options.hwm, rcvbuf=BUFFER) as socket,
    ):
        socket.subscribe(b"")
        socket.connect(options.connect)
        kind, number, _ = socket.recv_multipart()
        while kind == b"burst":
            received += 1
            dropped += int(number) - last - 1
            last = int(number)
            time.sleep(options.work / 1000)
            kind, number, _ = socket.recv_multipart()
        dropped += int(number) - last  # in the calm after it: the last number of the burst
    print(f"received {received} messages, {dropped} were dropped", flush=True)


if __name__ == "__main__":
    main()

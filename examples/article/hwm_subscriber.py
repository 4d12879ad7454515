"""Read more slowly than an hwm_publisher sends, and count what was dropped.

python -m examples.article.hwm_publisher
python -m examples.article.hwm_subscriber
"""

import time

import zmqlite as zmq

from ..program import run

BUFFER = 65536


def main(connect: str = "tcp://127.0.0.1:5563", hwm: int = 10, work: int = 20) -> None:
    received, dropped, last = 0, 0, 0
    with (
        zmq.Context() as context,
        context.socket(zmq.SUB, rcvhwm=hwm, rcvbuf=BUFFER) as socket,
    ):
        socket.subscribe(b"")
        socket.connect(connect)
        kind, number, _ = socket.recv_multipart()
        while kind == b"burst":
            received += 1
            dropped += int(number) - last - 1
            last = int(number)
            time.sleep(work / 1000)
            kind, number, _ = socket.recv_multipart()
        dropped += int(number) - last  # in the calm after it: the last number of the burst
    print(f"received {received} messages, {dropped} were dropped")


if __name__ == "__main__":
    run(main)

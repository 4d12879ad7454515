"""A service that logs: it pushes records to a collector and need not care who reads them.

Part of the logging system of log_collector. Any number of services may join it at any time. PUSH
keeps what the collector has not taken yet, and the context sends it before the program ends.

    python -m examples.article.log_collector --services 2
    python -m examples.article.log_pager
    python -m examples.article.log_service --name web
    python -m examples.article.log_service --name mail
"""

import time

import zmqlite as zmq

from ..program import run


def main(
    connect: str = "tcp://127.0.0.1:5564",
    name: str = "service",
    count: int = 10,
    interval: int = 200,
) -> None:
    service = name.encode()
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.connect(connect)
        for number in range(1, count + 1):
            level = b"info" if number % 5 else b"error"
            socket.send_multipart([level, service, b"record %d" % number])
            time.sleep(interval / 1000)
        socket.send_multipart([b"end", service, b""])
    print(f"logged {count} records")


if __name__ == "__main__":
    run(main)

"""A service that logs: it pushes records to a collector and need not care who reads them.

Part of the logging system of log_collector. Any number of services may join it at any time. PUSH
keeps what the collector has not taken yet, and the context sends it before the program ends.

    python -m examples.article.log_collector --services 2
    python -m examples.article.log_pager
    python -m examples.article.log_service --name web
    python -m examples.article.log_service --name mail
"""

import argparse
import time

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Log some records, every fifth an error.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5564", metavar="ENDPOINT")
    parser.add_argument("--name", default="service", help="who logs")
    parser.add_argument("--count", type=int, default=10, help="how many records")
    parser.add_argument("--interval", type=int, default=200, help="milliseconds between two")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    name = options.name.encode()
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.connect(options.connect)
        for number in range(1, options.count + 1):
            level = b"info" if number % 5 else b"error"
            socket.send_multipart([level, name, b"record %d" % number])
            time.sleep(options.interval / 1000)
        socket.send_multipart([b"end", name, b""])
    print(f"logged {options.count} records", flush=True)


if __name__ == "__main__":
    main()

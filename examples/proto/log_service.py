"""Be a service that logs typed records (PUSH): every third of them is an error.

python -m examples.proto.log_service --name web
"""

import argparse

import zmqlite as zmq
from zmqlite import proto

from .generated.logs_pb2 import LEVEL_ERROR, LEVEL_INFO, Goodbye, Record


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Log some records.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5564", metavar="ENDPOINT")
    parser.add_argument("--name", default="service")
    parser.add_argument("--count", type=int, default=6, help="how many records")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        log = proto.TypedSocket(socket, proto.Tagged(Record, Goodbye))
        socket.connect(options.connect)
        for number in range(1, options.count + 1):
            level = LEVEL_INFO if number % 3 else LEVEL_ERROR
            log.send(Record(level=level, service=options.name, text=f"step {number}"))
        log.send(Goodbye(service=options.name))
        print(f"logged {options.count} records", flush=True)


if __name__ == "__main__":
    main()

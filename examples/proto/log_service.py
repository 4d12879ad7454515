"""Be a service that logs typed records (PUSH): every third of them is an error.

python -m examples.proto.log_service --name web
"""

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.logs_pb2 import LEVEL_ERROR, LEVEL_INFO, Goodbye, Record


def main(connect: str = "tcp://127.0.0.1:5564", name: str = "service", count: int = 6) -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        log = proto.TypedSocket(socket, proto.Tagged(Record, Goodbye))
        socket.connect(connect)
        for number in range(1, count + 1):
            level = LEVEL_INFO if number % 3 else LEVEL_ERROR
            log.send(Record(level=level, service=name, text=f"step {number}"))
        log.send(Goodbye(service=name))
        print(f"logged {count} records")


if __name__ == "__main__":
    run(main)

"""Print alerts and nothing else: a subscription by type, which the publisher's side applies.

python -m examples.proto.log_pager
"""

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.logs_pb2 import Goodbye, RecordAlert


def main(connect: str = "tcp://127.0.0.1:5563") -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        alerts = proto.TypedSocket(socket, proto.Tagged(RecordAlert, Goodbye))
        alerts.subscribe_type(RecordAlert)
        alerts.subscribe_type(Goodbye)
        socket.connect(connect)
        print("connected")
        count = 0
        for message in alerts:
            if isinstance(message, Goodbye):
                break
            count += 1
            print(f"{message.record.service}: {message.record.text}")
        print(f"{count} alerts")


if __name__ == "__main__":
    run(main)

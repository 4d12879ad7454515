"""Print alerts and nothing else: a subscription by type, which the publisher's side applies.

python -m examples.proto.log_pager
"""

import argparse

import zmqlite as zmq
from zmqlite import proto

from .generated.logs_pb2 import Goodbye, RecordAlert


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Print alerts.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        alerts = proto.TypedSocket(socket, proto.Tagged(RecordAlert, Goodbye))
        alerts.subscribe_type(RecordAlert)
        alerts.subscribe_type(Goodbye)
        socket.connect(options.connect)
        print("connected", flush=True)
        count = 0
        for message in alerts:
            if isinstance(message, Goodbye):
                break
            count += 1
            print(f"{message.record.service}: {message.record.text}", flush=True)
        print(f"{count} alerts", flush=True)


if __name__ == "__main__":
    main()

"""Collect typed log records from all services (PULL), and publish alerts about errors (XPUB).

The combination of patterns at the end of the article, with types. A dispatcher calls the handler
of each type.

    python -m examples.proto.log_collector
    python -m examples.proto.log_pager
    python -m examples.proto.log_service --name web
"""

from collections import Counter

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.logs_pb2 import LEVEL_ERROR, Goodbye, Record, RecordAlert


def main(
    bind: str = "tcp://127.0.0.1:5564", alerts: str = "tcp://127.0.0.1:5563", services: int = 2
) -> None:
    errors: Counter[str] = Counter()
    records: Counter[str] = Counter()
    gone = []
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.XPUB) as publisher,
    ):
        typed = proto.TypedSocket(publisher, proto.Tagged(Record, RecordAlert, Goodbye))
        dispatcher = proto.Dispatcher()
        dispatcher.add(proto.TypedSocket(pull, proto.Tagged(Record, Goodbye)))

        @dispatcher.on(Record)
        def on_record(record: Record, delivery: proto.Delivery[Record]) -> None:
            records[record.service] += 1
            typed.send(record)
            if record.level == LEVEL_ERROR:
                errors[record.service] += 1
                typed.send(RecordAlert(record=record, errors=errors[record.service]))

        @dispatcher.on(Goodbye)
        def on_goodbye(goodbye: Goodbye, delivery: proto.Delivery[Goodbye]) -> None:
            gone.append(goodbye.service)
            if len(gone) == services:
                typed.send(goodbye)
                dispatcher.stop()

        print("alerts at", publisher.bind(alerts))
        print("bound", pull.bind(bind))
        publisher.recv()  # the pager is there
        dispatcher.run()
        for service in sorted(records):
            print(f"{service}: {records[service]} records, {errors[service]} errors")


if __name__ == "__main__":
    run(main)

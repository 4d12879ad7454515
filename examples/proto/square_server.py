"""Serve typed requests: a Request comes in, a Reply goes out, to REQ and DEALER clients alike.

A ROUTER, unlike REP, is not stuck after a request that it cannot decode; it can still answer it.

    python -m examples.proto.square_server
    python -m examples.proto.square_client 2 9 -1
"""

import math

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.square_pb2 import Reply, Request


def main(bind: str = "tcp://127.0.0.1:5555") -> None:
    dispatcher = proto.Dispatcher(
        lambda failure: failure.reply(Reply(error=type(failure.error).__name__))
    )

    @dispatcher.on(Request)
    def on_request(request: Request, delivery: proto.Delivery[Request]) -> None:
        delivery.reply(Reply(root=math.sqrt(request.value)))

    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        dispatcher.add(proto.TypedSocket(socket, Reply, Request))
        print("bound", socket.bind(bind))
        try:
            dispatcher.run()
        except KeyboardInterrupt:
            print("ended")


if __name__ == "__main__":
    run(main)

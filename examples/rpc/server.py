"""Square numbers for clients, until it is interrupted.

python -m examples.rpc.server --bind tcp://127.0.0.1:5581
python -m examples.rpc.server --brokers tcp://127.0.0.1:5580,tcp://127.0.0.1:5590
"""

from __future__ import annotations

import signal
import time
from typing import Any

import zmqlite as zmq
from zmqlite import rpc

from ..program import run
from .generated import squares_pb2, squares_rpc


class Squares(squares_rpc.Squares):  # type: ignore[misc]
    def square(self, request: Any, call: rpc.Call) -> Any:
        time.sleep(0.001)
        return squares_pb2.Number(value=request.value**2)


def main(bind: str = "tcp://127.0.0.1:5581", brokers: str = "") -> None:
    with zmq.Context() as context:
        server = rpc.Server(context, Squares())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.stop(1000))
        if brokers:
            for endpoint in brokers.split(","):
                server.register(endpoint)
            print("registered")
        else:
            print("bound", server.bind(bind))
        server.run()
        print("stopped")


if __name__ == "__main__":
    run(main)

"""A broker of requests in one call: a proxy between a ROUTER and a DEALER; compare rrbroker.

python -m examples.guide.ch2.msgqueue
python -m examples.guide.ch2.rrworker             (several)
python -m examples.guide.ch2.rrclient
"""

import zmqlite as zmq

from ...program import run


def main(clients: str = "tcp://*:5559", workers: str = "tcp://*:5560") -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as frontend,
        context.socket(zmq.DEALER) as backend,
    ):
        frontend.bind(clients)
        backend.bind(workers)
        zmq.proxy(frontend, backend)


if __name__ == "__main__":
    run(main)

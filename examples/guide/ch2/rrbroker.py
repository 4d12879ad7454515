"""A broker of requests: a ROUTER for the clients, a DEALER for the workers, and a poll of both.

The ROUTER puts the client's routing id in front of a request, the DEALER deals requests out to the
workers in turn, and the id leads the reply back. So messages pass whole and unchanged, and the
broker need not look into them. msgqueue is the same in one call.

    python -m examples.guide.ch2.rrbroker
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
        poller = zmq.Poller()
        poller.register(frontend, zmq.POLLIN)
        poller.register(backend, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if frontend in ready:
                backend.send_multipart(frontend.recv_multipart())
            if backend in ready:
                frontend.send_multipart(backend.recv_multipart())


if __name__ == "__main__":
    run(main)

"""Pass the weather on to another network: a proxy between XSUB and XPUB.

Readings go down to the subscribers, and what they subscribe to goes up to the server, as messages
of these two types of socket. The addresses are those of a host between two networks; on one host:

    python -m examples.guide.ch1.wuserver
    python -m examples.guide.ch2.wuproxy --connect tcp://localhost:5556 --bind "tcp://*:8100"
    python -m examples.guide.ch1.wuclient --connect tcp://localhost:8100 --filter 1
"""

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://192.168.55.210:5556", bind: str = "tcp://10.1.1.0:8100") -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.XSUB) as frontend,
        context.socket(zmq.XPUB) as backend,
    ):
        frontend.connect(connect)
        backend.bind(bind)
        zmq.proxy(frontend, backend)


if __name__ == "__main__":
    run(main)

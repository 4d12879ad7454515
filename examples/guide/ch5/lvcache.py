"""Last value cache: whoever subscribes gets the latest message of the topic at once (XPUB).

It stands between a publisher and its subscribers, forwards every message and keeps the last one of
each topic. An XPUB socket lets it see the subscriptions: one byte, 1 or 0, and the topic. Without
`xpub_verbose` only the first for a topic would be seen, and the second subscriber get nothing. What
is sent again goes to all who have subscribed to that topic.

    python -m examples.guide.ch5.lvcache
    python -m examples.guide.ch5.pathopub --bind tcp://127.0.0.1:5557
    python -m examples.guide.ch5.pathosub --connect tcp://localhost:5558
"""

import zmqlite as zmq

from ...program import run

SUBSCRIBE = b"\x01"


def serve(frontend: zmq.Socket, backend: zmq.Socket) -> None:
    """Pass on what the publisher sends, and the last of it to each new subscriber."""
    cache: dict[bytes, list[bytes]] = {}
    poller = zmq.Poller()
    poller.register(frontend, zmq.POLLIN)
    poller.register(backend, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if frontend in ready:
            message = frontend.recv_multipart()
            cache[message[0]] = message
            backend.send_multipart(message)
        if backend in ready:
            event, *_ = backend.recv_multipart()
            topic = event[1:]
            if event[:1] == SUBSCRIBE and topic in cache:
                print("sending the last value of", topic.decode(errors="replace"))
                backend.send_multipart(cache[topic])


def main(publisher: str = "tcp://localhost:5557", bind: str = "tcp://*:5558") -> None:
    """Connect to a publisher, and serve its subscribers."""
    with (
        zmq.Context() as context,
        context.socket(zmq.SUB) as frontend,
        context.socket(zmq.XPUB, linger=0, xpub_verbose=True) as backend,
    ):
        frontend.subscribe(b"")
        frontend.connect(publisher)
        print("bound", backend.bind(bind))
        serve(frontend, backend)


if __name__ == "__main__":
    run(main)

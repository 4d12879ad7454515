"""What a round trip costs: requests in lock step, and the same without waiting (DEALER).

A client, a broker and a worker, each in a thread and all over tcp. First the client waits for each
reply before the next request, then it sends all of them before it takes the first reply. In lock
step nearly all of the time is spent on the way.

    python -m examples.guide.ch4.tripping
"""

import contextlib
import threading
import time

import zmqlite as zmq

from ...program import run


def broker(frontend: zmq.Socket, backend: zmq.Socket) -> None:
    """Pass requests and replies on."""
    with frontend, backend, contextlib.suppress(zmq.ContextTerminated):
        zmq.proxy(frontend, backend)


def worker(socket: zmq.Socket) -> None:
    """Send back what comes."""
    with socket, contextlib.suppress(zmq.ContextTerminated):
        for message in socket:
            socket.send(message)


def lock_step(socket: zmq.Socket, count: int) -> None:
    """Wait for each reply before the next request."""
    for _ in range(count):
        socket.send(b"hello")
        socket.recv()


def all_at_once(socket: zmq.Socket, count: int) -> None:
    """Send all requests, then take all replies."""
    for _ in range(count):
        socket.send(b"hello")
    for _ in range(count):
        socket.recv()


def main(
    frontend: str = "tcp://127.0.0.1:5555",
    backend: str = "tcp://127.0.0.1:5556",
    lock_step_count: int = 10_000,
    at_once_count: int = 100_000,
) -> None:
    with zmq.Context() as context:
        clients, workers, there = (context.socket(zmq.DEALER) for _ in range(3))
        # Without a limit, since the replies wait in this socket until all requests are sent.
        here = context.socket(zmq.DEALER, sndhwm=0, rcvhwm=0)
        here.connect(clients.bind(frontend))
        there.connect(workers.bind(backend))
        threads = [
            threading.Thread(target=broker, args=(clients, workers)),
            threading.Thread(target=worker, args=(there,)),
        ]
        for thread in threads:
            thread.start()
        try:
            for trips, count in ((lock_step, lock_step_count), (all_at_once, at_once_count)):
                start = time.perf_counter()
                trips(here, count)
                rate = count / (time.perf_counter() - start)
                print(f"{trips.__name__.replace('_', ' ')}: {rate:.0f} round trips per second")
        finally:
            context.shutdown()
            for thread in threads:
                thread.join()


if __name__ == "__main__":
    run(main)

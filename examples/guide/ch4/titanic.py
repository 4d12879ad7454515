"""Titanic: a Majordomo service that keeps requests on disk until their replies are fetched.

Three services take a request, give out its reply and forget both, each in a thread of its own. The
main thread sends what is stored to its service as soon as there is a worker for that. Whoever asks
gets an id, and may go away and come back; so may Titanic, the broker and the worker. A request that
was under way when Titanic crashed is sent again, so a service may see it twice. Protocol: TSP,
ZeroMQ RFC 9.

    python -m examples.guide.ch4.mdbroker
    python -m examples.guide.ch4.titanic
    python -m examples.guide.ch4.ticlient
    python -m examples.guide.ch4.mdworker
"""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import zmqlite as zmq

from ...program import run
from .mdcliapi import MajordomoClient
from .mdwrkapi import MajordomoWorker
from .titanic_store import Store, checked

STORE = b"titanic.request"
FETCH = b"titanic.reply"
CLOSE = b"titanic.close"

OK = b"200"
PENDING = b"300"
UNKNOWN = b"400"
TROUBLE = b"500"


class Services:
    """What the three services answer: a status, and what belongs to it."""

    def __init__(self, store: Store, news: threading.Event) -> None:
        self.store = store
        self.news = news

    def take(self, body: list[bytes]) -> list[bytes]:
        """Store a request, which is a service and at least one frame for it."""
        if len(body) < 2:
            return [UNKNOWN]
        name = self.store.add(body)
        self.news.set()
        return [OK, name.encode()]

    def give(self, body: list[bytes]) -> list[bytes]:
        """Fetch the reply to a request."""
        match body:
            case [uuid] if name := checked(uuid):
                reply = self.store.reply(name)
                if reply is not None:
                    return [OK, *reply]
                if self.store.request(name) is not None:
                    return [PENDING]
        return [UNKNOWN]

    def forget(self, body: list[bytes]) -> list[bytes]:
        """Remove a request and its reply, if there are any."""
        match body:
            case [uuid] if name := checked(uuid):
                self.store.remove(name)
        return [OK]


def serve(worker: MajordomoWorker, answer: Callable[[list[bytes]], list[bytes]]) -> None:
    """Be the worker for one service, until the context is shut down."""
    with worker, contextlib.suppress(zmq.ContextTerminated):
        reply = None
        while True:
            request = worker.recv(reply)
            try:
                reply = answer(request)
            except OSError as error:
                print(f"trouble with the store: {error}")
                reply = [TROUBLE]


def dispatch(client: MajordomoClient, store: Store) -> None:
    """Send each request that has no reply to its service, if there is a worker for that."""
    failed = set()
    for name in store.pending():
        request = store.request(name)
        if request is None or request[0] in failed:  # removed in the meantime, or not its turn
            continue
        service, *body = request
        try:
            if client.request(b"mmi.service", service) == [b"200"]:
                store.finish(name, client.request(service, *body))
                print(f"done: {name}")
            else:
                failed.add(service)
        except TimeoutError:
            failed.add(service)


def main(
    broker: str = "tcp://localhost:5555",
    folder: str = ".titanic",
    interval: int = 1000,
    timeout: int = 1000,
    heartbeat: int = 2500,
    reconnect: int = 2500,
    verbose: bool = False,
) -> None:
    store, news = Store(Path(folder)), threading.Event()
    services = Services(store, news)
    answers = {STORE: services.take, FETCH: services.give, CLOSE: services.forget}
    threads = []
    with (
        zmq.Context() as context,
        MajordomoClient(context, broker, timeout=timeout, tries=1, verbose=verbose) as client,
    ):
        try:
            for service, answer in answers.items():
                worker = MajordomoWorker(
                    context,
                    broker,
                    service,
                    heartbeat=heartbeat,
                    reconnect=reconnect,
                    verbose=verbose,
                )
                threads.append(threading.Thread(target=serve, args=(worker, answer)))
                threads[-1].start()
            print(f"{len(store.pending())} requests are waiting")
            while True:
                dispatch(client, store)
                news.wait(interval / 1000)
                news.clear()
        finally:
            context.shutdown()
            for thread in threads:
                thread.join()


if __name__ == "__main__":
    run(main)

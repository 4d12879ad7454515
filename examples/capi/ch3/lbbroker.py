"""A load-balancing broker: a request goes to the worker that has been free for the longest time.

Clients and workers are REQ sockets in threads; a worker's first request says that it is ready. On
both sides the broker is a ROUTER, and it takes requests only while a worker is free.
With --others it serves clients of other programs, too.

    python -m examples.capi.ch3.lbbroker
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send, s_sendmore, s_set_id

FRONTEND = "ipc://frontend.ipc"
BACKEND = "ipc://backend.ipc"


def client_task(args: object) -> None:
    context = zmq_ctx_new()
    client = zmq_socket(context, ZMQ_REQ)
    s_set_id(client)
    rc = zmq_connect(client, FRONTEND)
    assert rc == 0

    s_send(client, "HELLO")
    reply = s_recv(client)
    print(f"Client: {reply}")

    zmq_close(client)
    zmq_ctx_destroy(context)


def worker_task(args: object) -> None:
    context = zmq_ctx_new()
    worker = zmq_socket(context, ZMQ_REQ)
    s_set_id(worker)
    rc = zmq_connect(worker, BACKEND)
    assert rc == 0

    s_send(worker, "READY")
    while True:
        # All up to the empty frame is the way back to the client.
        identity = s_recv(worker)
        if identity is None:
            break
        empty = s_recv(worker)
        assert empty == ""
        request = s_recv(worker)
        print(f"Worker: {request}")

        s_sendmore(worker, identity)
        s_sendmore(worker, "")
        s_send(worker, "OK")

    zmq_close(worker)
    zmq_ctx_destroy(context)


def main(clients: int = 10, workers: int = 3, others: int = 0) -> int:
    context = zmq_ctx_new()
    frontend = zmq_socket(context, ZMQ_ROUTER)
    backend = zmq_socket(context, ZMQ_ROUTER)
    rc = zmq_bind(frontend, FRONTEND)
    assert rc == 0
    rc = zmq_bind(backend, BACKEND)
    assert rc == 0

    client_threads = [zmq_threadstart(client_task, None) for _ in range(clients)]
    for _ in range(workers):
        zmq_threadstart(worker_task, None)

    # The ids of the free workers, the one that is free for the longest time first.
    worker_queue: list[str] = []
    client_nbr = clients + others
    while client_nbr > 0:
        items = [
            zmq_pollitem_t(backend, 0, ZMQ_POLLIN, 0),
            zmq_pollitem_t(frontend, 0, ZMQ_POLLIN, 0),
        ]
        rc = zmq_poll(items, 2 if worker_queue else 1, -1)
        if rc == -1:
            break

        if items[0].revents & ZMQ_POLLIN:
            worker_id = s_recv(backend)
            assert worker_id
            worker_queue.append(worker_id)
            empty = s_recv(backend)
            assert empty == ""

            # READY, or the id of the client that this is the reply for.
            client_id = s_recv(backend)
            assert client_id
            if client_id != "READY":
                empty = s_recv(backend)
                assert empty == ""
                reply = s_recv(backend)
                assert reply is not None
                s_sendmore(frontend, client_id)
                s_sendmore(frontend, "")
                s_send(frontend, reply)
                client_nbr -= 1

        if items[1].revents & ZMQ_POLLIN:
            client_id = s_recv(frontend)
            assert client_id
            empty = s_recv(frontend)
            assert empty == ""
            request = s_recv(frontend)
            assert request is not None

            s_sendmore(backend, worker_queue.pop(0))
            s_sendmore(backend, "")
            s_sendmore(backend, client_id)
            s_sendmore(backend, "")
            s_send(backend, request)

    # The last replies are on their way: no client is left behind without its own.
    for thread in client_threads:
        zmq_threadclose(thread)
    zmq_close(frontend)
    zmq_close(backend)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)

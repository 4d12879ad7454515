"""A subscriber that tells the publisher to begin, and counts what comes.

Nothing says that the subscription has arrived; hence the pause before the request.

    python -m examples.capi.ch2.syncpub --subscribers 2
    python -m examples.capi.ch2.syncsub              (twice)
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send, s_sleep


def main(
    connect: str = "tcp://localhost:5561",
    sync: str = "tcp://localhost:5562",
    pause: int = 1000,
) -> int:
    context = zmq_ctx_new()

    # First the subscription, which takes effect some time later.
    subscriber = zmq_socket(context, ZMQ_SUB)
    rc = zmq_connect(subscriber, connect)
    assert rc == 0
    rc = zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, b"", 0)
    assert rc == 0
    s_sleep(pause)

    # Then the word that we are here.
    syncclient = zmq_socket(context, ZMQ_REQ)
    rc = zmq_connect(syncclient, sync)
    assert rc == 0
    s_send(syncclient, "")
    string = s_recv(syncclient)
    assert string is not None

    update_nbr = 0
    while True:
        string = s_recv(subscriber)
        assert string is not None
        if string == "END":
            break
        update_nbr += 1
    print(f"Received {update_nbr} updates")

    zmq_close(subscriber)
    zmq_close(syncclient)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)

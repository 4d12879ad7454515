"""Send all jobs at once, and take the results as they come (DEALER/ROUTER).

A DEALER socket does not wait for a reply before the next request. The results come in the order in
which the router is done with the jobs, so each has to say which one it is about.

    python -m examples.article.router
    python -m examples.article.dealer --name ada
"""

import zmqlite as zmq

from ..program import run


def main(
    connect: str = "tcp://127.0.0.1:5555",
    name: str = "",
    longest: int = 2000,
    timeout: int = 10_000,
) -> None:
    jobs = {"long": longest, "middle": longest // 2, "short": 0}
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        if name:
            socket.routing_id = name.encode()  # before connect
        socket.connect(connect)
        for name, duration in jobs.items():
            socket.send_multipart([name.encode(), b"%d" % duration])
            print(f"sent {name} job")
        order = []
        for _ in jobs:
            done, result = socket.recv_multipart(timeout=timeout)
            order.append(done.decode())
            print(f"{done.decode()} job: {result.decode()}")
    print("results in this order:", *order)


if __name__ == "__main__":
    run(main)

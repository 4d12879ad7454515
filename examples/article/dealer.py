"""Send all jobs at once, and take the results as they come (DEALER/ROUTER).

A DEALER socket does not wait for a reply before the next request. The results come in the order in
which the router is done with the jobs, so each has to say which one it is about.

    python -m examples.article.router
    python -m examples.article.dealer --name ada
"""

import argparse

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Have some jobs done, all at once.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ENDPOINT")
    parser.add_argument("--name", help="routing id to be known by; without, the router invents one")
    parser.add_argument("--longest", type=int, default=2000, help="milliseconds of the first job")
    parser.add_argument("--timeout", type=int, default=10_000, help="milliseconds for a result")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    jobs = {"long": options.longest, "middle": options.longest // 2, "short": 0}
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        if options.name:
            socket.routing_id = options.name.encode()  # before connect
        socket.connect(options.connect)
        for name, duration in jobs.items():
            socket.send_multipart([name.encode(), b"%d" % duration])
            print(f"sent {name} job", flush=True)
        order = []
        for _ in jobs:
            done, result = socket.recv_multipart(timeout=options.timeout)
            order.append(done.decode())
            print(f"{done.decode()} job: {result.decode()}", flush=True)
    print("results in this order:", *order, flush=True)


if __name__ == "__main__":
    main()

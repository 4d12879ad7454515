"""Ask a responder, and wait for each reply before the next request (REQ/REP).

A server that does not answer ends this program with zmq.Timeout, not with silence.

    python -m examples.article.responder
    python -m examples.article.requester --name ada
"""

import argparse
import time

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ask for some texts in upper case.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ENDPOINT")
    parser.add_argument("--name", default="somebody", help="what to sign the requests with")
    parser.add_argument("--count", type=int, default=5, help="how many requests")
    parser.add_argument("--interval", type=int, default=200, help="milliseconds between two")
    parser.add_argument("--timeout", type=int, default=5000, help="milliseconds for a reply")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(options.connect)
        for number in range(1, options.count + 1):
            request = f"hello {number} from {options.name}"
            socket.send_string(request)
            reply = socket.recv_string(timeout=options.timeout)
            print(f"{request} -> {reply}", flush=True)
            time.sleep(options.interval / 1000)


if __name__ == "__main__":
    main()

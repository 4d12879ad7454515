"""Be told of errors as they happen: a listener of the logging system of log_collector.

python -m examples.article.log_collector
python -m examples.article.log_pager
python -m examples.article.log_service
"""

import argparse

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Print errors of all services.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    pages = 0
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"error")
        socket.connect(options.connect)
        _, service, text = socket.recv_multipart()
        while service:
            pages += 1
            print(f"error in {service.decode()}: {text.decode()}", flush=True)
            _, service, text = socket.recv_multipart()
    print(f"paged {pages} times", flush=True)


if __name__ == "__main__":
    main()

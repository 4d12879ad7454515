"""Be told of errors as they happen: a listener of the logging system of log_collector.

python -m examples.article.log_collector
python -m examples.article.log_pager
python -m examples.article.log_service
"""

import zmqlite as zmq

from ..program import run


def main(connect: str = "tcp://127.0.0.1:5563") -> None:
    pages = 0
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"error")
        socket.connect(connect)
        _, service, text = socket.recv_multipart()
        while service:
            pages += 1
            print(f"error in {service.decode()}: {text.decode()}")
            _, service, text = socket.recv_multipart()
    print(f"paged {pages} times")


if __name__ == "__main__":
    run(main)

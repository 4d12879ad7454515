"""The weather, subscribed to: the average temperature of a hundred readings (SUB).

A subscription is what a message has to begin with. The default is one place of 100000, of which a
hundred readings take a while; `--filter 1` is a tenth of all places.

    python -m examples.guide.ch1.wuserver
    python -m examples.guide.ch1.wuclient --filter 1
"""

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:5556", filter: str = "10001 ", count: int = 100) -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.connect(connect)
        socket.subscribe(filter.encode())
        total = 0
        for _ in range(count):
            _zip_code, temperature, _humidity = map(int, socket.recv_string().split())
            total += temperature
    print(f"Average temperature where the zip code begins with {filter}: {total // count}")


if __name__ == "__main__":
    run(main)

"""The weather, subscribed to: the average temperature of a hundred readings.

The filter is what a reading begins with. A single place is one in 100000 and takes a while to hear
of; `--filter 1` is a tenth of all places.

    python -m examples.capi.ch1.wuserver
    python -m examples.capi.ch1.wuclient --filter 1
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv


def main(connect: str = "tcp://localhost:5556", filter: str = "10001 ", count: int = 100) -> int:
    context = zmq_ctx_new()
    subscriber = zmq_socket(context, ZMQ_SUB)
    rc = zmq_connect(subscriber, connect)
    assert rc == 0
    rc = zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, filter.encode(), len(filter.encode()))
    assert rc == 0

    total_temp = 0
    for _ in range(count):
        string = s_recv(subscriber)
        assert string
        _zipcode, temperature, _humidity = map(int, string.split())
        total_temp += temperature
    print(f"Average temperature where the zip code begins with {filter}: {total_temp // count}")

    zmq_close(subscriber)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)

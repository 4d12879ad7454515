"""Many requests, one after the other, and how long they took: for the clients of Freelance."""

import time
from collections.abc import Callable


def measure(request: Callable[[], object], count: int, interval: int) -> None:
    """Make `count` requests, with `interval` ms after each; print the average of a round trip.

    SystemExit ends it when `request` raises TimeoutError.
    """
    spent = 0
    for number in range(1, count + 1):
        started = time.perf_counter_ns()
        try:
            request()
        except TimeoutError as error:
            raise SystemExit(f"request {number}: {error}, abandoning") from None
        spent += time.perf_counter_ns() - started
        if number == 1:
            print("the first request was answered")
        time.sleep(interval / 1000)
    print(f"{count} requests were answered, in {spent // count // 1000} us on average")

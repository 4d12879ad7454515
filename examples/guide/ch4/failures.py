"""Failing on purpose: what the unreliable programs of this chapter do instead of answering."""

import random
import time


class Failures:
    """Crashes and stalls at random, as a server has them that nobody trusts.

    The first `reliable` requests go well. After that one in `crash` makes the program crash, and
    one in `stall` of the others makes it stall for `stall_time` milliseconds; 1 is always, 0 never.
    Runs with the same `seed` fail at the same requests; with 0 each run fails as it will.
    """

    def __init__(self, reliable: int, crash: int, stall: int, stall_time: int, seed: int) -> None:
        self.reliable = reliable
        self.crash = crash
        self.stall = stall
        self.stall_time = stall_time
        self.requests = 0
        self._random = random.Random(seed or None)

    def maybe(self) -> None:
        """Count one more request and, if its time has come, stall or raise SystemExit."""
        self.requests += 1
        if self.requests <= self.reliable:
            return
        if self._one_in(self.crash):
            print("simulating a crash")
            raise SystemExit
        if self._one_in(self.stall):
            print("simulating a stall")
            time.sleep(self.stall_time / 1000)

    def _one_in(self, odds: int) -> bool:
        # By random(), whose numbers for a seed are the same in every version of Python.
        return odds > 0 and self._random.random() * odds < 1

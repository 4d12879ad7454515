"""A C port whose handler of SIGINT does nothing, like one whose turn does not come."""

import signal

from examples.capi.zhelpers import run


def main(name: str = "me") -> int:
    signal.signal(signal.SIGINT, lambda number, frame: None)
    print("Hello", name)
    while True:
        pass


run(main)

"""Say that it is up, and stay until a signal ends it well."""

import time

from examples.program import run


def main() -> None:
    print("up")
    time.sleep(3600)


run(main)

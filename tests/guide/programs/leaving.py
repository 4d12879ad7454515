"""When it is told to end, end as soon as `noticing` has noticed it."""

import pathlib
import signal
import sys
import time


def end(*_: object) -> None:
    pathlib.Path("leaving").touch()
    while not pathlib.Path("noticed").exists():
        time.sleep(0.001)
    sys.exit()


signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(3600)

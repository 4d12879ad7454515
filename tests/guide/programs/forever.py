"""Say that it is up, and stay; `unwilling` also where it is told to end."""

import signal
import sys
import time

if sys.argv[1:] == ["unwilling"]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(3600)

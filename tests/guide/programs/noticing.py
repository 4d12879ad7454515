"""Print something as soon as `leaving` is told to end."""

import pathlib
import time

while not pathlib.Path("leaving").exists():
    time.sleep(0.001)
print("noticed", flush=True)
pathlib.Path("noticed").touch()

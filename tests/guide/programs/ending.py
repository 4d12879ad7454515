"""End at once, in one of several ways."""

import os
import sys

match sys.argv[1:]:
    case ["exit"]:
        sys.exit(3)
    case ["raise"]:
        raise ZeroDivisionError
    case ["kill"]:
        os.kill(os.getpid(), 9)
    case ["talk"]:
        sys.stdout.buffer.write(b"x" * 200_000 + b"\n\n\xff\n")
        sys.stdout.flush()
        print("half", end="", file=sys.stderr)
    case ["count"]:
        print(*(f"number {number}" for number in range(10)), sep="\n")
    case ["echo"]:
        for _ in range(2):
            print("echo", input())
    case words:
        print(*words)

"""Write a file of random bytes for fileio1, fileio2 and fileio3 to transfer:

python -m examples.guide.ch7.mktestdata
python -m examples.guide.ch7.mktestdata --path small --size 10000000
"""

import os

from ...program import run

PIECE = 1 << 20


def main(path: str = "testdata", size: int = 1 << 30) -> None:
    with open(path, "wb") as file:
        while left := size - file.tell():
            file.write(os.urandom(min(PIECE, left)))
    print(f"wrote {size} bytes to {path}")


if __name__ == "__main__":
    run(main)

"""Take away the right to connect: remove a certificate from the folder `clients`.

python -m examples.secure.revoke anna
"""

from pathlib import Path

from ..program import run


def main(name: str) -> None:
    Path("clients", f"{name}.key").unlink()
    print(f"{name} may not connect any more")


if __name__ == "__main__":
    run(main)

"""Prints a CURVE key pair: `python -m zmqlite.pyzmq.curve_keygen`."""

from __future__ import annotations

import argparse
import json

from . import curve_keypair, curve_public

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Print a new key pair, or the one of a secret key."""
    parser = argparse.ArgumentParser(
        prog="python3 -m zmq.curve_keygen", description="Print a CURVE key pair in Z85."
    )
    parser.add_argument(
        "--secret", help="its public key is printed; --secret=KEY if it begins with -"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    if given.secret:
        secret = given.secret.encode()
        public = curve_public(secret)
    else:
        public, secret = curve_keypair()
    if given.json:
        print(json.dumps({"public": public.decode(), "secret": secret.decode()}))
    else:
        print(f"== CURVE PUBLIC KEY ==\n{public.decode()}")
        print(f"== CURVE SECRET KEY ==\n{secret.decode()}")


if __name__ == "__main__":
    main()

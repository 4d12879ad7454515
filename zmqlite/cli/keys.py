"""zmqlite keygen and zmqlite cert: CURVE keys in files."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ..auth.certificate import SECRET, Certificate
from .exits import wrong_input
from .parser import pairs
from .terminal import table


def run_keygen(args: Namespace) -> None:
    """Make a key pair, and print it or save it as a certificate."""
    with wrong_input():
        certificate = Certificate.generate(pairs(args.meta, "--meta"))
        if args.file is not None:
            certificate.save(args.file)
    print(f"public-key  {certificate.public_key.decode()}")
    if args.file is None:
        print(f"secret-key  {certificate.secret_key.decode()}")
    else:
        print(f"wrote       {args.file}, {args.file}{SECRET}")


def run_show(args: Namespace) -> None:
    """Print what a certificate holds, but no secret key."""
    certificate = load(args.file)
    beside = Path(args.file + SECRET)
    secret = beside if beside.exists() else Path(args.file)
    held = f"in {secret}, mode {secret.stat().st_mode & 0o777:04o}"
    table(
        [
            ("public-key", certificate.public_key.decode()),
            ("secret-key", held if certificate.has_secret else "none"),
            *certificate.metadata.items(),
        ]
    )


def run_public(args: Namespace) -> None:
    """Print the public key of a certificate alone."""
    print(load(args.file).public_key.decode())


def load(path: str) -> Certificate:
    """Read a certificate, with its secret key if that is there."""
    with wrong_input():
        return Certificate.load(path)

"""CURVE certificates in files, which pyzmq and czmq read and write, too (ZPL, RFC 4)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from ...auth.certificate import Certificate

StrPath: TypeAlias = "str | os.PathLike[str]"

_PUBLIC: Final = ".key"


def create_certificates(
    key_dir: StrPath, name: str, metadata: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """Write a new key pair; return the paths of `name.key` and `name.key_secret` in `key_dir`.

    Files of these names are replaced. The file with the secret key is readable by its owner alone.

    Raises:
        OSError: the directory is missing, or cannot be written.
        ValueError: metadata that has no place in the files.
    """
    path = Path(key_dir, name + _PUBLIC)
    secret = Path(key_dir, f"{name}{_PUBLIC}_secret")
    texts = {key: str(value) for key, value in (metadata or {}).items()}
    certificate = Certificate.generate(texts)
    for old in (path, secret):
        old.unlink(missing_ok=True)
    certificate.save(path)
    return str(path), str(secret)


def load_certificate(filename: StrPath) -> tuple[bytes, bytes | None]:
    """Return the public and the secret key in a file, 40 bytes of Z85 each.

    The secret key is None where the file has none.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is no certificate, or its keys are no pair.
    """
    certificate = Certificate._read(Path(filename))
    return certificate.public_key, certificate.secret_key if certificate.has_secret else None


def load_certificates(directory: StrPath = ".") -> dict[bytes, bool]:
    """Return the public keys in the files `*.key` of a directory, each as a key with value True.

    Raises:
        OSError: the directory or a file in it cannot be read.
        ValueError: one of the files is no certificate.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise NotADirectoryError(f"{str(folder)!r} is no directory of certificates")
    return {load_certificate(path)[0]: True for path in folder.glob(f"*{_PUBLIC}")}

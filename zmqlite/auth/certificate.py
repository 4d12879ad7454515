"""Certificates: a CURVE key pair with metadata, in files that czmq and pyzmq read and write, too.

The files are in ZPL, RFC 4: `path` has the public key, `path_secret` both keys.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NoReturn, Self

from ..arguments import curve_key, text
from ..curve import curve_keypair, curve_public, z85_decode

SECRET: Final = "_secret"
"""What the name of the file with the secret key ends with."""

_LONGEST: Final = 1 << 16
"""Bytes of a file that is read: a certificate is much shorter."""

_NAME: Final = re.compile(r"[A-Za-z0-9$\-_@.&+/]+")
_LINE: Final = re.compile(
    rf"(?P<indent> *)(?P<name>{_NAME.pattern})\s*"
    r"""(?:=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s#"'][^#]*))?\s*)?(?:\#.*)?"""
)
_KEYS: Final = ("public-key", "secret-key")

_PUBLIC_HEAD: Final = """\
#   ZeroMQ CURVE public certificate
#   Whoever takes this key for that of a peer must know that it is: compare it on another way.
"""
_SECRET_HEAD: Final = """\
#   ZeroMQ CURVE secret certificate
#   Give this file to nobody. Whoever has it can pretend to be its owner.
"""


class Certificate:
    """A CURVE key pair, or the public key alone, with metadata; it does not change.

        server = auth.Certificate.generate({"name": "server"})
        server.save("server.key")  # writes server.key, and server.key_secret for the server alone
        server = auth.Certificate.load("server.key")

    `public_key` and `secret_key` are 40 bytes of Z85; `metadata` maps names to texts.

    Raises:
        ValueError: keys that are not Z85 of 40 bytes, or that do not belong together; metadata
            that has no place in the files.
    """

    __slots__ = ("_secret", "metadata", "public_key")

    def __init__(
        self,
        public_key: bytes,
        secret_key: bytes | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.public_key: Final = public(public_key, "public_key")
        if secret_key is not None:
            try:
                fits = curve_public(curve_key(secret_key, "secret_key")) == public_key
            except ValueError:
                fits = False
            if not fits:
                raise ValueError("public_key and secret_key are no pair; they may be swapped")
        self._secret: Final = secret_key
        self.metadata: Final[Mapping[str, str]] = MappingProxyType(dict(metadata or {}))
        for name, value in self.metadata.items():
            _check(name, value)

    @classmethod
    def generate(cls, metadata: Mapping[str, str] | None = None) -> Self:
        """Make a new key pair.

        Raises:
            NotSupported: libzmq was built without CURVE.
        """
        return cls(*curve_keypair(), metadata)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read `path_secret` if it is there, and otherwise `path`, which has the public key alone.

        Raises:
            FileNotFoundError, PermissionError: neither can be read.
            ValueError: the file is no certificate; the text shows nothing of it.
        """
        secret = Path(os.fspath(path) + SECRET)
        return cls._read(secret if secret.exists() else Path(path))

    @classmethod
    def load_public(cls, path: str | os.PathLike[str]) -> Self:
        """Read the public key alone, from `path`, even if a secret key is beside it."""
        return cls._read(Path(path)).public_only()

    @classmethod
    def _read(cls, path: Path) -> Self:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
        try:
            if len(content) > _LONGEST:
                raise ValueError("it is too long")
            keys, metadata = _parse(content)
            if "public-key" not in keys:
                raise ValueError("it has no public key")
            return cls(keys["public-key"], keys.get("secret-key"), metadata)
        except ValueError as error:
            reason = str(error)
        raise ValueError(f"{str(path)!r} is no certificate: {reason}")

    @property
    def secret_key(self) -> bytes:
        """The secret key; ValueError if this is the public key alone."""
        if self._secret is None:
            raise ValueError(
                f"the certificate of {self.public_key.decode()} has no secret key: load() reads it "
                f"from the file whose name ends with {SECRET}"
            )
        return self._secret

    @property
    def has_secret(self) -> bool:
        """Whether the secret key is there."""
        return self._secret is not None

    def public_only(self) -> Self:
        """Return the same certificate without the secret key."""
        return type(self)(self.public_key, None, self.metadata)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `path` for everybody and, if there is a secret key, `path_secret` with mode 0600.

        Raises:
            FileExistsError: one of the files exists; nothing was written.
        """
        public_path, secret_path = Path(path), Path(os.fspath(path) + SECRET)
        if self._secret is None:
            _write(public_path, self._text(_PUBLIC_HEAD), 0o644)
            return
        if public_path.exists():
            raise FileExistsError(f"{str(public_path)!r} exists, and is not written over")
        _write(secret_path, self._text(_SECRET_HEAD, self._secret), 0o600)
        try:
            _write(public_path, self._text(_PUBLIC_HEAD), 0o644)
        except BaseException:
            secret_path.unlink()
            raise

    def _text(self, head: str, secret: bytes | None = None) -> str:
        lines = [head, "metadata", *(f'    {name} = "{v}"' for name, v in self.metadata.items())]
        lines += ["curve", f'    public-key = "{self.public_key.decode()}"']
        if secret is not None:
            lines.append(f'    secret-key = "{secret.decode()}"')
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        """Show the public key alone."""
        with_secret = ", with its secret key" if self.has_secret else ""
        return f"<zmqlite.auth.Certificate {self.public_key.decode()}{with_secret}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Certificate is not pickled, since its secret would go along: save() it")


def public(key: bytes, name: str) -> bytes:
    """Return a public key if it is one: 40 bytes of Z85."""
    key = curve_key(key, name)
    try:
        z85_decode(key)
    except ValueError:
        pass
    else:
        return key
    raise ValueError(f"{name} is not Z85")


def _parse(content: bytes) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the keys and the metadata of a file in ZPL."""
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError:
        lines = ["?"]  # which is refused without showing it
    keys: dict[str, bytes] = {}
    metadata: dict[str, str] = {}
    section = ""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line.replace("\t", "    "))
        if found is None:
            raise ValueError(f'line {number} is not of the form: name = "value"')
        name = found["name"]
        if not found["indent"]:
            section = name
            continue
        value = found["double"] or found["single"] or (found["bare"] or "").rstrip()
        if section == "curve" and name in _KEYS:
            keys[name] = value.encode()
        elif section == "metadata":
            metadata[name] = value
    return keys, metadata


def _check(name: str, value: str) -> None:
    """Refuse metadata that the files cannot hold."""
    text(name, "a name of metadata")
    text(value, f"the metadata {name!r}")
    if not _NAME.fullmatch(name) or name in _KEYS:
        raise ValueError(f"{name!r} is no name for metadata: letters, digits and $-_@.&+/")
    if '"' in value or not value.isprintable():
        raise ValueError(f"the metadata {name!r} has a quote or a character that is not printable")


def _write(path: Path, content: str, mode: int) -> None:
    """Write a new file, with this mode from the beginning; FileExistsError if it is there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, mode)
    except FileExistsError:
        raise FileExistsError(f"{str(path)!r} exists, and is not written over") from None
    try:
        with open(descriptor, "wb") as file:
            file.write(content.encode())
    except BaseException:
        path.unlink()
        raise

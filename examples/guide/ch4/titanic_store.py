"""Titanic's memory: requests and replies in files, which outlive any crash."""

import contextlib
import os
import re
import uuid
from pathlib import Path


class Store:
    """A folder with a file for each request, and one for its reply once that is there.

    A file appears under its name when all of it is on the disk. So what has a request and no reply
    is what is still to be done, also after a crash, and needs no list besides. Several threads may
    use a store.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("*.part"):
            unfinished.unlink()

    def add(self, request: list[bytes]) -> str:
        """Store a request; return the id that it got."""
        name = uuid.uuid4().hex.upper()
        self._write(self._request(name), request)
        return name

    def finish(self, name: str, reply: list[bytes]) -> None:
        """Store the reply to a request, unless that was removed in the meantime."""
        self._write(self._reply(name), reply)
        if not self._request(name).exists():
            self.remove(name)

    def remove(self, name: str) -> None:
        """Delete a request and its reply, as far as they are there."""
        self._request(name).unlink(missing_ok=True)
        self._reply(name).unlink(missing_ok=True)

    def request(self, name: str) -> list[bytes] | None:
        """Return a request, or None if there is none of that id."""
        return _read(self._request(name))

    def reply(self, name: str) -> list[bytes] | None:
        """Return the reply to a request, or None if there is none yet."""
        return _read(self._reply(name))

    def pending(self) -> list[str]:
        """Return the ids of the requests that have no reply, the oldest first."""
        requests = sorted(self.folder.glob("*.req"), key=_age)
        return [path.stem for path in requests if not self._reply(path.stem).exists()]

    def _request(self, name: str) -> Path:
        return self.folder / f"{name}.req"

    def _reply(self, name: str) -> Path:
        return self.folder / f"{name}.rep"

    def _write(self, path: Path, frames: list[bytes]) -> None:
        part = path.with_suffix(f"{path.suffix}.part")
        with part.open("w") as file:
            file.writelines(f"{frame.hex()}\n" for frame in frames)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def checked(name: bytes) -> str | None:
    """Return an id as text, or None if it is none: it will be part of a file's name."""
    return name.decode().upper() if re.fullmatch(rb"[0-9A-Fa-f]{32}", name) else None


def _age(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):  # removed in the meantime
        return path.stat().st_mtime_ns
    return 0


def _read(path: Path) -> list[bytes] | None:
    with contextlib.suppress(FileNotFoundError):
        return [bytes.fromhex(line) for line in path.read_text().splitlines()]
    return None

"""What tests of actors share: bodies, and what to do with a pipe."""

from __future__ import annotations

from zmqlite import Actor, Pipe


def double(pipe: Pipe) -> None:
    pipe.ready()
    for message in pipe:
        pipe.send(message * 2)


def fail(pipe: Pipe) -> None:
    pipe.ready()
    raise LookupError(pipe.recv())


def gone(actor: Actor) -> bool:
    return not actor._thread.is_alive()


def fill(pipe: Pipe, timeout: int = 0) -> None:
    """Send until there is no room, or nobody there."""
    while True:
        pipe.send(b"more", timeout=timeout)

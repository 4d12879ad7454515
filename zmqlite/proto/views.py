"""Receiving the frames of a message as views, for messages with attachments."""

from __future__ import annotations

from typing import Any

from ..message import Message
from ..socket import Socket


class Views:
    """Receives the frames of one message, without copies of the expected ones.

    The frames are received one by one. Those of a message are kept here until it is complete, so
    that an exception in between loses none. A message of more than `most` frames will be refused,
    so the rest of it is received in one call, as bytes.
    """

    __slots__ = ("_frames", "_most", "_socket")

    def __init__(self, socket: Socket, most: int) -> None:
        self._socket = socket
        self._most = most
        self._frames: list[Any] = []

    def __call__(self, flags: int, timeout: int | None) -> list[Any]:
        frames = self._frames
        if not frames:
            frames.append(self._socket.recv_message(flags, timeout))
        while unfinished(frames):
            if len(frames) <= self._most:
                frames.append(self._socket.recv_message(flags, timeout))
            else:
                frames.extend(self._socket.recv_multipart(flags, timeout))
        self._frames = []
        return views(frames, self._most)


def unfinished(frames: list[Any]) -> bool:
    """Whether more frames of the same message follow these."""
    return isinstance(frames[-1], Message) and frames[-1].more


def views(frames: list[Any], most: int) -> list[Any]:
    """Return the content of frames: views of Message objects, then those received as bytes."""
    return [*(frame.data for frame in frames[: most + 1]), *frames[most + 1 :]]

"""What the file transfers share: the size of a chunk, and what is said about a file that came."""

import hashlib
from collections.abc import Iterable

CHUNK = 250_000


def summary(chunks: Iterable[bytes]) -> str:
    """Take all chunks of a file, and say how many they were, how many bytes, and their checksum."""
    count = size = 0
    checksum = hashlib.sha256()
    for chunk in chunks:
        count += 1
        size += len(chunk)
        checksum.update(chunk)
    return f"{count} chunks received, {size} bytes, sha256 {checksum.hexdigest()}"

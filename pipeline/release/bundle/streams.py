"""Python's streams over blocks that come, and over a function that takes them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any


class Writer(io.RawIOBase):
    """A stream that hands on what is written."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        data = bytes(block)
        self._take(data)
        return len(data)


class Reader(io.RawIOBase):
    """Blocks as a stream; tells what is read."""

    def __init__(self, blocks: Iterable[bytes], tell: Callable[[bytes], None]) -> None:
        self._blocks, self._tell = iter(blocks), tell
        self._left = b""
        self.read_bytes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts: list[bytes] = []
        wanted = size if size >= 0 else 1 << 62
        while wanted:
            if not self._left:
                self._left = next(self._blocks, b"")
                if not self._left:
                    break
            piece, self._left = self._left[:wanted], self._left[wanted:]
            parts.append(piece)
            wanted -= len(piece)
        data = b"".join(parts)
        self._tell(data)
        self.read_bytes += len(data)
        return data

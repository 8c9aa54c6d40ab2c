"""What one query may read of an index."""

from __future__ import annotations

from typing import Final

MOST: Final = 98_000  # bytes, what opens the index among them
EVERYTHING: Final = 1 << 40  # for an index on a disk
_FOR_NAMES: Final = 20_000  # of them that grams leave for blocks


class Allowance:
    """Bytes that a query may still ask for, counted as if nothing of the index had been read before it.

    A piece counts once, whoever asks for it. So a first query never loads more than `most` bytes, and the same query
    has the same answers whatever was asked before.
    """

    def __init__(self, opened: int, most: int = MOST) -> None:
        self._left = most - opened
        self._taken: set[tuple[str, int]] = set()

    def has(self, section: str, piece: int) -> bool:
        """Whether a piece has been asked for already."""
        return (section, piece) in self._taken

    def take(self, section: str, piece: int, size: int) -> bool:
        """Ask for a piece of `size` bytes; False where that is too much."""
        if self.has(section, piece):
            return True
        if size > self._left - (_FOR_NAMES if section == "shards" else 0):
            return False
        self._left -= size
        self._taken.add((section, piece))
        return True

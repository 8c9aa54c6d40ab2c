"""A store that tries again: what fails for the moment is done once more, a little later each time.

A write whose answer was lost may have happened: the second try then meets a conflict with what the first one wrote,
which is told from somebody else's writing by its sha256.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pipeline.publish.store import About, Condition, Conflict, Entry, Opened, Store, Unavailable, conflict

TRIES = 6
_FIRST = 0.25  # seconds; doubled each time: 0.25 … 4, so 8 seconds in all, more where the store asks for it
_LONGEST = 30.0

T = TypeVar("T")


class RetryingStore:
    """`store`, tried up to `tries` times; `sleep` waits for seconds."""

    def __init__(self, store: Store, sleep: Callable[[float], None], tries: int = TRIES) -> None:
        self._store = store
        self._sleep = sleep
        self._tries = tries

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """All at once: half a list must not be taken for a whole one."""
        return iter(self._often(lambda: list(self._store.list(prefix))))

    def read(self, path: str, start: int = 0, length: int | None = None) -> Opened:
        """Goes on where the line broke, as long as it is the same file."""
        opened = self._often(lambda: self._store.read(path, start, length))
        return Opened(opened.etag, opened.size, self._blocks(path, opened, start, length))

    def write(self, path: str, source: Path | bytes, about: About, condition: Condition | None = None) -> str:
        """A conflict with our own first try is a success."""
        tried = 0

        def once() -> str:
            nonlocal tried
            tried += 1
            try:
                return self._store.write(path, source, about, condition)
            except Conflict:
                present = self._store.about(path) if tried > 1 else None
                if present is None or present.sha256 != about.sha256:
                    raise
                return present.etag

        return self._often(once)

    def delete(self, path: str) -> None:
        """Twice is as good as once."""
        self._often(lambda: self._store.delete(path))

    def about(self, path: str) -> Entry | None:
        """Tried again."""
        return self._often(lambda: self._store.about(path))

    def _blocks(self, path: str, opened: Opened, start: int, length: int | None) -> Iterator[bytes]:
        end = opened.size if length is None else min(opened.size, start + length)
        place, failures, current = start, 0, opened
        while True:
            try:
                for block in current.blocks:
                    place += len(block)
                    failures = 0 if block else failures
                    yield block
                return
            except Unavailable as error:
                if place >= end:
                    return  # it broke after the last byte
                failures += 1
                if failures >= self._tries:
                    raise
                self._sleep(_pause(failures, error.after))
            rest, there = end - place, place
            current = self._often(lambda there=there, rest=rest: self._store.read(path, there, rest))  # type: ignore[misc]
            if current.etag != opened.etag:
                raise conflict(path)

    def _often(self, work: Callable[[], T]) -> T:
        for failures in range(1, self._tries):
            try:
                return work()
            except Unavailable as error:
                self._sleep(_pause(failures, error.after))
        return work()


def _pause(failures: int, after: float | None) -> float:
    """Seconds to wait: doubled each time and spread, so that eight threads do not come back at once."""
    pause: float = _FIRST * 2.0 ** (failures - 1) * random.uniform(0.75, 1.25)
    return min(max(pause, after or 0.0), _LONGEST)

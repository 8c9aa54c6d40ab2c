"""How much is read at a time, and how far ahead of its use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from queue import Queue
from typing import Final, TypeVar

import pyarrow as pa

T = TypeVar("T")

FEATURES: Final = 65_536  # in a batch
BYTES: Final = 64 << 20  # of a batch as Arrow: 4 million vertices of WKB


def batch_size(count: int, size: int) -> int:
    """How many features to ask for at a time of a source that holds `count` in `size` bytes."""
    if count <= 0 or size <= 0:
        return FEATURES
    return max(1, min(FEATURES, BYTES * count // size))


def portions(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The table in slices of no more than `FEATURES` rows and `BYTES`, each with the number of its first row.

    A single feature may be larger. Empty tables give nothing.
    """
    for begin in range(0, table.num_rows, FEATURES):
        yield from _halved(begin, table.slice(begin, FEATURES))


def _halved(begin: int, table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    if table.num_rows == 1 or table.nbytes <= BYTES:
        yield begin, table
        return
    half = table.num_rows // 2
    yield from _halved(begin, table.slice(0, half))
    yield from _halved(begin + half, table.slice(half))


def ahead(items: Iterable[T], cancel: Callable[[], None] | None = None) -> Generator[T]:
    """The same items, each made by another thread while the one before it is in use.

    Three exist at a time: one in use, one waiting, one being made. What making one raises is raised here. Whoever stops
    early closes this generator: it waits until the item being made is done; `cancel` makes that soon.
    """
    made: Queue[tuple[bool, T | BaseException | None]] = Queue(maxsize=1)
    stop = threading.Event()

    def make() -> None:
        source = iter(items)
        try:
            for item in source:
                made.put((True, item))
                if stop.is_set():
                    return
            made.put((False, None))
        except BaseException as error:
            made.put((False, error))
        finally:
            if (close := getattr(source, "close", None)) is not None:
                close()

    thread = threading.Thread(target=make, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            more, item = made.get()
            if more:
                yield item  # type: ignore[misc]
            elif isinstance(item, BaseException):
                raise item
            else:
                return
    finally:
        stop.set()
        try:
            if cancel is not None and thread.is_alive():
                cancel()
        finally:
            while thread.is_alive():  # it may wait for room
                if not made.empty():
                    made.get()
                thread.join(0.005)

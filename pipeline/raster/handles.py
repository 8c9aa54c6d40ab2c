"""Open rasters for several threads: a handle per thread and file, and never more than a few of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, Generic, TypeVar

Handle = TypeVar("Handle")

OPEN: Final = 24  # for each thread: with 32 threads still fewer than the 1024 files that systems allow a process


class Handles(Generic[Handle]):
    """Opens what is asked for by number, and closes what has not been asked for longest."""

    def __init__(self, opener: Callable[[int], AbstractContextManager[Handle]], most: int = OPEN) -> None:
        self._opener, self._most = opener, most
        self._local = threading.local()
        self._all: list[OrderedDict[int, tuple[AbstractContextManager[Handle], Handle]]] = []
        self._lock = threading.Lock()

    def get(self, number: int) -> Handle:
        """The open handle, for this thread only and until it asks for the next one."""
        mine = self._mine()
        if number not in mine:
            while len(mine) >= self._most:
                _number, (context, _handle) = mine.popitem(last=False)
                context.__exit__(None, None, None)
            context = self._opener(number)
            mine[number] = (context, context.__enter__())
        mine.move_to_end(number)
        return mine[number][1]

    def close(self) -> None:
        """Close all handles of all threads, which have stopped reading."""
        with self._lock:
            for each in self._all:
                while each:
                    _number, (context, _handle) = each.popitem()
                    context.__exit__(None, None, None)

    def _mine(self) -> OrderedDict[int, tuple[AbstractContextManager[Handle], Handle]]:
        if not hasattr(self._local, "handles"):
            self._local.handles = OrderedDict()
            with self._lock:
                self._all.append(self._local.handles)
        mine: OrderedDict[int, tuple[AbstractContextManager[Handle], Handle]] = self._local.handles
        return mine

"""The course of long work on stderr: bars on a terminal, one line per finished task elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

if TYPE_CHECKING:
    from tqdm import tqdm

_MANY = 10_000  # from here on thousands and millions are abbreviated

_shown: Bars | None = None  # the one that may have a bar on the terminal


class Bars:
    """A `pipeline.progress.Progress` for people; use it as ``with Bars() as progress:``."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._bar: tqdm[Any] | None = None
        self._task = ""
        self._unit = ""
        self._count = 0
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.done()
        else:
            self.clear()

    def start(self, task: str, total: int | None = None, unit: str = "") -> None:
        """Show a task, ending the one before it."""
        global _shown
        self.done()
        self._task, self._unit, self._count, self._began = task, unit, 0, time.monotonic()
        if self._terminal:
            from tqdm import tqdm

            self._bar = tqdm(
                desc=task,
                total=total,
                unit=f" {unit}" if unit else "",
                unit_scale=unit != "" and (total is None or total >= _MANY),  # 1.2M, 88.5k
                smoothing=0.1,
                bar_format=None if total is not None or unit else "{desc} · {elapsed}",
                file=self._stream,
                leave=False,
                dynamic_ncols=True,
            )
            _shown = self

    def advance(self, n: int = 1) -> None:
        """Move the bar on."""
        self._count += n
        if self._bar is not None:
            self._bar.update(n)

    def note(self, text: str) -> None:
        """Print a line above the bar."""
        if self._bar is not None:
            self._bar.write(text, file=self._stream)
        else:
            print(text, file=self._stream, flush=True)

    def done(self) -> None:
        """Replace the bar by one line that says what was done and how long it took."""
        if not self._task:
            return
        amount = f" · {self._count:,} {self._unit}".rstrip() if self._count else ""
        line = f"{self._task}{amount} · {time.monotonic() - self._began:.1f} s"
        self.clear()
        print(line, file=self._stream, flush=True)

    def clear(self) -> None:
        """Take the bar off the terminal without a word: the task did not finish."""
        global _shown
        if self._bar is not None:
            self._bar.close()
        self._bar, self._task = None, ""
        if _shown is self:
            _shown = None


def clear() -> None:
    """Take whatever bar is on the terminal off it, so that a message stands on a line of its own."""
    if _shown is not None:
        _shown.clear()

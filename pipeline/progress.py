"""How long work tells what it is doing, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the course of one piece of long work; `cli` draws it, tests record it."""

    def start(self, task: str, total: int | None = None, unit: str = "") -> None:
        """A task begins; `total` counts `unit`s, None when it is not known. Ends the task before it."""

    def advance(self, n: int = 1) -> None:
        """`n` more units of the running task are done."""

    def note(self, text: str) -> None:
        """Something a person should read now (a counted repair, a skipped layer)."""

    def done(self) -> None:
        """The running task is finished."""


class Silent:
    """The twin that says nothing, for library use."""

    def start(self, task: str, total: int | None = None, unit: str = "") -> None:
        """Ignored."""

    def advance(self, n: int = 1) -> None:
        """Ignored."""

    def note(self, text: str) -> None:
        """Ignored."""

    def done(self) -> None:
        """Ignored."""

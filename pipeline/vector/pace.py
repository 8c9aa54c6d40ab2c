"""How far a build is: half of a feature's work at a zoom is to cut it, the other half to put its tiles together."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from pipeline.progress import Progress


@dataclass(slots=True)
class Pace:
    """Gathers parts of features from all threads and tells whole ones, one thread at a time."""

    progress: Progress
    _done: float = 0.0
    _told: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, features: float) -> None:
        """So much more is done."""
        with self._lock:
            self._done += features
            self._tell(int(self._done))

    def settle(self, features: int) -> None:
        """As much as this is done at least, whether it was seen or taken up from an interrupted build."""
        with self._lock:
            self._done = max(self._done, float(features))
            self._tell(features)

    def _tell(self, features: int) -> None:
        if features > self._told:
            self.progress.advance(features - self._told)
            self._told = features

"""How the making of an archive is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.progress import Progress, Silent

MARGIN: Final = 4  # pixels around a footprint that its pixels may reach into; Lanczos reaches 3


@dataclass(frozen=True, slots=True)
class Work:
    """How the work is done; the archive's bytes do not depend on it."""

    threads: int = 1
    keep_state: bool = False
    previous: Path | None = None  # an archive of the files before their changes, built with its state kept
    code: str = ""  # stands for the code: an archive of other code is of no use
    margin: int = MARGIN  # pixels that a file may reach beyond its boxes
    no_clobber: bool = False
    progress: Progress = Silent()  # noqa: RUF009 - without state

"""What decides over the bytes of an archive, as one text: an interrupted build of the same recipe can be taken up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.api.options import TileOptions

if TYPE_CHECKING:
    from pipeline.sources import Source


def recipe(options: TileOptions, sources: Sequence[Source]) -> str | None:
    """The options, and of each file its name, size and time; None where a source may tell something else next time."""
    words = [__version__, repr(options)]
    for source in sources:
        if not isinstance(source, Path) or not source.is_file():
            return None
        known = source.stat()
        words.append(f"{source.resolve()} {known.st_size} {known.st_mtime_ns}")
    return "\n".join(words)

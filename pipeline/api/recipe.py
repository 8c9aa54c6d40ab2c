"""What decides over the bytes of an archive, as one text: an interrupted build of the same recipe can be taken up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pipeline
from pipeline.api.options import TileOptions

if TYPE_CHECKING:
    from pipeline.sources import Source


def recipe(options: TileOptions, sources: Sequence[Source]) -> str | None:
    """The options, and of each file its name, size and time; None where a source may tell something else next time."""
    words = [code_digest(), repr(options)]
    for source in sources:
        if not isinstance(source, Path) or not source.is_file():
            return None
        known = source.stat()
        words.append(f"{source.resolve()} {known.st_size} {known.st_mtime_ns}")
    return "\n".join(words)


VECTOR_ROOMS: Final = ("archive", "kernels", "sources", "vector")
RASTER_ROOMS: Final = ("archive", "kernels", "raster", "sources")


@lru_cache
def code_digest(rooms: tuple[str, ...] = VECTOR_ROOMS) -> str:
    """The sha256 of the sources that decide over the bytes of an archive."""
    root = Path(pipeline.__file__).parent
    digest = hashlib.sha256(pipeline.__version__.encode())
    for room in rooms:
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

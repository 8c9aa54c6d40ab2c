"""Tiles that lie beside the archives as single files: each is what its archive holds at its place, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from pipeline.archive.reader import Archive, open_archive
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.errors import LongquanError
from pipeline.i18n import _

COPY: Final = re.compile(r"services/tiles/([^/]+)/([0-9]{1,2})/([0-9]{1,9})/([0-9]{1,9})\.[a-z]+")


class Copied:
    """The archives that single tiles are copies of, one open at a time; a context manager."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._name = ""
        self._archive: Archive | None = None

    def __enter__(self) -> Copied:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def archive(self, name: str) -> Archive | None:
        """`tiles/<name>.pmtiles`; None where it is not there or cannot be read."""
        if name != self._name:
            self._close()
            self._name = name
            try:
                self._archive = open_archive(self._root / "tiles" / f"{name}.pmtiles")
            except LongquanError:
                self._archive = None
        return self._archive

    def _close(self) -> None:
        if self._archive is not None:
            self._archive.close()
        self._archive = None


@dataclass(frozen=True, slots=True)
class TileFile:
    """One of them."""

    path: Path
    file: str  # below the published folder
    copied: Copied


def other_than_copied(tile: TileFile) -> Iterator[Finding]:
    """A file that is no copy: its archive was looked through, it was not."""
    found = COPY.fullmatch(tile.file)
    archive = tile.copied.archive(found[1]) if found else None
    if found is None or archive is None:
        yield Finding(_("it is the copy of no archive in tiles/"), tile.file)
        return
    zoom, x, y = (int(part) for part in found.groups()[1:])
    try:
        content = archive.tile(zoom, x, y)
    except LongquanError:
        content = None
    if content is None:
        yield Finding(_("its archive has no such tile"), tile.file)
    elif tile.path.stat().st_size != len(content) or tile.path.read_bytes() != content:
        yield Finding(_("it is not what its archive has at this place"), tile.file)


COPY_RULE: Final = Rule(
    "tile-copy",
    Severity.LEAK,
    "Every single tile is the one that its archive holds at this place.",
    "Build the edition again.",
    other_than_copied,
)

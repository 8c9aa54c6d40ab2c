"""What the software itself brings along: its scripts and fonts, and the words it writes whatever the data are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pipeline
from pipeline.errors import ConfigError
from pipeline.portal.built_site import PAGES, PRIVATE, built_site, published_files

# Rooms and modules whose literals end up in published files: names of formats, headings, units.
_WRITERS: Final = ("catalog", "making", "portal", "release", "vector/metadata.py", "raster/metadata.py")
_COPIED: Final = ("portal/templates", "standalone")  # beside the site
_TEXT: Final = frozenset({".html", ".json", ".toml", ".txt", ".svg", ".css", ".md"})


def software_files() -> frozenset[str]:
    """The sha256 of every file that a build copies as it is; of the site none where it was not built."""
    return frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for path in _copied())


def software_scripts() -> Iterator[str]:
    """The scripts and style sheets among them, as text."""
    for path in _copied():
        if path.suffix in (".js", ".css"):
            yield path.read_text("utf-8")


def _copied() -> Iterator[Path]:
    root = Path(pipeline.__file__).parent
    for place in _COPIED:
        yield from (path for path in sorted((root / place).rglob("*")) if path.is_file() and path.suffix != ".pyc")
    try:
        yield from (path for _name, path in published_files(built_site()))
    except ConfigError:
        return


def software_texts() -> Iterator[str]:
    """Texts that hold the words which the software writes into pages, styles and metadata."""
    root = Path(pipeline.__file__).parent
    for name in _WRITERS:
        place = root / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.suffix == ".py" or path.suffix in _TEXT:
                yield path.read_text("utf-8")
    try:
        site = built_site()
    except ConfigError:
        return
    yield from ((site / name).read_text("utf-8") for name in PAGES)
    for path in sorted((site / PRIVATE / "styles").rglob("*")):
        if path.suffix in _TEXT:
            yield path.read_text("utf-8")

"""What the software itself brings along: its scripts and fonts, and the words it writes whatever the data are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pipeline
from pipeline.errors import ConfigError
from pipeline.portal.built_site import PRIVATE, built_site, published_files

# Rooms and modules whose literals end up in published files: names of formats, headings, units.
_WRITERS: Final = ("catalog", "portal", "release", "vector/metadata.py", "raster/metadata.py")
_TEXT: Final = frozenset({".html", ".json", ".toml", ".txt", ".svg", ".css", ".md"})


def software_files() -> frozenset[str]:
    """The sha256 of every file that a build copies from the site as it is; none where the site was not built."""
    try:
        site = built_site()
    except ConfigError:
        return frozenset()
    return frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for _name, path in published_files(site))


def software_texts() -> Iterator[str]:
    """Texts that hold the words which the software writes into pages, styles and metadata."""
    root = Path(pipeline.__file__).parent
    for name in _WRITERS:
        place = root / name
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            yield path.read_text("utf-8")
    try:
        site = built_site()
    except ConfigError:
        return
    yield (site / "index.html").read_text("utf-8")
    for path in sorted((site / PRIVATE / "styles").rglob("*")):
        if path.suffix in _TEXT:
            yield path.read_text("utf-8")

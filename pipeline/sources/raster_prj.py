"""The reference system that a .prj beside a picture names: GDAL does not look there for JPEG, PNG and TIFF."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.sources.raster_parts import container_of

_MOST: Final = 64 << 10  # bytes; the longest WKT takes a tenth


def crs_beside(path: Path) -> tuple[str, str] | None:
    """What stands in the .prj of a raster, beside it or in its zip, and that file's name; None where there is none."""
    packed = next((each for each in path.parents if each.suffix.lower() == ".zip" and each.is_file()), None)
    if packed is None:
        path = container_of(path) or path
        wanted = _names(path.name)
        found = sorted(each.name for each in path.parent.iterdir() if each.name.lower() in wanted and each.is_file())
        return (_decoded((path.parent / found[0]).read_bytes()[:_MOST]), str(path.parent / found[0])) if found else None
    inner = PurePosixPath(path.relative_to(packed).as_posix())
    with zipfile.ZipFile(packed) as archive:
        wanted = _names(inner.name)
        named = sorted(
            name
            for name in archive.namelist()
            if PurePosixPath(name).parent == inner.parent and PurePosixPath(name).name.lower() in wanted
        )
        if not named:
            return None
        with archive.open(named[0]) as file:
            return _decoded(file.read(_MOST)), str(packed / named[0])


def _names(name: str) -> set[str]:
    return {f"{stem.lower()}.prj" for stem in (name, PurePosixPath(name).stem)}


def _decoded(text: bytes) -> str:
    return text.decode("utf-8-sig", "replace").strip("\0 \t\r\n")

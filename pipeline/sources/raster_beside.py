"""The files that belong to a raster: what GDAL, and we, look for beside it. A change in any of them changes pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

_SUFFIXES: Final = (
    ".aux.xml", ".ovr", ".msk", ".prj", ".wld", ".tfw", ".jgw", ".pgw", ".j2w", ".tifw", ".hdr", ".rrd",
)  # fmt: skip


def on_disk(path: Path) -> Path:
    """The file on the disk that holds a raster: the zip where it lies in one."""
    return next((each for each in (path, *path.parents) if each.is_file()), path)


def files_beside(files: Sequence[Path]) -> list[tuple[Path, ...]]:
    """For each file those that are called like it and more, and those with its stem, in the order of their names.

    A folder is listed once, however many of the files lie in it.
    """
    listed: dict[Path, dict[str, list[Path]]] = {}
    found = []
    for file in files:
        if file.parent not in listed:
            names = listed[file.parent] = {}
            for each in file.parent.iterdir() if file.parent.is_dir() else ():
                names.setdefault(each.name.lower(), []).append(each)
        wanted = {(stem + suffix).lower() for stem in (file.name, file.stem) for suffix in _SUFFIXES}
        near = [each for name in wanted - {file.name.lower()} for each in listed[file.parent].get(name, ())]
        found.append(tuple(sorted((each for each in near if each.is_file()), key=lambda path: path.name.encode())))
    return found

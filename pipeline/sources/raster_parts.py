"""One raster of several in a file: netCDF and HDF5 hold variables, GeoPackage tables of tiles.

GDAL writes `NETCDF:"dem.nc":elevation`. Here a part is a path that goes on behind its file, `dem.nc/elevation`, as in a
zip; GDAL's way is understood where a person or a script writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.errors import InputError
from pipeline.i18n import _

_WRITTEN: Final = re.compile(r'(NETCDF|HDF5|GPKG):("?)(.+)\2:([^:]+)', re.IGNORECASE)
_QUOTED: Final = 8  # parts that a sentence names


class Part(NamedTuple):
    """One raster in a file."""

    name: str  # without slashes in front: "elevation", "grids/elevation"
    address: str  # as GDAL names it
    about: str  # as GDAL describes it, such as "[50x60] elevation (32-bit floating-point)"


def as_path(given: str | Path) -> Path:
    """A path; that of a part where one is written in GDAL's way."""
    found = _WRITTEN.fullmatch(str(given))
    return Path(given) if found is None else Path(found[3]) / found[4].lstrip("/")


def container_of(path: Path) -> Path | None:
    """The file, no zip, that a path goes on behind; None for any other path."""
    if path.exists():
        return None
    found = next((each for each in path.parents if each.is_file()), None)
    return None if found is None or found.suffix.lower() == ".zip" else found


def parts_in(file: Path, tags: Mapping[str, str]) -> tuple[Part, ...]:
    """The parts that GDAL's tags of subdatasets name, in its order.

    A virtual raster may carry any tags: what does not lie in the file itself is none of its parts.
    """
    inside = re.compile(rf'[A-Z]\w*:("?){re.escape(str(file.absolute()))}\1:(.+)', re.IGNORECASE)
    found = []
    for number in range(1, len(tags) // 2 + 1):
        address = tags.get(f"SUBDATASET_{number}_NAME", "")
        if (part := inside.fullmatch(address)) and (name := part[2].lstrip("/")):
            found.append(Part(name, address, tags.get(f"SUBDATASET_{number}_DESC", "")))
    return tuple(found)


def not_named(file: Path, parts: tuple[Part, ...]) -> InputError:
    """The error for a file of several rasters of which none was chosen."""
    return InputError(
        _("The file holds {n} rasters, and none was named.").format(n=len(parts)),
        where=str(file),
        expected=_("one of: {names}").format(names=_names(each.about or each.name for each in parts)),
        hint=_("name the one that you need: {name}").format(name=file / parts[0].name),
    )


def not_there(file: Path, name: str, parts: tuple[Part, ...]) -> InputError:
    """The error for a part that its file does not hold."""
    return InputError(
        _("There is no raster {name} in the file.").format(name=repr(name)),
        where=str(file),
        expected=_("one of: {names}").format(names=_names(each.name for each in parts))
        if parts
        else _("the name of the file alone, which holds one raster or none"),
        hint=_("check the name and its spelling"),
    )


def _names(words: Iterable[str]) -> str:
    every = list(words)
    return ", ".join(every[:_QUOTED]) + (" …" if len(every) > _QUOTED else "")

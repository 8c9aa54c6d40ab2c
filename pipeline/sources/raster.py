"""What a raster file is: its size, bands, place on earth and resolution; anything that GDAL reads as pixels."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal
from zipfile import BadZipFile

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.sources.detective import option
from pipeline.sources.files import SUFFIXES
from pipeline.types import Bounds

Kind = Literal["imagery", "elevation"]

_VECTORS: Final = SUFFIXES - {".gpkg", ".sqlite"}  # which may hold either; CSV would be a raster to GDAL's XYZ
_BESIDE: Final = frozenset({
    ".aux", ".cpg", ".dbf", ".doc", ".docx", ".html", ".jgw", ".j2w", ".json", ".md", ".msk", ".ovr", ".pdf", ".pgw",
    ".prj", ".qml", ".shx", ".tfw", ".tifw", ".txt", ".wld", ".xls", ".xml", ".zip",
})  # fmt: skip
_RASTERS: Final = frozenset({".hgt", ".img", ".jp2", ".tif", ".tiff", ".vrt"})  # what nothing but a raster is called
_METRES: Final = frozenset({"m", "metre", "metres", "meter", "meters"})


@dataclass(frozen=True, slots=True)
class RasterOptions:
    """What is said about a raster beside what it says itself."""

    crs: str | None = None  # instead of the file's own: EPSG code, WKT or PROJ string
    nodata: float | None = None  # a value that means nothing, instead of the file's own
    bands: tuple[int, ...] | None = None  # counted from 1: gray or elevation; gray, alpha; red, green, blue (, alpha)


@dataclass(frozen=True, slots=True)
class RasterInfo:
    """What a raster file is, without its pixels."""

    path: Path
    driver: str  # GDAL's short name, such as "GTiff"
    width: int  # pixels
    height: int  # pixels
    dtype: str  # of the chosen bands, numpy's name
    bands: tuple[int, ...]  # the bands that are read, counted from 1, without alpha
    colours: tuple[str, ...]  # the role of each band: "red", "green", "blue", "gray", "nir", "palette", "undefined"
    alpha: int | None  # the band that says how opaque a pixel is
    palette: bool  # the single band holds indices into a table of colours; windows hold red, green and blue
    nodata: float | None
    crs: str  # "EPSG:32611", or WKT where there is no code
    kind: Kind  # what it most likely shows; a caller may know better
    bounds: Bounds  # EPSG:3857 metres, of the whole raster, its edges followed
    extent: Bounds  # the same in degrees of longitude and latitude
    pixel: float  # metres of EPSG:3857 that a pixel measures at the raster's centre, the finer of both axes
    unit: str | None  # of the values, as the file names it: "metre", "ft", …
    vertical: str | None  # the vertical datum or reference system that the file names
    date: str | None  # ISO 8601, from the file's metadata
    notes: tuple[str, ...]  # slugs: "gcps", "rotated", "crs-given", "crs-beside", "nodata-given", "nodata-impossible"
    options: RasterOptions  # what was said when it was described


def describe_raster(path: Path, options: RasterOptions | None = None) -> RasterInfo:
    """What the file at `path` says about itself, its head read and no pixels.

    Control points and turned geotransforms are followed (and noted). Raises InputError: no such file, cut off, no
    raster, no coordinate reference system, no place; UsageError: bands that there are not.
    """
    from pipeline.sources.raster_open import open_raster, settings

    options = options or RasterOptions()
    with settings(), open_raster(path) as dataset:
        if dataset.count == 0:
            raise _without_bands(path, dataset.subdatasets)
        return _describe(path, dataset, options)


def is_raster(path: Path) -> bool:
    """Whether GDAL opens the file as a raster with bands, and it is no vector file or table.

    So is one that is called a raster, or begins as one, and cannot be opened: whoever reads it says what is wrong.
    """
    packed = any(each.suffix.lower() == ".zip" and each.is_file() for each in path.parents)
    if path.suffix.lower() in _VECTORS or not (packed or path.exists()) or path.is_dir():
        return False
    if path.suffix.lower() == ".zip":
        return bool(_zipped(path))
    from pipeline.sources.raster_open import readable_as_raster

    return says_raster(path) or readable_as_raster(path)


def raster_files(path: Path) -> tuple[Path, ...]:
    """The raster files that a path means: itself, those in a folder, or those in a zip; sorted by name.

    Raises InputError where there is none.
    """
    if path.is_dir():
        inside = sorted(each for each in path.iterdir() if each.is_file() and _candidate(each.name))
        found = tuple(each for each in inside if says_raster(each) or is_raster(each))
    elif path.suffix.lower() == ".zip" and path.is_file():
        found = _zipped(path)
    else:
        return (path,)
    if not found:
        raise InputError(
            _("There is no raster in it."), where=str(path), expected=_("GeoTIFF or other raster files in it")
        )
    return found


def _candidate(name: str) -> bool:
    suffix = Path(name).suffix.lower()
    return not name.startswith(".") and suffix not in _VECTORS and suffix not in _BESIDE


def says_raster(path: Path) -> bool:
    """By its name: one that cannot be read is a fault among others, not something to pass over."""
    suffix = path.suffix.lower()
    if suffix != ".vrt" or not path.is_file():
        return suffix in _RASTERS
    from pipeline.sources.raster_virtual import is_virtual_vector

    return not is_virtual_vector(path)


def _zipped(path: Path) -> tuple[Path, ...]:
    from pipeline.sources.raster_open import inner_names, readable_as_raster

    try:
        names = inner_names(path)
    except (OSError, ValueError, BadZipFile):
        return ()
    named = [path / n for n in names if _candidate(n.rsplit("/", 1)[-1])]
    readable = {each for each in named if readable_as_raster(each)}
    return tuple(each for each in named if each in readable or says_raster(each)) if readable else ()


def _describe(path: Path, dataset: Any, options: RasterOptions) -> RasterInfo:
    from pipeline.sources.raster_place import RasterPlace, degrees

    crs, said_by = _crs(path, dataset, options)
    notes = [] if said_by is None else [said_by]
    if dataset.transform.is_identity:
        if not dataset.gcps[0]:
            raise _without_place(path, dataset)
        notes.append("gcps")
    elif dataset.transform.b or dataset.transform.d:
        notes.append("rotated")
    roles = [_role(each.name) for each in dataset.colorinterp]
    bands, alpha = _bands(path, roles, options.bands)
    dtype = dataset.dtypes[bands[0] - 1]
    if dtype.startswith("complex"):
        raise InputError(
            _("The pixels are complex numbers."), where=str(path), expected=_("numbers that can be shown"),
            hint=_("derive amplitudes or heights from it first"),
        )  # fmt: skip
    palette = len(bands) == 1 and roles[bands[0] - 1] == "palette"
    nodata = dataset.nodatavals[bands[0] - 1] if options.nodata is None else options.nodata
    if options.nodata is not None:
        notes.append("nodata-given")
    if nodata is not None and not _possible(nodata, dtype):
        nodata = None
        notes.append("nodata-impossible")
    place = RasterPlace(dataset, crs, path)
    unit = dataset.units[bands[0] - 1] or None
    tags = dataset.tags()
    return RasterInfo(
        path, dataset.driver, dataset.width, dataset.height, dtype, bands, tuple(roles[b - 1] for b in bands), alpha,
        palette, nodata, crs, _kind(dtype, bands, palette, unit, alpha), place.bounds, degrees(place.bounds),
        min(place.pixels), unit, _vertical(crs, tags), _date(tags), tuple(notes), options,
    )  # fmt: skip


def _crs(path: Path, dataset: Any, options: RasterOptions) -> tuple[str, str | None]:
    """The reference system, and the slug of who says so where the file itself does not."""
    if options.crs is not None:
        return _named(options.crs, path, str(path)), "crs-given"
    declared = dataset.crs or dataset.gcps[1]
    if not declared:
        from pipeline.sources.raster_prj import crs_beside

        if (beside := crs_beside(path)) is not None:
            return _named(beside[0], path, beside[1]), "crs-beside"
        if dataset.transform.is_identity and not dataset.gcps[0]:
            raise _without_place(path, dataset)
        raise InputError(
            _("The raster does not say which coordinate reference system it is in."),
            where=str(path),
            expected=_("a CRS in the file, or in a .prj or .aux.xml beside it"),
            hint=_("ask the department for the CRS and give it: {option}").format(option=option("EPSG:4549")),
        )
    epsg = declared.to_epsg(confidence_threshold=100)
    return _on_earth(f"EPSG:{epsg}" if epsg else str(declared.to_wkt()), path), None


def _named(text: str, path: Path, where: str) -> str:
    """A reference system that stands somewhere else than in the raster."""
    from pipeline.sources.crs import parse_crs

    found = parse_crs(text, where)
    epsg = found.to_epsg()
    return _on_earth(f"EPSG:{epsg}" if epsg else str(found.to_wkt()), path)


def _on_earth(text: str, path: Path) -> str:
    """The same text; InputError where it is no system of the earth."""
    if "LOCAL_CS" not in text[:20] and "ENGCRS" not in text[:20]:
        return text
    raise InputError(
        _("The raster is in a local coordinate system that has no known place on earth."),
        where=str(path),
        expected=_("a geographic or projected coordinate reference system"),
        hint=_("ask the department for the CRS and give it: {option}").format(option=option("EPSG:4549")),
    )


def _without_place(path: Path, dataset: Any) -> InputError:
    if dataset.rpcs is not None or dataset.tags(ns="RPC"):
        return InputError(
            _("The picture is not rectified: it has only the coefficients of its camera (RPC)."),
            where=str(path),
            expected=_("an orthophoto"),
            hint=_("rectify it with a terrain model first, such as with gdalwarp -rpc -to RPC_DEM=dem.tif"),
        )
    return InputError(
        _("The picture does not say where it lies."),
        where=str(path),
        expected=_("a geotransform, control points, or a world file (.tfw, .jgw, .pgw) beside it"),
        hint=_("ask for the world file, and put it beside the picture"),
    )


def _without_bands(path: Path, parts: list[str]) -> InputError:
    if parts:
        return InputError(
            _("The file holds {n} rasters, and none was named.").format(n=len(parts)),
            where=str(path),
            expected=_("a file with one raster"),
            hint=_("convert the one you need to GeoTIFF, such as with gdal_translate {name}").format(name=parts[0]),
        )
    return InputError(_("The raster has no bands."), where=str(path), expected=_("a file with pixels"))


def _role(name: str) -> str:
    return {"grey": "gray", "Gray": "gray"}.get(name, name)


def _bands(path: Path, roles: list[str], asked: tuple[int, ...] | None) -> tuple[tuple[int, ...], int | None]:
    """The bands to read and the one of alpha: those asked for, else red, green and blue, else what comes first."""
    own = roles.index("alpha") + 1 if "alpha" in roles else None
    if asked is not None:
        if not asked or len(asked) > 4 or not all(1 <= band <= len(roles) for band in asked):
            raise UsageError(
                _("There are no such bands: {bands}.").format(bands=", ".join(map(str, asked))),
                where=str(path),
                expected=_(
                    "one band, three for red, green and blue, and perhaps one more for alpha, of 1 to {n}"
                ).format(n=len(roles)),
            )
        if len(asked) in (2, 4):
            return asked[:-1], asked[-1]
        return asked, own if own not in asked else None  # shown as a colour, it is none
    if {"red", "green", "blue"} <= set(roles):
        return tuple(roles.index(each) + 1 for each in ("red", "green", "blue")), own
    others = tuple(i + 1 for i, role in enumerate(roles) if role != "alpha")
    if not others:
        return (own or 1,), None
    return (others[:3] if len(others) >= 3 else others[:1]), own


def _kind(dtype: str, bands: tuple[int, ...], palette: bool, unit: str | None, alpha: int | None) -> Kind:
    if len(bands) != 1 or palette or alpha is not None:
        return "imagery"
    wide = dtype.startswith(("float", "int16", "int32", "int64", "uint16", "uint32", "uint64"))
    return "elevation" if wide or (unit or "").lower() in _METRES else "imagery"


def _possible(nodata: float, dtype: str) -> bool:
    """Whether a value of the type can be this one at all."""
    import numpy as np

    if np.issubdtype(np.dtype(dtype), np.floating):
        return True
    limits = np.iinfo(dtype)
    return bool(float(nodata).is_integer() and limits.min <= nodata <= limits.max)


def _vertical(crs: str, tags: dict[str, str]) -> str | None:
    from pipeline.sources.raster_place import MERCATOR

    if crs != MERCATOR:  # of which pyproj, 0.07 s of every start, would say nothing
        from pyproj import CRS

        parsed = CRS(crs)
        if parsed.is_compound:
            return next((str(each.name) for each in parsed.sub_crs_list if each.is_vertical), None)
    return next((tags[k] for k in ("VERTICAL_DATUM", "VERT_DATUM", "VERTICAL_CS", "VERT_CS") if tags.get(k)), None)


def _date(tags: dict[str, str]) -> str | None:
    """From "2020:08:31 12:00:00" (TIFF 6.0, Exif) or what begins with an ISO date."""
    for key in (
        "TIFFTAG_DATETIME",
        "EXIF_DateTimeOriginal",
        "EXIF_DateTime",
        "ACQUISITION_DATE",
        "ACQUISITIONDATETIME",
    ):
        if found := re.match(r"(\d{4})[:-](\d\d)[:-](\d\d)", tags.get(key, ""), re.ASCII):
            with suppress(ValueError):  # cameras without a clock write 0000:00:00
                return date(*map(int, found.groups())).isoformat()
    return None

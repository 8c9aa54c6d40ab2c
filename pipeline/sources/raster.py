"""What a raster file is: its size, bands, place on earth and resolution; anything that GDAL reads as pixels."""

from __future__ import annotations

import math
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
from pipeline.sources.raster_parts import as_path, container_of
from pipeline.types import Bounds

Kind = Literal["imagery", "elevation"]

_VECTORS: Final = SUFFIXES - {".gpkg", ".sqlite"}  # which may hold either; CSV would be a raster to GDAL's XYZ
_BESIDE: Final = frozenset({
    ".aux", ".cpg", ".dbf", ".doc", ".docx", ".html", ".jgw", ".j2w", ".json", ".md", ".msk", ".ovr", ".pdf", ".pgw",
    ".prj", ".qml", ".shx", ".tfw", ".tifw", ".txt", ".wld", ".xls", ".xml", ".zip",
})  # fmt: skip
_RASTERS: Final = frozenset({".hgt", ".img", ".jp2", ".tif", ".tiff", ".vrt"})  # what nothing but a raster is called
_STACKS: Final = frozenset({"GRIB", "netCDF"})  # whose bands are times, levels or other quantities, never colours
_DEGREES: Final = re.compile(r"degrees?_?([NE]|north|east)")  # of coordinates: CF conventions 1.7, §4.1 and §4.2
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
    scale: float  # a value is what the file stores, times this …
    offset: float  # … plus this
    vertical: str | None  # the vertical datum or reference system that the file names
    date: str | None  # ISO 8601, from the file's metadata
    notes: tuple[str, ...]  # slugs: "gcps", "rotated", "crs-given", "crs-beside", "crs-degrees", "nodata-given" …
    options: RasterOptions  # what was said when it was described


def describe_raster(path: Path, options: RasterOptions | None = None) -> RasterInfo:
    """What the file at `path` says about itself, its head read and no pixels.

    Control points and turned geotransforms are followed (and noted). Raises InputError: no such file, cut off, no
    raster, no coordinate reference system, no place; UsageError: bands that there are not.
    """
    from pipeline.sources.raster_open import open_raster, parts_of, settings
    from pipeline.sources.raster_parts import not_named

    options = options or RasterOptions()
    with settings(), open_raster(path) as dataset:
        if dataset.count == 0:
            if parts := parts_of(path) if path.is_file() else ():
                raise not_named(path, parts)
            raise _without_bands(path, dataset.subdatasets)
        return _describe(path, dataset, options)


def is_raster(path: Path) -> bool:
    """Whether GDAL opens the file as a raster with bands, and it is no vector file or table.

    So is one that is called a raster, or begins as one, and cannot be opened: whoever reads it says what is wrong.
    """
    path = as_path(path)
    path = container_of(path) or path
    packed = any(each.suffix.lower() == ".zip" and each.is_file() for each in path.parents)
    if path.suffix.lower() in _VECTORS or not (packed or path.exists()) or path.is_dir():
        return False
    if path.suffix.lower() == ".zip":
        return bool(_zipped(path))
    from pipeline.sources.raster_open import readable_as_raster

    return says_raster(path) or readable_as_raster(path)


def raster_files(path: Path) -> tuple[Path, ...]:
    """The raster files that a path means: itself, those in a folder, or those in a zip; sorted by name.

    `NETCDF:dem.nc:elevation` means dem.nc/elevation. Raises InputError where there is none.
    """
    path = as_path(path)
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
    if dataset.driver in _STACKS and dataset.count > 1 and options.bands is None:
        raise _several(path, dataset)
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
    unit = _unit(dataset, bands[0])
    tags = dataset.tags()
    scale, offset = _packing(dataset, bands[0])
    return RasterInfo(
        path, dataset.driver, dataset.width, dataset.height, dtype, bands, tuple(roles[b - 1] for b in bands), alpha,
        palette, nodata, crs, _kind(dtype, bands, palette, unit, alpha), place.bounds, degrees(place.bounds),
        min(place.pixels), unit, scale, offset, _vertical(crs, tags), _date(tags), tuple(notes), options,
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
        if dataset.driver == "netCDF" and len(_axes_in_degrees(dataset.tags())) == 2:
            return "EPSG:4326", "crs-degrees"  # as for vector files whose coordinates are degrees
        raise InputError(
            _("The raster does not say which coordinate reference system it is in."),
            where=str(path),
            expected=_("a CRS in the file, or in a .prj or .aux.xml beside it"),
            hint=_("ask the department for the CRS and give it: {option}").format(option=option("EPSG:4549")),
        )
    epsg = declared.to_epsg(confidence_threshold=100)
    return _on_earth(f"EPSG:{epsg}" if epsg else str(declared.to_wkt()), path), None


def _axes_in_degrees(tags: dict[str, str]) -> set[str]:
    """Of north and east the letters of those that the units of a coordinate name."""
    found = (_DEGREES.fullmatch(value) for key, value in tags.items() if key.endswith("#units"))
    return {each[1][0].upper() for each in found if each}


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
    if parts:  # in a zip, or elsewhere
        return InputError(
            _("The file holds {n} rasters, and none can be named where it lies.").format(n=len(parts)),
            where=str(path),
            expected=_("a file with one raster"),
            hint=_("unpack it, or convert the one you need to GeoTIFF"),
        )
    return InputError(_("The raster has no bands."), where=str(path), expected=_("a file with pixels"))


def _several(path: Path, dataset: Any) -> InputError:
    """The error for times, levels or quantities in one file of which none was chosen."""
    about = []
    for band in range(1, min(dataset.count, 5) + 1):
        tags = dataset.tags(band)
        dimensions = (f"{key[11:]} {value}" for key, value in sorted(tags.items()) if key.startswith("NETCDF_DIM_"))
        about.append(f"{band}: {tags.get('GRIB_COMMENT') or ', '.join(dimensions) or tags.get('NETCDF_VARNAME', '')}")
    return InputError(
        _("The raster has {n} bands, which are no colours, and none was named.").format(n=dataset.count),
        where=str(path),
        expected=_("one of: {names}").format(names="; ".join(about) + (" …" if dataset.count > 5 else "")),
        hint=_("name the one that you need: bands = [1] / --bands 1"),
    )


def _packing(dataset: Any, band: int) -> tuple[float, float]:
    """What makes values of the numbers that a band stores; one and nothing where it says what cannot be."""
    scale, offset = float(dataset.scales[band - 1]), float(dataset.offsets[band - 1])
    return (scale, offset) if scale and math.isfinite(scale) and math.isfinite(offset) else (1.0, 0.0)


def _unit(dataset: Any, band: int) -> str | None:
    """The unit of a band's values; GRIB writes it in brackets, and a hyphen where there is none."""
    unit = dataset.units[band - 1] or dataset.tags(band).get("GRIB_UNIT", "").strip("[]")
    return None if unit in ("", "-") else str(unit)


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

"""The one way a raster file is opened: from this disk only, with GDAL's settings, and with its faults in plain words.

A name or the text of a file can send GDAL to the network (/vsicurl, a web map service, a virtual raster that names
an address). Only files that lie on this machine are opened, drivers of services are left out, virtual rasters are
looked through for addresses, and what is left meets a proxy that does not exist.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Final
from warnings import catch_warnings, simplefilter

import rasterio
from rasterio._path import _UnparsedPath as UnparsedPath
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.io import DatasetReader

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources import grid_whole, tiff_whole
from pipeline.sources.gdal_words import plainly
from pipeline.sources.raster_parts import Part, container_of, not_there, parts_in
from pipeline.sources.raster_virtual import check_virtual, is_virtual

SETTINGS: Final = {
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",  # discard: nothing listens there
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_PAM_ENABLED": True,  # statistics, masks and references in .aux.xml are read
    "GDAL_NUM_THREADS": "1",  # who reads has threads of its own
    "GDAL_TIFF_INTERNAL_MASK": True,
    "VRT_SHARED_SOURCE": "0",  # else two threads that read one virtual raster share its sources' handles
}
_SERVICES: Final = frozenset({
    "DAAS", "EEDA", "EEDAI", "HTTP", "NGW", "OGCAPI", "PLMOSAIC", "STACIT", "STACTA", "WCS", "WMS", "WMTS",
})  # fmt: skip
_MAPPINGS: Final = frozenset({"DERIVED", "MEM", "Memory"})  # not files


@contextmanager
def settings(**more: Any) -> Iterator[None]:
    """GDAL's settings while rasters are opened and read; `more` as GDAL names them, such as GDAL_CACHEMAX."""
    with rasterio.Env(**SETTINGS, **more):
        yield


@contextmanager
def raster_memory(cache_bytes: int) -> Iterator[None]:
    """Bound what GDAL keeps of decoded blocks, for all threads and files together, while the context lasts."""
    with settings(GDAL_CACHEMAX=max(cache_bytes, 1 << 20)):
        yield


def open_raster(path: Path, *, overview: int | None = None) -> Any:
    """An open rasterio dataset, or one of its overviews (0 is the finest). Raises InputError."""
    check_there(path)
    more = {} if overview is None else {"overview_level": overview}
    try:
        with settings(), catch_warnings():
            simplefilter("ignore", NotGeoreferencedWarning)  # whoever needs the place says what is missing
            return DatasetReader(UnparsedPath(address(path)), driver=_drivers(), **more)
    except RasterioError as error:
        raise unreadable(path, error) from error


def readable_as_raster(path: Path) -> bool:
    """Whether a file here is a raster with bands, or a container of rasters."""
    try:
        with open_raster(path) as dataset:
            return dataset.count > 0 or bool(dataset.subdatasets)
    except InputError:
        # A damaged one: whoever reads it will say so.
        return path.is_file() and (
            tiff_whole.is_tiff(path) or is_virtual(path) or grid_whole.grid_format(path) is not None
        )


def parts_of(path: Path) -> tuple[Part, ...]:
    """The rasters in a file that holds several; none where it is one itself. Raises InputError."""
    seen = path.stat()
    return _parts(path.absolute(), seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=256)
def _parts(path: Path, _changed: int, _size: int) -> tuple[Part, ...]:
    """Listed once: every thread opens a part for itself."""
    with open_raster(path) as dataset:
        return () if dataset.count else parts_in(path, dataset.tags(ns="SUBDATASETS"))


def driver_of(path: Path) -> str:
    """GDAL's short name of what reads a raster, such as "GTiff". Raises InputError."""
    with open_raster(path) as dataset:
        return str(dataset.driver)


def address(path: Path) -> str:
    """What GDAL calls the file; a path that goes on behind a zip names a file inside it, behind another file a part."""
    if (container := container_of(path)) is not None:
        return _part(container, path).address
    packed = next((each for each in path.parents if each.suffix.lower() == ".zip" and each.is_file()), None)
    absolute = str((packed or path).absolute())
    return absolute if packed is None else f"/vsizip/{{{absolute}}}/{path.relative_to(packed).as_posix()}"


def check_there(path: Path) -> None:
    """Raise InputError where there is no whole file of this name, or one that would send GDAL to the network."""
    packed = next((each for each in path.parents if each.suffix.lower() == ".zip" and each.is_file()), None)
    if packed is not None:
        _check_packed(packed, path.relative_to(packed).as_posix())
        return
    if (container := container_of(path)) is not None:
        check_there(container)
        _part(container, path)
        return
    if not path.exists():
        raise InputError(
            _("The file does not exist."),
            where=str(path),
            expected=_("a raster file on this machine"),
            hint=_("check the path and its spelling"),
        )
    if path.is_dir():
        return
    if path.stat().st_size == 0:
        raise InputError(
            _("The file is empty (0 bytes)."),
            where=str(path),
            expected=_("a raster file on this machine"),
            hint=_("ask for the file again; copying it may have failed"),
        )
    check_virtual(path)
    if (found := tiff_whole.missing(path) or grid_whole.missing(path)) is not None:
        raise damaged(path, _("it is cut off after {n} of {size} bytes").format(n=found[0], size=found[1]))


def _part(container: Path, path: Path) -> Part:
    """The part of a file that a path means. Raises InputError."""
    name, parts = path.relative_to(container).as_posix(), parts_of(container)
    found = next((each for each in parts if each.name == name), None)
    if found is None:
        raise not_there(container, name, parts)
    return found


def _check_packed(packed: Path, inner: str) -> None:
    try:
        with zipfile.ZipFile(packed) as archive:
            if inner in archive.namelist():
                return
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(
            _("The zip cannot be opened: {reason}.").format(reason=error),
            where=str(packed),
            expected=_("a whole zip file"),
            hint=_("pack it again, or ask for the file again"),
        ) from error
    raise InputError(
        _("There is no such file in the zip."),
        where=f"{packed.name}/{inner}",
        hint=_("check the path and its spelling"),
    )


def unreadable(path: Path, error: BaseException) -> InputError:
    """What a person can do about what GDAL says."""
    words = str(error)
    if (needed := grid_whole.grid_format(path)) is not None and not readable_here(needed):
        return InputError(
            _("The file is {format}, which the GDAL of this machine cannot read.").format(format=needed),
            where=str(path),
            expected=_("a raster such as GeoTIFF"),
            hint=_("convert it to GeoTIFF where a GDAL with {format} is installed").format(format=needed),
        )
    if isinstance(error, RasterioIOError) and (
        "not recognized as being in a supported" in words or "not supported" in words
    ):
        return InputError(
            _("The file is no raster that can be read."),
            where=str(path),
            expected=_("a raster such as GeoTIFF, JPEG 2000, ERDAS Imagine, PNG with a world file, or a DEM"),
            hint=_("convert it to GeoTIFF with the program that wrote it"),
        )
    cause = error.__cause__ or error.__context__ or error
    return damaged(path, plainly(cause, str(path)))


def damaged(path: Path, reason: str) -> InputError:
    """The error for a raster that is not whole."""
    return InputError(
        _("The file is damaged: {reason}.").format(reason=reason.rstrip(".")),
        where=str(path),
        expected=_("a whole file"),
        hint=_("ask for the file again, or write it again from its source"),
    )


def readable_here(driver: str) -> bool:
    """Whether this GDAL was built with a driver."""
    return driver in _drivers()


@cache
def _drivers() -> list[str]:
    """Those that read files."""
    with rasterio.Env() as environment:
        return sorted(set(environment.drivers()) - _SERVICES - _MAPPINGS)


def inner_names(path: Path) -> tuple[str, ...]:
    """The names of the files in a zip, sorted, without what systems add."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    return tuple(
        sorted(n for n in names if not any(p.startswith(".") or p == "__MACOSX" for p in PurePosixPath(n).parts))
    )

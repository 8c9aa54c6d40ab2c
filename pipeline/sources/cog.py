"""A raster as a Cloud Optimized GeoTIFF: every pixel as it was, tiled, with overviews (OGC 21-026)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, Final

import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from pipeline.errors import InputError, OutputError
from pipeline.i18n import _
from pipeline.sources.gdal_words import plainly
from pipeline.sources.raster_open import open_raster, settings, unreadable

# Nothing is lost: what a department hands in may be the only copy. DEFLATE is what every reader of TIFF knows.
_CHOICES: Final = {
    "COMPRESS": "DEFLATE",
    "LEVEL": "6",
    "PREDICTOR": "YES",
    "BLOCKSIZE": "512",
    "BIGTIFF": "IF_SAFER",
    "OVERVIEWS": "IGNORE_EXISTING",
    "NUM_THREADS": "ALL_CPUS",
}


def write_cog(source: Path, target: Path, scratch: Path, *, crs: str | None = None) -> None:
    """Write the raster `source` to the new file `target`; with `crs` that is said of it instead of its own.

    Pixels do not change, which is checked. `scratch` is a folder of the caller's for a small file. Raises InputError
    where the source cannot be read to its end, OutputError where nothing can be written; `target` is not there then.
    """
    virtual = scratch / f"{target.name}.vrt"
    done = False
    try:
        with settings(), open_raster(source) as dataset:
            rasterio.shutil.copy(dataset, str(virtual), driver="VRT")
            if crs is not None:
                with rasterio.open(virtual, "r+") as changed:
                    changed.crs = rasterio.CRS.from_user_input(crs)
            averaged = not _palette(dataset) and "int8" in dataset.dtypes[0]
            choices = {**_CHOICES, "OVERVIEW_RESAMPLING": "AVERAGE" if averaged else "NEAREST"}
            rasterio.shutil.copy(str(virtual), str(target), driver="COG", strict=False, **choices)
            _check(dataset, source, target)
        with target.open("r+b") as written:
            os.fsync(written.fileno())
        done = True
    except (RasterioError, CPLE_BaseError) as error:
        _read_all(source)
        # The source is right, so it was the writing.
        raise _cannot_write(target, plainly(error, str(target))) from error
    except OSError as error:
        raise _cannot_write(target, error.strerror or str(error)) from error
    finally:
        beside = target.with_name(f"{target.name}.aux.xml")
        for left in (virtual, *(() if done else (target, beside))):
            with contextlib.suppress(OSError):
                left.unlink()


def _check(dataset: Any, source: Path, written: Path) -> None:
    """Hold every band of what was written against the source's."""
    with rasterio.open(written) as copy:
        same = (copy.width, copy.height, copy.dtypes) == (dataset.width, dataset.height, dataset.dtypes)
        if not same or any(copy.checksum(band) != dataset.checksum(band) for band in dataset.indexes):
            raise InputError(
                _("The raster could not be copied pixel by pixel."),
                where=str(source),
                hint=_("ask for the file again; it may be damaged"),
            )


def _cannot_write(target: Path, reason: str) -> OutputError:
    return OutputError(_("Cannot write: {reason}.").format(reason=reason), where=str(target))


def _read_all(source: Path) -> None:
    """Raise InputError where a raster cannot be read to its end."""
    try:
        with settings(), open_raster(source) as dataset:
            for band in dataset.indexes:
                dataset.checksum(band)
    except (RasterioError, CPLE_BaseError) as error:
        raise unreadable(source, error) from error


def _palette(dataset: Any) -> bool:
    return any(str(role.name) == "palette" for role in dataset.colorinterp)

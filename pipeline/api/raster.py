"""Raster inputs of `tile`: recognised by what the files are, and handed to the product that is asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pipeline.api.options import TileOptions
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _, ngettext
from pipeline.progress import Progress, Silent

if TYPE_CHECKING:
    from pipeline.api import Tiled
    from pipeline.raster.estimate import RasterEstimate
    from pipeline.raster.result import RasterResult
    from pipeline.sources.raster import RasterInfo, RasterOptions
    from pipeline.vector.estimate import Estimate


class Product(NamedTuple):
    """What can be made of rasters: a module below `pipeline.api`, and the frozen dataclass of its options.

    The module's `tile_files(job, options)` returns what `tile` returns; `estimate_files(job, options)` builds nothing.
    """

    module: str
    options: str
    state: bool = True  # whether it can be kept, and a previous archive be used


PRODUCTS: Final[Mapping[str, Product]] = {
    "imagery": Product("imagery", "ImageryOptions"),
    "terrain": Product("terrain", "TerrainOptions"),
    "hillshade": Product("terrain", "HillshadeOptions"),
    "tint": Product("terrain", "TintOptions"),
    "slope": Product("terrain", "SlopeOptions"),
    "aspect": Product("terrain", "AspectOptions"),
    "contours": Product("contours", "ContourOptions", state=False),
}
_NETWORK: Final = re.compile(r"(?:/vsi(?:curl|s3|gs|az)\w*/)?(?:https?|ftps?|s3|gs|az)://", re.IGNORECASE)
BY_KIND: Final = {"imagery": "imagery", "elevation": "terrain"}  # where nobody says


@dataclass(frozen=True, slots=True)
class RasterChoices:
    """What every product of rasters may be told."""

    s_srs: str | None = None  # source CRS, overriding the files'
    nodata: float | None = None  # the value that means nothing, overriding the files'
    bands: tuple[int, ...] | None = None  # counted from 1
    min_zoom: int | None = None
    max_zoom: int | None = None  # None: by the finest ground resolution
    tile_size: int = 512  # pixels: 256 or 512
    name: str | None = None  # None: the file's
    attribution: str = ""
    description: str = ""
    date: str | None = None  # currency, ISO 8601; None: what the files say, where they agree


@dataclass(frozen=True, slots=True)
class RasterJob:
    """Files to make a product of, and how the work is done; the archive's bytes do not depend on the latter."""

    infos: tuple[RasterInfo, ...]  # in the order in which they were given
    reading: RasterOptions
    target: Path
    threads: int | None = None
    memory: int | None = None  # bytes
    keep_state: bool = False
    previous: Path | None = None
    no_clobber: bool = False
    progress: Progress = Silent()  # noqa: RUF009 - without state


def are_rasters(inputs: Sequence[str | Path]) -> bool:
    """Whether the inputs are rasters, by their content.

    Raises UsageError where some are and some are not, InputError for an address on the network.
    """
    found = [_is_raster(each) for each in inputs]
    if any(found) and not all(found):
        vectors = [
            str(each) for each, raster in zip(inputs, found, strict=True) if not raster and "://" not in str(each)
        ]
        rasters = [str(each) for each, raster in zip(inputs, found, strict=True) if raster]
        raise UsageError(
            _("Rasters and vector files make archives of their own."),
            where=", ".join(rasters[:3]) + " · " + ", ".join(vectors[:3]),
            hint=_("Tile the rasters by themselves, and the vector files by themselves."),
        )
    return bool(found) and found[0]


def tile_rasters(job: RasterJob, product: str, told: Mapping[str, Any]) -> RasterResult | Tiled:
    """Make a product of rasters; `told` are choices by the names of its options. Raises UsageError for others."""
    made = PRODUCTS[product]
    if not made.state and (job.keep_state or job.previous is not None):
        refuse_foreign(["keep_state" if job.previous is None else "previous"], product)
    module = import_module(f"pipeline.api.{made.module}")
    result: RasterResult | Tiled = module.tile_files(job, getattr(module, made.options)(**told))
    return result


def estimate_rasters(job: RasterJob, product: str, told: Mapping[str, Any]) -> RasterEstimate | Estimate:
    """What `tile_rasters` would write, from a sample."""
    made = PRODUCTS[product]
    module = import_module(f"pipeline.api.{made.module}")
    result: RasterEstimate | Estimate = module.estimate_files(job, getattr(module, made.options)(**told))
    return result


def describe_inputs(
    inputs: Sequence[str | Path], told: Mapping[str, Any]
) -> tuple[tuple[RasterInfo, ...], RasterOptions]:
    """What the files of the inputs are: folders and zips stand for the rasters in them. Raises InputError."""
    from pipeline.sources.raster import RasterOptions, describe_raster, raster_files

    bands = told.get("bands")
    if bands is None and told.get("band") is not None:
        bands = (told["band"],)
    reading = RasterOptions(told.get("s_srs"), told.get("nodata"), None if bands is None else tuple(bands))
    files = [file for each in inputs for file in raster_files(Path(each))]
    return tuple(describe_raster(file, reading) for file in files), reading


def product_of(infos: Sequence[RasterInfo], asked: str | None, progress: Progress) -> str:
    """The product that is asked for, else what suits the files. Raises UsageError where nothing suits all of them."""
    if asked is not None:
        if asked not in PRODUCTS:
            raise UsageError(
                _("There is no product {name}.").format(name=repr(asked)),
                expected=_("one of: {names}").format(names=", ".join(PRODUCTS)),
            )
        return asked
    kinds = sorted({info.kind for info in infos})
    if len(kinds) > 1:
        raise UsageError(
            _("Some of these rasters are pictures and some are elevations."),
            where=", ".join(next(str(info.path) for info in infos if info.kind == kind) for kind in kinds),
            hint=_("Tile them by themselves, or say what they are with --as."),
        )
    chosen = BY_KIND[kinds[0]]
    if chosen == "terrain":
        progress.note(_("one band of numbers: taken for elevations; --as imagery makes pictures of it"))
    return chosen


def tell_notes(infos: Sequence[RasterInfo], progress: Progress) -> None:
    """Tell the user how files are read where that is not what one would expect, each thing once."""
    words = {
        "gcps": _("placed by its control points"),
        "rotated": _("turned: it is not north up"),
        "crs-beside": _("its coordinate reference system stands in the .prj beside it"),
        "crs-degrees": _("longitudes and latitudes without a datum, taken for WGS 84"),
        "nodata-impossible": _("no pixel can have the value that means nothing, so none is left out"),
    }
    for slug, text in words.items():
        noted = [info.path.name for info in infos if slug in info.notes]
        if noted:
            others = ngettext(" and 1 other", " and {n} others", len(noted) - 1) if len(noted) > 1 else ""
            names = noted[0] + others.format(n=len(noted) - 1)
            progress.note(_("{names}: {text}").format(names=names, text=text))


def refuse_foreign(given: Collection[str], product: str | None) -> None:
    """Raise UsageError for choices that do not apply to a product; to vector files where it is None."""
    known = applicable(product)
    foreign = [name for name in given if name not in known]
    if not foreign:
        return
    what = ", ".join("--" + {"fields": "field"}.get(name, name).replace("_", "-") for name in foreign)
    if product is None:
        raise UsageError(
            _("{options}: this is for rasters, and the input is none.").format(options=what),
            hint=_("Leave it out."),
        )
    elsewhere = [name for name in PRODUCTS if all(field in applicable(name) for field in given)]
    raise UsageError(
        _("{options}: this does not apply to {product}.").format(options=what, product=product),
        hint=_("Leave it out, or say --as {names}.").format(names=", ".join(elsewhere))
        if elsewhere
        else _("Leave it out."),
    )


def applicable(product: str | None) -> frozenset[str]:
    """The names of the choices that a product takes; of vector files where it is None."""
    if product is None:
        return frozenset(field.name for field in fields(TileOptions)) | {"explain", "changes"}
    made = PRODUCTS[product]
    return frozenset(
        field.name for field in fields(getattr(import_module(f"pipeline.api.{made.module}"), made.options))
    )


def _is_raster(given: str | Path) -> bool:
    """Whether an input is a raster; addresses, standard input and what is not there are none."""
    if isinstance(given, str) and _NETWORK.match(given):
        raise InputError(
            _("This is an address on the network, not a file."),
            where=given,
            expected=_("files on this machine: a build reads nothing from elsewhere"),
            hint=_("Download it, and name the file."),
        )
    from pipeline.sources.raster import is_raster, raster_files
    from pipeline.sources.raster_parts import as_path

    path = as_path(given)
    if path == Path(given) and isinstance(given, str) and ("://" in given or given == "-"):
        return False

    if not path.is_dir():
        return is_raster(path)
    if path.suffix.lower() == ".gdb":
        return False
    try:
        return bool(raster_files(path))
    except InputError:
        return False

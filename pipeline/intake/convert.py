"""The data of a package in the store's form: one GeoParquet file, or Cloud Optimized GeoTIFFs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.archive.staging import StagedFile
from pipeline.errors import InputError
from pipeline.framework import Dataset
from pipeline.framework.package import Package
from pipeline.i18n import _
from pipeline.intake.store import DATA_FILE, RASTER_FOLDER
from pipeline.progress import Progress
from pipeline.sources import ReadOptions, list_layers, read_batches
from pipeline.sources.files import SUFFIXES
from pipeline.sources.referring import RASTERS, VECTORS, refuse_formats
from pipeline.types import Bounds, FeatureBatch, Tally

_COMPANIONS: Final = frozenset(
    {".dbf", ".shx", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".xml", ".mid", ".dat", ".map", ".id"}
)


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a package's data."""

    data: tuple[Path, ...]
    features: int | None  # None of rasters
    bounds: Bounds | None  # degrees
    counts: dict[str, int]  # what reading told by kind


def vector_source(package: Package, folder: Path) -> Path:
    """The one file that a vector package's features are in. Raises InputError where there are several, or none."""
    names = [PurePosixPath(name) for name in package.data]
    suffixes = SUFFIXES | {".zip", ".pbf", ".gz", ".bz2", ".parquet"}
    found = [name for name in names if name.suffix.lower() in suffixes]
    if not found:  # a table of dBASE, or what only its content tells
        found = [name for name in names if name.suffix.lower() == ".dbf"] or [
            name for name in names if name.suffix.lower() not in _COMPANIONS
        ]
    if len(found) != 1:
        raise InputError(
            _("{n} of the files in data hold features: {names}").format(n=len(found), names=", ".join(map(str, found))),
            where=", ".join(package.data),
            expected=_("one file with the features of the dataset, and the files that belong to it"),
            hint=_("hand in one GeoPackage, GeoParquet or zipped Shapefile; the rest belongs to other datasets"),
        )
    return folder / found[0]


def read_options(package: Package, dataset: Dataset, root: Path) -> ReadOptions:
    """How a package's file is read: as the package says, else as the register does."""
    coordinates = package.coordinates or dataset.coordinates
    return ReadOptions(
        layer=package.layer or dataset.layer,
        crs=package.crs or dataset.crs,
        encoding=package.encoding or dataset.encoding,
        x=coordinates.x if coordinates else None,
        y=coordinates.y if coordinates else None,
        self_contained=True,
        rules=root / dataset.rules if dataset.rules else None,
    )


def refuse_strange(source: Path, options: ReadOptions) -> None:
    """Raise InputError where a vector file is of a format whose data may lie elsewhere; what cannot be read passes."""
    try:
        drivers = [layer.driver for layer in list_layers(source, options)]
    except InputError:
        return  # the checks tell
    refuse_formats(drivers, VECTORS, source.name)


def refuse_strange_rasters(sources: Sequence[Path]) -> None:
    """The same of rasters, of which virtual ones name others; what cannot be read passes."""
    from pipeline.sources.raster import raster_files
    from pipeline.sources.raster_open import driver_of

    for source in sources:
        try:
            found = [(file, driver_of(file)) for file in raster_files(source)]
        except InputError:
            continue  # the checks tell
        for file, driver in found:
            refuse_formats([driver], RASTERS, file.name)


def convert_features(source: Path, options: ReadOptions, into: Path, scratch: Path, progress: Progress) -> Converted:
    """Write the features of `source` to data.parquet in the folder `into`.

    Raises InputError where they cannot be read to their end, OutputError.
    """
    from pipeline.sources.geoparquet_write import write_geoparquet

    tally = Tally()
    progress.start(_("storing"), None, _("features"))
    batches = _counted(read_batches(source, options, tally), progress)
    with StagedFile(into / DATA_FILE) as staged:
        written = write_geoparquet(staged.file, batches, scratch)
        staged.commit()
    progress.done()
    return Converted((into / DATA_FILE,), written.features, written.bounds, dict(sorted(tally.counts.items())))


def convert_rasters(
    sources: Sequence[Path], crs: str | None, into: Path, scratch: Path, progress: Progress
) -> Converted:
    """Write every raster at `sources` (files, folders, zips) as a COG into data/ in the folder `into`.

    `crs` is what is said of them instead of their own. Raises InputError where one cannot be read, OutputError.
    """
    from pipeline.sources.cog import write_cog
    from pipeline.sources.raster import RasterOptions, describe_raster, raster_files

    files = [file for source in sources for file in raster_files(source)]
    infos = [describe_raster(file, RasterOptions(crs)) for file in files]
    for info in infos:
        refuse_formats([info.driver], RASTERS, info.path.name)
    folder = into / RASTER_FOLDER
    folder.mkdir()
    progress.start(_("storing"), len(infos), _("rasters"))
    targets = [folder / name for name in _names(files)]
    for info, target in zip(infos, targets, strict=True):
        said = {"crs-given", "crs-beside", "crs-degrees"}.intersection(info.notes)
        write_cog(info.path, target, scratch, crs=info.crs if said else None)
        progress.advance()
    progress.done()
    return Converted(tuple(targets), None, _around(info.extent for info in infos), {})


def _counted(batches: Iterable[FeatureBatch], progress: Progress) -> Iterator[FeatureBatch]:
    for batch in batches:
        yield batch
        progress.advance(batch.geometries.features)


def _names(files: Sequence[Path]) -> list[str]:
    """A name for each file, those of one stem numbered, in the order of the files."""
    taken: set[str] = set()
    names = []
    for file in files:
        name, number = f"{file.stem}.tif", 2
        while name.casefold() in taken:
            name, number = f"{file.stem}-{number}.tif", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _around(boxes: Iterable[Bounds]) -> Bounds | None:
    sides = list(zip(*boxes, strict=True))
    return (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])) if sides else None

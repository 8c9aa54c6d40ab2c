"""The rasters of a dataset: which files they are, what each says of itself, and the digest of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.editions import DatasetView
from pipeline.errors import InputError, LongquanError
from pipeline.framework import Dataset
from pipeline.i18n import _
from pipeline.making.inputs import InputFile, digest_files
from pipeline.sources.raster import RasterInfo, RasterOptions, describe_raster, raster_files
from pipeline.sources.raster_beside import files_beside, on_disk


@dataclass(frozen=True, slots=True)
class RasterFile:
    """One raster of a dataset."""

    dataset: str
    info: RasterInfo
    bytes: int
    sha256: str  # of the file; of the zip that it lies in
    beside: tuple[str, ...]  # sha256 of the files that belong to it


def raster_inputs(root: Path, view: DatasetView) -> tuple[tuple[RasterFile, ...], tuple[InputFile, ...]]:
    """The rasters of a dataset in the order of their names, and all files that they are read from.

    A folder stands for the rasters in it, a zip too. Raises InputError, naming dataset and department, for a source
    that is missing, no raster or damaged.
    """
    dataset, source = view.dataset, root / view.dataset.source
    if not on_disk(source).exists():
        digest_files(root, view.department, dataset, ())  # says so
    try:
        options = raster_options(dataset)
        infos = [describe_raster(file, options) for file in raster_files(source)]
    except LongquanError as error:
        raise InputError(
            _("dataset {id}: {message}").format(id=dataset.id, message=error.message),
            where=_("{path}, handed in by {department}").format(
                path=error.where or source, department=f"{view.department.name.zh} ({view.department.id})"
            ),
            expected=error.expected,
            hint=error.hint,
        ) from error
    if virtual := [info.path.name for info in infos if info.driver == "VRT"]:
        raise InputError(
            _("dataset {id}: {name} is a virtual raster, whose pixels lie in other files").format(
                id=dataset.id, name=virtual[0]
            ),
            where=str(source),
            expected=_("the files that hold the pixels, so that their hashes can be recorded"),
            hint=_("put them into a folder of the inbox, and name the folder as the source"),
        )
    real = [on_disk(info.path) for info in infos]
    belongs = files_beside(real)
    files = tuple(dict.fromkeys((*real, *(each for group in belongs for each in group))))
    more = (root / dataset.cutline,) if dataset.cutline else ()
    inputs = digest_files(root, view.department, dataset, (*sorted(files), *more))
    known = {root / each.path: each for each in inputs}
    rasters = tuple(
        RasterFile(dataset.id, info, known[file].bytes, known[file].sha256, tuple(known[each].sha256 for each in group))
        for info, file, group in zip(infos, real, belongs, strict=True)
    )
    return rasters, inputs


def raster_options(dataset: Dataset) -> RasterOptions:
    """How a dataset's files are read."""
    return RasterOptions(dataset.crs, dataset.nodata, dataset.bands)

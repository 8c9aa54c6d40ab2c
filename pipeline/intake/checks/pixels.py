"""Rasters as rules look at them: the outlines of their files, what these say of themselves, and all of their pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import shapely

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.intake.checks.layer import Layer, Rows
from pipeline.intake.checks.measures import measure
from pipeline.intake.checks.placing import settle
from pipeline.intake.checks.shelf import Shelf
from pipeline.progress import Progress
from pipeline.sources.detective import digits
from pipeline.types import Tally

if TYPE_CHECKING:
    from pipeline.intake.checks.subject import Subject
    from pipeline.sources.raster import RasterInfo
    from pipeline.sources.raster_survey import PixelSurvey

# Rules on features that hold for rasters too. Of the others, those on the reference system are kept by whatever can be
# opened as a raster with a place.
APPLICABLE: Final = frozenset({
    "crs-missing", "crs-unknown", "crs-contradicted", "axes-swapped", "displaced", "elsewhere", "date-missing",
    "date-future", "date-not-newer", "contact-missing", "licence-missing", "lineage-missing", "metadata-incomplete",
})  # fmt: skip
_QUOTED: Final = 5  # names in a sentence


class Sheet(NamedTuple):
    """One raster file."""

    name: str
    info: RasterInfo
    pixels: PixelSurvey
    metres: float  # on the ground that a pixel measures
    moved: float | None  # metres between where it lies and where its own CRS would put it; None where that is the same


def is_raster_file(source: Path) -> bool:
    """Whether a file is called a raster."""
    from pipeline.sources.raster import says_raster

    return source.is_file() and says_raster(source)


def read_rasters(sources: Sequence[Path], subject: Subject, progress: Progress) -> tuple[Layer, str]:
    """A layer of the outlines of the raster files at `sources` (files, folders or zips), and the CRS of the first.

    All pixels are read. Raises InputError for a file that is no raster, is damaged, or has no place.
    """
    from pipeline.sources.raster import RasterOptions, describe_raster, raster_files

    dataset = subject.dataset
    options = RasterOptions(
        subject.read.crs,
        dataset.nodata if dataset is not None else None,
        dataset.bands if dataset is not None else None,
    )
    files = [file for source in sources for file in raster_files(source)]
    try:
        infos = [describe_raster(file, options) for file in files]
    except UsageError as error:  # bands that the register asks for
        raise InputError(error.message, where=error.where, expected=error.expected, hint=error.hint) from error
    progress.start(_("reading"), len(infos), _("rasters"))
    sheets = []
    for info in infos:
        sheets.append(_sheet(info, subject.limits.spike_m))
        progress.advance()
    progress.done()
    outlines = np.array([shapely.box(*info.extent) for info in infos], object)
    xy = shapely.get_coordinates(outlines)
    city = subject.city.bounds if subject.city else None
    first = sources[0]
    placing = settle(first.name, "EPSG:4490", None, digits(xy[:, 0], xy[:, 1]), city)
    scaled = shapely.transform(outlines, lambda xy: xy * placing.scale)
    layer = Layer(
        source=first.name if len(sources) == 1 else ", ".join(source.name for source in sources),
        name=first.stem,
        table=pa.table({"file": [file.name for file in files]}),
        shapes_wkb=pa.chunked_array([pa.array(shapely.to_wkb(outlines).tolist(), pa.large_binary())]),
        measures=measure(outlines, np.zeros(len(outlines), np.int8), scaled),
        placing=placing,
        tally=Tally(),
        schema=None,
        key="file",
        shelf=Shelf(subject.siblings, city),
        pixels=True,
        sheets=tuple(sheets),
    )
    return layer, infos[0].crs


def rows_where(layer: Layer, faulty: Callable[[Sheet], bool]) -> Rows:
    """The rasters of a layer of which something holds."""
    return np.flatnonzero([faulty(sheet) for sheet in layer.sheets])


def file_names(layer: Layer, rows: Rows) -> str:
    """Some of the rasters' names, as a sentence quotes them."""
    shown = ", ".join(layer.sheets[row].name for row in rows[:_QUOTED])
    return shown + (" …" if len(rows) > _QUOTED else "")


def _sheet(info: RasterInfo, spike_m: float | None) -> Sheet:
    from pipeline.sources.raster_survey import apart, ground_resolution, survey_raster

    found = survey_raster(info, spike_m)
    return Sheet(info.path.name, info, found, ground_resolution(info), apart(info, found.own_crs))

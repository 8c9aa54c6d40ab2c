"""Rasters, as far as rules on places, dates and metadata look at them: by the outlines of their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import shapely

from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.measures import measure
from pipeline.intake.checks.placing import settle
from pipeline.intake.checks.shelf import Shelf
from pipeline.sources.detective import digits
from pipeline.types import Tally

if TYPE_CHECKING:
    from pipeline.intake.checks.subject import Subject

# Of the others, those on the reference system are kept by whatever can be opened as a raster with a place.
APPLICABLE: Final = frozenset({
    "crs-missing", "crs-unknown", "crs-contradicted", "axes-swapped", "displaced", "elsewhere", "date-missing",
    "date-future", "date-not-newer", "contact-missing", "licence-missing", "lineage-missing", "metadata-incomplete",
})  # fmt: skip


def read_rasters(source: Path, subject: Subject) -> tuple[Layer, str]:
    """A layer of the outlines of the raster files at `source` (a file, folder or zip), and the CRS of the first.

    Raises InputError for a file that is no raster, is damaged, or has no place.
    """
    from pipeline.sources.raster import RasterOptions, describe_raster, raster_files

    files = raster_files(source)
    infos = [describe_raster(file, RasterOptions(subject.read.crs)) for file in files]
    outlines = np.array([shapely.box(*info.extent) for info in infos], object)
    xy = shapely.get_coordinates(outlines)
    city = subject.city.bounds if subject.city else None
    placing = settle(source.name, "EPSG:4490", None, digits(xy[:, 0], xy[:, 1]), city)
    scaled = shapely.transform(outlines, lambda xy: xy * placing.scale)
    layer = Layer(
        source=source.name,
        name=source.stem,
        table=pa.table({"file": [file.name for file in files]}),
        shapes_wkb=pa.chunked_array([pa.array(shapely.to_wkb(outlines).tolist(), pa.large_binary())]),
        measures=measure(outlines, np.zeros(len(outlines), np.int8), scaled),
        placing=placing,
        tally=Tally(),
        schema=None,
        key="file",
        shelf=Shelf(subject.siblings, city),
        pixels=True,
    )
    return layer, infos[0].crs

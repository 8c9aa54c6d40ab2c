"""The files of a job: their order, their date, and what decides whether a previous archive is of use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.api.raster import RasterJob
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.raster.plan import SourceFact
    from pipeline.sources.raster import RasterInfo


def ordered(infos: Iterable[RasterInfo], top: str) -> list[RasterInfo]:
    """Files from the top: as given, the last first, the newest first, or the finest first."""
    found = list(infos)
    if top == "last":
        found.reverse()
    elif top == "newest":
        found.sort(key=lambda info: info.date or "", reverse=True)
    elif top == "finest":
        found.sort(key=lambda info: info.pixel)
    return found


def agreed_date(said: str | None, infos: Iterable[RasterInfo]) -> str | None:
    """The date that is said, else what all files say."""
    dates = {info.date for info in infos}
    return said or (next(iter(dates)) if len(dates) == 1 else None)


def file_facts(infos: Sequence[RasterInfo], *, contents: bool = True) -> list[SourceFact]:
    """Name, size and sha256 of every file, several at once; of the zip where the raster lies in one.

    Without `contents` nothing is read, and the sha256 is empty.
    """
    from concurrent.futures import ThreadPoolExecutor

    from pipeline.raster.plan import SourceFact
    from pipeline.sources.raster_beside import on_disk

    def fact(info: RasterInfo) -> SourceFact:
        path = on_disk(info.path)
        if not contents:
            return SourceFact(info.path.name, path.stat().st_size, "")
        with path.open("rb") as file:
            return SourceFact(info.path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(fact, infos))


def beside_words(infos: Sequence[RasterInfo]) -> list[str]:
    """For each file, names and digests of those that belong to it: masks, overviews, references."""
    from pipeline.sources.raster_beside import files_beside, on_disk

    near = files_beside([on_disk(info.path) for info in infos])
    return [repr([(each.name, hashlib.sha256(each.read_bytes()).hexdigest()) for each in some]) for some in near]


def usable_previous(job: RasterJob) -> Path | None:
    """The previous archive, where its state can tell what changed: a virtual raster does not say what it refers to."""
    if job.previous is not None and any(info.driver == "VRT" for info in job.infos):
        why = _("the files behind a virtual raster may have changed")
        job.progress.note(_("everything is built: {why}").format(why=why))
        return None
    return job.previous


def rooms_code() -> str:
    """What stands for the code that makes tiles of rasters: an archive of other code is of no use."""
    from importlib.metadata import version

    from pipeline.api.recipe import RASTER_ROOMS, code_digest

    return f"{code_digest(RASTER_ROOMS)} rasterio {version('rasterio')}"  # which brings its GDAL

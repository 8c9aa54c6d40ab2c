"""One archive put to every rule there is: its structure, then every tile, vector or raster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.archive.header import TileType
from pipeline.archive.reader import open_archive
from pipeline.archive.rules import Report
from pipeline.archive.verify import verify_archive
from pipeline.progress import Progress
from pipeline.raster.nature import is_raster


@dataclass(frozen=True, slots=True)
class CheckedArchive:
    """What an archive's rules found."""

    tile_type: str | None = None  # None where its structure is too broken to tell
    looked_inside: bool = False
    reports: tuple[Report, ...] = ()
    zooms: tuple[Mapping[str, Any], ...] = ()  # figures of what was looked at
    unreadable: str | None = None  # why it could not be read to its end

    @property
    def errors(self) -> int:
        """How often rules that break a specification were broken."""
        return sum(report.errors for report in self.reports) + (self.unreadable is not None)

    @property
    def warnings(self) -> int:
        """How often habits of this platform were broken."""
        return sum(report.warnings for report in self.reports)

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "tile_type": self.tile_type,
            "looked_inside": self.looked_inside,
            "zooms": list(self.zooms),
            "errors": self.errors,
            "warnings": self.warnings,
            "counts": {rule: n for report in self.reports for rule, n in report.counts.items()},
            "faults": [fault.as_json() for report in self.reports for fault in report.faults],
        }


def check_archive(
    path: Path,
    *,
    structure_only: bool,
    heights: tuple[float, float] | None = None,
    threads: int | None,
    progress: Progress,
) -> CheckedArchive:
    """Check one archive; tiles only where the structure is sound.

    `heights`, lowest and highest in metres, are between what terrain is believed. Raises InputError for what cannot be
    read as an archive, ArchiveError where it cannot be read to its end.
    """
    report = verify_archive(path)
    if report.errors:
        return CheckedArchive(reports=(report,))
    with open_archive(path) as opened:
        kind = opened.header.tile_type
        name = kind.name.lower()
        if kind is TileType.MVT and not structure_only:
            from pipeline.vector.verify import verify_tiles

            tiles = verify_tiles(opened, threads=threads, progress=progress)
            return CheckedArchive(name, True, (report, tiles.report), tuple(each._asdict() for each in tiles.zooms))
        if is_raster(kind) and not structure_only:
            from pipeline.raster.tile_rules import Heights
            from pipeline.raster.verify import verify_images

            images = verify_images(
                opened, heights=Heights(*heights) if heights else None, threads=threads, progress=progress
            )
            inside = kind is not TileType.AVIF  # which nothing here decodes
            return CheckedArchive(name, inside, (report, images.report), tuple(each._asdict() for each in images.zooms))
        return CheckedArchive(name, False, (report,))

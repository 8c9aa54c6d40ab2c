"""One archive of a release put to every rule there is: its structure, then every tile, vector or raster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.archive.header import TileType
from pipeline.archive.reader import open_archive
from pipeline.archive.rules import Report
from pipeline.archive.verify import verify_archive
from pipeline.errors import LongquanError
from pipeline.progress import Progress
from pipeline.raster.nature import is_raster


@dataclass(frozen=True, slots=True)
class CheckedArchive:
    """What an archive's rules found."""

    file: str  # below the folder
    tile_type: str | None  # None where its structure is too broken to tell
    looked_inside: bool
    reports: tuple[Report, ...]
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
            "path": self.file,
            "tile_type": self.tile_type,
            "looked_inside": self.looked_inside,
            "errors": self.errors,
            "warnings": self.warnings,
            "unreadable": self.unreadable,
            "faults": [fault.as_json() for report in self.reports for fault in report.faults],
        }


def check_archive(
    folder: Path, file: str, *, structure_only: bool, threads: int | None, progress: Progress
) -> CheckedArchive:
    """Check one archive of a folder; tiles only where the structure is sound."""
    reports: list[Report] = []
    kind: str | None = None
    inside = False
    try:
        reports.append(verify_archive(folder / file))
        if not reports[0].errors:
            with open_archive(folder / file) as opened:
                kind = opened.header.tile_type.name.lower()
                if opened.header.tile_type is TileType.MVT and not structure_only:
                    from pipeline.vector.verify import verify_tiles

                    reports.append(verify_tiles(opened, threads=threads, progress=progress).report)
                    inside = True
                elif is_raster(opened.header.tile_type) and not structure_only:
                    from pipeline.raster.verify import verify_images

                    reports.append(verify_images(opened, threads=threads, progress=progress).report)
                    inside = opened.header.tile_type is not TileType.AVIF  # which nothing here decodes
    except LongquanError as error:
        return CheckedArchive(file, kind, False, tuple(reports), error.message)
    return CheckedArchive(file, kind, inside, tuple(reports))

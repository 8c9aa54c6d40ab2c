"""What the last build kept of an archive of pixels in `.cache/rasters/`, so that the next renders only what changed.

    .cache/rasters/<edition>.<archive>.pmtiles    the archive, the same file as the published one
    .cache/rasters/<edition>.<archive>.state      what its pyramid remembers

The state names the archive it belongs to, so a pair that does not match (a build that was interrupted between the two,
a damaged file) is found out, and everything is rendered.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.archive.staging import cannot_write
from pipeline.raster.state import state_path


@dataclass(frozen=True, slots=True)
class KeptRaster:
    """What is kept of one archive of one edition."""

    folder: Path
    edition: str
    archive: str

    @property
    def path(self) -> Path:
        """The archive as it was."""
        return self.folder / f"{self.edition}.{self.archive}.pmtiles"

    @property
    def previous(self) -> Path | None:
        """The archive to go on from; None where none is kept."""
        return self.path if self.path.is_file() and state_path(self.path).is_file() else None

    def keep(self, made: Path, state: Path) -> None:
        """Keep a finished archive and move its state here.

        Without hard links nothing is kept: a copy would take as much of the disk again. Raises OutputError.
        """
        linked = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                os.link(made, linked)
            except OSError:
                state.unlink()
                state_path(self.path).unlink(missing_ok=True)
                return
            linked.replace(self.path)
            shutil.move(state, state_path(self.path))
        except OSError as error:
            raise cannot_write(self.folder, error) from error


def forget_others(folder: Path, edition: str, archives: frozenset[str]) -> None:
    """Remove what is kept of archives that an edition does not have any more."""
    for path in folder.glob(f"{edition}.*"):
        if path.name.removeprefix(f"{edition}.").rpartition(".")[0] not in archives:
            path.unlink(missing_ok=True)

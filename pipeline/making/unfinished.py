"""What an interrupted build had done, kept in `.cache/tiles/` until a build ends well.

    .cache/tiles/<recipe>/made.json, <id>-<hash12>.…    an archive that was finished
    .cache/tiles/<recipe>/layer-000 …                   what reading each layer told
    .cache/tiles/<recipe>/.<id>.….work/                 the engine's shards

The published folder of an interrupted build is thrown away; what is here is taken up by the next one. The recipe names
everything that decides over the bytes, so nothing of other data, rules or code is ever taken up.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.archive.staging import cannot_write
from pipeline.intake.harvest import Harvest
from pipeline.making.made import MadeArchive, recall, remember
from pipeline.making.stage import place_file
from pipeline.types import Tally
from pipeline.vector.spool import load, save


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The folder of one recipe."""

    root: Path  # .cache/tiles
    recipe: str

    @property
    def folder(self) -> Path:
        """Where the engine may put its work."""
        return self.root / self.recipe[:32]

    def keep(self, made: MadeArchive, there: Path) -> None:
        """Keep a finished archive of the published folder `there`, and nothing of the work on it.

        Where the file system has no hard links none is kept: a copy would take as much of the disk again. Raises
        OutputError.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        self._make_folder()
        for file in made.files:
            try:
                os.link(there / file, self.folder / Path(file).name)
            except OSError:
                return
        remember(self._result, made)

    def take_up(self, explain: bool, there: Path) -> MadeArchive | None:
        """The finished archive, its files put into the published folder `there`; None where there is none unhurt."""
        made = recall(self._result, self.recipe)
        made = made.with_explanation(explain) if made is not None else None
        if made is None or not made.unhurt(self.folder, flat=True):
            return None
        for file in made.files:
            (there / file).parent.mkdir(exist_ok=True)
            place_file(self.folder / Path(file).name, there / file)
        return made

    def keep_harvest(self, number: int, harvest: Harvest) -> None:
        """Keep what reading a layer to its end told: the engine may take its features up. Raises OutputError."""
        self._make_folder()
        tallies = {name: asdict(tally) for name, tally in (("source", harvest.source), ("layer", harvest.layer))}
        extra = {"rows": harvest.rows, "characters": harvest.characters} | tallies
        save(self._harvest(number), {"kept": harvest.features}, extra)

    def take_up_harvest(self, number: int, harvest: Harvest) -> None:
        """Fill in what was told when the layer was read. Raises OutputError where that is damaged."""
        arrays, extra = load(self._harvest(number))
        harvest.rows = extra["rows"]
        harvest.characters = Counter(extra["characters"])
        harvest.source, harvest.layer = Tally(**extra["source"]), Tally(**extra["layer"])
        harvest.kept = [np.array(arrays["kept"])]
        harvest.finished = True

    @property
    def _result(self) -> Path:
        return self.folder / "made.json"

    def _harvest(self, number: int) -> Path:
        return self.folder / f"layer-{number:03d}"

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder, error) from error


def forget_all(root: Path) -> None:
    """A build has ended well: nothing is unfinished any more."""
    shutil.rmtree(root, ignore_errors=True)

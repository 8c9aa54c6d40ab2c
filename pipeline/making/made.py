"""An archive that was made: by which recipe, with what result, so that it need not be made again.

The recipe is a hash over everything that can change the archive's bytes; two archives with one recipe are the same
file. Results are kept in `.cache/`, which may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.catalog import ArchiveFacts
from pipeline.editions import EditionView
from pipeline.framework import ArchiveSpec, Framework, Where
from pipeline.intake.counts import DatasetCounts
from pipeline.making.files import sha256_of
from pipeline.making.inputs import InputFile
from pipeline.portal.files import write_file
from pipeline.vector.plan import explained_path


@dataclass(frozen=True, slots=True)
class MadeArchive:
    """An archive, what it holds and what was counted on the way."""

    recipe: str
    facts: ArchiveFacts | None  # None: no feature has a place, so there is no file
    tiles: int
    repairs: int  # polygons that had to be mended
    dropped: Mapping[str, int]  # rule → features × zooms
    characters: Mapping[str, int]  # of all its texts
    datasets: Mapping[str, DatasetCounts]
    explanation: str | None  # sha256 of the file beside the archive that explains it; None: there is none

    @property
    def files(self) -> dict[str, str]:
        """Its files below the published folder → their sha256."""
        if self.facts is None:
            return {}
        archive = {self.facts.file: self.facts.sha256}
        if self.explanation is None:
            return archive
        return archive | {explained_path(Path(self.facts.file)).as_posix(): self.explanation}

    def with_explanation(self, wanted: bool) -> MadeArchive | None:
        """The same archive with or without its explanation; None where one is wanted and there is none."""
        if not wanted:
            return replace(self, explanation=None)
        explained = self.facts is None or self.facts.raster is not None or self.explanation is not None
        return self if explained else None  # of pixels there is nothing to explain

    def unhurt(self, folder: Path, *, flat: bool = False) -> bool:
        """Whether its files lie below the published folder as they were made; `flat`: in `folder` itself."""
        paths = {folder / (Path(file).name if flat else file): digest for file, digest in self.files.items()}
        return all(path.is_file() and sha256_of(path) == digest for path, digest in paths.items())


def recipe_of(
    framework: Framework,
    view: EditionView,
    archive: ArchiveSpec,
    inputs: Mapping[str, Sequence[InputFile]],
    versions: Mapping[str, str],
    raster: Mapping[str, Any] | None = None,
    masks: Callable[[str], str] = str,
) -> str:
    """The recipe of an archive as one edition shows it; editions that show the same of it share the recipe.

    `inputs` maps datasets to the files they are read from, `versions` names the software and code, `raster` is what
    else decides over an archive of rasters, the edition's limits above all. `masks` tells the hash of a file of areas.
    """
    names = list(archive.made_of)
    joined = [join.dataset for name in names if (join := view.dataset(name).dataset.join) is not None]
    policies = {
        name: {
            **policy.words,
            "masks": [(masks(path), mode) for path, mode in policy.masks],
            "judged": [field.model_dump(mode="json") for field in view.dataset(name).judged],
        }
        for name in (*names, *joined)
        if (policy := view.dataset(name).policy).changes_features
    }
    text = {
        "city": framework.city.model_dump(mode="json"),
        "archive": archive.model_dump(mode="json"),
        "datasets": [
            {
                "dataset": (shown := view.dataset(name)).dataset.model_dump(mode="json"),
                "fields": [field.model_dump(mode="json") for field in shown.fields],
                "key": shown.key,
                **({"policy": policies[name]} if name in policies else {}),
                "inputs": [file.sha256 for file in inputs[name]],
            }
            for name in dict.fromkeys((*names, *joined))
        ],
        "where": [
            field.model_dump(mode="json")
            for layer in archive.layers
            if isinstance(layer.where, Where)
            and (field := framework.schema_of(view.dataset(layer.dataset).dataset).get(layer.where.field))
        ],
        "raster": raster,
        "versions": dict(sorted(versions.items())),
    }
    return hashlib.sha256(json.dumps(text, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def told_path(folder: Path, edition: str, archive: str) -> Path:
    """The file of `folder` for what making an edition's archive told."""
    return folder / f"{edition}.{archive}.json"


def remember(path: Path, made: MadeArchive) -> None:
    """Keep what making an archive told. Raises OutputError."""
    write_file(path, _adapter().dump_json(made))


def recall(path: Path, recipe: str) -> MadeArchive | None:
    """What making the archive by this recipe told; None when it was made by another, or is not known any more."""
    try:
        made = _adapter().validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return made if made.recipe == recipe else None


@cache  # made anew, it costs 30 ms
def _adapter() -> TypeAdapter[MadeArchive]:
    return TypeAdapter(MadeArchive)

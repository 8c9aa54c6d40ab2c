"""An archive that was made: by which recipe, with what result, so that it need not be made again.

The recipe is a hash over everything that can change the archive's bytes; two archives with one recipe are the same
file. Results are kept in `.cache/`, which may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.catalog import ArchiveFacts
from pipeline.editions import EditionView
from pipeline.framework import ArchiveSpec, Framework, Where
from pipeline.intake.counts import DatasetCounts
from pipeline.portal.files import write_file
from pipeline.release.inputs import InputFile


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


def recipe_of(
    framework: Framework,
    view: EditionView,
    archive: ArchiveSpec,
    inputs: Mapping[str, Sequence[InputFile]],
    versions: Mapping[str, str],
) -> str:
    """The recipe of an archive as one edition shows it; editions that show the same of it share the recipe.

    `inputs` maps datasets to the files they are read from, `versions` names the software and code.
    """
    names = list(dict.fromkeys(layer.dataset for layer in archive.layers))
    joined = [join.dataset for name in names if (join := view.dataset(name).dataset.join) is not None]
    text = {
        "city": framework.city.model_dump(mode="json"),
        "archive": archive.model_dump(mode="json"),
        "datasets": [
            {
                "dataset": (shown := view.dataset(name)).dataset.model_dump(mode="json"),
                "fields": [field.model_dump(mode="json") for field in shown.fields],
                "key": shown.key,
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
        "versions": dict(sorted(versions.items())),
    }
    return hashlib.sha256(json.dumps(text, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def remember(folder: Path, edition: str, archive: str, made: MadeArchive) -> None:
    """Keep what making an archive told. Raises OutputError."""
    write_file(_file(folder, edition, archive), _adapter().dump_json(made))


def recall(folder: Path, edition: str, archive: str, recipe: str) -> MadeArchive | None:
    """What making the archive by this recipe told; None when it was made by another, or is not known any more."""
    try:
        made = _adapter().validate_json(_file(folder, edition, archive).read_bytes())
    except (OSError, ValidationError):
        return None
    return made if made.recipe == recipe else None


def _file(folder: Path, edition: str, archive: str) -> Path:
    return folder / f"{edition}.{archive}.json"


def _adapter() -> TypeAdapter[MadeArchive]:
    return TypeAdapter(MadeArchive)

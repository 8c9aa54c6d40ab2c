"""Archives of the folder that is there, taken over where a full build would write just the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.editions import EditionView
from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.release.files import sha256_of
from pipeline.release.made import MadeArchive, recall
from pipeline.release.manifest import read_manifest


def take_over(
    view: EditionView, only: frozenset[str], recipes: Mapping[str, str], present: Path, cache: Path
) -> dict[str, MadeArchive]:
    """All archives of an edition that hold none of the datasets `only`, as they lie in the folder `present`.

    An archive may be taken over when release.json says that it was made by the recipe it has today, its file is
    unhurt, and what making it told is still known. Raises UsageError naming every archive of which that is not so.
    """
    manifest = read_manifest(present) or {}
    published = {entry["id"]: entry for entry in manifest.get("archives", ())}
    taken: dict[str, MadeArchive] = {}
    faults: list[str] = []
    for archive in view.archives:
        if only.intersection(layer.dataset for layer in archive.layers):
            continue
        recipe, entry = recipes[archive.id], published.get(archive.id)
        made = recall(cache, view.edition.id, archive.id, recipe)
        if entry is not None and entry["recipe"] != recipe:
            faults.append(_("{archive}: its data, its rules or the software have changed").format(archive=archive.id))
        elif made is None or (entry is None) != (made.facts is None):
            faults.append(_("{archive}: it has not been built yet, or .cache/ was emptied").format(archive=archive.id))
        elif made.facts is not None and not _unhurt(present / made.facts.file, made.facts.sha256):
            faults.append(_("{archive}: its file is missing or damaged").format(archive=archive.id))
        else:
            taken[archive.id] = made
    if faults:
        raise UsageError(
            _("--only cannot take the other archives of {edition} over").format(edition=view.edition.id),
            where="; ".join(faults),
            expected=_("archives in {folder} that a full build would write just so").format(folder=present),
            hint=_("build without --only, or name datasets of these archives too"),
        )
    return taken


def _unhurt(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_of(file) == sha256

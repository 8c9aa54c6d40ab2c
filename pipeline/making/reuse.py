"""Archives of the folder that is there, taken over where a full build would write just the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.editions import EditionView
from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.making.finished import read_manifest
from pipeline.making.made import MadeArchive, recall, told_path


def unchanged(
    view: EditionView, recipes: Mapping[str, str], explain: bool, present: Path, cache: Path
) -> dict[str, MadeArchive]:
    """The vector archives of an edition that lie in the folder `present` as a build would write them.

    Those of which release.json says that they were made by the recipe that they have today, that are unhurt, explained
    where they should be, and of which is still known what making them told.
    """
    manifest = read_manifest(present) or {}
    published = {entry["id"]: entry["recipe"] for entry in manifest.get("archives", ())}
    taken: dict[str, MadeArchive] = {}
    for archive in view.archives:
        recipe = recipes[archive.id]
        if archive.kind != "vector" or published.get(archive.id) != recipe:
            continue
        made = recall(told_path(cache, view.edition.id, archive.id), recipe)
        asked = made.with_explanation(explain) if made is not None and made.facts is not None else None
        if asked is not None and asked.unhurt(present):
            taken[archive.id] = asked
    return taken


def take_over(
    view: EditionView, only: frozenset[str], recipes: Mapping[str, str], explain: bool, present: Path, cache: Path
) -> dict[str, MadeArchive]:
    """All archives of an edition that hold none of the datasets `only`, as they lie in the folder `present`.

    An archive may be taken over when release.json says that it was made by the recipe it has today, its files are
    unhurt, it is explained where it should be, and what making it told is still known. Raises UsageError naming every
    archive of which that is not so.
    """
    manifest = read_manifest(present) or {}
    published = {entry["id"]: entry for entry in manifest.get("archives", ())}
    taken: dict[str, MadeArchive] = {}
    faults: list[str] = []
    for archive in view.archives:
        if only.intersection(archive.made_of):
            continue
        recipe, entry = recipes[archive.id], published.get(archive.id)
        made = recall(told_path(cache, view.edition.id, archive.id), recipe)
        if entry is not None and entry["recipe"] != recipe:
            faults.append(_("{archive}: its data, its rules or the software have changed").format(archive=archive.id))
        elif made is None or (entry is None) != (made.facts is None):
            faults.append(_("{archive}: it has not been built yet, or .cache/ was emptied").format(archive=archive.id))
        elif (asked := made.with_explanation(explain)) is None:
            faults.append(_("{archive}: it was built with --no-explain").format(archive=archive.id))
        elif not asked.unhurt(present):
            faults.append(_("{archive}: its file is missing or damaged").format(archive=archive.id))
        else:
            taken[archive.id] = asked
    if faults:
        raise UsageError(
            _("--only cannot take the other archives of {edition} over").format(edition=view.edition.id),
            where="\n    ".join(faults),
            expected=_("archives in {folder} that a full build would write just so").format(folder=present),
            hint=_("build without --only, or name datasets of these archives too"),
        )
    return taken

"""The history of what is published: the accepted versions that a build as of a date may tell of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path, PurePosixPath

from pipeline.catalog.facts import VersionFacts
from pipeline.editions import DatasetView
from pipeline.intake.store import STORE, accepted_on, versions


def version_facts(root: Path, views: Iterable[DatasetView], as_of: date) -> dict[str, tuple[VersionFacts, ...]]:
    """Dataset → its versions accepted by `as_of`, the one that is published last; only of datasets read from the store.

    `root` is the workspace. Raises InputError where the description of a version is damaged.
    """
    found = {}
    for view in views:
        id = view.dataset.id
        if PurePosixPath(view.dataset.source or "").parts[:2] == (STORE, id):
            known = [version for version in versions(root, id) if accepted_on(version) <= as_of]
            known.sort(key=lambda version: (version.currency, version.number))  # as the store chooses the latest
            found[id] = tuple(
                VersionFacts(v.version, v.period, v.currency.isoformat(), accepted_on(v).isoformat(), v.score)
                for v in known
            )
    return found

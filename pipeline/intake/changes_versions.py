"""Which two versions of a dataset are meant, and the column by which their features are found again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import InputError, UsageError
from pipeline.framework import Dataset, Framework
from pipeline.i18n import _, ngettext
from pipeline.intake.store import StoredVersion, latest
from pipeline.intake.store import versions as stored_versions


def two_versions(root: Path, dataset: Dataset, asked: Sequence[str]) -> tuple[StoredVersion, StoredVersion]:
    """Two versions by name, or by period for the last one of it; of one, it and the latest, of none the last two.

    Raises UsageError for a dataset of pixels, InputError where the store has no such versions.
    """
    if dataset.kind == "raster":
        raise UsageError(_('dataset "{id}" has pixels, no features').format(id=dataset.id))
    known = stored_versions(root, dataset.id)
    if len(known) < 2 and len(asked) < 2:
        raise InputError(
            ngettext(
                "the store has {n} version of {dataset}", "the store has {n} versions of {dataset}", len(known)
            ).format(n=len(known), dataset=dataset.id),
            where=str(root / "store" / dataset.id),
            expected=_("two versions to compare"),
        )
    if asked:
        before = _version(known, dataset.id, asked[0])
        after = _version(known, dataset.id, asked[1]) if len(asked) > 1 else latest(root, dataset.id)
        assert after is not None
        return before, after
    by_date = sorted(known, key=lambda version: (version.currency, version.number))
    return by_date[-2], by_date[-1]


def _version(known: Sequence[StoredVersion], dataset: str, text: str) -> StoredVersion:
    """The version of that name, or the last one of that period. Raises InputError."""
    found = [version for version in known if text in (version.version, version.period)]
    if not found:
        raise InputError(
            _("the store has no version {version} of {dataset}").format(version=text, dataset=dataset),
            expected=", ".join(version.version for version in known) or None,
        )
    return max(found, key=lambda version: version.number)


def key_column(framework: Framework, dataset: Dataset) -> str | None:
    """The column that identifies a feature, as the department names it."""
    if dataset.key is None:
        return None
    field = framework.schema_of(dataset).get(dataset.key)
    return field.column if field is not None else dataset.key

"""Receipts at the bureau: the codes that offices read over the telephone, recorded in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.intake.ledger import append, entries
from pipeline.making.finished import read_manifest
from pipeline.release.kept import RELEASES, kept_releases
from pipeline.standalone import receipt

KIND: Final = "receipt"  # in the ledger


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an office said that it runs."""

    office: str
    edition: str
    release: str  # 12 digits
    as_of: str | None  # of that release; None where it is not known here any more
    day: date  # of the switch at the office
    behind: int | None  # newer completed releases; None where the release is not known here any more

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "office": self.office,
            "edition": self.edition,
            "release": self.release,
            "as_of": self.as_of,
            "day": self.day.isoformat(),
            "behind": self.behind,
        }


@dataclass(frozen=True, slots=True)
class _Known:
    """A release of this workspace."""

    city: str
    edition: str
    release: str
    as_of: str
    newer: int


def add_receipt(root: Path, text: str, office: str, now: datetime) -> tuple[Receipt, bool]:
    """Record a code in the ledger of the workspace `root`; the receipt, and whether it is new.

    Raises UsageError for a code that was misheard, InputError for one of a release that is not of this workspace, or of
    a day that is still to come.
    """
    try:
        code = receipt.read_code(text)
    except ValueError as error:
        raise _misheard(str(error)) from error
    known = _known(root)
    found = next((each for each in known if each.release.startswith(code.release)), None)
    if found is None or not receipt.belongs(code, found.city, found.edition):
        raise InputError(
            _("No release of this workspace has this receipt code."),
            where=code.release,
            expected=_("a release of this city that was completed here"),
            hint=_("ask the office for city and edition on its page; old releases are known as long as they are kept"),
        )
    if code.day > now.date():
        raise InputError(
            _("The receipt is of {day}, which is still to come.").format(day=code.day.isoformat()),
            hint=_("the clock of the office's computer is wrong, or the code was misheard"),
        )
    made = Receipt(office, found.edition, code.release, found.as_of, code.day, found.newer)
    facts = {"office": office, "edition": found.edition, "release": code.release, "date": code.day.isoformat()}
    if any(entry.kind == KIND and entry.facts == facts for entry in entries(root, naming=(code.release,))):
        return made, False
    append(root, KIND, facts, now)
    return made, True


def receipts(root: Path) -> tuple[Receipt, ...]:
    """The last receipt of every office for every edition, in their order. Raises InputError for a broken ledger."""
    known = {(each.edition, each.release[:12]): each for each in _known(root)}
    last: dict[tuple[str, str], Receipt] = {}
    for entry in entries(root, naming=(KIND,)):
        if entry.kind != KIND:
            continue
        office, edition, release = (str(entry.facts[key]) for key in ("office", "edition", "release"))
        about = known.get((edition, release))
        last[office, edition] = Receipt(
            office,
            edition,
            release,
            about.as_of if about else None,
            date.fromisoformat(str(entry.facts["date"])),
            about.newer if about else None,
        )
    return tuple(last[key] for key in sorted(last))


def _known(root: Path) -> tuple[_Known, ...]:
    """The releases that were completed here, and those that lie in dist/."""
    return tuple(_all_known(root))


def _all_known(root: Path) -> Iterator[_Known]:
    editions = {path.name for folder in (RELEASES, "dist") for path in sorted((root / folder).glob("*/"))}
    for edition in sorted(editions):
        manifests = [kept.manifest for kept in reversed(kept_releases(root, edition))]
        built = read_manifest(root / "dist" / edition)
        if built is not None and not any(each["release"] == built["release"] for each in manifests):
            manifests.append(built)  # not completed here, or no longer kept: nobody knows what is newer
        for newer, each in enumerate(manifests):
            yield _Known(each["city"], each["edition"], each["release"], each["as_of"], newer)


def _misheard(kind: str) -> UsageError:
    found = {
        "digits": _("The receipt code has not 24 digits."),
        "check": _("The receipt code was misheard: its check digits do not fit."),
        "value": _("This is no receipt code."),
    }
    return UsageError(found[kind], expected=_("six groups of four digits"), hint=_("have it read out once more"))

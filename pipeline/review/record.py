"""review.toml and the ledger: a number is attached to exactly what was reviewed, and shown on nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError
from pipeline.framework import Edition, Publish, WorkspaceError
from pipeline.framework.read import read_model
from pipeline.framework.review import Reviewed, ReviewFile, ReviewKind
from pipeline.i18n import _, ngettext
from pipeline.intake.ledger import append, entries
from pipeline.portal.files import json_bytes, write_file
from pipeline.review.content import content_list
from pipeline.review.scope import Scope, folder_scope

REVIEWS: Final = "review.toml"
FOLDER: Final = "review"  # the content lists of what was reviewed
KIND: Final = "review"  # in the ledger

_HEAD: Final = """\
# 审图号登记，由 longquan review record 写入；每个号只对当时的内容有效。
# Map review numbers, written by longquan review record; each holds for the content of its time only.
"""


def read_reviews(root: Path) -> tuple[Reviewed, ...]:
    """All records of a workspace in their order; none where there is no review.toml. Raises ConfigError."""
    path = root / REVIEWS
    if not path.exists():
        return ()
    source = read_model(path, REVIEWS, ReviewFile)
    if source.faults:
        head = ngettext("{n} fault in {file}", "{n} faults in {file}", len(source.faults))
        raise WorkspaceError(source.faults, head=head.format(n=len(source.faults), file=REVIEWS))
    return source.read.reviews


def reviews_of(root: Path, edition: str) -> tuple[Reviewed, ...]:
    """The records of one edition in their order. Raises ConfigError."""
    return tuple(each for each in read_reviews(root) if each.edition == edition)


def likely_number(
    publish: Publish, edition: Edition, reviews: Sequence[Reviewed], archives: Mapping[str, str]
) -> str | None:
    """The number that an edition with these archives (sha256 by id) may show, if its styles are the reviewed ones, too.

    `reviews` are the edition's. Where there are none, the number of framework.toml holds for public editions.
    """
    if not reviews:
        return (publish.review_number or None) if edition.public else None
    return next((each.number for each in reversed(reviews) if each.archives == archives), None)


def covers(reviews: Sequence[Reviewed], scope: Scope) -> Reviewed | None:
    """The last record whose scope is just this; None where what is there has never been reviewed so."""
    return next((each for each in reversed(reviews) if each.scope == scope.sha256), None)


def record_review(
    root: Path, edition: str, *, number: str, day: date, by: str, kind: ReviewKind, now: datetime
) -> tuple[Reviewed, bool]:
    """Attach a number to what `dist/<edition>` holds, in review.toml and the ledger; the record, and whether it is new.

    The same once more changes nothing. Raises InputError where the edition has not been built, OutputError.
    """
    folder = root / "dist" / edition
    scope, content = folder_scope(folder), content_list(folder)
    before = read_reviews(root)
    name = f"{FOLDER}/{edition}-{scope.sha256[:12]}.json"
    made = Reviewed(
        edition=edition,
        number=number,
        date=day,
        by=by,
        kind=kind,
        release=content["release"],
        scope=scope.sha256,
        content=name,
        archives=dict(scope.archives),
        styles=dict(scope.styles),
    )
    same = [each for each in before if (each.edition, each.number, each.scope) == (edition, number, scope.sha256)]
    if not same:
        write_file(root / name, json_bytes(content))
        path = root / REVIEWS
        text = path.read_text("utf-8-sig") if path.exists() else _HEAD
        write_file(path, (text.rstrip("\n") + "\n\n" + _toml(made)).encode())
    facts = {"edition": edition, "number": number, "scope": scope.sha256}
    written = (entry.facts for entry in entries(root) if entry.kind == KIND)
    if not any(all(old.get(key) == value for key, value in facts.items()) for old in written):
        told = {**facts, "date": day.isoformat(), "by": by, "kind": kind, "release": made.release, "content": name}
        append(root, KIND, told, now)
    return (same[-1] if same else made), not same


def reviewed_content(root: Path, record: Reviewed) -> dict[str, Any]:
    """The content list that a record kept. Raises InputError where it is gone or damaged."""
    try:
        found: dict[str, Any] = json.loads((root / record.content).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            _("the content list of the review {number} cannot be read").format(number=record.number),
            where=str(root / record.content),
            hint=_("bring the file back from a copy: what was reviewed is told by nothing else"),
        ) from error
    return found


def _toml(record: Reviewed) -> str:
    """A [[review]] table; JSON's strings are TOML's basic ones."""

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    def table(hashes: Mapping[str, str]) -> str:
        return "\n".join(f"{text(name)} = {text(value)}" for name, value in sorted(hashes.items()))

    return f"""\
[[review]]
edition = {text(record.edition)}
number = {text(record.number)}
date = {record.date.isoformat()}
by = {text(record.by)}
kind = {text(record.kind)}
release = {text(record.release)}
scope = {text(record.scope)}
content = {text(record.content)}

[review.archives]
{table(record.archives)}

[review.styles]
{table(record.styles)}
"""

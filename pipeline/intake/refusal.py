"""A refused package, kept with the reasons: inbox/refused/<sha12>/, where nothing that was handed in is lost.

    package/ or <name>.zip    as it was handed in
    report.json               why, and what the checks found
    report.html, faults.gpkg  the same to print (整改通知) and on a map, where the checks ran

Nothing is kept of packages that are classified, or do not say that they are not: the ledger has hash, sender and time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.archive.staging import StagedFile, cannot_write, sync_folder
from pipeline.errors import InputError
from pipeline.framework.toml_words import parse_toml
from pipeline.i18n import _
from pipeline.intake.acceptance import REFUSED
from pipeline.intake.admission import POLICY
from pipeline.intake.container import PackageFault
from pipeline.intake.json_file import write_json
from pipeline.intake.ledger import Entry, append
from pipeline.intake.store import REPORT_FILE

if TYPE_CHECKING:
    from pipeline.intake.checks import Report

FOLDER: Final = "inbox/refused"
PAGE: Final = "report.html"
FAULTS: Final = "faults.gpkg"
_WORD: Final = 100  # characters of an id or period that are repeated


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a package is refused, and what is told of it."""

    sha256: str
    reason: str  # slug of the first fault
    facts: Mapping[str, Any]  # of the ledger's line, without package and reason
    faults: tuple[PackageFault, ...]
    quality: Mapping[str, Any] | None = None  # the checks' report


def refuse(root: Path, staged: Path | None, refusal: Refusal, before: Entry | None, at: datetime) -> Path | None:
    """Put what is kept of a refused package (the folder `staged`) into its place, and a line into the ledger.

    Held: the store's lock. `before` is the ledger's last refusal of the same package: the same once more needs no
    second line. Returns the folder, None where nothing is kept. Raises OutputError.
    """
    folder = root / FOLDER / refusal.sha256[:12] if staged is not None else None
    facts = {**refusal.facts, "package": refusal.sha256, "reason": refusal.reason}
    if staged is not None and folder is not None:
        write_json(staged / REPORT_FILE, _report(refusal, at))
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            if folder.exists():
                folder.rename(staged.with_name(f"{staged.name}-before"))  # goes with the work of this submission
            staged.rename(folder)
            sync_folder(folder.parent)
        except OSError as error:
            raise cannot_write(folder, error) from error
    if before is None or {**before.facts} != facts:
        append(root, REFUSED, facts, at)
    return folder


def _report(refusal: Refusal, at: datetime) -> dict[str, Any]:
    return {
        "package": refusal.sha256,
        "refused": at.isoformat(timespec="seconds"),
        "reason": refusal.reason,
        **{key: refusal.facts.get(key) for key in ("dataset", "department", "period", "name")},
        "faults": [fault._asdict() for fault in refusal.faults],
        "quality": refusal.quality,
    }


def write_pages(report: Report, folder: Path) -> None:
    """Write the report as its sender gets it: a page to print (整改通知), the faults on a map. Raises OutputError."""
    from pipeline.intake.checks import report_html, write_gpkg

    with StagedFile(folder / PAGE) as staged:
        staged.file.write(report_html(report, "zh").encode())
        staged.commit()
    write_gpkg(report, folder / FAULTS)


def deciding(faults: Sequence[PackageFault]) -> str:
    """The slug of the fault that decides: one by a rule of the platform before a mistake."""
    return next((fault.rule for fault in faults if fault.rule in POLICY), faults[0].rule)


def faults_of(report: Report) -> tuple[PackageFault, ...]:
    """What the checks found, as faults of the package."""
    return tuple(PackageFault(finding.rule, "", finding.message) for finding in report.findings)


def said_in(text: bytes | None, keys: Sequence[str]) -> dict[str, str]:
    """What a package.toml says under some keys, in so far as they are words, however faulty the rest of it."""
    try:
        data = parse_toml((text or b"").decode("utf-8-sig"))
    except ValueError:
        return {}
    return {key: data[key] for key in keys if isinstance(data.get(key), str) and len(data[key]) <= _WORD}


def sentence_of(error: InputError) -> str:
    """An error's message with what was expected and what to do, on one line."""
    expected = _("expected: {text}").format(text=error.expected) if error.expected else None
    return "; ".join(part for part in (error.message.rstrip(".。"), expected, error.hint) if part)


def place_of(error: InputError, folder: Path) -> str:
    """Where a file is at fault, without the folder that it was copied to."""
    return (error.where or "").replace(f"{folder}{os.sep}", "").replace(str(folder), "")

"""A finished version into the store, so that a killed process leaves either all of it or nothing.

    1  store/<dataset>/.<version>.new    the whole version, on the disk
    2  a line "accepted" in the ledger   from here on it counts
    3  store/<dataset>/<version>         the same folder under its name

`changing` finishes 3 where a process was killed after 2, and takes away what it left after 1. A version is removed for
good the other way round (`purge`): .<version>.gone, a line "purged", nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipeline.archive.lock import hold, hold_if_free
from pipeline.archive.staging import StagedFile, cannot_write, sync_folder
from pipeline.errors import OutputError
from pipeline.framework.package import SUMS_FILE
from pipeline.i18n import _
from pipeline.intake.json_file import write_json
from pipeline.intake.ledger import Entry, append, entries
from pipeline.intake.store import STORE, VERSION_FILE, StoredVersion
from pipeline.progress import Progress

ACCEPTED, REFUSED, NIL, PURGED = "accepted", "refused", "nil", "purged"
WAIT: Final = 600.0  # seconds that a change of the store waits for those of others; each takes a moment
INCOMING: Final = ".incoming"
NEW: Final = ".new"
GONE: Final = ".gone"


@dataclass(frozen=True, slots=True)
class History:
    """What the ledger tells of a package, and of the dataset that it is for."""

    taken: Entry | None  # the entry that accepted this very package, data or nil return, if it was not purged later
    purged: bool
    number: int  # versions of the dataset that were ever accepted
    last: int  # the n of the last version within the period
    nil: bool  # a nil return was accepted for the period, and no data after it


def history(root: Path, package: str, dataset: str, period: str) -> History:
    """Look a package (its sha256) up in the ledger, in one pass. Raises InputError."""
    found = History(None, False, 0, 0, False)
    for entry in entries(root, (package, dataset)):
        facts = entry.facts
        mine = facts.get("package") == package
        here = facts.get("dataset") == dataset
        if entry.kind == ACCEPTED:
            if mine:
                found = replace(found, taken=entry, purged=False)
            if here:
                found = replace(found, number=max(found.number + 1, int(facts.get("number", 0))))
            if here and facts.get("period") == period:
                n = int(str(facts.get("version", ".0")).rpartition(".")[2])
                found = replace(found, last=max(found.last, n), nil=False)
        elif entry.kind == NIL:
            if mine:
                found = replace(found, taken=entry, purged=False)
            if here and facts.get("period") == period:
                found = replace(found, nil=True)
        elif entry.kind == PURGED and mine:
            found = replace(found, taken=None, purged=True)
    return found


def taken(root: Path, package: str) -> Entry | None:
    """The line of the ledger that accepted a package (its sha256), if nothing was purged since. Raises InputError."""
    last = None
    for entry in entries(root, (package,)):
        if entry.kind in (ACCEPTED, NIL, PURGED) and entry.facts.get("package") == package:
            last = entry
    return None if last is None or last.kind == PURGED else last


def last_refusal(root: Path, package: str) -> Entry | None:
    """The last line of the ledger that refused a package (its sha256). Raises InputError."""
    refused = [entry for entry in entries(root, (package,)) if entry.kind == REFUSED]
    return refused[-1] if refused else None


def accept(root: Path, staged: Path, version: StoredVersion, facts: Mapping[str, Any], at: datetime) -> Entry:
    """Move the folder `staged`, which holds all files of `version` but its description, into the store.

    Held: the store's lock. `facts` are those of the ledger's line, to which the version is added. Raises OutputError.
    """
    final = root / STORE / version.dataset / version.version
    new = final.with_name(f".{version.version}{NEW}")
    if final.exists():
        raise OutputError(
            _("The store has a version that the ledger does not know; nothing was accepted."),
            where=str(final),
            hint=_("see what is wrong: longquan ledger verify; the ledger may be an older copy than the store"),
        )
    write_json(staged / VERSION_FILE, version_json(version, staged))
    facts = {**facts, "version": version.version, "number": version.number, "sums": _write_sums(staged)}
    _sync_tree(staged)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(new)
        sync_folder(final.parent)
        sync_folder(final.parent.parent)
        entry = append(root, ACCEPTED, facts, at)
        new.rename(final)
        sync_folder(final.parent)
    except OSError as error:
        raise cannot_write(final, error) from error
    return entry


@contextlib.contextmanager
def changing(root: Path, progress: Progress) -> Iterator[None]:
    """Hold the store of the workspace `root` (store/.lock), first setting right what a killed process left in it.

    Raises OutputError when others hold it for too long, InputError for a ledger that cannot be understood.
    """
    with hold(root / STORE / ".lock", _("another process changes the store"), wait=WAIT):
        _sweep(root / STORE / INCOMING)
        _recover(root, progress)
        yield


def _recover(root: Path, progress: Progress) -> None:
    """Finish or undo what was cut off between two steps; the ledger decides."""
    left = sorted(path for end in (NEW, GONE) for path in (root / STORE).glob(f"*/.*{end}"))
    if not left:
        return
    last: dict[tuple[str, str], str] = {}  # dataset and version → what became of it
    for entry in entries(root):
        if entry.kind in (ACCEPTED, PURGED) and "version" in entry.facts:
            last[str(entry.facts["dataset"]), str(entry.facts["version"])] = entry.kind
    for path in left:
        name = path.name.removeprefix(".").removesuffix(path.suffix)
        stays = last.get((path.parent.name, name)) == ACCEPTED and not path.with_name(name).exists()
        try:
            if stays:
                path.rename(path.with_name(name))
            else:
                shutil.rmtree(path)
            sync_folder(path.parent)
        except OSError as error:
            raise cannot_write(path, error) from error
        if stays:
            text = _("{dataset} {version}: what was cut off is set right")
            progress.note(text.format(dataset=path.parent.name, version=name))


def file_digests(folder: Path) -> dict[str, str]:
    """The sha256 of every file below a folder but SHA256SUMS, by name. Raises OSError."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    found.pop(SUMS_FILE, None)
    return found


def sums_text(digests: Mapping[str, str]) -> bytes:
    """What SHA256SUMS says of files, in the order of their names."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def _sweep(folder: Path) -> None:
    """Remove the work of submissions whose process is no more (`incoming`)."""
    if not folder.is_dir():
        return
    for name in sorted({each.stem for each in folder.iterdir()}):
        lock = folder / f"{name}.lock"
        with hold_if_free(lock) as dead:
            if dead:
                shutil.rmtree(folder / name, ignore_errors=True)
        if dead:
            with contextlib.suppress(OSError):
                lock.unlink()


def version_json(version: StoredVersion, folder: Path) -> dict[str, Any]:
    """The description of a version whose data lies in `folder`."""
    return {
        "dataset": version.dataset,
        "version": version.version,
        "period": version.period,
        "currency": version.currency.isoformat(),
        "accepted": version.accepted,
        "number": version.number,
        "kind": version.kind,
        "data": [path.relative_to(folder).as_posix() for path in version.data],
        "features": version.features,
        "bounds": list(version.bounds) if version.bounds is not None else None,
        "sha256": version.sha256,
        "score": version.score,
    }


def _write_sums(folder: Path) -> str:
    """Write SHA256SUMS of a version's files, and return its own hash."""
    text = sums_text(file_digests(folder))
    with StagedFile(folder / SUMS_FILE) as staged:
        staged.file.write(text)
        staged.commit()
    return hashlib.sha256(text).hexdigest()


def _sync_tree(folder: Path) -> None:
    """Make the folders of a tree, whose files are on the disk, survive a power cut."""
    for inner in sorted(path for path in folder.rglob("*") if path.is_dir()):
        sync_folder(inner)
    sync_folder(folder)

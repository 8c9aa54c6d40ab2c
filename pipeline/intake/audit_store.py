"""The store held against the ledger: every version that was accepted and not purged is there, whole, and no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError
from pipeline.framework.package import SUMS_FILE
from pipeline.i18n import _
from pipeline.intake.acceptance import ACCEPTED, PURGED, file_digests, sums_text
from pipeline.intake.ledger import LedgerFault, entries
from pipeline.intake.store import STORE
from pipeline.progress import Progress, Silent


def store_faults(root: Path, *, files: bool = True, progress: Progress | None = None) -> Iterator[LedgerFault]:
    """Everything in which the store and the ledger disagree, in order of the ledger; then what it does not know.

    With `files` all of them are hashed. Raises InputError for a ledger that cannot be understood.
    """
    accepted: dict[tuple[str, str], tuple[int, object]] = {}
    for entry in entries(root):
        key = str(entry.facts.get("dataset")), str(entry.facts.get("version"))
        if entry.kind == ACCEPTED:
            accepted[key] = entry.n, entry.facts.get("sums")
        elif entry.kind == PURGED:
            accepted.pop(key, None)
    progress = progress or Silent()
    progress.start(_("verifying the store"), len(accepted), _("versions"))
    for (dataset, version), (n, sums) in accepted.items():
        progress.advance()
        folder = root / STORE / dataset / version
        name = f"{dataset} {version}"
        if not folder.is_dir():
            text = _("{version} was accepted, but is not in the store").format(version=name)
            yield LedgerFault(n, "version", text)
        elif changed := _changed(folder, sums):
            text = _("{version} is not what was accepted: {files}").format(version=name, files=", ".join(changed))
            yield LedgerFault(n, "version", text)
    progress.done()
    for folder in sorted((root / STORE).glob("*/*")):
        known = (folder.parent.name, folder.name) in accepted
        if folder.is_dir() and not known and not folder.name.startswith(".") and not folder.parent.name.startswith("."):
            text = _("{version} is in the store, but was never accepted")
            yield LedgerFault(0, "version", text.format(version=f"{folder.parent.name} {folder.name}"))


def _changed(folder: Path, sums: object) -> list[str]:
    """The files of a version that are not what they were; `sums` is the hash of its SHA256SUMS then."""
    try:
        there = file_digests(folder)
        said = (folder / SUMS_FILE).read_bytes() if (folder / SUMS_FILE).is_file() else b""
    except OSError as error:
        raise InputError(
            _("A file of the store cannot be read: {reason}.").format(reason=error.strerror or error),
            where=str(error.filename or folder),
        ) from error
    if hashlib.sha256(said).hexdigest() != sums:
        return [SUMS_FILE]
    if said == sums_text(there):
        return []
    lines = {line[66:]: line[:64] for line in said.decode("utf-8", "replace").splitlines()}
    return sorted(name for name in lines.keys() | there.keys() if lines.get(name) != there.get(name))

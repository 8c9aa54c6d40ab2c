"""Remove for good what should never have come in; the ledger keeps a tombstone, the number is not given again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.archive.lock import hold
from pipeline.archive.staging import cannot_write, sync_folder
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.intake.acceptance import GONE, PURGED, changing
from pipeline.intake.ledger import Entry, append
from pipeline.intake.refusal import FOLDER
from pipeline.intake.store import STORE, read_version, versions
from pipeline.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed."""

    dataset: str | None
    version: str | None
    folders: tuple[Path, ...]  # that are no more
    published: tuple[Path, ...]  # folders of dist/ that may have been built from it: build them again
    entry: Entry


def purge_version(
    root: Path, dataset: str, version: str, *, reason: str, by: str, at: datetime, progress: Progress | None = None
) -> Purged:
    """Remove a version, refused copies of the same package, and .cache/, which may hold parts of it.

    Raises UsageError where there is no such version, OutputError while a build runs or where nothing can be removed.
    """
    with (
        hold(root / ".cache" / "build.lock", _("a build of this workspace is running")),
        changing(root, progress or Silent()),
    ):
        folder = root / STORE / dataset / version
        if not folder.is_dir() or version.startswith("."):
            known = ", ".join(each.version for each in versions(root, dataset))
            raise UsageError(
                _("{dataset} has no version {version}").format(dataset=dataset, version=version),
                expected=known or _("a dataset with versions in the store"),
            )
        package = _package(folder)
        gone = folder.with_name(f".{version}{GONE}")
        facts = {"dataset": dataset, "version": version, "package": package, "reason": reason, "by": by}
        try:
            folder.rename(gone)
            sync_folder(folder.parent)
            entry = append(root, PURGED, facts, at)
            shutil.rmtree(gone)
            sync_folder(folder.parent)
        except OSError as error:
            raise cannot_write(folder, error) from error
        removed = [folder, *_forget(root, package)]
    return Purged(dataset, version, tuple(removed), _published(root), entry)


def purge_refused(root: Path, package: str, *, reason: str, by: str, at: datetime) -> Purged:
    """Remove the copy of a refused package, named by the first 12 digits of its hash or more. Raises UsageError."""
    with changing(root, Silent()):
        folder = root / FOLDER / package[:12]
        if len(package) < 12 or not package.isalnum() or not folder.is_dir():
            raise UsageError(
                _("there is no refused package {package}").format(package=package),
                where=str(root / FOLDER),
                expected=_("the first 12 digits of its hash, the name of its folder"),
            )
        entry = append(root, PURGED, {"package": package, "reason": reason, "by": by}, at)
        _remove(folder)
    return Purged(None, None, (folder,), (), entry)


def _package(folder: Path) -> str | None:
    """The hash of the package of a version; None where its description is damaged, which is no reason to keep it."""
    try:
        return read_version(folder).sha256
    except InputError:
        return None


def _forget(root: Path, package: str | None) -> list[Path]:
    """Remove other copies: refused ones of the same package, and what builds keep for themselves."""
    copies = [root / ".cache" / name for name in ("archives", "rasters", "tiles")]
    if package is not None:
        copies.append(root / FOLDER / package[:12])
    there = [copy for copy in copies if copy.exists()]
    for copy in there:
        _remove(copy)
    return there


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _published(root: Path) -> tuple[Path, ...]:
    dist = root / "dist"
    return tuple(sorted(path for path in dist.iterdir() if path.is_dir())) if dist.is_dir() else ()

"""releases/<edition>/<id12>/: every completed release, whole and with its signatures, for deltas and for going back.

    releases/public/.3f0c….new/      being put together
    releases/public/3f0c5d6e7a8b/    the release's files and metadata/; hotlink/ is made anew wherever it is served

Files are hard links to those of dist/ where the file system has them. That is safe because whatever writes into a
published folder puts a new file in the place of the old one; `verify` finds out where something did not.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.archive.staging import cannot_write, sync_folder
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.making.files import sha256_of
from pipeline.making.finished import MANIFEST, read_manifest
from pipeline.making.stage import Stage, place_file

RELEASES: Final = "releases"
METADATA: Final = "metadata"
SHORT: Final = 12  # digits of a release id that name its folder
_NAME: Final = re.compile(rf"[0-9a-f]{{{SHORT}}}")
_TARGETS: Final = re.compile(r"([1-9][0-9]{0,8})\.targets\.json")
_LEFT: Final = re.compile(rf"\.({_NAME.pattern})\.(?:new|old|gone)")


@dataclass(frozen=True, slots=True)
class Kept:
    """A completed release."""

    folder: Path
    release: str
    version: int  # of the targets metadata that the offices signed; grows from release to release
    manifest: dict[str, Any]

    @property
    def manifest_sha256(self) -> str:
        """The hash of its release.json."""
        return sha256_of(self.folder / MANIFEST)


def kept_folder(root: Path, edition: str, release: str) -> Path:
    """Where a completed release of a workspace is kept, whether it is there or not."""
    return root / RELEASES / edition / release[:SHORT]


def kept_releases(root: Path, edition: str) -> tuple[Kept, ...]:
    """The completed releases of an edition, oldest first; links and whatever else lies there are passed over."""
    found = []
    for folder in _folders(root / RELEASES / edition):
        manifest = read_manifest(folder) if _NAME.fullmatch(folder.name) else None
        version = signed_version(folder / METADATA)
        if manifest is not None and version is not None and str(manifest["release"]).startswith(folder.name):
            found.append(Kept(folder, manifest["release"], version, manifest))
    return tuple(sorted(found, key=lambda each: each.version))


def find_kept(root: Path, edition: str, release: str) -> Kept:
    """The kept release that a person means by its id or the beginning of it. Raises InputError where none is meant."""
    kept = kept_releases(root, edition)
    meant = [each for each in kept if len(release) >= 6 and each.release.startswith(release)]
    if len(meant) != 1:
        raise InputError(
            _("no completed release of {edition} has the id {release}").format(edition=edition, release=release),
            where=str(root / RELEASES / edition),
            expected=", ".join(each.release[:SHORT] for each in kept) or None,
            hint=_("a release is completed by: longquan sign … --as publish -w WORKSPACE"),
        )
    return meant[0]


def signed_version(metadata: Path) -> int | None:
    """The newest version of targets metadata in a folder; None where there is none."""
    try:
        names = [path.name for path in metadata.iterdir()]
    except OSError:
        return None
    return max((int(match[1]) for match in map(_TARGETS.fullmatch, names) if match), default=None)


def keep_release(root: Path, edition: str, dist: Path, paths: Iterable[str]) -> Path:
    """Keep a signed folder under its id: `paths` of it and its metadata/; what was kept under the id is replaced.

    Paths are those of its lists, checked before: regular files below `dist`. Raises OutputError, InputError where one
    of them has become something else.
    """
    manifest = read_manifest(dist)
    if manifest is None:
        raise InputError(_("there is no {name}").format(name=MANIFEST), where=str(dist))
    target = kept_folder(root, edition, manifest["release"])
    if target.is_symlink():
        raise InputError(_("this is a link, which may lead anywhere"), where=str(target), expected=_("a folder"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        clear_unfinished(target.parent)
        with Stage(target) as stage:
            for path in (*paths, *_metadata(dist)):
                source, placed = dist / path, stage.folder / path
                if not stat.S_ISREG(source.lstat().st_mode):
                    raise InputError(_("this is no file any more"), where=str(source))
                placed.parent.mkdir(parents=True, exist_ok=True)
                place_file(source, placed)
            sync_folder(stage.folder)
            stage.commit()
    except OSError as error:
        raise cannot_write(target, error) from error
    return target


def prune(
    root: Path, edition: str, keep: int, held: Collection[str] = (), files: Collection[str] = ()
) -> tuple[Kept, ...]:
    """Remove the oldest completed releases beyond `keep`; returns what was removed.

    What something points to stays: releases `held` (ids), the one that dist/ and the signing folder hold and the one
    that these name as previous, and every release with one of `files`, which applications pin. Raises OutputError.
    """
    kept = kept_releases(root, edition)
    pointed = {*held, *_pointed(root, edition)}
    gone = [each for each in kept[: max(0, len(kept) - keep)] if each.release not in pointed and not _has(each, files)]
    for each in gone:
        aside = each.folder.with_name(f".{each.folder.name}.gone")
        try:
            each.folder.rename(aside)  # at once; taking the files away takes its time
            shutil.rmtree(aside)
        except OSError as error:
            raise cannot_write(each.folder, error) from error
    return tuple(gone)


def clear_unfinished(folder: Path) -> None:
    """Take away what a killed process left half made or half removed; what it was replacing comes back.

    Raises OutputError.
    """
    for left in _folders(folder):
        match = _LEFT.fullmatch(left.name)
        if match is None:
            continue
        try:
            if left.name.endswith(".old") and not (folder / match[1]).exists():
                left.rename(folder / match[1])
            else:
                shutil.rmtree(left)
        except OSError as error:
            raise cannot_write(left, error) from error


def _pointed(root: Path, edition: str) -> set[str]:
    """The ids that dist/ and the signing folder hold or name as previous."""
    found = set()
    for folder in (root / "dist" / edition, root / "signing" / edition):
        manifest = read_manifest(folder) or {}
        found.add(str(manifest.get("release")))
        found.add(str((manifest.get("previous") or {}).get("release")))
    return found


def _has(kept: Kept, files: Collection[str]) -> bool:
    return bool(files) and any(entry["path"] in files for entry in kept.manifest["files"])


def _metadata(dist: Path) -> Sequence[str]:
    return [f"{METADATA}/{entry.name}" for entry in sorted((dist / METADATA).iterdir()) if not entry.is_symlink()]


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, by name; no links."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(_("this folder cannot be read: {reason}").format(reason=error), where=str(folder)) from error
    return [folder / name for name in names]

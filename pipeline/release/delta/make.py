"""Writes the delta between two release folders: delta.json and the parts that it names.

A part holds nothing of the older release: what it takes from there it names by place and length. So whatever left
with the newer release, by policy or by withdrawal, is not in the delta either.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError, OutputError, UsageError
from pipeline.i18n import _
from pipeline.making.files import sha256_of
from pipeline.making.finished import MANIFEST
from pipeline.portal.files import write_file
from pipeline.progress import Progress, Silent
from pipeline.release.delta.listing import (
    LISTING,
    PARTS,
    FileStep,
    Filling,
    Listing,
    Part,
    ReleaseMark,
    format_listing,
    read_listing,
)
from pipeline.release.delta.parts import check_part, write_part
from pipeline.release.delta.places import read_small, regular_file
from pipeline.release.manifest import SM3_SUMS, SUMS, in_release
from pipeline.standalone.verify import LIST_LIMIT, safe

_LISTS: Final = (MANIFEST, SUMS, SM3_SUMS)  # beside the files that release.json lists; metadata/ travels whole
# A hash in a name: twelve or ten digits of sha256 as the build puts them, eight characters of Vite's.
_HASHED: Final = re.compile(r"-(?:[0-9a-f]{12}|[0-9a-f]{10}|[A-Za-z0-9_-]{8})(?=\.[^/]*$)")


@dataclass(frozen=True, slots=True)
class DeltaFacts:
    """What became of a delta."""

    folder: Path
    listing: Listing
    bytes: int  # of everything in the folder
    full_bytes: int  # of the files that it leads to
    same: int  # files by kind
    patched: int
    new: int

    @property
    def share(self) -> float:
        """The delta's size as a share of the whole release's."""
        return self.bytes / self.full_bytes if self.full_bytes else 0.0


@dataclass(frozen=True, slots=True)
class Known:
    """A file of a release as its release.json tells."""

    path: str
    bytes: int
    sha256: str


def make_delta(
    old: Path,
    new: Path,
    out: Path,
    *,
    omit: Collection[str] = (),
    repack: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> DeltaFacts:
    """Write into the folder `out`, which must not be there yet, what makes the release `new` out of `old`.

    `omit` are sha256 of files that were withdrawn: they are neither carried nor started from. Without `repack` tiles
    are carried packed, for receivers whose gzip makes other bytes than this machine's. The same two releases give the
    same bytes, whatever number of threads. Files of `new` that release.json lists, release.json itself and
    the sums are in; metadata/, hotlink/ and feed.atom are not.

    Raises InputError when either folder is no release or a file is not as its release.json says, UsageError for
    releases of another city or edition, OutputError when the delta cannot be written; nothing is left then.
    """
    progress = progress or Silent()
    before, after = _manifest(old), _manifest(new)
    _require_kin(before, after, old, new)
    if os.path.lexists(out):
        raise OutputError(_("The folder exists already."), where=str(out), hint=_("choose another name"))
    bases, files = _files(old, before, omit), _files(new, after, omit)
    unfinished = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        (unfinished / PARTS).mkdir(parents=True)
    except OSError as err:
        raise _cannot_write(out, err) from err
    try:
        steps = _steps(old, new, unfinished, bases, files, (repack, threads), progress)
        listing = Listing(str(after["city"]), str(after["edition"]), _mark(old, before), _mark(new, after), steps)
        write_file(unfinished / LISTING, format_listing(listing))
        read_listing(unfinished)  # what the receiver would refuse is not sent
        size = (unfinished / LISTING).stat().st_size + listing.bytes
        unfinished.rename(out)
    except OSError as err:
        raise _cannot_write(out, err) from err
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    kinds = [step.kind for step in steps]
    return DeltaFacts(
        out,
        listing,
        size,
        sum(file.bytes for file in files),
        *(kinds.count(kind) for kind in ("same", "patch", "new")),
    )


def _steps(
    old: Path,
    new: Path,
    out: Path,
    bases: list[Known],
    files: list[Known],
    how: tuple[bool, int | None],
    progress: Progress,
) -> tuple[FileStep, ...]:
    by_alias: dict[str, list[Known]] = {}
    for file in bases:
        by_alias.setdefault(alias(file.path), []).append(file)
    checked: set[str] = set()
    steps: list[FileStep] = []
    progress.start(_("Comparing releases"), sum(file.bytes for file in files), _("bytes"))
    for file in files:
        base = _base(file, by_alias.get(alias(file.path), ()))
        if base is None or base.sha256 != file.sha256:
            if base is not None and base.path not in checked:
                _require_told(old, base)
                checked.add(base.path)
            _require_told(new, file)
            name = f"{PARTS}/{len([step for step in steps if step.part]) + 1:05d}.lqdelta"
            source = old / base.path if base is not None else None
            filling = write_part(source, new, file.path, out / name, repack=how[0], threads=how[1])
            part = Part(name, (out / name).stat().st_size, sha256_of(out / name))
            steps.append(_step(file, base, part, filling))
            # A delta that fails at an office costs a journey: do here what is done there.
            check_part(source, out / name, steps[-1], new, threads=how[1])
        else:
            steps.append(_step(file, base, None))
        progress.advance(file.bytes)
    progress.done()
    return tuple(steps)


def _step(file: Known, base: Known | None, part: Part | None, filling: Filling | None = None) -> FileStep:
    if base is None:
        return FileStep(file.path, file.bytes, file.sha256, part=part, filling=filling)
    return FileStep(file.path, file.bytes, file.sha256, base.path, base.bytes, base.sha256, part, filling)


def alias(path: str) -> str:
    """The name of a file without the hash of its content."""
    return _HASHED.sub("", path)


def _base(file: Known, candidates: Sequence[Known]) -> Known | None:
    """The older file to start from: the same one, else that of the same name, else the first of its kind.

    Only files of the same name but for its hash: delta.json names what it starts from, and the name of a file that
    left the edition is nobody's business any more.
    """
    best: Known | None = None
    for each in candidates:
        if each.sha256 == file.sha256:
            return each
        if best is None or each.path == file.path:
            best = each
    return best


def _manifest(folder: Path) -> Mapping[str, Any]:
    data = read_small(folder, MANIFEST, LIST_LIMIT)
    try:
        found = json.loads(data.decode())
        known = [Known(each["path"], each["bytes"], each["sha256"]) for each in found["files"]]
        if not all(isinstance(found[name], str) for name in ("release", "city", "edition")):
            raise TypeError(_("release, city and edition are texts"))
        if not all(type(each.path) is str and safe(each.path) and in_release(each.path) for each in known):
            raise ValueError(_("a path leads out of the folder"))
        if not all(type(each.bytes) is int and type(each.sha256) is str for each in known):
            raise TypeError(_("bytes are a number, sha256 is a text"))
    except (ValueError, TypeError, KeyError, RecursionError) as err:
        raise InputError(
            _("release.json cannot be read: {reason}.").format(reason=str(err)[:200]),
            where=str(folder / MANIFEST),
            hint=_("name the folder of a release"),
        ) from err
    return found if isinstance(found, dict) else {}


def told_files(folder: Path) -> list[Known]:
    """The files of a release that a delta is about. Raises InputError when the folder is no release."""
    return _files(folder, _manifest(folder), ())


def _files(folder: Path, manifest: Mapping[str, Any], omit: Collection[str]) -> list[Known]:
    """What a delta is about, in the order of the paths' bytes."""
    found = [Known(each["path"], each["bytes"], each["sha256"]) for each in manifest["files"]]
    for name in _LISTS:
        path = regular_file(folder, name)
        if path is not None:
            found.append(Known(name, path.stat().st_size, sha256_of(path)))
    return sorted((file for file in found if file.sha256 not in omit), key=lambda file: file.path.encode())


def _require_kin(before: Mapping[str, Any], after: Mapping[str, Any], old: Path, new: Path) -> None:
    """Only releases of one city and edition follow one another: no delta leads from the government's to the public."""
    ours, theirs = ((each["city"], each["edition"]) for each in (before, after))
    if ours != theirs:
        raise UsageError(
            _("The releases are of {old} and of {new}.").format(old=" · ".join(ours), new=" · ".join(theirs)),
            where=f"{old} → {new}",
            expected=_("two releases of one edition of one city"),
        )


def _require_told(folder: Path, file: Known) -> None:
    """Refuse a file that is not what its release.json says: the delta would lead nowhere."""
    path = regular_file(folder, file.path)
    if path is None or path.stat().st_size != file.bytes or sha256_of(path) != file.sha256:
        raise InputError(
            _("The file is not what release.json says."),
            where=str(folder / file.path),
            hint=_("`longquan verify` tells what else was changed"),
        )


def _mark(folder: Path, manifest: Mapping[str, Any]) -> ReleaseMark:
    return ReleaseMark(str(manifest["release"]), hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest())


def _cannot_write(out: Path, err: OSError) -> OutputError:
    return OutputError(
        _("The delta cannot be written: {reason}.").format(reason=err.strerror or err),
        where=str(out),
        hint=_("check the free space and the permissions of the folder"),
    )

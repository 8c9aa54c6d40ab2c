"""Makes the newer release out of the older one and a delta, into a folder of its own.

Every file is compared with delta.json before it gets its name. delta.json is nobody's word: whoever installs what
comes out compares it with the signed release.json.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.archive.staging import StagedFile, cannot_write
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.i18n import _
from pipeline.making.files import sha256_of
from pipeline.progress import Progress, Silent
from pipeline.release.delta.listing import FileStep, Listing, Part, damaged, read_listing
from pipeline.release.delta.parts import apply_part
from pipeline.release.delta.places import regular_file

_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a release."""

    folder: Path
    listing: Listing
    kept: int  # files that are those of the older release
    made: int  # files that were made anew
    found: int  # files that lay there already, as after work that was broken off
    bytes: int  # of all files


def apply_delta(
    old: Path,
    delta: Path,
    out: Path,
    *,
    link: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Applied:
    """Make in the folder `out` every file that delta.json lists.

    With `link` files that did not change are hard links to those of `old` where the file system has them, else copies.
    Files that lie in `out` already and are right are kept, so that work broken off goes on; whatever else lies there
    is left alone. `old` is only read. Memory is bounded (docs/delta.md), whatever the files' sizes.

    Raises InputError when the delta is damaged, belongs to another release, or does not lead to what it promises, and
    when a file of `old` is not what the delta starts from; OutputError when a file cannot be written. No file is ever
    under its name half-written or with another hash than delta.json says.
    """
    progress = progress or Silent()
    listing = read_listing(delta)
    if _within(out, old) or _within(out, delta) or _within(old, out) or _within(delta, out):
        raise UsageError(
            _("The folders lie in one another."), where=str(out), hint=_("choose a folder of its own for the result")
        )
    _require_base(old, listing)
    _require_room(out, listing)
    progress.start(_("Making the release"), sum(step.bytes for step in listing.files), _("bytes"))
    counts = {"kept": 0, "made": 0, "found": 0}
    for step in sorted(listing.files, key=lambda step: step.filling is not None):  # pages after what fills them
        place = out / step.path
        with _told(place):
            _make_folders(out, step.path)
        if _is(regular_file(out, step.path), step.bytes, step.sha256):
            counts["found"] += 1
        elif step.part is None:
            _keep(old, step, place, link)
            counts["kept"] += 1
        else:
            _build(old, delta, step, step.part, out, threads)
            counts["made"] += 1
        progress.advance(step.bytes)
    progress.done()
    return Applied(out, listing, **counts, bytes=sum(step.bytes for step in listing.files))


def _build(old: Path, delta: Path, step: FileStep, part: Part, out: Path, threads: int | None) -> None:
    recipe = regular_file(delta, part.path)
    if recipe is None or recipe.stat().st_size != part.bytes:
        raise damaged(delta, _("{path} is missing or has another size").format(path=part.path))
    base = _base(old, step) if step.base is not None else None
    try:
        apply_part(base, recipe, out / step.path, step, out, threads=threads)
    except InputError as err:
        if base is not None and sha256_of(base) != step.base_sha256:
            raise _another(base) from err
        raise


def _keep(old: Path, step: FileStep, place: Path, link: bool) -> None:
    """The same file under its new name, its content checked."""
    source = _base(old, step)
    if link:
        if sha256_of(source) != step.sha256:
            raise _another(source)
        with contextlib.suppress(OSError):
            place.unlink(missing_ok=True)
            os.link(source, place)  # `regular_file` has seen that it is no link itself
            return
    digest = hashlib.sha256()
    with StagedFile(place) as staged, source.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            staged.file.write(block)
        if digest.hexdigest() != step.sha256:
            raise _another(source)
        staged.commit()


def _base(old: Path, step: FileStep) -> Path:
    found = regular_file(old, step.base or "")
    if found is None or found.stat().st_size != step.base_bytes:
        raise _another(old / (step.base or ""))
    return found


def _another(path: Path) -> InputError:
    return InputError(
        _("This is not the file that the delta starts from."),
        where=str(path),
        hint=_("`longquan verify` tells what was changed here; a full bundle needs no older release"),
    )


def _require_base(old: Path, listing: Listing) -> None:
    """Refuse any release but the one that the delta starts from, before anything is made."""
    manifest = regular_file(old, "release.json")
    if manifest is None or sha256_of(manifest) != listing.old.manifest_sha256:
        raise InputError(
            _("The delta was made for another release."),
            where=str(old),
            expected=_("release {id}").format(id=listing.old.release[:12]),
            hint=_("apply the deltas in between first, or take a full bundle"),
        )


def _require_room(out: Path, listing: Listing) -> None:
    """Refuse what will not fit before any of it is written; sizes are only what delta.json says."""
    needed = sum(step.bytes for step in listing.files if step.part is not None)
    with _told(out):
        out.mkdir(parents=True, exist_ok=True)
        whole, _used, free = shutil.disk_usage(out)
    if needed > free and whole:
        raise OutputError(
            _("The disk has no room for the result: {size} bytes, {free} are free.").format(size=needed, free=free),
            where=str(out),
            hint=_("free some space or choose another folder; nothing was written"),
        )


def _make_folders(out: Path, path: str) -> None:
    """The folders on the way to a file; a link among them is replaced by nothing, it is refused."""
    at = out
    for name in path.split("/")[:-1]:
        at = at / name
        at.mkdir(exist_ok=True)
        if at.is_symlink() or not at.is_dir():
            raise NotADirectoryError(20, os.strerror(20), str(at))


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """The operating system's refusals in words."""
    try:
        yield
    except OSError as err:
        raise cannot_write(path, err) from err


def _is(path: Path | None, size: int, sha256: str) -> bool:
    return path is not None and path.stat().st_size == size and sha256_of(path) == sha256


def _within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())

"""Does a delta hold anything that the release it leads to does not?

Deltas and what they start from travel apart: whoever has a delta alone must learn nothing of what left the edition. So
delta.json may name files of the newer release only, older ones by no other name; there is nothing beside its parts;
and, with the older release at hand, every part is opened: what it carries is used up exactly, and what comes out is
the newer release's file. That the newer release may be published is what `audit` of its own folder tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.making.files import sha256_of
from pipeline.making.finished import MANIFEST
from pipeline.progress import Progress, Silent
from pipeline.release.delta.listing import LISTING, FileStep, Listing, format_listing, read_listing
from pipeline.release.delta.make import alias, told_files
from pipeline.release.delta.parts import check_part
from pipeline.release.delta.places import read_small, regular_file
from pipeline.standalone.verify import Fault, walk

_LIMIT: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class DeltaFault:
    """One thing that a delta holds and must not, or does not hold and should."""

    path: str  # below the delta's folder, or of the newer release
    message: str

    def as_json(self) -> dict[str, Any]:
        """The fault as a JSON object."""
        return {"path": self.path, "message": self.message}


@dataclass(frozen=True, slots=True)
class CheckedDelta:
    """What was found in a delta."""

    folder: Path
    listing: Listing
    faults: tuple[DeltaFault, ...]
    parts: int
    opened: int  # parts that were opened; 0 without the older release

    @property
    def clean(self) -> bool:
        """Whether nothing is in it that the newer release has not, as far as it was opened."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "clean": self.clean,
            "folder": str(self.folder),
            "edition": self.listing.edition,
            "from": self.listing.old.release,
            "to": self.listing.new.release,
            "parts": self.parts,
            "opened": self.opened,
            "bytes": self.listing.bytes,
            "faults": [fault.as_json() for fault in self.faults],
        }


def check_delta(
    delta: Path, new: Path, *, old: Path | None = None, threads: int | None = None, progress: Progress | None = None
) -> CheckedDelta:
    """Hold a delta against the release that it leads to and, where it is given, the one that it starts from.

    Raises InputError when either folder is no release, or the delta cannot be read at all.
    """
    progress = progress or Silent()
    listing = read_listing(delta)
    parts = [step for step in listing.files if step.part is not None]
    faults = [*_listed(delta, listing, new), *_beside(delta, listing)]
    progress.start(_("Opening the delta"), len(parts), _("files"))
    opened = 0
    for step in parts if old is not None else ():
        assert old is not None
        found = _opened(delta, old, new, step, threads)
        faults += [] if found is None else [found]
        opened += 1
        progress.advance()
    progress.done()
    return CheckedDelta(delta, listing, tuple(faults), len(parts), opened)


def _listed(delta: Path, listing: Listing, new: Path) -> Iterator[DeltaFault]:
    """delta.json says of every file what release.json says, and nothing more."""
    if read_small(delta, LISTING, _LIMIT) != format_listing(listing):
        yield DeltaFault(LISTING, _("it holds more than a delta's list has"))
    manifest = regular_file(new, MANIFEST)
    if manifest is None or sha256_of(manifest) != listing.new.manifest_sha256:
        yield DeltaFault(LISTING, _("it leads to another release than the one given"))
    there = {file.path: (file.bytes, file.sha256) for file in told_files(new)}
    for step in listing.files:
        if there.get(step.path) != (step.bytes, step.sha256):
            yield DeltaFault(step.path, _("the release has no such file"))
        if step.base is not None and alias(step.base) != alias(step.path):
            yield DeltaFault(step.path, _("it names another file of the older release: {path}").format(path=step.base))


def _beside(delta: Path, listing: Listing) -> Iterator[DeltaFault]:
    """There is nothing but delta.json and the parts that it names."""
    found: list[Fault] = []
    there = walk(str(delta), found)
    known = {LISTING, *(step.part.path for step in listing.files if step.part)}
    for path in sorted([*(path for path in there if path not in known), *(fault.path for fault in found)]):
        yield DeltaFault(path, _("delta.json does not name it"))


def _opened(delta: Path, old: Path, new: Path, step: FileStep, threads: int | None) -> DeltaFault | None:
    """A part unpacked: everything that it carries is in the file that it makes, and that is the release's."""
    assert step.part is not None
    part = regular_file(delta, step.part.path)
    base = regular_file(old, step.base) if step.base is not None else None
    if part is None or sha256_of(part) != step.part.sha256:
        return DeltaFault(step.part.path, _("it is not the part that delta.json tells of"))
    try:
        check_part(base, part, step, new, threads=threads)
    except InputError as err:
        return DeltaFault(step.part.path, err.message)
    return None

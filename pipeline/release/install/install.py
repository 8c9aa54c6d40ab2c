"""A release that can be believed becomes the one that runs, or everything stays as it is.

Whatever ends the process at whatever moment, the pointer names a whole release; the work is done by the very functions
that office.py uses (pipeline.standalone), so that both can be used in turn on one folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipeline.archive.rules import Severity
from pipeline.errors import InputError, LongquanError
from pipeline.i18n import _, language
from pipeline.progress import Progress, Silent
from pipeline.release.archive_check import check_archive
from pipeline.release.hotlink import hotlink_files
from pipeline.release.install.told import told
from pipeline.release.trust.seen import Seen, read_seen, write_seen
from pipeline.release.trust.verify import Withdrawn
from pipeline.standalone import current, installed, medium, office, recalled, receipt, selftest, tools, verify, whole
from pipeline.standalone.current import Pointer
from pipeline.standalone.installed import Needed

KEEP: Final = 2  # releases that ran before
ROOT: Final = "trusted-root.json"
STATE: Final = "state.json"
CHECKED: Final = ("文件、签名均已核验", "files and signatures were checked")
RELEASE: Final = "release"  # the kind of a withdrawal that takes back a whole release


@dataclass(frozen=True, slots=True)
class Incoming:
    """A release whose signatures hold, before its files are there."""

    city: str
    edition: str
    release: str
    as_of: str
    number: int  # of the signed list
    sums: Mapping[str, str]  # path → sha256, as the signed lists say, release.json among them
    beside: Mapping[str, bytes]  # SHA256SUMS, SM3SUMS, the feed, metadata/…: what no list names
    blocks: Callable[[str], Iterable[bytes]]  # the content of a file; nobody has vouched for it
    root: bytes  # the newest that is trusted
    seen: Seen  # to be remembered
    withdrawn: Sequence[Withdrawn] = ()
    prepare: Callable[[Path], None] | None = None  # fills the staging folder as far as it can, by a delta
    where: str = ""  # it comes from, for messages


@dataclass(frozen=True, slots=True)
class Installed:
    """What runs now."""

    pointer: Pointer
    fingerprint: str  # the sha256 of SHA256SUMS
    files: Mapping[str, int] = field(default_factory=dict)  # how files were had (there, linked, copied) → their number
    left_out: tuple[str, ...] = ()  # files that were withdrawn
    removed: tuple[str, ...] = ()  # of releases that were here: <id12>, or <id12>/path of a withdrawn file
    receipt: Path = Path()

    @property
    def code(self) -> str:
        """The code of the receipt."""
        return receipt.code_of(office.stated(self.pointer))

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            **self.pointer._asdict(),
            "fingerprint": self.fingerprint,
            "files": dict(self.files),
            "left_out": list(self.left_out),
            "removed": list(self.removed),
            "receipt": str(self.receipt),
            "code": self.code,
        }


def install(
    home: Path,
    incoming: Incoming,
    *,
    now: datetime,
    keep: int = KEEP,
    base_url: str | None = None,
    office_name: str = "",
    progress: Progress | None = None,
) -> Installed:
    """Stage a release below `home`, test it, let it run, keep `keep` older ones, write the receipt.

    `base_url` is where hotlink/ is to be reached; without it that of the release that runs is kept, and where there is
    none there is no hotlink/. Work that was broken off goes on. Raises PolicyRefusal for what was withdrawn, InputError
    for another city or edition and for files that are not those that were signed, OutputError when another import is
    at work or nothing can be written; the release that runs has then not been touched.
    """
    progress = progress or Silent()
    root = verify.long_path(os.fspath(home))
    name = incoming.release[: current.SHORT]
    with told(home, incoming.where), whole.hold(root):
        before = current.read_pointer(root)
        # Where signatures were checked before, `seen` has told what is older; else the pointer is all there is.
        number = incoming.number if read_seen(home / STATE).release is None else max(incoming.number, _number(before))
        installed.refuse_other(before, incoming.city, incoming.edition, number)
        removed = obey(root, incoming.withdrawn)
        withdrawn = recalled.read_withdrawn(root)
        recalled.refuse_withdrawn(withdrawn, incoming.sums, incoming.release)
        absent = recalled.left_out(withdrawn, incoming.sums)
        sums = {path: digest for path, digest in incoming.sums.items() if path not in absent}
        if incoming.prepare is not None and name not in current.kept(root):
            staged = Path(root) / installed.STAGING / name
            staged.mkdir(parents=True, exist_ok=True)
            incoming.prepare(staged)
        counts = {"there": 0, "linked": 0, "copied": 0}
        progress.start(_("copying"), len(sums), _("files"))

        def tell(how: str, _size: int) -> None:
            counts[how] += 1
            progress.advance(1)

        folder = installed.stage(root, name, Needed(sums, incoming.beside), incoming.blocks, tell)
        progress.done()
        base = base_url or (before.base_url if before is not None else None)
        _write_hotlink(Path(folder), base)
        _require_sound(Path(folder), sums, withdrawn, absent, incoming, progress)
        whole.put(os.fspath(Path(root) / ROOT), [incoming.root])
        write_seen(home / STATE, incoming.seen)
        installed.settle(root, name)
        tools.keep_tools(root)
        pointer = Pointer(
            incoming.release,
            incoming.city,
            incoming.edition,
            incoming.as_of,
            office.moment(now),
            incoming.number,
            base_url=base,
        )
        installed.switch(root, pointer, keep)
        removed += installed.obey(root)  # what ran until now may have been taken back as a whole
        pointer = current.read_pointer(root) or pointer
        return _receipt(root, pointer, office_name, files=counts, left_out=tuple(sorted(absent)), removed=removed)


def rollback(home: Path, *, now: datetime, to: str | None = None, office_name: str = "") -> Installed:
    """Let the release run that ran before, or the kept one called `to`, and write the receipt.

    Raises PolicyRefusal where it was withdrawn, InputError where there is none or it is not whole, OutputError.
    """
    root = verify.long_path(os.fspath(home))
    if not home.is_dir():
        raise InputError(_("There is no folder {path}.").format(path=home), hint=_("check the name and the folder"))
    with told(home, str(home)), whole.hold(root):
        return _receipt(root, installed.go_back(root, office.moment(now), to), office_name)


def obey(root: str, withdrawn: Sequence[Withdrawn]) -> tuple[str, ...]:
    """Remember what an office took back, and remove it from every release that is here; returns what was removed.

    A release that was taken back as a whole is removed unless it runs: then another one has to run first. The caller
    has checked who signed the order, and holds the folder.
    """
    recalled.write_withdrawn(root, (each.sha256 for each in withdrawn))
    return installed.obey(root)


def _number(pointer: Pointer | None) -> int:
    return pointer.number if pointer is not None else 0


def _write_hotlink(folder: Path, base_url: str | None) -> None:
    """Derive hotlink/ for the address, and remove what it held for another."""
    files = dict(hotlink_files(folder, base_url)) if base_url else {}
    there = [path for path in verify.walk(os.fspath(folder), []) if path.startswith(verify.HOTLINK)]
    for path in there:
        if path not in files:
            whole.clear(whole.below(os.fspath(folder), path))
    for path, content in files.items():
        target = Path(whole.below(os.fspath(folder), path))
        target.parent.mkdir(parents=True, exist_ok=True)
        whole.put(os.fspath(target), [content])


def _require_sound(
    folder: Path,
    sums: Mapping[str, str],
    withdrawn: frozenset[str],
    absent: frozenset[str],
    incoming: Incoming,
    progress: Progress,
) -> None:
    """Read everything back, then the self-test: pages, styles, the structure of every archive. Raises InputError."""
    progress.start(_("testing"), None, _("bytes"))
    before = 0

    def tell(done: int, _total: int) -> None:
        nonlocal before
        progress.advance(done - before)
        before = done

    faults = [(fault.path, fault.text(language())) for fault in installed.faults_of(os.fspath(folder), withdrawn, tell)]
    if not faults:
        listed = {**sums, **dict.fromkeys(absent, "")}
        failures = selftest.self_test(os.fspath(folder), listed, absent)
        faults = [(failure.path, failure.text(language())) for failure in failures]
    for path in sorted(sums) if not faults else ():
        if path.endswith(".pmtiles"):
            faults += [(path, text) for text in _archive_faults(folder / path, progress)]
    progress.done()
    if faults:
        path, text = faults[0]
        raise InputError(
            _("The self-test failed, {path}: {text}").format(path=path, text=text),
            where=incoming.where,
            expected=_("no fault; there are {n}").format(n=len(faults)),
            hint=_("what was in use goes on; copy the bundle again, or ask those who publish for another"),
        )


def _archive_faults(path: Path, progress: Progress) -> list[str]:
    """What breaks the rules of the format in an archive's structure."""
    try:
        found = check_archive(path, structure_only=True, threads=1, progress=progress)
    except LongquanError as error:
        return [error.message]
    faults = [fault for report in found.reports for fault in report.faults]
    return [f"{fault.rule}: {fault.message}" for fault in faults if fault.severity == Severity.ERROR]


def _receipt(root: str, pointer: Pointer, office_name: str, **more: Any) -> Installed:
    sums = medium.read_small(current.release_folder(root, pointer.folder), verify.SUMS)
    fingerprint = hashlib.sha256(sums).hexdigest()
    page = office.write_receipt(root, pointer, fingerprint, CHECKED, office_name)
    return Installed(pointer, fingerprint, receipt=Path(page), **more)

"""Is a folder exactly the release that its lists describe, and is every archive of it sound?

Lists, names, hashes and the id are checked by the very script that travels with the release; what that cannot do with
the standard library alone comes on top: signatures, every archive by the rules of `archive verify`, and hotlink/
derived anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, LongquanError
from pipeline.i18n import _, language
from pipeline.progress import Progress, Silent
from pipeline.release.archive_check import CheckedArchive, check_archive
from pipeline.release.hotlink_check import Derived, check_hotlink
from pipeline.release.signatures import Reader, Signatures, read_signatures, unvouched
from pipeline.standalone.verify import EARLIER, MANIFEST, METADATA, SUMS, Result, check


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in a folder, or at an address."""

    subject: str
    result: Result
    hotlink: Derived
    archives: Mapping[str, CheckedArchive]  # by path below the folder
    signatures: Signatures | None = None  # None where nobody asked for them
    warnings: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[tuple[str, str, str], ...]:
        """Kind, path and text of every fault of files and signatures; those of archives stand with them."""
        withdrawn = self.signatures.withdrawn if self.signatures is not None else {}
        own = tuple(
            (fault.kind, fault.path, fault.text(language()))
            for fault in self.result.faults
            if fault.kind != "missing" or self.result.sums.get(fault.path) not in withdrawn  # it was taken back
        )
        gone = {fault.path for fault in self.result.faults}
        taken = tuple(
            ("withdrawn", path, _("this file was withdrawn: {when}").format(when=withdrawn[digest]))
            for path, digest in (*self.result.sums.items(), *self.result.earlier.items())
            if digest in withdrawn and path not in gone
        )
        signed = self.signatures.faults if self.signatures is not None else ()
        return (*signed, *own, *taken, *(("hotlink", path, text) for path, text in self.hotlink.faults))

    @property
    def accepted(self) -> bool:
        """Whether everything is as the lists say, and every archive sound."""
        return not self.faults and not any(archive.errors for archive in self.archives.values())

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "accepted": self.accepted,
            "subject": self.subject,
            "release": self.result.release,
            "fingerprint": self.result.fingerprint,
            "files": self.result.files,
            "bytes": self.result.bytes,
            "sm3": self.result.sm3,
            "earlier": sorted(self.result.earlier),
            "signatures": None if self.signatures is None else self.signatures.as_json(),
            "warnings": list(self.warnings),
            "hotlink": {"files": len(self.result.hotlink), "base_url": self.hotlink.base_url},
            "faults": [{"kind": kind, "path": path, "message": text} for kind, path, text in self.faults],
            "archives": [
                {"path": path, "unreadable": archive.unreadable} | archive.as_json()
                for path, archive in self.archives.items()
            ],
        }


def verify_folder(
    folder: Path,
    *,
    fingerprint: str | None = None,
    base_url: str | None = None,
    structure_only: bool = False,
    reader: Reader | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Check every file of a folder, its signatures by what a `reader` knows, then every archive that is as listed.

    `fingerprint` is the sha256 that SHA256SUMS should have, `base_url` the address that hotlink/ should be made for;
    without `structure_only` every tile is decoded. Raises InputError where there is no folder or no SHA256SUMS.
    """
    progress = progress or Silent()
    if not (folder / SUMS).is_file():
        raise InputError(
            _("There is no {name}.").format(name=SUMS),
            where=str(folder),
            expected=_("a folder that `longquan build` wrote"),
            hint=_("name the folder of an edition, such as dist/public"),
        )
    progress.start(_("hashing"), None, _("bytes"))
    told = 0

    def tell(done: int, _total: int) -> None:
        nonlocal told
        progress.advance(done - told)
        told = done

    result = check(os.fspath(folder), tell, fingerprint)
    progress.done()
    hurt = {fault.path for fault in result.faults}
    archives = {}
    for path in sorted(result.sums):
        if path.endswith(".pmtiles") and path not in hurt:
            try:
                archives[path] = check_archive(
                    folder / path, structure_only=structure_only, threads=threads, progress=progress
                )
            except LongquanError as error:
                archives[path] = CheckedArchive(unreadable=error.message)
    progress.done()
    # Of files that are not as listed nothing is derived: they may be anything, links that lead out too.
    derived = Derived(None, ()) if hurt - {SUMS} else check_hotlink(folder, result.hotlink, base_url, result.earlier)
    if reader is None:
        return Verified(str(folder), result, derived, archives)
    signatures, warnings = _signatures(folder, result, reader)
    return Verified(str(folder), result, derived, archives, signatures, warnings)


def _signatures(folder: Path, result: Result, reader: Reader) -> tuple[Signatures, tuple[str, ...]]:
    """Who signed the folder, and what a person should know besides."""
    from pipeline.release.trust.source import FolderSource

    source = FolderSource(folder / METADATA)
    whole = not any(fault.path in (MANIFEST, SUMS) for fault in result.faults)
    manifest = (folder / MANIFEST).read_bytes() if whole else None
    signatures = read_signatures(source, manifest, result.fingerprint, reader)
    warnings = signatures.warnings
    names = [path.name for path in (folder / METADATA).iterdir()] if (folder / METADATA).is_dir() else []
    earlier = {name: None for name in names if EARLIER.fullmatch(METADATA + name)}
    if manifest is not None and signatures.trusted is not None and earlier:
        odd = unvouched(source, json.loads(manifest), earlier)
        text = _("files of the earlier release {id} are there, and no signature leads to it")
        warnings += tuple(text.format(id=id) for id in odd)
    return signatures, warnings

"""The release folder that a bundle is made of: what its lists say, before anything is copied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError
from pipeline.i18n import _, language
from pipeline.release.bundle.names import check_names
from pipeline.standalone.verify import (
    BESIDE,
    HOTLINK,
    MANIFEST,
    METADATA,
    SIGNATURE,
    SUMS,
    Fault,
    compare_manifest,
    read_list,
    read_sums,
    walk,
)

CATALOG: Final = "catalog.json"
_FAULTS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class ReleaseFolder:
    """A folder whose lists agree with one another and with the names of what is there; no file was hashed yet."""

    folder: Path
    manifest: Mapping[str, Any]  # release.json
    fingerprint: str  # the sha256 of SHA256SUMS
    sums: Mapping[str, str]  # path → sha256, of every file that SHA256SUMS names
    sizes: Mapping[str, int]  # path → bytes, of every file below the folder
    beside: tuple[str, ...]  # signatures, lists and feed, which no list names

    @property
    def release(self) -> str:
        """The release id."""
        return str(self.manifest["release"])

    @property
    def catalog(self) -> Mapping[str, Any]:
        """catalog.json; empty where the release has none. Raises InputError."""
        path = self.folder / CATALOG
        if CATALOG not in self.sums:
            return {}
        try:
            told = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise InputError(
                _("The catalogue cannot be read: {reason}").format(reason=error), where=str(path)
            ) from error
        return told if isinstance(told, dict) else {}


def read_release(folder: Path) -> ReleaseFolder:
    """Read a release's lists and hold them against one another. Raises InputError for a folder that is no release.

    hotlink/ is passed over: it is derived anew where a release is installed.
    """
    faults: list[Fault] = []
    root = str(folder)
    if not (folder / MANIFEST).is_file():
        raise InputError(
            _("There is no release.json."),
            where=root,
            expected=_("the folder of a release, such as dist/public"),
            hint=_("name a release folder, or an edition that was released"),
        )
    there = walk(root, faults)
    text = read_list(root, SUMS, there, faults)
    listed = read_list(root, MANIFEST, there, faults)
    sums = read_sums(SUMS, text or b"", faults)
    compare_manifest(listed, sums, faults)
    faults += [Fault("missing", path) for path in sums if path not in there]
    beside = []
    for path in there:
        if path not in sums and not path.startswith(HOTLINK):
            if path not in BESIDE and not SIGNATURE.fullmatch(path):
                faults.append(Fault("extra", path))
            beside.append(path)
    faults = [fault for fault in faults if not fault.path.startswith(HOTLINK)]
    if faults or text is None or listed is None:
        said = "; ".join(f"{fault.path}: {fault.text(language())}" for fault in faults[:_FAULTS_SHOWN])
        raise InputError(
            _("The release is not whole: {faults}").format(faults=said),
            where=root,
            hint=_("longquan verify tells more; build or copy it again"),
        )
    check_names([*sums, *(path for path in beside if path not in BESIDE)], root)
    manifest = json.loads(listed)
    ordered = tuple(sorted(beside, key=str.encode))
    return ReleaseFolder(folder, manifest, hashlib.sha256(text).hexdigest(), sums, there, ordered)


def signatures(release: ReleaseFolder) -> tuple[str, ...]:
    """The files of metadata/."""
    return tuple(path for path in release.beside if path.startswith(METADATA))

"""The documents of a signing folder, and what of earlier ones may be signed no more than once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline.errors import LongquanError
from pipeline.release.trust.roles import department_role
from pipeline.release.trust.signing import missing_signatures
from pipeline.release.trust.targets import Delegation, new_department

SIGNING: Final = "signing"
TARGETS: Final = "targets.json"
DEPARTMENT: Final = "department-{id}.json"
ROOT: Final = "root.json"
SHEET: Final = "sheet.html"


def kept_targets(folder: Path, new: bytes, root: bytes, now: datetime) -> bytes:
    """The document that waits in the signing folder, with its signatures, where `new` would say the same; else `new`.

    Only how long it holds may differ.
    """
    old = _read(folder / TARGETS)
    if old is None or not _says_the_same(old, new) or _expires(old) <= now:
        return new
    try:
        missing_signatures(old, root)
    except LongquanError:
        return new
    return old


def department_documents(
    manifest: Mapping[str, Any],
    delegations: Sequence[Delegation],
    folder: Path,
    last: Path | None,
    targets: bytes,
    root: bytes,
    *,
    now: datetime,
    expires: datetime,
    renew: float,
) -> dict[str, bytes]:
    """The document of every department that signs, by department.

    That of the last release (its metadata in `last`) is carried over where its files are the same and it holds for
    `renew` days more; else the one that waits in the signing `folder`, where it would say the same.
    """
    documents = {}
    for each in delegations:
        role = department_role(each.department)
        signed = _newest(last, role) if last is not None else None
        version = 1 + (json.loads(signed)["signed"]["version"] if signed is not None else 0)
        new = new_department(manifest, each, version=version, expires=expires)
        waiting = _read(folder / f"{role}.json")
        if signed is not None and _carried(signed, new, targets, root, now + timedelta(days=renew)):
            documents[each.department] = signed
        elif waiting is not None and _says_the_same(waiting, new) and _expires(waiting) > now:
            documents[each.department] = waiting
        else:
            documents[each.department] = new
    return documents


def _newest(metadata: Path, role: str) -> bytes | None:
    """The document of a role with the highest number in a folder of metadata."""
    numbered = {path.name.partition(".")[0]: path for path in metadata.glob(f"*.{role}.json")}
    newest = max((int(number) for number in numbered if number.isascii() and number.isdigit()), default=None)
    return None if newest is None else _read(metadata / f"{newest}.{role}.json")


def _carried(data: bytes, new: bytes, targets: bytes, root: bytes, until: datetime) -> bool:
    if not _says_the_same(data, new, apart=("expires", "version")) or _expires(data) <= until:
        return False
    try:
        return not missing_signatures(data, root, targets=targets)
    except LongquanError:
        return False


def _says_the_same(one: bytes, other: bytes, apart: Sequence[str] = ("expires",)) -> bool:
    first, second = (json.loads(data)["signed"] for data in (one, other))
    return {k: v for k, v in first.items() if k not in apart} == {k: v for k, v in second.items() if k not in apart}


def _expires(data: bytes) -> datetime:
    found: str = json.loads(data)["signed"]["expires"]
    return datetime.fromisoformat(found.replace("Z", "+00:00"))


def _read(path: Path) -> bytes | None:
    """A document; None where there is none, or something that is no JSON object with a `signed`."""
    try:
        if path.is_symlink():
            return None
        data = path.read_bytes()
        said = json.loads(data)["signed"]
        return data if isinstance(said["version"], int) and isinstance(said["expires"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None

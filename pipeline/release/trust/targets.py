"""What the offices and departments sign, before they do: the manifest's hash, and whose archives are whose."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tuf.api.metadata import DelegatedRole, Delegations, Metadata, TargetFile, Targets

from pipeline.release.trust.keys import PublicKey
from pipeline.release.trust.roles import (
    DERIVED,
    DERIVED_PATHS,
    MANIFEST,
    OFFICES,
    OURS,
    PUBLISH,
    WITHDRAWALS,
    WITHDRAWN_PATHS,
    department_role,
)
from pipeline.release.trust.root import read_root

_HASHED = re.compile(r"(tiles/.+-)[0-9a-f]{12}(\.pmtiles|\.explain\.parquet)")


@dataclass(frozen=True, slots=True)
class Delegation:
    """The files that only one department's key may change."""

    department: str
    key: PublicKey
    paths: tuple[str, ...]  # patterns of TUF: * and ? within a name


@dataclass(frozen=True, slots=True)
class Target:
    """A file that somebody vouches for."""

    bytes: int
    sha256: str
    custom: Mapping[str, Any] | None = None


def department_delegations(
    manifest: Mapping[str, Any], owners: Mapping[str, str], keys: Mapping[str, PublicKey]
) -> tuple[Delegation, ...]:
    """One delegation for every department that has a key and archives made of its own datasets alone.

    `owners`: dataset → department; `keys`: department → key. The hash in a file's name stands as twelve ``?``, so that
    ``roads-`` does not also mean ``roads-old-…``.
    """
    patterns: dict[str, set[str]] = {}
    for entry in manifest["files"]:
        found = _HASHED.fullmatch(entry["path"])
        of = {owners.get(dataset) for dataset in entry.get("datasets", ())}
        if found and len(of) == 1 and (department := of.pop()) in keys and department is not None:
            patterns.setdefault(department, set()).add(f"{found[1]}{'?' * 12}{found[2]}")
    return tuple(Delegation(id, keys[id], tuple(sorted(patterns[id]))) for id in sorted(patterns))


def new_targets(
    manifest: Mapping[str, Any],
    manifest_bytes: bytes,
    *,
    sums_sha256: str,
    root: bytes,
    delegations: Sequence[Delegation],
    version: int,
    expires: datetime,
) -> bytes:
    """The document that both offices sign: release.json, and who else may sign what; unsigned."""
    facts = read_root(root)
    custom = {
        "edition": manifest["edition"],
        "city": manifest["city"],
        "release": manifest["release"],
        "as_of": manifest["as_of"],
        "review": (manifest.get("review") or {}).get("number"),
        "sums_sha256": sums_sha256,
    }
    enrolled = [key for office in OFFICES for key in facts.keys_of(office)]
    publishers = facts.keys_of(PUBLISH)
    roles = {department_role(each.department): ([each.key], list(each.paths)) for each in delegations} | {
        WITHDRAWALS: (enrolled, [WITHDRAWN_PATHS]),
        DERIVED: (list(publishers), [DERIVED_PATHS]),
    }
    keys = {key.keyid: key.key for held, _paths in roles.values() for key in held}
    delegated = Delegations(
        keys=keys,
        roles={
            name: DelegatedRole(name, [key.keyid for key in held], 1, terminating=True, paths=paths)
            for name, (held, paths) in roles.items()
        },
        unrecognized_fields={OURS: {"names": _names(roles.values())}},
    )
    target = Target(len(manifest_bytes), hashlib.sha256(manifest_bytes).hexdigest(), custom)
    return _document("targets", manifest["city"], manifest["edition"], {MANIFEST: target}, version, expires, delegated)


def new_department(manifest: Mapping[str, Any], delegation: Delegation, *, version: int, expires: datetime) -> bytes:
    """The document that a department signs: the files of the release that its key alone may change; unsigned."""
    role = DelegatedRole("", [], 1, True, list(delegation.paths))
    files = {
        entry["path"]: Target(entry["bytes"], entry["sha256"])
        for entry in manifest["files"]
        if role.is_delegated_path(entry["path"])
    }
    name = department_role(delegation.department)
    return new_delegated(name, manifest["city"], manifest["edition"], files, version=version, expires=expires)


def new_delegated(
    role: str, city: str, edition: str, files: Mapping[str, Target], *, version: int, expires: datetime
) -> bytes:
    """The document of a delegated role (`withdrawals`, `derived`, a department's), unsigned."""
    return _document(role, city, edition, files, version, expires, None)


def _document(
    role: str,
    city: str,
    edition: str,
    files: Mapping[str, Target],
    version: int,
    expires: datetime,
    delegations: Delegations | None,
) -> bytes:
    targets = {
        path: TargetFile(
            file.bytes, {"sha256": file.sha256}, path, None if file.custom is None else {"custom": dict(file.custom)}
        )
        for path, file in sorted(files.items())
    }
    # All these documents are of one kind to TUF; what each is for stands in it, so that none can pass for another.
    says = {OURS: {"role": role, "city": city, "edition": edition}}
    return Metadata(Targets(version, None, expires, targets, delegations, says)).to_bytes()


def _names(roles: Any) -> dict[str, str]:
    return {key.keyid: key.name for held, _paths in roles for key in held}

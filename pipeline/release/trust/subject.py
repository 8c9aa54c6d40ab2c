"""What a document to be signed is about, told from it and from the files beside it, so that nobody signs blindly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api.metadata import Targets

from pipeline.i18n import _
from pipeline.release.trust.document import ours, read_document
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.roles import LIMITS, MANIFEST, department_of
from pipeline.release.trust.source import FolderSource

SUMS = "SHA256SUMS"
_LISTS_AT_MOST = 1 << 28  # bytes; a million files take 150 MB


@dataclass(frozen=True, slots=True)
class Subject:
    """What a signature would be put under."""

    sha256: str  # of what is signed, in canonical form: the same whoever has signed already
    role: str  # targets, department-ID, withdrawals, derived
    city: str
    edition: str
    version: int
    expires: datetime
    release: str | None  # of targets
    as_of: str | None
    review: str | None
    manifest_sha256: str | None
    sums_sha256: str | None
    files: Mapping[str, Mapping[str, Any]]  # of the others: path → bytes, sha256, custom
    departments: Mapping[str, tuple[str, ...]]  # of targets: who else must sign → patterns of its files


def read_subject(path: Path, data: bytes) -> Subject:
    """What the document `data`, which lies at `path`, is about; the files beside it must be those that it speaks of.

    targets.json: release.json and SHA256SUMS beside it have the hashes that it names, and list the same files.
    department-ID.json: release.json beside it lists those files so. Raises TrustError where they do not.
    """
    document = read_document(data, Targets, path.name)
    signed = document.signed
    says = ours(signed)
    role, city, edition = (says.get(key) for key in ("role", "city", "edition"))
    if not (isinstance(role, str) and isinstance(city, str) and isinstance(edition, str)):
        raise TrustError(
            _("the document does not say what it is for"),
            attack="damaged",
            where=str(path),
            expected=_("a document that longquan release, bundle or publish --withdraw wrote"),
        )
    target = signed.targets.get(MANIFEST) if role == "targets" else None
    custom: dict[str, Any] = (target.custom if target is not None else None) or {}
    digest = target.hashes.get("sha256") if target is not None else None
    if role == "targets":
        _check_release(path, custom, digest)
    elif department_of(role):
        _check_department(path, {name: file.hashes.get("sha256") for name, file in signed.targets.items()})
    delegations = signed.delegations.roles if signed.delegations is not None else None
    return Subject(
        sha256=hashlib.sha256(document.signed_bytes).hexdigest(),
        role=role,
        city=city,
        edition=edition,
        version=signed.version,
        expires=signed.expires,
        release=custom.get("release"),
        as_of=custom.get("as_of"),
        review=custom.get("review"),
        manifest_sha256=digest,
        sums_sha256=custom.get("sums_sha256"),
        files={
            name: {"bytes": file.length, "sha256": file.hashes.get("sha256"), "custom": file.custom or {}}
            for name, file in sorted(signed.targets.items())
            if role != "targets"
        },
        departments={
            department: tuple(delegated.paths or ())
            for name, delegated in (delegations or {}).items()
            if (department := department_of(name))
        },
    )


def _check_release(path: Path, custom: Mapping[str, Any], digest: str | None) -> None:
    manifest_bytes = _beside(path, MANIFEST)
    if digest != hashlib.sha256(manifest_bytes).hexdigest():
        raise _other(path, MANIFEST, digest)
    sums = _beside(path, SUMS)
    if custom.get("sums_sha256") != hashlib.sha256(sums).hexdigest():
        raise _other(path, SUMS, custom.get("sums_sha256"))
    manifest = _json(path, manifest_bytes)
    listed = {entry["path"]: entry["sha256"] for entry in manifest["files"]} | {MANIFEST: digest}
    lines = (line.partition("  ") for line in sums.decode("utf-8", "replace").splitlines())
    if {name: found for found, _blank, name in lines} != listed:
        raise TrustError(
            _("{one} and {other} do not list the same files").format(one=SUMS, other=MANIFEST),
            attack="mix-and-match",
            where=str(path.parent),
            hint=_("prepare the release again: longquan release"),
        )
    for key in ("release", "city", "edition", "as_of"):
        if manifest.get(key) != custom.get(key):
            raise _other(path, MANIFEST, str(custom.get(key)))


def _check_department(path: Path, files: Mapping[str, str | None]) -> None:
    manifest = _json(path, _beside(path, MANIFEST))
    listed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    for name, digest in files.items():
        if listed.get(name) != digest:
            raise TrustError(
                _("{name} is not in release.json as this document has it").format(name=name),
                attack="mix-and-match",
                where=str(path),
                expected=f"sha256 {digest}",
                hint=_("prepare the release again: longquan release"),
            )


def _beside(path: Path, name: str) -> bytes:
    data = FolderSource(path.parent).read(name, _LISTS_AT_MOST)
    if data is None:
        raise TrustError(
            _("{name} is missing beside the document, so nobody can see what is signed").format(name=name),
            attack="damaged",
            where=str(path.parent / name),
            hint=_("carry the whole signing folder, not the one file"),
        )
    return data


def _json(path: Path, data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
        if not all(isinstance(entry["path"] + entry["sha256"], str) for entry in manifest["files"]):
            raise ValueError("no files")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TrustError(
            _("{name} is damaged").format(name=MANIFEST), attack="damaged", where=str(path.parent / MANIFEST)
        ) from error
    found: dict[str, Any] = manifest
    return found


def _other(path: Path, name: str, expected: str | None) -> TrustError:
    return TrustError(
        _("{name} beside the document is not the one that it speaks of").format(name=name),
        attack="arbitrary-file",
        where=str(path.parent / name),
        expected=str(expected),
        hint=_("do not sign; prepare the release again: longquan release"),
    )


def read_limited(path: Path) -> bytes:
    """The document at `path`, if it is no longer than one can honestly be. Raises TrustError, InputError."""
    limit = LIMITS["targets"]
    data = FolderSource(path.parent).read(path.name, limit)
    if data is None:
        raise TrustError(_("there is no such file"), attack="damaged", where=str(path))
    return data

"""The signature of a part, and whether it may be believed: the chain of the release it was cut from, and one link more.

`metadata/` of a part is that of the whole release, which both offices signed, and `derived.json` beside it: signed by a
publisher's key as the role `derived` that targets.json delegates to, it names the part's release.json. So a reader
knows that the whole was released by both offices, and that the publisher says this to be a part of it. That its tiles
are those of the whole only somebody can tell who has the whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.making.finished import MANIFEST
from pipeline.portal.files import write_file
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.roles import DERIVED, LIMITS, PUBLISH
from pipeline.release.trust.signing import append_signature
from pipeline.release.trust.source import FolderSource, Source
from pipeline.release.trust.targets import Target, new_delegated
from pipeline.release.trust.verify import Trusted, check_delegated, check_manifest, verify_trust
from pipeline.standalone.verify import METADATA, SUMS

if TYPE_CHECKING:
    from pipeline.release.trust.seen import Seen

FILE: Final = f"{DERIVED}.json"


def sign_part(part: Path, whole: Path, trusted: Trusted, signer: Any) -> None:
    """Give the part in a folder its metadata/: that of the `whole` release, and derived.json, signed by a publisher.

    `trusted` is what was believed of the whole, `signer` a key of `pipeline.release.trust.keys`. The document holds as
    long as the whole's targets.json: the same part signed by the same key has the same bytes. Raises PolicyRefusal for
    a key that is no publisher's, OutputError.
    """
    data = (part / MANIFEST).read_bytes()
    manifest = json.loads(data)
    custom = {
        "release": manifest["release"],
        "parent": trusted.release,
        "sums_sha256": hashlib.sha256((part / SUMS).read_bytes()).hexdigest(),
    }
    target = Target(len(data), hashlib.sha256(data).hexdigest(), custom)
    document = new_delegated(
        DERIVED,
        trusted.city,
        trusted.edition,
        {_path(manifest["release"]): target},
        version=trusted.seen.targets,
        expires=datetime.fromisoformat(json.loads(trusted.targets)["signed"]["expires"]),
    )
    signed = append_signature(document, signer, PUBLISH, trusted.root)
    shutil.copytree(whole / METADATA, part / METADATA, ignore=shutil.ignore_patterns("release-*", FILE))
    write_file(part / METADATA / FILE, signed)


def verify_release(
    source: Source,
    root: bytes,
    manifest: bytes,
    *,
    seen: Seen,
    now: datetime,
    online: bool,
    edition: str | None = None,
) -> Trusted:
    """What may be believed of a release, whole or part, whose release.json is `manifest`; that is checked, too.

    The arguments are those of `verify_trust`. Of a part, `release`, `manifest_sha256`, `sums_sha256` and the like are
    the part's own, while `seen` counts the releases that parts are cut from. Raises TrustError.
    """
    trusted = verify_trust(source, root, seen=seen, now=now, online=online, edition=edition)
    signed = source.read(FILE, LIMITS["targets"])
    if signed is not None and hashlib.sha256(manifest).hexdigest() != trusted.manifest_sha256:
        trusted = _part(trusted, signed, manifest, now, online)
    check_manifest(trusted, manifest)
    return trusted


def _part(whole: Trusted, signed: bytes, data: bytes, now: datetime, online: bool) -> Trusted:
    """What was believed of the whole, narrowed to a part of it."""
    if len(signed) > LIMITS["targets"]:
        raise TrustError(
            _("{name} is longer than it can honestly be").format(name=FILE), attack="endless-data", where=FILE
        )
    document, warnings = check_delegated(whole, DERIVED, signed, now=now, online=online)
    manifest = _parsed(data)
    target = document.targets.get(_path(str(manifest.get("release"))))
    custom: dict[str, Any] = {} if target is None else target.custom or {}
    digest = hashlib.sha256(data).hexdigest()
    if target is None or target.length != len(data) or target.hashes.get("sha256") != digest:
        raise TrustError(
            _("release.json is not the file that was signed"),
            attack="arbitrary-file",
            where=MANIFEST,
            hint=_("copy the release again; if it stays so, do not use it"),
        )
    derived = manifest.get("derived") or {}
    told = (derived.get("release"), derived.get("manifest_sha256"), custom.get("parent"))
    if told != (whole.release, whole.manifest_sha256, whole.release):
        raise TrustError(
            _("it is part of another release than the one that the offices signed"),
            attack="mix-and-match",
            where=FILE,
            expected=whole.release,
        )
    for entry in manifest["files"]:
        if entry["sha256"] != whole.files.get(entry["path"], entry["sha256"]):
            raise TrustError(
                _("the file is not the one that its department signed"), attack="department", where=entry["path"]
            )
    part = _("this is part of release {id}, cut by the publisher").format(id=whole.release[:12])
    return replace(
        whole,
        release=manifest["release"],
        manifest_sha256=digest,
        manifest_bytes=len(data),
        sums_sha256=str(custom.get("sums_sha256")),
        delegations=(),  # archives that were cut are not those that departments signed
        warnings=(*whole.warnings, *warnings, part),
    )


def verify_folder_trust(folder: Path, root: bytes, *, seen: Seen, now: datetime, edition: str | None = None) -> Trusted:
    """What may be believed of the release in a folder, without a line. Raises TrustError, InputError."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
        sums = hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(
            _("the file cannot be read: {reason}").format(reason=error.strerror or str(error)), where=str(folder)
        ) from error
    source = FolderSource(folder / METADATA)
    trusted = verify_release(source, root, manifest, seen=seen, now=now, online=False, edition=edition)
    if sums != trusted.sums_sha256:
        raise TrustError(
            _("SHA256SUMS is not the file that was signed"),
            attack="arbitrary-file",
            where=str(folder / SUMS),
            expected=f"sha256 {trusted.sums_sha256}",
        )
    return trusted


def _path(release: str) -> str:
    return f"{DERIVED}/{release}/{MANIFEST}"


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
        if isinstance(manifest, dict) and isinstance(manifest["files"], list):
            return manifest
    except (ValueError, KeyError, RecursionError):
        pass
    raise TrustError(_("release.json cannot be read"), attack="damaged", where=MANIFEST)

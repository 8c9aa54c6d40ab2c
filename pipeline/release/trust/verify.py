"""May a release be believed? From a root that is trusted to the hash of release.json, as the TUF specification says.

The order is that of the specification's section 5 (root, timestamp, snapshot, targets, delegated targets), with
signatures judged by TUF's own code. On top: one signature of each office under targets; the departments' documents
and release.json must agree; withdrawals. Time is an argument: offline an expired document is a warning, since nothing
newer may have reached the office, online it means that somebody keeps the newer one back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tuf.api.metadata import DelegatedRole, Metadata, MetaFile, Signed, Snapshot, T, TargetFile, Targets, Timestamp

from pipeline.i18n import _
from pipeline.release.trust.document import ours, read_document, signers
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.keys import is_named_truly
from pipeline.release.trust.roles import LIMITS, MANIFEST, OFFICES, OURS, WITHDRAWALS, WITHDRAWN, department_of
from pipeline.release.trust.root import RootFacts, facts_of, fingerprint_of, follow_roots
from pipeline.release.trust.sample import has_sample_key
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.source import Source

_CUSTOM: Final = ("edition", "city", "release", "as_of", "sums_sha256")


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A file, or a whole release by its release.json, that an office took back."""

    sha256: str
    bytes: int
    kind: str  # archive or release
    path: str
    release: str | None
    reason: str
    date: str


@dataclass(frozen=True, slots=True)
class SignedBy:
    """A signature that holds."""

    role: str  # root, survey, secrecy, publish, department:ID
    keyid: str
    name: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """What may be believed of a release."""

    city: str
    edition: str
    release: str
    as_of: str
    review: str | None
    sample: bool
    manifest_sha256: str
    manifest_bytes: int  # length
    sums_sha256: str
    root: bytes  # the newest
    root_fingerprint: str  # of the newest
    expires: datetime  # when the first of the documents does
    seen: Seen  # to be remembered once the release was taken
    files: Mapping[str, str]  # path → sha256 that a department vouches for
    delegations: tuple[DelegatedRole, ...]  # the departments' roles
    withdrawn: tuple[Withdrawn, ...]
    signed_by: tuple[SignedBy, ...]
    warnings: tuple[str, ...]
    targets: bytes  # targets.json as it was verified; delegated documents are checked against it


def verify_trust(
    source: Source, root: bytes, *, seen: Seen, now: datetime, online: bool, edition: str | None = None
) -> Trusted:
    """What may be believed of the metadata in `source`, from a `root` that comes from elsewhere and is trusted.

    `seen`: what this reader accepted last; `now`: the time, with its zone; `edition`: which is expected, if one is.
    Raises TrustError, whose `attack` says what it looks like.
    """
    newest, roots = follow_roots(source, root)
    facts = facts_of(newest, roots[-1])
    online_keys = _online_keys(newest.signed.roles)
    _not_older("root", newest.signed.version, seen.root)
    if seen.online_keys is not None and seen.online_keys != online_keys:
        # Version numbers that a thief of the old keys may have driven up begin anew (specification 5.3.11).
        seen = Seen(seen.root, 0, 0, 0, seen.release, seen.city, seen.edition)

    data = _read(source, "timestamp.json", LIMITS["timestamp"])
    timestamp = _signed(data, Timestamp, "timestamp.json")
    by = signers(newest.signed, "timestamp", timestamp, "timestamp.json", strict=True)
    _not_older("timestamp.json", timestamp.signed.version, seen.timestamp)
    meta = timestamp.signed.snapshot_meta
    _not_older("snapshot.json", meta.version, seen.snapshot)
    parts: list[tuple[str, Signed]] = [("root.json", newest.signed), ("timestamp.json", timestamp.signed)]

    snapshot = _signed(_listed(source, "snapshot", meta), Snapshot, "snapshot.json")
    signers(newest.signed, "snapshot", snapshot, "snapshot.json", strict=False)
    _is_version("snapshot.json", snapshot.signed, meta)
    parts.append(("snapshot.json", snapshot.signed))
    versions = {name.removesuffix(".json"): each.version for name, each in snapshot.signed.meta.items()}
    _not_older("targets.json", versions.get("targets", 0), seen.targets)
    for delegate, version in seen.delegated.items():
        if delegate in versions:
            _not_older(f"{delegate}.json", versions[delegate], version)

    signed_targets = _listed(source, "targets", _meta_of(snapshot, "targets"))
    targets = _signed(signed_targets, Targets, "targets.json")
    signed = signers(newest.signed, "targets", targets, "targets.json", strict=False)
    _is_version("targets.json", targets.signed, _meta_of(snapshot, "targets"))
    _every_office(facts, signed)
    _honest_keys(targets.signed, facts)
    parts.append(("targets.json", targets.signed))
    custom, target_bytes, target_sha256 = _release_of(targets, facts, edition)
    _same_subject(seen, facts.city, custom["edition"])
    for name, pointer in parts[1:3]:
        _for_edition(name, pointer, facts.city, custom["edition"])

    signed_by = [SignedBy("root", keyid, facts.name_of(keyid)) for keyid in facts.signed_by]
    signed_by += [SignedBy(facts.office_of(keyid) or "", keyid, facts.name_of(keyid)) for keyid in signed]
    signed_by += [SignedBy("publish", keyid, facts.name_of(keyid)) for keyid in by]
    files: dict[str, str] = {}
    departments: list[DelegatedRole] = []
    delegations = targets.signed.delegations
    for role in (delegations.roles or {}).values() if delegations else ():
        department = department_of(role.name)
        if department is None:
            continue
        name = f"{role.name}.json"
        meta = _meta_of(snapshot, role.name)
        document = _signed(_listed(source, role.name, meta), Targets, name)
        held = signers(targets.signed, role.name, document, name, strict=False)
        _is_version(name, document.signed, meta)
        _for_role(document.signed, role, facts.city, custom["edition"], name)
        names = _names(targets.signed)
        signed_by += [SignedBy(f"department:{department}", keyid, names.get(keyid, department)) for keyid in held]
        parts.append((name, document.signed))
        departments.append(role)
        for path, file in document.signed.targets.items():
            files.setdefault(path, _sha256(file.hashes, name))  # the first role that matches decides: terminating

    withdrawn, withdrawals = _withdrawn(source, snapshot, targets, facts.city, seen)
    expires = min(document.expires for _name, document in parts)
    warnings = _warnings(parts, now, online)
    delegated = {role: max(n, seen.delegated.get(role, 0)) for role, n in versions.items() if role != "targets"}
    if withdrawals:
        delegated[WITHDRAWALS] = withdrawals
    return Trusted(
        city=facts.city,
        edition=custom["edition"],
        release=custom["release"],
        as_of=custom["as_of"],
        review=custom.get("review"),
        sample=facts.sample,
        manifest_sha256=target_sha256,
        manifest_bytes=target_bytes,
        sums_sha256=custom["sums_sha256"],
        root=roots[-1],
        root_fingerprint=fingerprint_of(roots[-1]),
        expires=expires,
        seen=Seen(
            newest.signed.version,
            versions["targets"],
            snapshot.signed.version,
            timestamp.signed.version,
            custom["release"],
            facts.city,
            custom["edition"],
            {**seen.delegated, **delegated},
            online_keys,
        ),
        files=files,
        delegations=tuple(departments),
        withdrawn=withdrawn,
        signed_by=tuple(signed_by),
        warnings=warnings,
        targets=signed_targets,
    )


def check_manifest(trusted: Trusted, manifest_bytes: bytes) -> dict[str, Any]:
    """The release.json that was signed: its length and hash, city and edition, and every file of a department.

    Raises TrustError where it is another.
    """
    if len(manifest_bytes) != trusted.manifest_bytes or _digest(manifest_bytes) != trusted.manifest_sha256:
        longer = len(manifest_bytes) > trusted.manifest_bytes
        raise TrustError(
            _("release.json is not the file that was signed"),
            attack="endless-data" if longer else "arbitrary-file",
            where=MANIFEST,
            expected=f"sha256 {trusted.manifest_sha256}",
            hint=_("copy the release again; if it stays so, do not use it"),
        )
    manifest: dict[str, Any] = json.loads(manifest_bytes)
    for key, signed in (
        ("release", trusted.release),
        ("city", trusted.city),
        ("edition", trusted.edition),
        ("sample", trusted.sample),
    ):
        if manifest.get(key) != signed:
            raise TrustError(
                _("release.json says {key} {found}, what was signed says {expected}").format(
                    key=key, found=manifest.get(key), expected=signed
                ),
                attack="sample-key" if key == "sample" else "mix-and-match",
                where=MANIFEST,
            )
    for entry in manifest["files"]:
        role = next((role for role in trusted.delegations if role.is_delegated_path(entry["path"])), None)
        if role is not None and trusted.files.get(entry["path"]) != entry["sha256"]:
            raise TrustError(
                _("the data of {department} were changed without its signature").format(
                    department=department_of(role.name)
                ),
                attack="department",
                where=entry["path"],
                hint=_("the department signs first: longquan sign --as department:ID"),
            )
    return manifest


def check_delegated(
    trusted: Trusted, role: str, data: bytes, *, now: datetime, online: bool
) -> tuple[Targets, tuple[str, ...]]:
    """The document of a role that targets.json delegates to (`derived`, `withdrawals`), and warnings of its age.

    Raises TrustError where it is not signed by that role, or speaks of files that are not its own.
    """
    name = f"{role}.json"
    targets = read_document(trusted.targets, Targets, "targets.json")
    document = read_document(data, Targets, name)
    signers(targets.signed, role, document, name, strict=True)
    found = (targets.signed.delegations.roles or {})[role] if targets.signed.delegations else None
    if found is not None:
        _for_role(document.signed, found, trusted.city, trusted.edition, name)
    return document.signed, _warnings([(name, document.signed)], now, online)


def _names(targets: Targets) -> dict[str, str]:
    """The names of the keys that targets.json delegates to, by id."""
    says = {} if targets.delegations is None else targets.delegations.unrecognized_fields.get(OURS)
    names = says.get("names") if isinstance(says, dict) else None
    return names if isinstance(names, dict) else {}


def _read(source: Source, name: str, limit: int) -> bytes:
    data = source.read(name, limit)
    if data is None:
        raise TrustError(
            _("{name} is missing").format(name=name),
            attack="damaged",
            where=name,
            hint=_("the folder must be complete: copy it again"),
        )
    if len(data) > limit:
        raise TrustError(
            _("{name} is longer than it can honestly be").format(name=name),
            attack="endless-data",
            where=name,
            expected=_("at most {n} bytes").format(n=f"{limit:,}"),
        )
    return data


def _signed(data: bytes, kind: type[T], name: str) -> Metadata[T]:
    return read_document(data, kind, name)


def _meta_of(snapshot: Metadata[Snapshot], role: str) -> MetaFile:
    try:
        return snapshot.signed.meta[f"{role}.json"]
    except KeyError as error:
        raise TrustError(
            _("snapshot.json does not list {name}").format(name=f"{role}.json"), attack="mix-and-match", where=role
        ) from error


def _listed(source: Source, role: str, meta: MetaFile) -> bytes:
    """The file of a role that another document lists by version, length and hash."""
    name = f"{meta.version}.{role}.json"
    limit = LIMITS.get(role, LIMITS["targets"])
    data = _read(source, name, min(limit, limit if meta.length is None else meta.length))
    digest = None if meta.hashes is None else meta.hashes.get("sha256")
    if (meta.length is not None and len(data) != meta.length) or (meta.hashes and _digest(data) != digest):
        raise TrustError(
            _("{name} is not the file that belongs to the others").format(name=name),
            attack="mix-and-match",
            where=name,
            expected=f"sha256 {digest}",
            hint=_("copy all of metadata/ together"),
        )
    return data


def _is_version(name: str, signed: Signed, meta: MetaFile) -> None:
    if signed.version != meta.version:
        raise TrustError(
            _("{name} has the version {found}, the others speak of {expected}").format(
                name=name, found=signed.version, expected=meta.version
            ),
            attack="mix-and-match",
            where=name,
        )


def _not_older(name: str, version: int, seen: int) -> None:
    if version < seen:
        raise TrustError(
            _("{name} is older than what was accepted before: {found} after {seen}").format(
                name=name, found=version, seen=seen
            ),
            attack="rollback",
            where=name,
            expected=_("version {n} or later").format(n=seen),
            hint=_("take the newest release; to go back on purpose there is longquan rollback"),
        )


def _every_office(facts: RootFacts, signed: list[str]) -> None:
    """One signature of each office, besides TUF's threshold: two of one office are not enough."""
    for office in OFFICES:
        if not any(facts.office_of(keyid) == office for keyid in signed):
            raise TrustError(
                _("the office {office} has not signed").format(office=office),
                attack="office",
                where="targets.json",
                expected=_("one signature of each office: {names}").format(names=", ".join(OFFICES)),
                hint=f"longquan sign targets.json --as {office}",
            )


def _honest_keys(targets: Targets, facts: RootFacts) -> None:
    """The keys that targets.json delegates to have the ids that follow from them, and none is a throw-away key."""
    keys = {} if targets.delegations is None else targets.delegations.keys
    if not all(is_named_truly(key) for key in keys.values()):
        raise TrustError(
            _("targets.json names a key by an id that is not its own"), attack="wrong-key", where="targets.json"
        )
    if has_sample_key(keys) and not facts.sample:
        raise TrustError(
            _("targets.json names a throw-away key of the sample city, which everybody has"),
            attack="sample-key",
            where="targets.json",
        )


def _release_of(targets: Metadata[Targets], facts: RootFacts, edition: str | None) -> tuple[dict[str, Any], int, str]:
    """What targets.json says of its one file, its length and its hash."""
    file = targets.signed.targets.get(MANIFEST)
    custom = None if file is None else file.custom
    if (
        file is None
        or set(targets.signed.targets) != {MANIFEST}
        or ours(targets.signed).get("role") != "targets"
        or not isinstance(custom, dict)
        or not all(isinstance(custom.get(key), str) for key in _CUSTOM)
        or not isinstance(custom.get("review"), str | None)
    ):
        raise TrustError(
            _("targets.json does not speak of exactly one release"), attack="arbitrary-file", where="targets.json"
        )
    if custom["city"] != facts.city:
        raise TrustError(
            _("the release is of another city: {found}").format(found=custom["city"]),
            attack="wrong-root",
            where="targets.json",
            expected=facts.city,
        )
    if edition is not None and custom["edition"] != edition:
        raise TrustError(
            _("the release is of another edition: {found}").format(found=custom["edition"]),
            attack="mix-and-match",
            where="targets.json",
            expected=edition,
        )
    return custom, file.length, _sha256(file.hashes, "targets.json")


def _same_subject(seen: Seen, city: str, edition: str) -> None:
    for before, found in ((seen.city, city), (seen.edition, edition)):
        if before is not None and before != found:
            raise TrustError(
                _("this is {found}, what was accepted before is {before}").format(found=found, before=before),
                attack="mix-and-match",
                where="targets.json",
                expected=before,
                hint=_("every city and edition has a folder of its own"),
            )


def _for_edition(name: str, signed: Signed, city: str, edition: str) -> None:
    says = ours(signed)
    if (says.get("city", city), says.get("edition", edition)) != (city, edition):
        raise TrustError(
            _("{name} is of another city or edition").format(name=name),
            attack="mix-and-match",
            where=name,
            expected=f"{city} {edition}",
        )


def _for_role(signed: Targets, role: DelegatedRole, city: str, edition: str, name: str) -> None:
    """A delegated document speaks of its own files, for this city and edition, and gives the right to nobody else."""
    _for_edition(name, signed, city, edition)
    if ours(signed).get("role", role.name) != role.name or signed.delegations is not None:
        raise TrustError(_("{name} is the document of another role").format(name=name), attack="department", where=name)
    for path in signed.targets:
        if not role.is_delegated_path(path):
            raise TrustError(
                _("{name} speaks of a file that is not its own").format(name=name),
                attack="department",
                where=path,
                expected=", ".join(role.paths or ()),
            )


def _withdrawn(
    source: Source, snapshot: Metadata[Snapshot], targets: Metadata[Targets], city: str, seen: Seen
) -> tuple[tuple[Withdrawn, ...], int]:
    """What was taken back, and the version of that document; it may be newer than the snapshot, never older."""
    listed = snapshot.signed.meta.get(f"{WITHDRAWALS}.json")
    least = max(0 if listed is None else listed.version, seen.delegated.get(WITHDRAWALS, 0))
    data = source.read(WITHDRAWN, LIMITS["targets"])
    if data is None:
        if least:
            _not_older(WITHDRAWN, 0, least)
        return (), 0
    document = _signed(data, Targets, WITHDRAWN)
    delegations = targets.signed.delegations
    roles = delegations.roles if delegations is not None else None
    signers(targets.signed, WITHDRAWALS, document, WITHDRAWN, strict=True)
    if not roles or ours(document.signed).get("role") != WITHDRAWALS:
        raise TrustError(
            _("{name} is the document of another role").format(name=WITHDRAWN), attack="department", where=WITHDRAWN
        )
    custom_edition = str(ours(targets.signed).get("edition"))
    _for_role(document.signed, roles[WITHDRAWALS], city, custom_edition, WITHDRAWN)
    _not_older(WITHDRAWN, document.signed.version, least)
    same = listed is not None and listed.version == document.signed.version
    if same and listed is not None and listed.hashes and listed.hashes.get("sha256") != _digest(data):
        raise TrustError(
            _("{name} is not the file that belongs to the others").format(name=WITHDRAWN),
            attack="mix-and-match",
            where=WITHDRAWN,
        )
    return taken_back(document.signed), document.signed.version


def taken_back(order: Targets) -> tuple[Withdrawn, ...]:
    """What an order to withdraw names, of which the caller has checked who signed it. Raises TrustError."""
    return tuple(_taken_back(path, file) for path, file in sorted(order.targets.items()))


def _taken_back(path: str, file: TargetFile) -> Withdrawn:
    says = file.custom if isinstance(file.custom, dict) else {}
    release = says.get("release")
    return Withdrawn(
        sha256=_sha256(file.hashes, WITHDRAWN),
        bytes=file.length,
        kind=str(says.get("kind", "archive")),
        path=str(says.get("path", path)),
        release=None if release is None else str(release),
        reason=str(says.get("reason", "")),
        date=str(says.get("date", "")),
    )


def _warnings(parts: list[tuple[str, Signed]], now: datetime, online: bool) -> tuple[str, ...]:
    """What has expired; online that is an error: a newer one exists, and somebody keeps it back."""
    expired = [(name, signed.expires) for name, signed in parts if signed.is_expired(now)]
    if expired and online:
        name, when = expired[0]
        raise TrustError(
            _("{name} expired on {date}").format(name=name, date=f"{when:%Y-%m-%d %H:%M} UTC"),
            attack="freeze",
            where=name,
            expected=_("one that holds at {now}").format(now=f"{now:%Y-%m-%d %H:%M} UTC"),
            hint=_("somebody keeps the newer one back, or the publisher must run: longquan publish --refresh"),
        )
    text = _("{name} expired on {date}: ask those who publish whether there is a newer release")
    return tuple(text.format(name=name, date=f"{when:%Y-%m-%d}") for name, when in expired)


def _online_keys(roles: Mapping[str, Any]) -> str:
    keyids = [sorted(roles[role].keyids) for role in ("snapshot", "timestamp")]
    return hashlib.sha256(json.dumps(keyids).encode()).hexdigest()


def _sha256(hashes: Mapping[str, str], name: str) -> str:
    if "sha256" not in hashes:
        raise TrustError(_("{name} lists a file without its sha256").format(name=name), attack="damaged", where=name)
    return hashes["sha256"]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

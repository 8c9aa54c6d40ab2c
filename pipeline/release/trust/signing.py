"""Signatures: who may add one to which document, which are missing, and what the publisher writes at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp

from pipeline.errors import InputError, PolicyRefusal, UsageError
from pipeline.i18n import _
from pipeline.release.trust.document import ours, read_document
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.keys import PublicKey, fingerprint_text
from pipeline.release.trust.roles import (
    DERIVED,
    LIMITS,
    OFFICES,
    OURS,
    PUBLISH,
    SNAPSHOT_HOLDS,
    TIMESTAMP_HOLDS,
    WITHDRAWALS,
    WITHDRAWN,
    department_of,
    department_role,
)
from pipeline.release.trust.root import RootFacts, check_root_chain, follow_roots, read_root, trusted_root
from pipeline.release.trust.sample import has_sample_key
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.source import FolderSource, MemorySource, Source
from pipeline.release.trust.targets import new_delegated, new_department, new_targets
from pipeline.release.trust.verify import verify_trust
from pipeline.release.trust.write import write_whole

__all__ = [
    "append_signature",
    "finish",
    "missing_signatures",
    "new_delegated",
    "new_department",
    "new_targets",
    "refresh_timestamp",
    "write_metadata",
]


def append_signature(
    data: bytes, signer: CryptoSigner, role: str, root: bytes, *, targets: bytes | None = None
) -> bytes:
    """The document with one signature more, by a key that may sign it as `role`.

    `role`: survey or secrecy (of targets and of an order to withdraw), publish (of a partial release), department:ID
    (of that department's document; `targets` says which key it has). The other signatures stay, but for those of keys
    that are no longer enrolled. Raises PolicyRefusal when the key may not, UsageError for a document of another role.
    """
    facts = read_root(root)
    document = read_document(data, Targets, "targets.json")
    kind = str(ours(document.signed).get("role"))
    allowed, everybody = _enrolled(facts, kind, role, targets)
    keyid = signer.public_key.keyid
    if has_sample_key([keyid]) and not facts.sample:
        raise PolicyRefusal(
            _("this is a throw-away key of the sample city, which everybody has"),
            hint=_("make keys of your own: longquan keys create"),
        )
    if ours(document.signed).get("city") != facts.city:
        raise PolicyRefusal(
            _("the document is of the city {city}, the root of {other}").format(
                city=ours(document.signed).get("city"), other=facts.city
            )
        )
    if keyid not in allowed:
        raise PolicyRefusal(
            _("this key may not sign as {role}").format(role=role),
            where=fingerprint_text(keyid),
            expected=_("one of: {names}").format(names=", ".join(f"{allowed[each]} ({each[:12]})" for each in allowed)),
            hint=_("take the right key, or enrol it: longquan keys root change"),
        )
    document.signatures = {each: held for each, held in document.signatures.items() if each in everybody}
    document.sign(signer, append=True)
    return document.to_bytes()


def missing_signatures(data: bytes, root: bytes, *, targets: bytes | None = None) -> tuple[str, ...]:
    """Who must still sign: survey, secrecy; `targets` where the offices are there but too few signatures in all;
    ``department:ID``; ``publish``; ``survey|secrecy`` where either will do. Empty when nobody.
    """
    facts = read_root(root)
    document = read_document(data, Targets, "targets.json")
    kind = str(ours(document.signed).get("role"))
    if kind == "targets":
        result = _root(root).get_verification_result("targets", document.signed_bytes, document.signatures)
        missing = tuple(o for o in OFFICES if not any(facts.office_of(keyid) == o for keyid in result.signed))
        return missing or (() if result.verified else ("targets",))
    if kind in (WITHDRAWALS, DERIVED):
        held = [PUBLISH] if kind == DERIVED else list(OFFICES)
        keys = [key for part in held for key in facts.keys_of(part)]
        return () if any(_holds(document, key) for key in keys) else ("|".join(held),)
    if targets is None:
        raise UsageError(_("targets.json is needed to tell who may sign this"))
    delegator = read_document(targets, Targets, "targets.json").signed
    try:
        result = delegator.get_verification_result(kind, document.signed_bytes, document.signatures)
    except ValueError as error:
        raise UsageError(_("targets.json does not say who may sign as {role}").format(role=kind)) from error
    return () if result.verified else (f"department:{department_of(kind)}",)


def _holds(document: Metadata[Targets], key: PublicKey) -> bool:
    """Whether the document has a signature of that key, and it holds."""
    signature = document.signatures.get(key.keyid)
    if signature is None:
        return False
    try:
        key.key.verify_signature(signature, document.signed_bytes)
    except UnverifiedSignatureError:
        return False
    return True


def finish(
    folder: Path,
    signer: CryptoSigner,
    roots: Sequence[bytes],
    *,
    now: datetime,
    previous: Source | None = None,
    snapshot_expires: datetime | None = None,
    expires: datetime | None = None,
) -> dict[str, bytes]:
    """All files of metadata/ for the signed documents of a signing folder, by name; nothing is written.

    `roots`: every root from the first, oldest first; `previous`: metadata/ of the release before, whose version
    numbers go on and whose withdrawals stay. `expires`: of the timestamp. Raises PolicyRefusal where a signature is
    missing, TrustError where one does not hold.
    """
    facts = check_root_chain(roots)
    source = FolderSource(folder)
    signed = _needed(source, "targets.json")
    documents = {"targets": signed}
    for role in read_document(signed, Targets, "targets.json").signed.delegations.roles or {}:  # type: ignore[union-attr]
        if department_of(role):
            documents[role] = _needed(source, f"{role}.json")
    lacking = [each for data in documents.values() for each in missing_signatures(data, roots[-1], targets=signed)]
    if lacking:
        raise PolicyRefusal(
            _("signatures are missing: {names}").format(names=", ".join(lacking)),
            where=str(folder),
            hint=_("longquan sign FILE --as ROLE --key KEY, for each of them"),
        )
    files = {f"{read_root(data).version}.root.json": data for data in roots}
    files["root.json"] = roots[-1]
    for role, data in documents.items():
        files[f"{_version(data)}.{role}.json"] = data
    withdrawn = source.read(WITHDRAWN, LIMITS["targets"])
    if withdrawn is None and previous is not None:
        withdrawn = previous.read(WITHDRAWN, LIMITS["targets"])
    if withdrawn is not None:
        files[WITHDRAWN] = withdrawn
        documents[WITHDRAWALS] = withdrawn
    before = _before(previous)
    meta = {f"{role}.json": _meta(data) for role, data in documents.items()}
    snapshot = Snapshot(before[0] + 1, None, snapshot_expires or now + SNAPSHOT_HOLDS, meta, {OURS: _of(signed)})
    files |= _signed_pointers(snapshot, before[1] + 1, expires or now + TIMESTAMP_HOLDS, signer, facts)
    verify_trust(MemorySource(files), roots[0], seen=Seen.none(), now=now, online=True)
    return files


def refresh_timestamp(
    source: Source,
    signer: CryptoSigner,
    root: bytes,
    *,
    now: datetime,
    expires: datetime | None = None,
    snapshot_expires: datetime | None = None,
    new: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """The files of metadata/ that say anew that this is still the newest release: snapshot and timestamp.

    `new`: files that are to be there besides, as a later root or withdrawn.json. What it returns is to be written
    beside what is there, timestamp.json last. Raises TrustError where what is there does not hold.
    """
    added = dict(new or {})
    both = _Both(added, source)
    _newest, roots = follow_roots(both, root)
    added["root.json"] = roots[-1]
    facts = check_root_chain(roots)
    timestamp = read_document(_needed(source, "timestamp.json"), Timestamp, "timestamp.json").signed
    old = read_document(
        _needed(source, f"{timestamp.snapshot_meta.version}.snapshot.json"), Snapshot, "snapshot.json"
    ).signed
    meta = dict(old.meta)
    withdrawn = both.read(WITHDRAWN, LIMITS["targets"])
    if withdrawn is not None:
        meta[f"{WITHDRAWALS}.json"] = _meta(withdrawn)
    held = max(snapshot_expires or now + SNAPSHOT_HOLDS, old.expires)
    snapshot = Snapshot(old.version + 1, None, held, meta, dict(old.unrecognized_fields))
    added |= _signed_pointers(snapshot, timestamp.version + 1, expires or now + TIMESTAMP_HOLDS, signer, facts)
    verify_trust(_Both(added, source), root, seen=Seen.none(), now=now, online=True)
    return added


def write_metadata(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of metadata/, each whole or not at all, in the order that never lets a reader miss one."""
    for name in sorted(files, key=lambda name: (_rank(name), name)):
        write_whole(folder / name, files[name])


class _Both:
    """Files that are to be written, in front of those that are there."""

    def __init__(self, new: Mapping[str, bytes], old: Source) -> None:
        self.new = MemorySource(new)
        self.old = old

    def read(self, name: str, limit: int) -> bytes | None:
        found = self.new.read(name, limit)
        if found is None and name != "root.json":
            found = self.old.read(name, limit)
        return found


def _rank(name: str) -> int:
    order = ("root.json", "snapshot.json", "timestamp.json")
    return order.index(name) + 2 if name in order else 1 if name.endswith(".snapshot.json") else 0


def _signed_pointers(
    snapshot: Snapshot, version: int, expires: datetime, signer: CryptoSigner, facts: RootFacts
) -> dict[str, bytes]:
    keyid = signer.public_key.keyid
    if keyid not in facts.parts[PUBLISH]:
        raise PolicyRefusal(
            _("this key may not sign as {role}").format(role=PUBLISH),
            where=fingerprint_text(keyid),
            expected=", ".join(f"{facts.name_of(each)} ({each[:12]})" for each in facts.parts[PUBLISH]),
        )
    signed = Metadata(snapshot)
    signed.sign(signer)
    data = signed.to_bytes()
    timestamp = Metadata(Timestamp(version, None, expires, _meta(data), dict(snapshot.unrecognized_fields)))
    timestamp.sign(signer)
    return {f"{snapshot.version}.snapshot.json": data, "timestamp.json": timestamp.to_bytes()}


def _enrolled(facts: RootFacts, kind: str, role: str, targets: bytes | None) -> tuple[dict[str, str], set[str]]:
    """Who may sign as `role` (id → name), and all ids whose signatures may stand under the document."""
    if role in OFFICES and kind in ("targets", WITHDRAWALS):
        allowed = {keyid: facts.name_of(keyid) for keyid in facts.parts[role]}
        return allowed, {keyid for office in OFFICES for keyid in facts.parts[office]}
    if role == PUBLISH and kind == DERIVED:
        return {keyid: facts.name_of(keyid) for keyid in facts.parts[PUBLISH]}, set(facts.parts[PUBLISH])
    department = department_of(role)
    if department is not None and kind == department_role(department):
        if targets is None:
            raise InputError(
                _("targets.json is not there, which says with which key a department signs"),
                hint=_("it lies beside the department's document in the signing folder"),
            )
        delegations = read_document(targets, Targets, "targets.json").signed.delegations
        roles = delegations.roles if delegations is not None else None
        if not roles or kind not in roles:
            raise PolicyRefusal(
                _("targets.json gives {role} no right to sign anything").format(role=role),
                hint=_("name the department's key in departments/ID.toml: public_key"),
            )
        return dict.fromkeys(roles[kind].keyids, department), set(roles[kind].keyids)
    raise UsageError(
        _("a document of the role {kind} is not signed as {role}").format(kind=kind, role=role),
        expected=_("targets.json and withdrawn.json: survey or secrecy; department-ID.json: department:ID"),
    )


def _root(data: bytes) -> Root:
    return trusted_root(data).signed


def _needed(source: Source, name: str) -> bytes:
    data = source.read(name, LIMITS["targets"])
    if data is None:
        raise TrustError(
            _("{name} is missing").format(name=name),
            attack="damaged",
            where=name,
            hint=_("the folder must be complete: copy it again"),
        )
    return data


def _version(data: bytes) -> int:
    return read_document(data, Targets, "targets.json").signed.version


def _meta(data: bytes) -> MetaFile:
    version = Metadata[Any].from_bytes(data).signed.version
    return MetaFile(version, len(data), {"sha256": hashlib.sha256(data).hexdigest()})


def _of(targets: bytes) -> dict[str, Any]:
    says = ours(read_document(targets, Targets, "targets.json").signed)
    return {key: says[key] for key in ("city", "edition")}


def _before(previous: Source | None) -> tuple[int, int]:
    """Versions of snapshot and timestamp of the release before."""
    if previous is None:
        return 0, 0
    data = previous.read("timestamp.json", LIMITS["timestamp"])
    if data is None:
        return 0, 0
    timestamp = read_document(data, Timestamp, "timestamp.json").signed
    return timestamp.snapshot_meta.version, timestamp.version

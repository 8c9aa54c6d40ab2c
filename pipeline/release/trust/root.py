"""The root of trust of a city: which keys there are, what each may sign, and how one root follows another.

A root is made, signed and changed with files alone, on a machine without a network. It names the keys of the root
itself, of the two offices (each may have deputies) and of the publisher. A new root is one that enough keys of the old
one and enough of its own have signed (TUF specification 5.3 and 6.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Role, Root

from pipeline.errors import LongquanError, PolicyRefusal, UsageError
from pipeline.i18n import _
from pipeline.release.trust.document import ours, read_document, signers
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.keys import PublicKey, fingerprint_text, is_named_truly
from pipeline.release.trust.roles import LIMITS, OFFICES, OURS, PUBLISH, ROOTS_AT_MOST
from pipeline.release.trust.sample import has_sample_key
from pipeline.release.trust.source import Source

PARTS = ("root", *OFFICES, PUBLISH)  # whose keys a root names


@dataclass(frozen=True, slots=True)
class RootFacts:
    """What a root says."""

    version: int
    city: str
    sample: bool
    expires: datetime
    fingerprint: str  # sha256 of the file
    keys: Mapping[str, PublicKey]  # by id
    parts: Mapping[str, tuple[str, ...]]  # root, survey, secrecy, publish → ids of keys
    threshold: int  # signatures that a root needs
    signed_by: tuple[str, ...]  # ids of keys of the root whose signatures hold

    @property
    def complete(self) -> bool:
        """Whether enough of its own keys have signed it; of a later one also enough of the former's must."""
        return len(self.signed_by) >= self.threshold

    def office_of(self, keyid: str) -> str | None:
        """The office that a key belongs to."""
        return next((office for office in OFFICES if keyid in self.parts[office]), None)

    def name_of(self, keyid: str) -> str:
        """Who signs with a key."""
        return self.keys[keyid].name if keyid in self.keys else keyid[:12]

    def keys_of(self, part: str) -> tuple[PublicKey, ...]:
        """The keys of root, survey, secrecy or publish."""
        return tuple(self.keys[keyid] for keyid in self.parts[part])


@dataclass(frozen=True, slots=True)
class MissingForRoot:
    """Signatures that a root does not have yet."""

    version: int  # of the root that asks for them: the one before, or itself
    n: int
    keys: tuple[PublicKey, ...]  # of any of these


def fingerprint_of(root: bytes) -> str:
    """The sha256 of a root file, as `certutil -hashfile root.json SHA256` tells it."""
    return hashlib.sha256(root).hexdigest()


def new_root(
    *,
    city: str,
    sample: bool,
    keys: Mapping[str, Sequence[PublicKey]],
    expires: datetime,
    threshold: int = 2,
) -> bytes:
    """The first root of a city, unsigned; `keys` of root, survey, secrecy and publish.

    Raises UsageError where a part has too few keys or two share one, PolicyRefusal for a throw-away key.
    """
    return _written(1, city, sample, keys, threshold, expires)


def change_root(
    old: bytes,
    *,
    add: Mapping[str, Sequence[PublicKey]],
    remove: Mapping[str, Sequence[str]],
    expires: datetime,
    threshold: int | None = None,
) -> bytes:
    """The root after `old`, unsigned: keys added to its parts and keys (by id) removed from them.

    Raises UsageError where a key to be removed is not there, or what remains will not do.
    """
    facts = read_root(old)
    keys = {}
    for part in PARTS:
        gone = set(remove.get(part, ()))
        if strange := gone - set(facts.parts[part]):
            raise UsageError(
                _("{part} has no key {keyid}").format(part=part, keyid=min(strange)),
                expected=", ".join(facts.parts[part]),
                hint="longquan keys root show",
            )
        keys[part] = [key for key in facts.keys_of(part) if key.keyid not in gone] + list(add.get(part, ()))
    return _written(facts.version + 1, facts.city, facts.sample, keys, threshold or facts.threshold, expires)


def sign_root(data: bytes, signer: CryptoSigner, previous: bytes | None = None) -> bytes:
    """The root with one signature more; `previous` is the root that it follows, whose keys sign too.

    Raises PolicyRefusal when the key has no part in it.
    """
    root = _document(data)
    allowed = set(root.signed.roles["root"].keyids)
    if previous is not None:
        before = _document(previous)
        if root.signed.version != before.signed.version + 1:
            raise _gap(before.signed.version, root.signed.version)
        allowed |= set(before.signed.roles["root"].keyids)
    if signer.public_key.keyid not in allowed:
        raise PolicyRefusal(
            _("the key has no part in this root, so its signature would count for nothing"),
            where=fingerprint_text(signer.public_key.keyid),
            expected=_("a key that this root, or the one before it, names for signing roots"),
            hint="longquan keys root show",
        )
    root.sign(signer, append=True)
    return root.to_bytes()


def read_root(data: bytes) -> RootFacts:
    """What a root says, signed or not.

    Raises TrustError when it is none, or names keys in a way that would let one person stand for two.
    """
    return _facts(_document(data), data)


def missing_for_root(data: bytes, previous: bytes | None = None) -> tuple[MissingForRoot, ...]:
    """What a root still lacks, by the root before it and by itself; empty when nothing."""
    root = _document(data)
    missing = []
    for other in (previous, data):
        if other is None:
            continue
        asking, facts = _document(other).signed, read_root(other)
        result = asking.get_verification_result("root", root.signed_bytes, root.signatures)
        if not result.verified:
            keys = tuple(facts.keys[keyid] for keyid in result.unsigned)
            missing.append(MissingForRoot(facts.version, result.missing, keys))
    return tuple(missing)


def check_root_chain(roots: Sequence[bytes]) -> RootFacts:
    """The facts of the last of several roots, the first of which is trusted and each next signed by old and new keys.

    Raises TrustError where one does not follow from the one before it.
    """
    last = trusted_root(roots[0])
    for data in roots[1:]:
        last = _successor(last, data)
    return _facts(last, roots[-1])


def trusted_root(data: bytes) -> Metadata[Root]:
    """A root that comes from where it is trusted; it must be sound and signed all the same. Raises TrustError."""
    root = _document(data)
    signers(root.signed, "root", root, f"{root.signed.version}.root.json", strict=False)
    return root


def follow_roots(source: Source, anchor: bytes) -> tuple[Metadata[Root], tuple[bytes, ...]]:
    """The newest root that `source` leads to from the trusted one, and all files on the way, the trusted first.

    Raises TrustError where the source belongs to another root, or one does not follow from the one before it.
    """
    root = trusted_root(anchor)
    roots = [anchor]
    limit = LIMITS["root"]
    own = source.read(f"{root.signed.version}.root.json", limit)
    if own is not None and own != anchor and not _same_root(root, own):
        raise TrustError(
            _("this is signed under another root than the one that is trusted"),
            attack="wrong-root",
            where=f"{root.signed.version}.root.json",
            expected=fingerprint_text(fingerprint_of(anchor)),
            hint=_("take the root of the right city; compare its fingerprint with the printed sheet"),
        )
    while (data := source.read(f"{root.signed.version + 1}.root.json", limit)) is not None:
        root = _successor(root, data)
        roots.append(data)
        if len(roots) > ROOTS_AT_MOST:
            raise TrustError(
                _("there is no end of roots"),
                attack="endless-data",
                where=f"{root.signed.version}.root.json",
                expected=_("at most {n} after the trusted one").format(n=ROOTS_AT_MOST),
            )
    copy = source.read("root.json", limit)
    if copy is not None and copy != roots[-1] and (own is None or copy != own or len(roots) > 1):
        raise TrustError(
            _("root.json is not the newest root that can be reached from the trusted one"),
            attack="mix-and-match",
            where="root.json",
            expected=f"{root.signed.version}.root.json",
            hint=_("copy all of metadata/ together"),
        )
    return root, tuple(roots)


def _same_root(root: Metadata[Root], data: bytes) -> bool:
    """Whether `data` is that root, by whomever it was signed; signed it must be. Raises TrustError."""
    found = _document(data)
    same = found.signed_bytes == root.signed_bytes
    if same:
        signers(root.signed, "root", found, f"{root.signed.version}.root.json", strict=False)
    return same


def facts_of(root: Metadata[Root], data: bytes) -> RootFacts:
    """The facts of a root that was read from `data`."""
    return _facts(root, data)


def _successor(old: Metadata[Root], data: bytes) -> Metadata[Root]:
    """The root in `data`, if it follows `old`."""
    new = _document(data)
    name = f"{old.signed.version + 1}.root.json"
    if new.signed.version != old.signed.version + 1:
        raise _gap(old.signed.version, new.signed.version)
    held = signers(old.signed, "root", new, name, strict=False) + signers(new.signed, "root", new, name, strict=False)
    if strange := set(new.signatures) - set(held):
        raise TrustError(
            _("{name} has a signature that does not hold: of a key that may not sign it, or over other content").format(
                name=name
            ),
            attack="wrong-key",
            where=min(strange),
        )
    before, after = ours(old.signed), ours(new.signed)
    if (before["city"], before["sample"]) != (after["city"], after["sample"]):
        raise TrustError(
            _("the new root is another city's"), attack="wrong-root", where=name, expected=str(before["city"])
        )
    return new


def _document(data: bytes) -> Metadata[Root]:
    """A root whose parts are sound."""
    root = read_document(data, Root, "root.json")
    says = ours(root.signed)
    offices, names = says.get("offices"), says.get("names", {})
    try:
        if not (isinstance(says["city"], str) and isinstance(says["sample"], bool) and isinstance(names, dict)):
            raise ValueError("other fields")
        if not isinstance(offices, dict) or set(offices) != set(OFFICES) or not all(map(_ids, offices.values())):
            raise ValueError("the offices")
        enrolled = [keyid for office in OFFICES for keyid in offices[office]]
        if len(set(enrolled)) < len(enrolled) or set(enrolled) != set(root.signed.roles["targets"].keyids):
            raise ValueError("one key in two offices, or in none")
        if not all(map(is_named_truly, root.signed.keys.values())):
            raise ValueError("one key under two ids")
        if root.signed.roles["targets"].threshold < len(OFFICES) or not root.signed.consistent_snapshot:
            raise ValueError("too few signatures")
        if not all(isinstance(name, str) for name in names.values()):
            raise ValueError("names")
    except (KeyError, ValueError, TypeError) as error:
        raise TrustError(
            _("the root does not name the keys of each office as it must"),
            attack="damaged",
            where="root.json",
            expected=_("at least one key of each office, none of them twice, two signatures under a release"),
            hint=_("roots are made with: longquan keys root create"),
        ) from error
    if has_sample_key(root.signed.keys) and not says["sample"]:
        raise TrustError(
            _("the root names a throw-away key of the sample city, which everybody has"),
            attack="sample-key",
            where="root.json",
            hint=_("make keys of your own: longquan keys create"),
        )
    return root


def _ids(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _facts(root: Metadata[Root], data: bytes) -> RootFacts:
    says = ours(root.signed)
    names = says.get("names", {})
    result = root.signed.get_verification_result("root", root.signed_bytes, root.signatures)
    return RootFacts(
        version=root.signed.version,
        city=says["city"],
        sample=says["sample"],
        expires=root.signed.expires,
        fingerprint=fingerprint_of(data),
        keys={
            keyid: PublicKey(key.keyval["public"], names.get(keyid, keyid[:12]), key.scheme)
            for keyid, key in root.signed.keys.items()
        },
        parts={
            "root": tuple(root.signed.roles["root"].keyids),
            **{office: tuple(says["offices"][office]) for office in OFFICES},
            PUBLISH: tuple(root.signed.roles["timestamp"].keyids),
        },
        threshold=root.signed.roles["root"].threshold,
        signed_by=tuple(result.signed),
    )


def _written(
    version: int,
    city: str,
    sample: bool,
    keys: Mapping[str, Sequence[PublicKey]],
    threshold: int,
    expires: datetime,
) -> bytes:
    held = {part: {key.keyid: key for key in keys.get(part, ())} for part in PARTS}
    for part in PARTS:
        needed = threshold if part == "root" else 1
        if len(held[part]) < needed:
            raise UsageError(
                _("{part} has {n} keys and needs {wanted}").format(part=part, n=len(held[part]), wanted=needed),
                hint=f"--{part} NAME.pub.json",
            )
    known: dict[str, PublicKey] = {}
    for part in PARTS:
        for keyid, key in held[part].items():
            if keyid in known:
                raise UsageError(
                    _("the key of {name} is named twice").format(name=key.name),
                    expected=_("a key of its own for every person and part: one key signs one thing"),
                )
            known[keyid] = key
    if has_sample_key(known) and not sample:
        raise PolicyRefusal(
            _("the root names a throw-away key of the sample city, which everybody has"),
            hint=_("make keys of your own: longquan keys create"),
        )
    if threshold < 1:
        raise UsageError(_("a root needs at least one signature"), expected="--threshold 2")
    enrolled = [keyid for office in OFFICES for keyid in held[office]]
    roles = {
        "root": Role(list(held["root"]), threshold),
        "targets": Role(enrolled, len(OFFICES)),
        "snapshot": Role(list(held[PUBLISH]), 1),
        "timestamp": Role(list(held[PUBLISH]), 1),
    }
    says = {
        "city": city,
        "sample": sample,
        "offices": {office: list(held[office]) for office in OFFICES},
        "names": {keyid: key.name for keyid, key in known.items()},
    }
    root = Root(
        version=version,
        expires=expires,
        keys={keyid: key.key for keyid, key in known.items()},
        roles=roles,
        unrecognized_fields={OURS: says},
    )
    return Metadata(root).to_bytes()


def _gap(old: int, new: int) -> LongquanError:
    return TrustError(
        _("root {new} does not follow root {old}").format(new=new, old=old),
        attack="rollback" if new <= old else "mix-and-match",
        where=f"{new}.root.json",
        expected=f"{old + 1}.root.json",
        hint=_("roots follow one another without a gap; give them all"),
    )

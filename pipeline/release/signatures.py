"""Who signed a folder, seen from a root that comes from elsewhere; and what follows from that for its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.making.finished import MANIFEST
from pipeline.release.bundle.partial.derived import verify_release
from pipeline.release.kept import METADATA, SHORT
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.roles import LIMITS, ROOTS_AT_MOST
from pipeline.release.trust.root import fingerprint_of
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.source import Source
from pipeline.release.trust.verify import Trusted, verify_trust

Anchor = Literal["given", "fingerprint", "inside"]
EARLIER_LIMIT: Final = 1 << 28  # bytes of the release.json of an earlier release


@dataclass(frozen=True, slots=True)
class Reader:
    """What whoever verifies knows from elsewhere."""

    now: datetime
    root: bytes | None = None  # a root of trust
    root_fingerprint: str | None = None  # or its sha256
    seen: Seen = field(default_factory=Seen.none)  # what was accepted last
    online: bool = False  # then nothing may have expired

    @property
    def knows(self) -> bool:
        """Whether there is a root that did not come along with what is verified."""
        return self.root is not None or self.root_fingerprint is not None


@dataclass(frozen=True, slots=True)
class Signatures:
    """What the signatures under a release come to."""

    trusted: Trusted | None  # None where nobody signed, or what is there must not be believed
    anchor: Anchor | None  # where the root came from
    faults: tuple[tuple[str, str, str], ...] = ()  # kind (an attack of TrustError), path, text
    warnings: tuple[str, ...] = ()

    @property
    def withdrawn(self) -> Mapping[str, str]:
        """Hashes of what an office took back → when and why."""
        known = self.trusted.withdrawn if self.trusted is not None else ()
        return {each.sha256: f"{each.date} {each.reason}".strip() for each in known}

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        known = self.trusted
        return {
            "signed": known is not None,
            "anchor": self.anchor,
            "warnings": list(self.warnings),
            **(
                {}
                if known is None
                else {
                    "city": known.city,
                    "edition": known.edition,
                    "sample": known.sample,
                    "root_fingerprint": known.root_fingerprint,
                    "expires": known.expires.isoformat(),
                    "signed_by": [
                        {"role": each.role, "name": each.name, "keyid": each.keyid} for each in known.signed_by
                    ],
                    "withdrawn": [each.path for each in known.withdrawn],
                    "seen": known.seen.as_json(),
                }
            ),
        }


def read_signatures(source: Source, manifest: bytes | None, sums_sha256: str | None, reader: Reader) -> Signatures:
    """Judge the metadata in `source`, and whether release.json and the fingerprint are those that were signed."""
    anchor: Anchor = "given" if reader.root is not None else "fingerprint" if reader.root_fingerprint else "inside"
    if source.read("timestamp.json", LIMITS["timestamp"]) is None and source.read("root.json", LIMITS["root"]) is None:
        text = _("nobody has signed it")
        if reader.knows or reader.online:  # nothing unsigned is published
            return Signatures(None, None, (("unsigned", METADATA, text),))
        return Signatures(None, None, warnings=(text,))
    try:
        root = reader.root if reader.root is not None else _root(source, reader.root_fingerprint)
        if manifest is None:
            trusted = verify_trust(source, root, seen=reader.seen, now=reader.now, online=reader.online)
        else:  # whole, or part of a release
            trusted = verify_release(source, root, manifest, seen=reader.seen, now=reader.now, online=reader.online)
        if sums_sha256 is not None and sums_sha256 != trusted.sums_sha256:
            raise TrustError(
                _("SHA256SUMS is not the list whose fingerprint was signed"),
                attack="arbitrary-file",
                where="SHA256SUMS",
                expected=trusted.sums_sha256,
            )
    except TrustError as error:
        return Signatures(None, anchor, ((error.attack, error.where or METADATA, _words(error)),))
    except InputError as error:
        return Signatures(None, anchor, (("damaged", error.where or METADATA, _words(error)),))
    faults = []
    for each in trusted.withdrawn:
        if each.sha256 == trusted.manifest_sha256:
            text = _("this release was withdrawn on {date}: {reason}").format(date=each.date, reason=each.reason)
            faults.append(("withdrawn", MANIFEST, text))
    warnings = list(trusted.warnings)
    if anchor == "inside":
        warnings.append(
            _("checked only against the root that came along: compare its fingerprint with the printed sheet")
        )
    return Signatures(trusted, anchor, tuple(faults), tuple(warnings))


def unvouched(source: Source, manifest: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of earlier releases in metadata/ that the signed release does not lead to.

    Each release.json holds the hash of the one before it, so a signature reaches back as far as no link is missing.
    `there`: the names in metadata/.
    """
    waiting = {name[8 : 8 + SHORT] for name in there if name.startswith("release-") and name.endswith(".json")}
    waiting.discard(str(manifest.get("release"))[:SHORT])
    before = manifest.get("previous")
    while isinstance(before, Mapping) and str(before.get("release"))[:SHORT] in waiting:
        id = str(before["release"])[:SHORT]
        data = source.read(f"release-{id}.json", EARLIER_LIMIT)
        if data is None or hashlib.sha256(data).hexdigest() != before.get("manifest_sha256"):
            break
        waiting.discard(id)
        before = json.loads(data).get("previous")
    return tuple(sorted(waiting))


def _root(source: Source, fingerprint: str | None) -> bytes:
    """The root that lies beside, and has the fingerprint if one is given; the newest first."""
    names = ["root.json", *(f"{version}.root.json" for version in range(1, ROOTS_AT_MOST + 1))]
    for name in names:
        data = source.read(name, LIMITS["root"])
        if data is None:
            if name == "root.json":
                continue
            break
        if fingerprint is None or fingerprint_of(data) == fingerprint:
            return data
    if fingerprint is None:
        raise TrustError(_("{name} is missing").format(name="root.json"), attack="damaged", where="root.json")
    raise TrustError(
        _("no root that came along has the fingerprint that is trusted"),
        attack="wrong-root",
        where="root.json",
        expected=fingerprint,
        hint=_("take the root of the right city; compare its fingerprint with the printed sheet"),
    )


def _words(error: InputError) -> str:
    """The error in one line."""
    parts = [error.message]
    if error.expected:
        parts.append(f"{_('expected:')} {error.expected}")
    if error.hint:
        parts.append(f"{_('what to do:')} {error.hint}")
    return "; ".join(parts)

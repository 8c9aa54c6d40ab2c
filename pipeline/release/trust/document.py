"""Signed documents: read strictly, so that every byte counts; their signatures looked at by TUF's own code."""

from __future__ import annotations

import re
from typing import Any

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Signed, T, Targets
from tuf.api.serialization import DeserializationError, SerializationError
from tuf.api.serialization.json import JSONSerializer

from pipeline.i18n import _
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.roles import LIMITS, OURS

_HEX = re.compile("[0-9a-f]+")


def read_document(data: bytes, kind: type[T], name: str) -> Metadata[T]:
    """The document in `data`, which must be of that kind and written as we write it, or as TUF's examples do.

    So no two texts mean the same document, and one flipped byte is never overlooked. Nothing is parsed that is longer
    than anything honest. Raises TrustError.
    """
    limit = LIMITS[kind.type]
    if len(data) > limit:
        raise TrustError(
            _("{name} is longer than it can honestly be").format(name=name),
            attack="endless-data",
            where=name,
            expected=_("at most {n} bytes").format(n=f"{limit:,}"),
        )
    try:
        document: Metadata[T] = Metadata.from_bytes(data)
        if not isinstance(document.signed, kind):
            raise ValueError("another kind")
        if type(document.signed.version) is not int:
            raise ValueError("no version")
        document.signed_bytes  # noqa: B018  what cannot be written canonically cannot have been signed
        if data not in (document.to_bytes(), document.to_bytes(JSONSerializer())):
            raise ValueError("written otherwise")
        if not all(_HEX.fullmatch(signature.signature) for signature in document.signatures.values()):
            raise ValueError("written otherwise")
    except (DeserializationError, SerializationError, RepositoryError, ValueError, TypeError) as error:
        raise TrustError(
            _("{name} is damaged, or no {kind} metadata").format(name=name, kind=kind.type),
            attack="damaged",
            where=name,
            hint=_("fetch or copy it again; if it stays so, tell those who publish"),
        ) from error
    return document


def signers(delegator: Root | Targets, role: str, document: Metadata[Any], name: str, *, strict: bool) -> list[str]:
    """The ids of the keys of `role` whose signatures under `document` hold, in the order of the role.

    `strict`: a signature by any other key is refused too; where no hash covers the file it would be bytes that do not
    count. Raises TrustError for a signature that does not hold and for fewer than the role's threshold.
    """
    try:
        result = delegator.get_verification_result(role, document.signed_bytes, document.signatures)
    except ValueError as error:
        raise TrustError(
            _("nobody was given the right to sign {name}").format(name=name), attack="wrong-key", where=name
        ) from error
    false = [keyid for keyid in document.signatures if keyid not in result.signed]
    broken = [keyid for keyid in false if keyid in result.unsigned]
    if broken or (false and (strict or not result.verified)):
        raise TrustError(
            _("{name} has a signature that does not hold: of a key that may not sign it, or over other content").format(
                name=name
            ),
            attack="wrong-key",
            where=name,
            expected=_("signatures by keys that the root names"),
            hint=_("it was changed after signing, or signed with a key that is not or no longer enrolled"),
        )
    if not result.verified:
        raise TrustError(
            _("{name} has {n} of the {wanted} signatures that it needs").format(
                name=name, n=len(result.signed), wanted=result.threshold
            ),
            attack="threshold",
            where=name,
            hint=_("it must be signed by the others first: longquan sign"),
        )
    return list(result.signed)


def ours(signed: Signed) -> dict[str, Any]:
    """What we say beyond TUF in a signed document; empty where it is not there or no table."""
    value = signed.unrecognized_fields.get(OURS)
    return value if isinstance(value, dict) else {}

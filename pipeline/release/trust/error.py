"""What is wrong with the signatures of a release, and which attack it looks like."""

from __future__ import annotations

from typing import Final

from pipeline.errors import InputError

# The attacks of the TUF specification, section 1.5.2, and those that this platform adds.
ATTACKS: Final = (
    "arbitrary-file",  # a file that nobody signed
    "rollback",  # older than what was seen before
    "freeze",  # nothing newer is let through
    "mix-and-match",  # parts of several releases
    "endless-data",  # longer than anything honest
    "wrong-key",  # signed by a key that has no part in it
    "threshold",  # too few signatures
    "office",  # not one signature of each office
    "department",  # somebody else's data
    "wrong-root",  # another city's, or nobody's
    "sample-key",  # a throw-away key of the sample city
    "withdrawn",  # taken back by an office
    "damaged",  # it cannot be read as it should, whoever did that
)


class TrustError(InputError):
    """Metadata that must not be believed; `attack` is one of `ATTACKS`, for programs."""

    def __init__(
        self,
        message: str,
        *,
        attack: str,
        where: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, where=where, expected=expected, hint=hint)
        self.attack = attack

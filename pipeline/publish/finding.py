"""What a check of a server found: how bad it is, what was seen, what was expected, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["fault", "notice"]
SERVERS = ("nginx", "caddy", "apache", "iis", "s3")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be at one address.

    A fault stops somebody from using the release, or shows them a wrong one; a notice costs time or help elsewhere.
    `remedy` is a name that `fixes.fixes_of` knows.
    """

    severity: Severity
    address: str
    seen: str
    expected: str
    remedy: str

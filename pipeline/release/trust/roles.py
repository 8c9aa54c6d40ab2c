"""Who signs what: the names of roles and offices, how long each document may be and how long it holds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

OFFICES: Final = ("survey", "secrecy")  # each must have signed a release
PUBLISH: Final = "publish"
MANIFEST: Final = "release.json"  # the one file that the offices sign; it lists all others
WITHDRAWALS: Final = "withdrawals"
DERIVED: Final = "derived"
WITHDRAWN: Final = "withdrawn.json"  # the file of the role `withdrawals`; it is newer than any snapshot may be
WITHDRAWN_PATHS: Final = "withdrawn/*"
DERIVED_PATHS: Final = "derived/*/release.json"
OURS: Final = "x-longquan"  # the field of signed documents that TUF knows nothing of

# Bytes that a document may have. A million archives with explanations would take less.
LIMITS: Final = {"root": 512 << 10, "targets": 5 << 20, "snapshot": 2 << 20, "timestamp": 16 << 10}
ROOTS_AT_MOST: Final = 256  # that are followed from the one that is trusted; as TUF's own client

# How long a document holds when nobody says otherwise.
ROOT_HOLDS: Final = timedelta(days=3 * 365)
TARGETS_HOLDS: Final = timedelta(days=400)  # a release a year, and a month's grace
SNAPSHOT_HOLDS: Final = timedelta(days=400)
TIMESTAMP_HOLDS: Final = timedelta(days=45)  # `publish --refresh` every month

_DEPARTMENT = re.compile(r"department[:-]([a-z0-9][a-z0-9-]*)")


def department_role(department: str) -> str:
    """The name of the role of a department, which is also the stem of its file."""
    return f"department-{department}"


def department_of(role: str) -> str | None:
    """The department of a role, written ``department-<id>`` or ``department:<id>``; None for any other."""
    found = _DEPARTMENT.fullmatch(role)
    return found[1] if found else None

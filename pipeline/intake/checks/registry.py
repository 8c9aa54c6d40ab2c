"""Every rule, in the order in which reports show them."""

from __future__ import annotations

from typing import Final

from pipeline.intake.checks import reference, validity
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.rule import Rule


def unread() -> Message:
    """Why no other rule is applied to what cannot be read."""
    return _("the source could not be read")


# What reading itself finds: damaged files, unknown formats, texts in no encoding.
UNREADABLE: Final = Rule(
    "unreadable", "logic", "A", lambda: _("The file can be read as a whole"), lambda _layer, _subject: None
)

RULES: Final[tuple[Rule, ...]] = (
    reference.crs_missing,
    reference.crs_unknown,
    reference.crs_contradicted,
    reference.axes_swapped,
    reference.displaced,
    reference.elsewhere,
    reference.outside_city,
    validity.no_features,
    validity.geometry_missing,
    validity.geometry_invalid,
)

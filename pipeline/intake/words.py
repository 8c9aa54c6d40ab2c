"""Kinds of faults in words for people, those of reading, of this room and of the engine."""

from __future__ import annotations

from pipeline.i18n import _
from pipeline.sources.faults import describe


def in_words(kind: str) -> str:
    """What a tally's kind means, in the language in force; a kind nobody has described stays as it is."""
    words = {
        "address-ambiguous": _("addresses that stand at several places"),
        "address-missing": _("rows without an address"),
        "address-not-found": _("addresses that no point has"),
        "antimeridian": _("features that reach over longitude 180°, divided there or moved into the world"),
        "binary-column": _("columns of binary data, left out"),
        "code-not-in-domain": _("codes that their table does not have"),
        "duplicate-key": _("keys that occur more than once"),
        "far-beyond-world": _("features at longitudes that mean nothing"),
        "filled-void-cells": _("pixels of small voids, filled from around them"),
        "implausible-heights": _("heights that cannot be, left out"),
        "invalid-area": _("areas that cross themselves, mended"),
        "large-voids": _("voids too large to be filled"),
        "masked-by-edition": _("features inside areas that the edition does not show"),
        "outside-city": _("features outside the city, left out"),
        "required-value-missing": _("required values that are missing"),
        "small-contours": _("rings of contours that are too small, left out"),
        "too-small-for-grid": _("features smaller than the grid that the edition rounds to, left out"),
        "value-not-of-type": _("values that are not of their field's type"),
    }
    return words.get(kind) or describe(kind)

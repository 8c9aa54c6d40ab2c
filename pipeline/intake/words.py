"""Kinds of faults in words for people."""

from __future__ import annotations

from pipeline.i18n import _


def in_words(kind: str) -> str:
    """What a tally's kind means, in the language in force; a kind nobody has described stays as it is."""
    words = {
        "address-ambiguous": _("addresses that stand at several places"),
        "address-missing": _("rows without an address"),
        "address-not-found": _("addresses that no point has"),
        "bad-coordinates": _("coordinates that are no numbers"),
        "binary-column": _("columns of binary data, left out"),
        "code-not-in-domain": _("codes that their table does not have"),
        "collection-split": _("collections taken apart"),
        "crs-assumed": _("no reference system given: degrees assumed"),
        "curve-to-chords": _("curves made straight"),
        "duplicate-key": _("keys that occur more than once"),
        "empty-geometry": _("empty geometries"),
        "m-dropped": _("measures (M) left out"),
        "malformed-geometry": _("geometries that cannot be read"),
        "null-geometry": _("features without a geometry"),
        "outside-city": _("features outside the city, left out"),
        "outside-crs": _("coordinates that have no place on earth"),
        "part-too-short": _("lines and rings with too few points"),
        "required-value-missing": _("required values that are missing"),
        "ring-closed": _("rings that were open"),
        "surface-to-polygons": _("surfaces taken apart"),
        "value-not-of-type": _("values that are not of their field's type"),
        "z-dropped": _("heights (Z) left out"),
    }
    return words.get(kind, kind)

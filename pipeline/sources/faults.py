"""The kinds of faults that reading counts in a Tally, in words for people."""

from __future__ import annotations

from pipeline.i18n import _


def describe(kind: str) -> str:
    """What a kind counted by this room means, in the language in force; the kind itself if it is not ours."""
    return {
        "null-geometry": _("features without a geometry"),
        "empty-geometry": _("features with an empty geometry"),
        "z-dropped": _("features whose heights were left out"),
        "m-dropped": _("features whose measures were left out"),
        "curve-to-chords": _("features whose arcs became chords of at most 4°"),
        "surface-to-polygons": _("triangle or surface features that became polygons"),
        "collection-split": _("collections of which only the members of the highest dimension were kept"),
        "ring-closed": _("features with a ring that was not closed, now closed"),
        "part-too-short": _("features with a ring or line of too few vertices, left out"),
        "bad-coordinates": _("features with coordinates that are no numbers, geometry left out"),
        "malformed-geometry": _("features with an unreadable geometry, left out"),
        "outside-crs": _("features that have no place on earth in their CRS, geometry left out"),
        "outside-crs-area": _("layers far from the area that their CRS is meant for"),
        "crs-assumed": _("layers that do not declare their CRS, assumed from their coordinates"),
        "displaced": _("features moved back from GCJ-02 or BD-09 to WGS 84, as was asked"),
        "text-cut": _("texts whose last character was cut off by the width of the field"),
        "bad-row": _("table rows with too many or too few values, left out"),
        "bad-line": _("lines that are no GeoJSON feature, left out"),
        "osm-missing-nodes": _("ways with nodes that are not in the file or stand behind them, left out"),
        "osm-incomplete-relation": _("areas whose relation has members that are not in the file, left out"),
        "osm-broken-area": _("areas whose outlines cross or do not close, left out"),
        "osm-bad-value": _("tags that are no value of their field's type, left out"),
        "gdal-warning": _("warnings of GDAL"),
    }.get(kind, kind)

"""逻辑一致性: is there anything, has every feature a geometry, and is it valid?"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.intake.checks.layer import Layer, Shapes
from pipeline.intake.checks.measures import BROKEN, CURVED, MISSING
from pipeline.intake.checks.message import Message, verbatim
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.reference import no_coordinates
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject

_KINDS: Final = 4  # reasons that a message names


@rule("no-features", "completeness", "A", lambda: _("The file holds features"))
def no_features(layer: Layer, subject: Subject) -> Outcome:
    """An empty file is no nil return, nor are rows of which none has the place that the file has room for."""
    if layer.features:
        located = subject.dataset is not None and subject.dataset.join is not None
        kind = layer.measures.kind
        if (
            located
            or layer.shapes_wkb is None
            or not ((kind == MISSING) | (kind == BROKEN) | layer.measures.empty).all()
        ):
            return None
        return Found(
            _("None of the {n} rows has a geometry.").format(n=layer.features),
            _("see in what columns, layer or file the places are, and hand these in"),
            count=layer.features,
        )
    return Found(
        _("The file holds no feature."),
        _("hand in the data, or a nil return (零报告) if nothing has changed"),
    )


@rule("geometry-missing", "logic", "B", lambda: _("Every feature has a geometry"))
def geometry_missing(layer: Layer, subject: Subject) -> Outcome:
    """No geometry, an empty one, or bytes that are none."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    kind = layer.measures.kind
    rows = np.flatnonzero(_without(layer))
    if not len(rows):
        return None
    return Found(
        _("{n} features have no geometry ({broken} of them one that cannot be read).").format(
            n=len(rows), broken=int((kind == BROKEN).sum())
        ),
        _("draw them, or delete the rows"),
        rows=rows,
        places=np.empty(0, object),
    )


def _without(layer: Layer) -> NDArray[np.bool_]:
    """Which features have no geometry."""
    kind = layer.measures.kind
    return np.asarray((kind == MISSING) | (kind == BROKEN) | layer.measures.empty)


@rule("geometry-curved", "logic", "D", lambda: _("Geometries are made of straight pieces"))
def geometry_curved(layer: Layer, subject: Subject) -> Outcome:
    """Circular arcs and curved surfaces, which no other rule can judge; tiles get chords of them."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    rows = np.flatnonzero(layer.measures.kind == CURVED)
    if not len(rows):
        return None
    return Found(
        _("{n} geometries have arcs, which could not be checked.").format(n=len(rows)),
        _("replace arcs by short straight pieces before handing in; in QGIS: Convert Curved Geometries"),
        rows=rows,
        places=np.empty(0, object),
    )


@rule("geometry-invalid", "logic", "B", lambda: _("Every geometry is valid"))
def geometry_invalid(layer: Layer, subject: Subject) -> Outcome:
    """By the OGC's simple features (06-103r4 § 6.1), as GEOS judges: rings that cross, holes outside, bow-ties."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    rows = np.flatnonzero(~layer.measures.valid)
    if not len(rows):
        return None
    shapes = layer.original(rows[:PLACES])
    reasons, where = _reasons(shapes)
    kinds = Counter(reasons).most_common()
    told = tuple(_("{reason} {n}").format(reason=in_words(reason), n=n) for reason, n in kinds[:_KINDS])
    return Found(
        _("{n} geometries are invalid ({reasons}).").format(n=len(rows), reasons=told),
        _("repair them at these places; in QGIS: Vector – Geometry Tools – Check Validity, then Fix Geometries"),
        rows=rows,
        places=layer.scaled(where),
        remarks=tuple(in_words(reason) for reason in reasons),
    )


def in_words(reason: str) -> Message:
    """What GEOS's reason is called; one that is not known here stays as it is."""
    return {
        "Self-intersection": _("Self-intersection"),
        "Ring Self-intersection": _("Ring self-intersection"),
        "Hole lies outside shell": _("Hole outside its shell"),
        "Holes are nested": _("Nested holes"),
        "Nested shells": _("Nested shells"),
        "Interior is disconnected": _("Interior in pieces"),
        "Duplicate Rings": _("Ring there twice"),
        "Too few points in geometry component": _("Too few points"),
        "Invalid Coordinate": _("Coordinates that are no numbers"),
        "Ring is not closed": _("Ring not closed"),
    }.get(reason, verbatim(reason))


def _reasons(shapes: Shapes) -> tuple[list[str], Shapes]:
    """GEOS's reason for each shape, and the place that it names, "Self-intersection[119.1 28.0]"."""
    texts = shapely.is_valid_reason(shapes)
    reasons: list[str] = []
    places = np.empty(len(shapes), object)
    for at, text in enumerate(texts):  # of faults only, and no more than are kept
        reason, _bracket, place = str(text).partition("[")
        reasons.append(reason)
        numbers = [float(part) for part in place.rstrip("]").split()[:2]] if place else []
        if len(numbers) == 2 and np.isfinite(numbers).all():
            places[at] = shapely.Point(numbers)
    return reasons, places

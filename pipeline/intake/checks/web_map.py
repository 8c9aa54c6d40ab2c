"""空间参考系: coordinates taken from a web map, found out by what the platform has already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.measures import LINES
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.reference import no_coordinates, not_placed
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.shelf import Reference, read_reference
from pipeline.intake.checks.subject import Subject
from pipeline.sources.detective import FEWEST, SAMPLE, suspect
from pipeline.sources.options import ReadOptions

# Layers of the framework whose places others are near to: what stands at an address, along a road.
_NEAR: Final = ("AANP", "AGNP", "RESA", "RESP", "RFCP")
_ALONG: Final = ("LRDL", "LRRL", "HYDL")

Floats = NDArray[np.float64]


@rule("gcj02-suspected", "reference", "A", lambda: _("The coordinates are not displaced as on web maps"))
def gcj02_suspected(layer: Layer, subject: Subject) -> Outcome:
    """Most features have a known place close by once they are moved back by GCJ-02 or BD-09, and not as they stand."""
    if layer.placing.seen is None:
        return Skipped(no_coordinates())
    if layer.placing.crs is None:
        return Skipped(not_placed())
    if layer.placing.displaced is not None:
        return Skipped(_("the coordinates are moved back already, as declared"))
    lng, lat = _places(layer)
    if len(lng) < FEWEST:
        return Skipped(_("too few features to tell"))
    asked = False
    for known in _references(layer, subject):
        x, y = _vertices(known, layer)
        if len(x) < FEWEST:
            continue
        asked = True
        suspicion = suspect(lng, lat, x, y)
        if suspicion is not None:
            east, north = suspicion.offset
            return Found(
                _(
                    "The coordinates seem to be those of a web map ({system}): they lie {east} m east and {north} m "
                    "north of known places; moved back, they are {near} m from them."
                ).format(
                    system=suspicion.system, east=f"{east:+.0f}", north=f"{north:+.0f}", near=f"{suspicion.near:.0f}"
                ),
                _("hand in what was surveyed, in CGCS2000; coordinates of web maps may not be published"),
            )
    return None if asked else Skipped(_("the platform has no places of this kind yet to compare with"))


def _references(layer: Layer, subject: Subject) -> Iterator[Reference]:
    """Known places, read when they are asked for: those of the last version first, which are of the same things."""
    if subject.previous is not None:
        yield read_reference(subject.previous, ReadOptions())
    for name in _ALONG if layer.kind == "line" else _NEAR:
        if (known := layer.shelf.features(name)) is not None:
            yield known


def _places(layer: Layer) -> tuple[Floats, Floats]:
    """A place of each of a sample of features, in degrees: lines begin there, others have their middle there."""
    rows = np.flatnonzero(np.isfinite(layer.measures.box).all(1) & layer.measures.finite)
    rows = rows[:: max(1, len(rows) // SAMPLE)]
    if layer.kind == "line":
        shapes = layer.shapes(rows)
        parts = shapely.get_parts(shapes)
        xy = shapely.get_coordinates(shapely.get_point(parts, 0))
    else:
        box = layer.measures.box[rows]
        xy = (box[:, :2] + box[:, 2:]) / 2
    a, b = layer.placing.scale
    return layer.placing.degrees(xy[:, 0] / a, xy[:, 1] / b)


def _vertices(known: Reference, layer: Layer) -> tuple[Floats, Floats]:
    """Known places in degrees: vertices of lines, middles of anything else."""
    if layer.kind == "line" and np.isin(shapely.get_type_id(known.shapes), LINES).any():
        xy = shapely.get_coordinates(known.shapes)
    else:
        box = shapely.bounds(known.shapes)
        xy = (box[:, :2] + box[:, 2:]) / 2
    return np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])

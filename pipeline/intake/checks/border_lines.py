"""逻辑一致性: lines that are said to be the borders of areas are exactly these (BOUL and BOUA)."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from pipeline.intake.checks.layer import Layer, Shapes
from pipeline.intake.checks.measures import LINES
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.reference import no_coordinates, not_placed
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.shelf import no_sibling
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.traits import layer_kind

_SHORT: Final = 10.0  # times `join_m`: shorter differences are those of rounding at the ends of others


@rule("border-lines", "logic", "B", lambda: _("Border lines are the borders of the areas"))
def border_lines(layer: Layer, subject: Subject) -> Outcome:
    """Every line runs along a border, every border has its line, within `join_m`."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    kind = layer_kind(layer, subject)
    if kind is None or kind.borders is None:
        return Skipped(_("these lines are not said to be the borders of areas"))
    if layer.placing.crs is None:
        return Skipped(not_placed())
    areas = layer.shelf.areas(kind.borders)
    if areas is None:
        return Skipped(no_sibling(kind.borders))
    rows = layer.rows_of(LINES)
    borders = shapely.boundary(layer.plane(areas.shapes))
    tolerance = max(subject.limits.join_m, 1e-6)
    alone = _beyond(layer.shapes(rows), borders, tolerance)
    bare = _beyond(borders, layer.shapes(rows), tolerance)
    if not len(alone) and not len(bare):
        return None
    places = np.concatenate([alone, bare])
    return Found(
        _(
            "{lines} pieces of lines ({line_m} m) run along no border, "
            "{borders} pieces of borders ({border_m} m) have no line."
        ).format(
            lines=len(alone),
            line_m=f"{shapely.length(alone).sum():,.1f}",
            borders=len(bare),
            border_m=f"{shapely.length(bare).sum():,.1f}",
        ),
        _("derive the lines from the areas of {name}, and hand both in together").format(name=kind.borders),
        places=places[:PLACES],
        remarks=(
            *[_("line without a border")] * len(alone),
            *[_("border without a line")] * len(bare),
        )[:PLACES],
        count=len(places),
    )


def _beyond(shapes: Shapes, others: Shapes, tolerance: float) -> Shapes:
    """The pieces of lines `shapes` that lie farther from all `others` than the tolerance, shared ones once.

    Line by line, each against those of the others that come near, so that a city's borders are not made one geometry.
    """
    tree = shapely.STRtree(others)
    at, near = tree.query(shapes, predicate="dwithin", distance=tolerance)
    left = shapes.copy()
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(len(shapes) + 1))
    for row in range(len(shapes)):
        found = others[near[order[starts[row] : starts[row + 1]]]]
        if len(found):
            left[row] = shapely.difference(
                shapes[row], shapely.buffer(shapely.union_all(found), tolerance, quad_segs=2)
            )
    pieces = shapely.get_parts(shapely.line_merge(shapely.union_all(left[~shapely.is_empty(left)])))
    pieces = np.asarray(pieces, object)
    return pieces[shapely.length(pieces) > _SHORT * tolerance]

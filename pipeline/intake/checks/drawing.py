"""表征质量, 逻辑一致性: what maps cannot show: slivers, specks, two labels at one place, the wrong kind of geometry."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from pipeline.intake.checks.attributes import no_column
from pipeline.intake.checks.layer import Layer, Rows, portions_of
from pipeline.intake.checks.measures import AREAS, LINES, POINTS
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.reference import no_coordinates
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.traits import layer_kind
from pipeline.intake.checks.values import flags, quoted

_EARTH: Final = 1e9  # metres; beyond it sums of coordinates lose what is near


@rule("geometry-kind", "logic", "A", lambda: _("Geometries are of the kind that the layer is for"))
def geometry_kind(layer: Layer, subject: Subject) -> Outcome:
    """By the last letter of the layer's name: A areas, L lines, P points."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    kind = layer_kind(layer, subject)
    if kind is None:
        return Skipped(_("of what kind the geometries should be is not known"))
    wanted = {"polygon": AREAS, "line": LINES, "point": POINTS}[kind.geometry]
    there = (layer.measures.kind >= 0) & ~layer.measures.empty
    rows = np.flatnonzero(there & ~np.isin(layer.measures.kind, wanted))
    if not len(rows):
        return None
    words = {"polygon": _("areas"), "line": _("lines"), "point": _("points")}[kind.geometry]
    return Found(
        _("{n} features of layer {layer} are no {kind}.").format(n=len(rows), layer=kind.name, kind=words),
        _("hand them in with the layer where they belong"),
        rows=rows,
    )


@rule("geometry-mixed", "logic", "B", lambda: _("All geometries are of one kind"))
def geometry_mixed(layer: Layer, subject: Subject) -> Outcome:
    """Points, lines and areas in one layer, as drawings have them; the fewer ones count."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    kind, there = layer.measures.kind, ~layer.measures.empty
    groups = [np.flatnonzero(there & np.isin(kind, types)) for types in (POINTS, LINES, AREAS, (7,))]
    most = max(groups, key=len)
    rows = np.sort(np.concatenate([group for group in groups if group is not most]))
    if not len(rows):
        return None
    return Found(
        _("{points} points, {lines} lines, {areas} areas and {others} collections are in one layer.").format(
            points=len(groups[0]), lines=len(groups[1]), areas=len(groups[2]), others=len(groups[3])
        ),
        _("hand in each kind as a layer of its own"),
        rows=rows,
    )


@rule("sliver", "presentation", "C", lambda: _("No area is a sliver"))
def sliver(layer: Layer, subject: Subject) -> Outcome:
    """Small and thin: 4π·area/perimeter² below `sliver_thinness` (Polsby and Popper 1991), less than `sliver_m2`."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    rows, limits = layer.rows_of(AREAS), subject.limits
    if not len(rows):
        return Skipped(_("there are no areas"))
    area, around = layer.measures.area[rows], layer.measures.length[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        roundness = 4 * math.pi * area / around.astype(np.float64) ** 2
    thin = (area < limits.sliver_m2) & ~(roundness >= limits.sliver_thinness)
    rows = rows[thin]
    if not len(rows):
        return None
    return Found(
        _("{n} areas are slivers: less than {area} m² and thin.").format(n=len(rows), area=f"{limits.sliver_m2:g}"),
        _("join them to the neighbour they belong to"),
        rows=rows,
        remarks=tuple(f"{value:.2f} m²" for value in layer.measures.area[rows]),
    )


@rule("too-small", "presentation", "D", lambda: _("Nothing is too small for the scale"))
def too_small(layer: Layer, subject: Subject) -> Outcome:
    """Areas smaller than a square of `smallest_mm` at the declared scale, lines shorter than its side."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    scale = subject.dataset.scale if subject.dataset is not None else None
    if scale is None:
        return Skipped(_("no scale is declared"))
    side = subject.limits.smallest_mm / 1000 * scale
    measures = layer.measures
    small = np.isin(measures.kind, AREAS) & (measures.area < side * side)
    small |= np.isin(measures.kind, LINES) & (measures.length < side)
    rows = np.flatnonzero(small & ~measures.empty)
    if not len(rows):
        return None
    return Found(
        _("{n} features are too small to be drawn at 1:{scale} (below {side} m, or {area} m²).").format(
            n=len(rows), scale=scale, side=f"{side:g}", area=f"{side * side:g}"
        ),
        _("join them to a neighbour, or leave them out"),
        rows=rows,
    )


@rule("duplicate-label", "presentation", "D", lambda: _("No name stands twice at one place"))
def duplicate_label(layer: Layer, subject: Subject) -> Outcome:
    """Points of the same name closer than `label_m`: of each pair the later one counts."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    column = layer.role("NAME")
    if column is None:
        return Skipped(no_column("NAME"))
    rows = layer.rows_of(POINTS)
    if not len(rows):
        return Skipped(_("there are no points"))
    names = layer.texts(column)
    coded = names.take(pa.array(rows)).dictionary_encode().indices
    there = flags(pc.is_valid(coded))
    rows = rows[there]
    code = np.asarray(coded.drop_null().to_numpy(zero_copy_only=False), np.int64)
    again = np.bincount(code)[code] > 1 if len(code) else np.zeros(0, np.bool_)
    rows, code = rows[again], code[again]
    rows = _near_each_other(layer, rows, code, subject.limits.label_m)
    if not len(rows):
        return None
    return Found(
        _("{n} points have the name of another within {limit} m: {names}.").format(
            n=len(rows), limit=f"{subject.limits.label_m:g}", names=quoted(names, rows)
        ),
        _("keep one of each, or tell them apart by their names"),
        rows=rows,
    )


def _near_each_other(layer: Layer, rows: Rows, code: NDArray[np.int64], distance: float) -> Rows:
    """The later of each pair of points of the same code that are not farther apart than `distance` metres."""
    box = layer.measures.box[rows]
    on_earth = (np.abs(box) < _EARTH).all(1)  # the rest is told by the rules on reference systems
    rows, code, box = rows[on_earth], code[on_earth], box[on_earth]
    if not len(rows):
        return rows
    xy = (box[:, :2] + box[:, 2:]) / 2
    # Each code has a plane of its own, side by side: what is near has the same. Rounding moves nothing by a
    # centimetre, a million names over the whole earth among them.
    xy[:, 0] -= xy[:, 0].min()
    xy[:, 0] += np.unique(code, return_inverse=True)[1] * (xy[:, 0].max() + 2 * distance)
    tree = shapely.STRtree(np.asarray(shapely.points(xy), object))
    later = [np.zeros(0, np.int64)]
    for portion in portions_of(np.arange(len(rows))):
        a, b = tree.query(tree.geometries[portion], predicate="dwithin", distance=distance)
        later.append(np.unique(b[b > portion[a]]))
    return np.unique(rows[np.concatenate(later)])

"""逻辑一致性, 位置精度: lines of a network meet where they nearly meet, and go on beyond borders."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.intake.checks.borders import GRID, groups_of
from pipeline.intake.checks.layer import Layer, Rows, Shapes
from pipeline.intake.checks.measures import LINES
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.reference import no_coordinates, not_placed
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.shelf import no_sibling
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.traits import is_network


class Ends(NamedTuple):
    """The free ends of a network: those that no other end meets, nor another line."""

    points: Shapes  # [ends]
    row: Rows  # [ends] the feature of each
    apart: NDArray[np.float64]  # [ends] metres to the nearest other line, inf beyond the distance looked at


@rule("dangle", "logic", "C", lambda: _("Lines of a network meet"))
def dangle(layer: Layer, subject: Subject) -> Outcome:
    """An end closer to another line than `dangle_m`, yet farther than `join_m`: drawn too short, or too far."""
    ends = _ends_of_network(layer, subject)
    if not isinstance(ends, Ends):
        return ends
    at = np.flatnonzero(ends.apart <= subject.limits.dangle_m)
    if not len(at):
        return None
    return Found(
        _("Ends of lines that come within {limit} m of another line without meeting it: {n}.").format(
            n=len(at), limit=f"{subject.limits.dangle_m:g}"
        ),
        _("join them at these places (snap the end to the other line, or cut off what is too long)"),
        rows=ends.row[at],
        places=ends.points[at[:PLACES]],
        remarks=tuple(f"{metres:.2f} m" for metres in ends.apart[at[:PLACES]]),
    )


@rule("edge-mismatch", "position", "C", lambda: _("Lines meet at the borders of towns and of the city"))
def edge_mismatch(layer: Layer, subject: Subject) -> Outcome:
    """Two ends on either side of a border that miss each other, and ends that stop just short of the city's border."""
    ends = _ends_of_network(layer, subject)
    if not isinstance(ends, Ends):
        return ends
    if layer.placing.crs is None:
        return Skipped(not_placed())
    towns = layer.shelf.areas("BOUA")
    if towns is None:
        return Skipped(no_sibling("BOUA"))
    limits = subject.limits
    areas = layer.plane(towns.shapes)
    inner = shapely.boundary(areas)
    outer = shapely.boundary(shapely.union_all(shapely.buffer(areas, 0)))
    points = ends.points
    if not len(points):
        return None
    near = shapely.STRtree(inner).query(points, predicate="dwithin", distance=limits.edge_m)[0]
    seam = points[candidates := np.unique(near)]
    missed = _missing_partner(seam, ends.row[candidates], limits.join_m, 2 * limits.edge_m)
    short = shapely.distance(seam, outer)
    missed = np.where((short > limits.join_m) & (short <= limits.edge_m), np.fmin(missed, short), missed)
    at = candidates[np.isfinite(missed)]
    if not len(at):
        return None
    return Found(
        _("Ends of lines at borders that do not meet what goes on beyond, by up to {limit} m: {n}.").format(
            n=len(at), limit=f"{np.nanmax(missed[np.isfinite(missed)]):.2f}"
        ),
        _("match the edges with the neighbours: both sides end at one and the same point on the border"),
        rows=ends.row[at],
        places=points[at[:PLACES]],
        remarks=tuple(f"{metres:.2f} m" for metres in missed[np.isfinite(missed)][:PLACES]),
    )


def free_ends(shapes: Shapes, rows: Rows, join: float, within: float) -> Ends:
    """The free ends of lines [features] that belong to `rows`, and how far the next line is, up to `within` metres."""
    lines, part = shapely.get_parts(shapes, return_index=True)
    lines, part = lines[open_ := ~shapely.is_closed(lines)], part[open_]
    points = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    owner = np.concatenate([part, part])
    xy = np.column_stack((shapely.get_x(points), shapely.get_y(points)))
    group = groups_of(np.rint(xy / GRID).astype(np.int64))
    alone = np.flatnonzero(np.bincount(group)[group] == 1) if len(group) else np.zeros(0, np.int64)
    points, owner = points[alone], owner[alone]
    end, other = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=within)
    foreign = owner[end] != other
    end, other = end[foreign], other[foreign]
    apart = np.full(len(points), np.inf)
    np.minimum.at(apart, end, shapely.distance(points[end], shapes[other]))
    free = apart > join
    return Ends(np.asarray(points[free], object), rows[owner[free]], apart[free])


def no_network() -> Message:
    """Why rules on networks do not apply."""
    return _("these lines are not said to be a network")


def _ends_of_network(layer: Layer, subject: Subject) -> Ends | Skipped:
    """The layer's free ends, found once for both rules."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    if not is_network(layer, subject):
        return Skipped(no_network())
    rows = layer.rows_of(LINES)
    if not len(rows):
        return Skipped(_("there are no lines"))
    limits = subject.limits
    return layer.shelf.keep("ends", lambda: free_ends(layer.shapes(rows), rows, limits.join_m, limits.dangle_m))


def _missing_partner(points: Shapes, rows: Rows, join: float, within: float) -> NDArray[np.float64]:
    """How far each end is from the nearest free end of another line, NaN where none is within the distance."""
    a, b = shapely.STRtree(points).query(points, predicate="dwithin", distance=within)
    foreign = rows[a] != rows[b]
    a, b = a[foreign], b[foreign]
    found = np.full(len(points), np.inf)
    np.minimum.at(found, a, shapely.distance(points[a], points[b]))
    found[~np.isfinite(found) | (found <= join)] = np.nan
    return found

"""逻辑一致性: areas that are meant to cover the ground leave no gap and do not overlap.

Segments that two neighbours share are left out; what remains (outer borders, and borders where something is wrong) is
cut at its crossings into faces. Inside a face the number of areas is the same everywhere, so one point tells: none is
a gap, more than one an overlap. That costs as much as there is wrong, not as much as there is.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.intake.checks.borders import as_lines, segments_of, single
from pipeline.intake.checks.layer import Layer, Rows, Shapes
from pipeline.intake.checks.measures import AREAS
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.reference import no_coordinates
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.traits import is_coverage

_MOST: Final = 3_000_000  # segments that are cut into faces; where more stand alone, areas share no borders at all


_TRIES: Final = 4  # of points in a face


class Faces(NamedTuple):
    """What lies between borders that only one area has, or more than two."""

    shapes: Shapes  # [faces] polygons, metres
    area: NDArray[np.float64]  # [faces]
    covered: NDArray[np.int64]  # [faces] how many areas cover it
    first: Rows  # [faces] the first row that covers it; -1 where none does
    last: Rows  # [faces] the last


@rule("coverage-overlap", "logic", "B", lambda: _("Areas of a coverage do not overlap"))
def coverage_overlap(layer: Layer, subject: Subject) -> Outcome:
    """Larger than `overlap_m2`; each place counts, however many areas lie over one another there."""
    faces = _faces_if_coverage(layer, subject)
    if not isinstance(faces, Faces):
        return faces
    at = np.flatnonzero((faces.covered > 1) & (faces.area > subject.limits.overlap_m2))
    if not len(at):
        return None
    names = list(zip(layer.names(faces.first[at][:PLACES]), layer.names(faces.last[at][:PLACES]), strict=True))
    return Found(
        _("Areas overlap at {n} places, {area} m² altogether; the largest is {largest} m² ({names}).").format(
            n=len(at),
            area=f"{faces.area[at].sum():,.1f}",
            largest=f"{faces.area[at].max():,.1f}",
            names=" – ".join(str(name) for name in _of_largest(faces, at, layer)),
        ),
        _("let neighbours share one border, vertex by vertex; in QGIS: snapping on, topological editing on"),
        rows=faces.first[at],
        places=faces.shapes[at[:PLACES]],
        remarks=tuple(f"{a} – {b}: {area:,.1f} m²" for (a, b), area in zip(names, faces.area[at], strict=False)),
    )


@rule("coverage-gap", "logic", "B", lambda: _("Areas of a coverage leave no gap"))
def coverage_gap(layer: Layer, subject: Subject) -> Outcome:
    """Enclosed by areas, larger than `gap_m2`; beyond `gap_up_to_m2` a hole is meant."""
    faces = _faces_if_coverage(layer, subject)
    if not isinstance(faces, Faces):
        return Skipped(no_coverage()) if isinstance(faces, Found) else faces
    limits = subject.limits
    at = np.flatnonzero((faces.covered == 0) & (faces.area > limits.gap_m2) & (faces.area <= limits.gap_up_to_m2))
    if not len(at):
        return None
    return Found(
        _("There are {n} gaps between areas, {area} m² altogether; the largest is {largest} m².").format(
            n=len(at), area=f"{faces.area[at].sum():,.1f}", largest=f"{faces.area[at].max():,.1f}"
        ),
        _("let neighbours share one border, vertex by vertex; in QGIS: snapping on, topological editing on"),
        places=faces.shapes[at[:PLACES]],
        remarks=tuple(f"{area:,.1f} m²" for area in faces.area[at[:PLACES]]),
        count=len(at),
    )


def faces_of(shapes: Shapes) -> Faces | None:
    """The faces of areas [areas] in metres; None where they share so few borders that cutting would take forever."""
    valid = shapely.is_valid(shapes)
    if not valid.all():
        shapes = shapes.copy()
        shapes[~valid] = shapely.make_valid(shapes[~valid], method="structure", keep_collapsed=False)
    turned = shapely.orient_polygons(shapes)
    segments = segments_of(turned)
    alone = single(segments)
    if int(alone.sum()) > _MOST:
        return None
    nothing = np.empty(0, np.int64)
    if not alone.any():
        return Faces(np.empty(0, object), np.empty(0), nothing, nothing, nothing)
    # Merged first: long borders have few ends, and cutting costs by the line.
    cut = shapely.get_parts(shapely.node(shapely.line_merge(shapely.multilinestrings(as_lines(segments, alone)))))
    faces = np.asarray(shapely.get_parts(shapely.polygonize(cut)), object)
    tree = shapely.STRtree(turned)
    points = _inside(faces, turned, tree)
    face, row = tree.query(points, predicate="within")
    covered = np.bincount(face, minlength=len(faces))
    first, last = np.full(len(faces), len(shapes), np.int64), np.full(len(faces), -1, np.int64)
    np.minimum.at(first, face, row)
    np.maximum.at(last, face, row)
    return Faces(faces, shapely.area(faces), covered, np.where(covered > 0, first, -1), last)


def _inside(faces: Shapes, areas: Shapes, tree: shapely.STRtree) -> Shapes:
    """A point in each face that lies on no border of an area, as a face's middle may: those that are shared run on.

    Where the point lies on one, an area that it belongs to has a part in the face, and a point in there is tried.
    """
    points = np.asarray(shapely.point_on_surface(faces), object)
    for _turn in range(_TRIES):
        touched, area = tree.query(points, predicate="intersects")
        within = np.bincount(tree.query(points, predicate="within")[0], minlength=len(faces))
        at, first = np.unique(touched, return_index=True)
        on_border = np.bincount(touched, minlength=len(faces))[at] > within[at]
        at, first = at[on_border], first[on_border]
        if not len(at):
            break
        part = shapely.intersection(faces[at], areas[area[first]])
        points[at] = shapely.point_on_surface(part)
    return points


def _faces_if_coverage(layer: Layer, subject: Subject) -> Faces | Skipped | Found | None:
    """The layer's faces, made once for both rules."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    if not is_coverage(layer, subject):
        return Skipped(no_coverage())
    rows = layer.rows_of(AREAS)
    if not len(rows):
        return Skipped(_("there are no areas"))

    def make() -> Faces | None:
        faces = faces_of(layer.shapes(rows))
        if faces is None:
            return None
        there = faces.covered > 0
        return faces._replace(first=np.where(there, rows[faces.first], -1), last=np.where(there, rows[faces.last], -1))

    faces = layer.shelf.keep("faces", make)
    if faces is None:
        return Found(
            _("Hardly any area shares a border with another: this is no coverage."),
            _("let neighbours share one border, vertex by vertex, or say that it is none: coverage = false"),
            count=1,
        )
    return faces


def no_coverage() -> Message:
    """Why rules on coverages do not apply."""
    return _("these areas are not said to cover the ground")


def _of_largest(faces: Faces, at: NDArray[np.int64], layer: Layer) -> tuple[str | int, ...]:
    largest = at[int(np.argmax(faces.area[at]))]
    return (*layer.names(faces.first[largest : largest + 1]), *layer.names(faces.last[largest : largest + 1]))

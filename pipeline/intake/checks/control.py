"""位置精度: how far features are from check points whose place is known."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import shapely

from pipeline.intake.checks.layer import Layer, Shapes
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.reference import no_coordinates, not_placed
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.shelf import Reference, read_reference
from pipeline.intake.checks.subject import Subject
from pipeline.sources.arrow import whole


@rule("control-rmse", "position", "B", lambda: _("Check points are as close as the accuracy says"))
def control_rmse(layer: Layer, subject: Subject) -> Outcome:
    """Root mean square distance in plane from check points to the features with their keys, or the nearest vertices."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    if subject.control is None:
        return Skipped(_("no check points were given"))
    limit = subject.limits.rmse_m or (subject.dataset.accuracy_m if subject.dataset is not None else None)
    if limit is None:
        return Skipped(_("no accuracy is declared that check points could be held against"))
    if layer.placing.crs is None:
        return Skipped(not_placed())
    known = read_reference(subject.control, subject.read_control, subject.city.bounds if subject.city else None)
    true = layer.plane(known.shapes)
    found = _partners(layer, known, true)
    there = np.flatnonzero(~shapely.is_missing(found))
    if not len(there):
        return Skipped(_("no check point belongs to a feature"))
    apart = shapely.distance(true[there], found[there])
    rmse = math.sqrt(float(np.mean(apart**2)))
    if rmse <= limit:
        return None
    return Found(
        _("The root mean square error of {n} check points is {rmse} m; {limit} m are declared.").format(
            n=len(there), rmse=f"{rmse:.2f}", limit=f"{limit:g}"
        ),
        _("survey again, or declare the accuracy that the data has"),
        places=np.asarray(shapely.shortest_line(true[there], found[there]), object),
        remarks=tuple(f"{metres:.2f} m" for metres in apart),
        count=1,
    )


def _partners(layer: Layer, known: Reference, true: Shapes) -> Shapes:
    """What each check point is a point of: the vertices of the feature with its key, else the nearest vertex of all."""
    key = layer.key if layer.key in known.table.column_names else None
    if key is None or layer.key is None:
        rows = np.flatnonzero((layer.measures.kind >= 0) & ~layer.measures.empty & layer.measures.finite)
        vertices = np.asarray(shapely.points(shapely.get_coordinates(layer.shapes(rows))), object)
        nearest = shapely.STRtree(vertices).nearest(true)
        picked: Shapes = vertices[nearest]
        return picked
    keys = layer.texts(layer.key)
    wanted = whole(known.table.column(key)).cast(pa.large_string())
    place = {text: at for at, text in enumerate(keys.to_pylist())}
    rows = np.array([place.get(text, -1) for text in wanted.to_pylist()], np.int64)
    found = np.full(len(rows), None, object)
    shapes = layer.shapes(rows[rows >= 0])
    found[rows >= 0] = [shapely.MultiPoint(shapely.get_coordinates(shape)) for shape in shapes]
    return found

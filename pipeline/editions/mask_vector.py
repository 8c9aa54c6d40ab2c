"""Areas that an edition does not show, taken out of features: whole features, or the parts of them inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.sources.ragged import meets, only, without
from pipeline.sources.wkb import ragged
from pipeline.types import EXTERIOR, LINE, POINT, POLYGON, Geometries

if TYPE_CHECKING:
    from shapely import Geometry

_DIGITS: Final = 9  # of a degree, 0.1 mm: two neighbours that are cut get the same new vertex


@dataclass(frozen=True, slots=True)
class VectorMask:
    """An area in degrees, and what happens to features that meet it."""

    area: Geometry  # (multi)polygon; may overlap itself
    cut: bool  # only the part inside goes; else the whole feature


def masked(geometries: Geometries, mask: VectorMask) -> tuple[Geometries, NDArray[np.bool_]]:
    """The geometries without what lies inside the area, and which features have none any more because of it [features].

    What only touches the area from outside stays when it is cut, and goes when whole features do.
    """
    import shapely

    area = shapely.make_valid(mask.area)
    boxes = [shapely.bounds(part).tolist() for part in shapely.get_parts(area)]
    near = meets(geometries, [(b[0], b[1], b[2], b[3]) for b in boxes])
    rows = np.flatnonzero(near)
    gone = np.zeros(geometries.features, np.bool_)
    if not len(rows):
        return geometries, gone
    shapes = _shapes(only(geometries, near))
    shapely.prepare(area)  # made here, so no other thread asks it
    hit = np.asarray(shapely.intersects(area, shapes))
    if not mask.cut:
        gone[rows[hit]] = True
        return without(geometries, gone), gone
    if not hit.any():
        return geometries, gone
    left = _rounded(np.asarray(shapely.difference(shapes[hit], area)), shapes[hit], area)
    kinds = geometries.kinds[rows[hit]]
    parsed, _flags = ragged(pa.array(shapely.to_wkb(_of_kind(left, kinds)).tolist(), pa.large_binary()))
    gone[rows[hit]] = parsed.kinds == 0
    return _replaced(geometries, rows[hit], parsed), gone


def _rounded(left: NDArray[Any], before: NDArray[Any], area: Geometry) -> NDArray[Any]:
    """What is left with the vertices rounded that the cut made; those of features and area stay as they are."""
    import shapely

    known = np.concatenate([shapely.get_coordinates(before), shapely.get_coordinates(area)])
    old = {(x, y) for x, y in known.tolist()}

    def place(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        new = np.array([(x, y) not in old for x, y in xy.tolist()], np.bool_)
        out = xy.copy()
        out[new] = np.round(xy[new], _DIGITS)
        return out

    return np.asarray(shapely.transform(left, place))


def _of_kind(left: NDArray[Any], kinds: NDArray[np.uint8]) -> NDArray[Any]:
    """Only the parts of the dimension that the feature had: where borders run along the area, more can be left."""
    import shapely

    dimension = np.array([0, 0, 1, 2])[kinds]
    out = []
    for shape, wanted in zip(left.tolist(), dimension.tolist(), strict=True):
        parts = [part for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == wanted]
        out.append(parts[0] if len(parts) == 1 else _many(parts, wanted))
    return np.array(out, dtype=object)


def _many(parts: list[Any], dimension: int) -> Any:
    import shapely

    make = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[dimension]
    return make(parts)


def _shapes(g: Geometries) -> NDArray[Any]:
    """Every feature as one geometry of GEOS [features]; those without one as an empty point."""
    import shapely

    out = np.full(g.features, shapely.Point(), dtype=object)
    xy = np.column_stack([g.x, g.y])
    for row in range(g.features):
        first, last = g.part_offsets[row], g.part_offsets[row + 1]
        parts = [xy[g.vertex_offsets[part] : g.vertex_offsets[part + 1]] for part in range(first, last)]
        kind = g.kinds[row]
        if kind == POINT:
            out[row] = shapely.multipoints(np.concatenate(parts))
        elif kind == LINE:
            lines: list[Any] = [shapely.linestrings(part) for part in parts if len(part) > 1]
            out[row] = shapely.multilinestrings(lines)
        elif kind == POLYGON:
            begins = np.flatnonzero(g.roles[first:last] == EXTERIOR).tolist()
            rings: list[Any] = [shapely.linearrings(part) if len(part) >= 4 else None for part in parts]
            groups = [rings[a:b] for a, b in zip(begins, [*begins[1:], len(rings)], strict=True)]
            whole = [_polygon(group) for group in groups if group[0] is not None]
            out[row] = shapely.make_valid(shapely.multipolygons(whole))
    return out


def _polygon(rings: list[Any]) -> Geometry:
    """An exterior and its holes; rings that are none are None."""
    import shapely

    holes = [ring for ring in rings[1:] if ring is not None]
    polygon: Geometry = shapely.polygons(rings[0], holes or None)
    return polygon


def _replaced(g: Geometries, rows: NDArray[np.int64], new: Geometries) -> Geometries:
    """The geometries with those of `rows` replaced by `new`, in order."""
    parts = np.diff(g.part_offsets)
    parts[rows] = np.diff(new.part_offsets)
    kinds = g.kinds.copy()
    kinds[rows] = new.kinds
    # Both one after the other, then the features' parts picked in order.
    first = g.part_offsets[:-1].copy()
    first[rows] = new.part_offsets[:-1] + len(g.roles)
    picks = _picked(first, parts)
    roles = np.concatenate([g.roles, new.roles])[picks]
    starts = np.concatenate([g.vertex_offsets[:-1], new.vertex_offsets[:-1] + len(g.x)])[picks]
    sizes = np.concatenate([np.diff(g.vertex_offsets), np.diff(new.vertex_offsets)])[picks]
    at = _picked(starts, sizes)
    return Geometries(
        kinds=kinds,
        part_offsets=np.concatenate(([0], np.cumsum(parts))).astype(np.int64),
        vertex_offsets=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        roles=roles,
        x=np.concatenate([g.x, new.x])[at],
        y=np.concatenate([g.y, new.y])[at],
    )


def _picked(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of runs: starts[0], starts[0] + 1 … of counts[0], then those of the next."""
    total = int(counts.sum())
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(total)

"""What may be invalid after rounding is made valid: in tile units, on the tile's own grid.

Rings that touch themselves are linked anew, exactly; those that cross themselves get a vertex there first. What GEOS
then finds valid stays as it is; any other area is rebuilt by `make_valid` (structure method: rings keep their role) and
put back on the integer grid by `set_precision`, which keeps it valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from pipeline.kernels.crossings import split_crossings
from pipeline.kernels.dissolve import dissolve_rings
from pipeline.kernels.pieces import EXTENT, EXTENT_BITS, SUSPECT, Pieces
from pipeline.kernels.simple import mark_suspects
from pipeline.vector.geos_areas import from_geos, to_geos
from pipeline.vector.layer import Layer, zoom_shift
from pipeline.vector.ragged import offsets_of, runs

_ROUNDS: Final = 2  # of splitting at crossings: edges that bend may cross others


def mend(found: Sequence[Pieces]) -> tuple[Pieces, int]:
    """What stands in the place of all suspects; also returns how many crossed themselves or were broken otherwise.

    Most suspects only touch themselves: their edges are linked to rings anew, which moves no border. Where edges cross,
    they get a common vertex, which bends them by less than a unit. What is still not valid then goes to GEOS.
    """
    done: list[Pieces] = []
    unsure: list[Pieces] = []
    left = reduce(_joined, [_select(pieces, np.flatnonzero(pieces.flag == SUSPECT)) for pieces in found])
    changed = 0
    for turn in range(_ROUNDS + 1):
        sound, doubtful = _parted(_linked(left, split=turn > 0))
        done.append(sound)
        left = doubtful
        if not len(left.tx):
            break
        split, crossings = _split(doubtful)
        unsure.append(_select(doubtful, np.flatnonzero(crossings == 0)))
        left = _select(split, np.flatnonzero(crossings > 0))
        changed += len(left.tx) if turn == 0 else 0
        if not len(left.tx):
            break
    rest = reduce(_joined, [*unsure, left])
    if not len(rest.tx):
        return reduce(_joined, done), changed
    checked, broken = _checked(rest)
    return reduce(_joined, [*done, checked]), changed + int(np.count_nonzero(broken < len(unsure[0].tx)))


def _checked(pieces: Pieces) -> tuple[Pieces, NDArray[np.int64]]:
    """What GEOS finds valid as it is, the rest made valid; also returns which these are."""
    geometries = to_geos(pieces.ring_offsets, pieces.vertex_offsets, pieces.x, pieces.y, np.arange(len(pieces.tx)))
    valid = shapely.is_valid(geometries)
    broken = np.flatnonzero(~valid)
    mended = _pieces(pieces.tx[broken], pieces.ty[broken], pieces.row[broken], _valid_on_grid(geometries[broken]))
    return _joined(_select(pieces, np.flatnonzero(valid)), mended), broken


def _parted(pieces: Pieces) -> tuple[Pieces, Pieces]:
    """What is surely valid, and what may not be."""
    mark_suspects(pieces)
    suspect = pieces.flag == SUSPECT
    return _select(pieces, np.flatnonzero(~suspect)), _select(pieces, np.flatnonzero(suspect))


def _split(pieces: Pieces) -> tuple[Pieces, NDArray[np.int64]]:
    """The same areas with a vertex where their edges cross, and how often they do."""
    vertex_offsets = np.empty(len(pieces.vertex_offsets), np.int64)
    crossings = np.empty(len(pieces.tx), np.int64)
    x, y = split_crossings(pieces.ring_offsets, pieces.vertex_offsets, pieces.x, pieces.y, crossings, vertex_offsets)
    return pieces._replace(vertex_offsets=vertex_offsets, x=x, y=y), crossings


def _linked(pieces: Pieces, split: bool) -> Pieces:
    """The same areas, their rings linked anew: none touches itself.

    What runs there and back is gone. Where edges are split at their crossings, so are holes outside of shells: what
    rounding has turned inside out.
    """
    n = len(pieces.tx)
    flags, ring_offsets = np.empty(n, np.uint8), np.empty(n + 1, np.int64)
    vertex_offsets, x, y = dissolve_rings(
        np.arange(n),
        np.arange(n + 1),
        pieces.ring_offsets,
        pieces.vertex_offsets,
        pieces.x,
        pieces.y,
        split,
        flags,
        ring_offsets,
    )
    found = pieces._replace(flag=flags, ring_offsets=ring_offsets, vertex_offsets=vertex_offsets, x=x, y=y)
    return _select(found, np.flatnonzero(_begins_with_shell(found)))


def _begins_with_shell(pieces: Pieces) -> NDArray[np.bool_]:
    """What has no shell has folded over: it is less than the grid can show."""
    found = np.diff(pieces.ring_offsets) > 0
    rings = pieces.ring_offsets[:-1][found]
    starts, sizes = pieces.vertex_offsets[rings], np.diff(pieces.vertex_offsets)[rings]
    after = np.arange(len(pieces.x)) + 1
    after[pieces.vertex_offsets[1:] - 1] = pieces.vertex_offsets[:-1]
    x, y = pieces.x.astype(np.int64), pieces.y.astype(np.int64)
    twice = np.concatenate([[0], np.cumsum(x * y[after] - x[after] * y)])
    found[found] = twice[starts + sizes] > twice[starts]
    return found


def _joined(first: Pieces, second: Pieces) -> Pieces:
    return Pieces(
        np.concatenate([first.tx, second.tx]),
        np.concatenate([first.ty, second.ty]),
        np.concatenate([first.row, second.row]),
        np.concatenate([first.flag, second.flag]),
        np.concatenate([first.ring_offsets, second.ring_offsets[1:] + first.ring_offsets[-1]]),
        np.concatenate([first.vertex_offsets, second.vertex_offsets[1:] + first.vertex_offsets[-1]]),
        np.concatenate([first.x, second.x]),
        np.concatenate([first.y, second.y]),
    )


def cut_hard(layer: Layer, rows: NDArray[np.int64], zoom: int, tolerance2: float) -> Pieces:
    """Cut features whose rings bound no area: made valid first, then halved tile range by tile range."""
    buffer = layer.plan.buffer
    shift = zoom_shift(zoom)
    out: list[tuple[int, int, int, shapely.Geometry]] = []  # tile, row, area
    top = (1 << zoom) - 1
    for row in rows.tolist():
        whole = shapely.make_valid(_whole(layer, row, shift, tolerance2), method="structure", keep_collapsed=False)
        if shapely.is_empty(whole):
            continue
        west, north, east, south = (int(v) for v in shapely.bounds(whole))
        x0, x1 = max((west - buffer - 1) >> EXTENT_BITS, 0), min((east + buffer) >> EXTENT_BITS, top)
        y0, y1 = max((north - buffer - 1) >> EXTENT_BITS, 0), min((south + buffer) >> EXTENT_BITS, top)
        ranges = [(x0, y0, x1, y1, whole)]
        while ranges:
            x0, y0, x1, y1, held = ranges.pop()
            box = shapely.box(
                x0 * EXTENT - buffer, y0 * EXTENT - buffer, (x1 + 1) * EXTENT + buffer, (y1 + 1) * EXTENT + buffer
            )
            held = shapely.intersection(held, box)
            if shapely.is_empty(held) or x0 > x1 or y0 > y1:
                continue
            if x0 == x1 and y0 == y1:
                moved = affinity.translate(held, -x0 * EXTENT, -y0 * EXTENT)
                out.append((x0, y0, row, _valid_on_grid(np.array([moved]))[0]))
            elif x1 - x0 >= y1 - y0:
                m = (x0 + x1) // 2
                ranges += [(x0, y0, m, y1, held), (m + 1, y0, x1, y1, held)]
            else:
                m = (y0 + y1) // 2
                ranges += [(x0, y0, x1, m, held), (x0, m + 1, x1, y1, held)]
    return _pieces(
        np.array([x for x, *_ in out], np.int32),
        np.array([y for _, y, *_ in out], np.int32),
        np.array([row for *_, row, _ in out], np.int64),
        np.array([area for *_, area in out], dtype=object),
    )


def _valid_on_grid(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    fixed = shapely.make_valid(geometries, method="structure", keep_collapsed=False)
    return np.asarray(shapely.set_precision(fixed, 1.0))


def _whole(layer: Layer, row: int, shift: int, tolerance2: float) -> shapely.Geometry:
    """The feature's simplified polygons on the zoom's grid."""
    features = layer.features
    half = (1 << shift) >> 1
    rings: list[NDArray[np.int64]] = []
    polygons: list[shapely.Geometry] = []

    def close() -> None:
        if rings:
            polygons.append(shapely.Polygon(rings[0], rings[1:]))
            rings.clear()

    for part in range(int(features.part_from[row]), int(features.part_to[row])):
        at = slice(int(features.vertex_offsets[part]), int(features.vertex_offsets[part + 1]))
        kept = features.importance[at] >= tolerance2
        ring = np.column_stack([(features.wx[at][kept] + half) >> shift, (features.wy[at][kept] + half) >> shift])
        if features.roles[part] == 1:
            close()
        if len(ring) >= 4 and (rings or features.roles[part] == 1):
            rings.append(ring)
    close()
    valid = shapely.make_valid(np.array(polygons, dtype=object), method="structure", keep_collapsed=False)
    return shapely.union_all(valid)


def _pieces(tx: NDArray[np.int32], ty: NDArray[np.int32], row: NDArray[np.int64], areas: NDArray[np.object_]) -> Pieces:
    """GEOS geometries in tile units → pieces; what is not an area, or is empty, is left out."""
    ring_offsets, vertex_offsets, x, y = from_geos(areas)
    found = np.flatnonzero(np.diff(ring_offsets) > 0)
    return Pieces(
        tx[found],
        ty[found],
        row[found],
        np.zeros(len(found), np.uint8),
        offsets_of(np.diff(ring_offsets)[found]),
        vertex_offsets,
        x.astype(np.int32),
        y.astype(np.int32),
    )


def _select(pieces: Pieces, picks: NDArray[np.int64]) -> Pieces:
    """The picked pieces alone."""
    rings = runs(pieces.ring_offsets, picks)
    vertices = runs(pieces.vertex_offsets, rings)
    return Pieces(
        pieces.tx[picks],
        pieces.ty[picks],
        pieces.row[picks],
        np.zeros(len(picks), np.uint8),
        offsets_of(np.diff(pieces.ring_offsets)[picks]),
        offsets_of(np.diff(pieces.vertex_offsets)[rings]),
        pieces.x[vertices],
        pieces.y[vertices],
    )

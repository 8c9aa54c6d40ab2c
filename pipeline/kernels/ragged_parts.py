"""Nested coordinate lists (GeoArrow) → ragged features, with the same care and the same flags as `wkb`.

A ring that is open is closed, one of less than 4 vertices and a line of less than 2 are left out, a hole goes with its
exterior ring, and a feature with a coordinate that is no number has no geometry.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel
from pipeline.kernels.wkb import COORDINATES, EMPTY, NULL, SHORT, UNCLOSED

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Geometry kinds and roles of parts, as in pipeline.types (kernels import nothing of ours).
_NONE, _POINT, _LINE, _POLYGON = 0, 1, 2, 3
_OPEN, _EXTERIOR, _INTERIOR = 0, 1, 2


@kernel
def ragged_parts(
    kind: int, valid: NDArray[np.bool_], members: Ints, rings: Ints, ends: Ints, from_x: Floats, from_y: Floats,
    kinds: Bytes, flags: NDArray[np.int32], part_offsets: Ints, vertex_offsets: Ints, roles: Bytes,
    x: Floats, y: Floats,
) -> tuple[int, int]:  # fmt: skip
    """Write the features; returns the numbers of parts and vertices.

    kind: POINT, LINE or POLYGON, of all features · valid: bool [features], or [0] if none is missing · members:
    int64 [features + 1] into rings · rings: int64 [members + 1] into ends · ends: int64 [runs + 1] into from_x, from_y:
    float64. A member is a polygon (its runs are rings), a line string or a run of points (one run each). Outputs as
    `pipeline.types.Geometries`, with room for all runs and, of areas, one vertex more for each.
    """
    part, vertex = 0, 0
    part_offsets[0] = 0
    vertex_offsets[0] = 0
    for i in range(len(members) - 1):
        found = 0
        first_part, first_vertex = part, vertex
        if len(valid) > 0 and not valid[i]:
            found = NULL
        else:
            for v in range(ends[rings[members[i]]], ends[rings[members[i + 1]]]):
                finite = math.isfinite(from_x[v]) and math.isfinite(from_y[v])
                # A point of NaN NaN is an empty one.
                if not finite and not (kind == _POINT and math.isnan(from_x[v]) and math.isnan(from_y[v])):
                    found = COORDINATES
        if found == 0:
            for member in range(members[i], members[i + 1]):
                exterior = False
                for run in range(rings[member], rings[member + 1]):
                    begun = vertex
                    for v in range(ends[run], ends[run + 1]):
                        if not math.isnan(from_x[v]):
                            x[vertex], y[vertex] = from_x[v], from_y[v]
                            vertex += 1
                    role, least = _OPEN, 1 if kind == _POINT else 2
                    if kind == _POLYGON:
                        role, least = (_EXTERIOR if run == rings[member] else _INTERIOR), 4
                        last = vertex - 1
                        if vertex > begun and (x[begun] != x[last] or y[begun] != y[last]):
                            x[vertex], y[vertex] = x[begun], y[begun]
                            vertex += 1
                            found |= UNCLOSED
                    kept = vertex - begun >= least
                    if not kept and vertex > begun:
                        found |= SHORT
                    if role == _INTERIOR and not exterior:  # a hole in nothing
                        kept = False
                    if role == _EXTERIOR:
                        exterior = kept
                    if not kept:
                        vertex = begun
                        continue
                    roles[part] = role
                    part += 1
                    vertex_offsets[part] = vertex
            if kind == _POINT and part > first_part:  # all points of a feature are one part
                part = first_part + 1
                vertex_offsets[part] = vertex
            if part == first_part and found & SHORT == 0:
                found |= EMPTY
        kinds[i] = kind if part > first_part else _NONE
        if part == first_part:
            vertex = first_vertex
        flags[i] = found
        part_offsets[i + 1] = part
    return part, vertex

"""Well-known binary → ragged coordinate arrays, without geometry objects.

Reads ISO WKB (OGC 06-103r4 §8.2: types +1000/+2000/+3000 for Z/M/ZM) and EWKB (PostGIS: high bits for Z, M and
SRID), either byte order, mixed freely among members. Z and M are skipped, triangles, TINs and polyhedral surfaces are
polygons, circular arcs become chords (`arcs`), and of a collection only the members of the highest dimension stay.

`ragged` runs the same walk twice, once to count and once to write, so the two cannot disagree. Every read is checked
against the end of its own value first: malformed bytes give a flag, never a read out of bounds.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.arcs import arc_segments, arc_vertices
from pipeline.kernels.buffer import Bytes, Floats, Pair, finite, straight, u32, xy

# Flags of a feature, a bit mask.
NULL: Final = 1  # the value is missing
EMPTY: Final = 2  # a geometry without vertices
Z: Final = 4  # had heights
M: Final = 8  # had measures
CURVE: Final = 16  # had circular arcs, now chords
SURFACE: Final = 32  # a triangle, TIN or polyhedral surface, now polygons
SPLIT: Final = 64  # a collection whose members of lower dimension were left out
UNCLOSED: Final = 128  # a ring's first vertex was repeated at its end
SHORT: Final = 256  # a ring of less than 4 or a line of less than 2 vertices was left out
COORDINATES: Final = 512  # NaN or infinite coordinates: no geometry
MALFORMED: Final = 1024  # not well-known binary, or cut off: no geometry

DEPTH: Final = 32  # collections may nest; deeper than this is an attack, not a map

# Types, ISO numbering.
_POINT, _LINE, _POLYGON, _MULTIPOINT, _MULTILINE, _MULTIPOLYGON, _COLLECTION = 1, 2, 3, 4, 5, 6, 7
_ARCS, _COMPOUND, _CURVEPOLYGON, _MULTICURVE, _MULTISURFACE = 8, 9, 10, 11, 12
_SURFACE, _TIN, _TRIANGLE = 15, 16, 17
_TYPE, _HAS_Z, _HAS_M, _HAS_SRID = 0x0FFFFFFF, 0x80000000, 0x40000000, 0x20000000  # EWKB's high bits

# Geometry kinds and roles of parts, as in pipeline.types (kernels import nothing of ours).
_K_NONE, _K_POINT, _K_LINE, _K_POLYGON = 0, 1, 2, 3
_OPEN, _EXTERIOR, _INTERIOR = 0, 1, 2


Ints = NDArray[np.int64]


@helper
def _curved(data: Bytes, p: int, n: int, stride: int, little: bool, write: bool, x: Floats, y: Floats, at: int) -> int:
    """Append the chords of a circular string of `n` (odd) points, without its first point."""
    for i in range(0, n - 2, 2):
        q = p + i * stride
        x0, y0 = xy(data, q, little)
        x1, y1 = xy(data, q + stride, little)
        x2, y2 = xy(data, q + 2 * stride, little)
        if write:
            at = arc_vertices(x0, y0, x1, y1, x2, y2, x, y, at)
        else:
            at += arc_segments(x0, y0, x1, y1, x2, y2)
    return at


@helper
def _may_hold(parent: int, child: int) -> bool:
    """Whether a geometry of type `child` may be a member of one of type `parent`."""
    if parent == _COLLECTION:
        return 1 <= child <= _MULTISURFACE or _SURFACE <= child <= _TRIANGLE
    if parent == _MULTIPOINT:
        return child == _POINT
    if parent == _MULTILINE:
        return child == _LINE
    if parent in (_MULTIPOLYGON, _SURFACE):
        return child == _POLYGON
    if parent == _TIN:
        return child == _TRIANGLE
    if parent == _COMPOUND:
        return child in (_LINE, _ARCS)
    if parent in (_CURVEPOLYGON, _MULTICURVE):
        return child in (_LINE, _ARCS, _COMPOUND)
    return child == _POLYGON or child == _CURVEPOLYGON  # parent is a MULTISURFACE


@helper
def _finish(
    role: int, exterior: bool, begun: int, vertex: int, first: Pair, last: Pair, keep: int, totals: Ints,
    x: Floats, y: Floats, roles: Bytes, ends: Ints, part: int,
) -> tuple[int, bool, int, int]:  # fmt: skip
    """End the part that began at `begun`: close a ring, leave out what is too short, count or record the rest.

    Returns flags, whether the polygon's exterior ring was kept, and the counts of parts and vertices.
    """
    kind = _K_LINE if role == _OPEN else _K_POLYGON
    flags = 0
    if role != _OPEN and vertex > begun and (first[0] != last[0] or first[1] != last[1]):
        if keep == kind:
            x[vertex], y[vertex] = first
        vertex += 1
        flags = UNCLOSED
    totals[4 + kind] += vertex - begun
    kept = vertex - begun >= (2 if role == _OPEN else 4)
    if not kept and vertex > begun:
        flags = SHORT
    if role == _INTERIOR and not exterior:  # a hole in nothing
        kept = False
    if role == _EXTERIOR:
        exterior = kept
    if kept:
        totals[kind] += 1
    if not kept or (keep != _K_NONE and keep != kind):
        return flags, exterior, part, begun
    if keep == kind:
        roles[part] = role
        ends[part] = vertex
    return flags, exterior, part + 1, vertex


@helper
def _walk(
    data: Bytes, p: int, end: int, keep: int, stack: Ints, totals: Ints,
    x: Floats, y: Floats, roles: Bytes, ends: Ints, part: int, vertex: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Walk one value; returns its flags and the counts of parts and vertices behind it.

    With `keep` 0 it measures: `totals[kind]` parts and at most `totals[4 + kind]` vertices of each kind. Else the
    members of that kind are written to `x`, `y`, `roles` and `ends` (index behind a part's last vertex). `stack`
    [DEPTH, 3] is scratch: type, members left, members.
    """
    flags, depth = 0, 0
    role, begun = _OPEN, vertex  # of the part being built
    exterior = vertex < 0  # false, but no literal: numba compiles a helper anew for each literal
    first = last = (0.0, 0.0)
    while True:
        if end - p < 5 or data[p] > 1:
            return flags | MALFORMED, part, vertex
        little = data[p] == 1
        code = u32(data, p + 1, little)
        p += 9 if code & _HAS_SRID else 5
        dims, geometry = (code & _TYPE) // 1000, (code & _TYPE) % 1000
        has_z = code & _HAS_Z != 0 or dims == 1 or dims == 3
        has_m = code & _HAS_M != 0 or dims == 2 or dims == 3
        stride = 16 + 8 * has_z + 8 * has_m
        flags |= Z * has_z | M * has_m
        parent = _COLLECTION
        if depth > 0:
            parent = stack[depth - 1, 0]
            stack[depth - 1, 1] -= 1
        if dims > 3 or not _may_hold(parent, geometry):
            return flags | MALFORMED, part, vertex
        n = 0
        if geometry != _POINT:
            if end - p < 4:
                return flags | MALFORMED, part, vertex
            n = u32(data, p, little)
            p += 4
        if geometry in (_ARCS, _COMPOUND, _CURVEPOLYGON):
            flags |= CURVE
        elif geometry >= _SURFACE:
            flags |= SURFACE
        if parent != _COMPOUND:
            role, begun = _OPEN, vertex
            if parent == _CURVEPOLYGON:
                role = _EXTERIOR if stack[depth - 1, 1] == stack[depth - 1, 2] - 1 else _INTERIOR

        if geometry == _POINT:
            if end - p < stride:
                return flags | MALFORMED, part, vertex
            px, py = xy(data, p, little)
            p += stride
            if math.isfinite(px) and math.isfinite(py):
                totals[_K_POINT] = 1
                totals[4 + _K_POINT] += 1
                if keep == _K_POINT:
                    x[vertex], y[vertex] = px, py
                    vertex += 1
            elif not (math.isnan(px) and math.isnan(py)):  # NaN NaN is the empty point
                return flags | COORDINATES, part, vertex

        elif geometry in (_LINE, _ARCS):
            if n > (end - p) // stride or (geometry == _ARCS and n > 0 and (n < 3 or n % 2 == 0)):
                return flags | MALFORMED, part, vertex
            if not finite(data, p, n, stride, little):
                return flags | COORDINATES, part, vertex
            if n > 0:
                write = keep == (_K_LINE if role == _OPEN else _K_POLYGON)
                head = xy(data, p, little)
                joined = vertex > begun and head[0] == last[0] and head[1] == last[1]
                if vertex == begun:
                    first = head
                last = xy(data, p + (n - 1) * stride, little)
                skip = 1 if joined else 0  # a member of a compound curve begins where the one before it ends
                if geometry == _LINE:
                    vertex = straight(data, p + skip * stride, n - skip, stride, little, write, x, y, vertex)
                else:
                    vertex = straight(data, p, 1 - skip, stride, little, write, x, y, vertex)
                    vertex = _curved(data, p, n, stride, little, write, x, y, vertex)
            p += n * stride
            if parent != _COMPOUND:
                more, exterior, part, vertex = _finish(
                    role, exterior, begun, vertex, first, last, keep, totals, x, y, roles, ends, part
                )
                flags |= more

        elif geometry in (_POLYGON, _TRIANGLE):
            if n > (end - p) // 4:
                return flags | MALFORMED, part, vertex
            for ring in range(n):
                if end - p < 4:
                    return flags | MALFORMED, part, vertex
                m = u32(data, p, little)
                p += 4
                if m > (end - p) // stride:
                    return flags | MALFORMED, part, vertex
                if not finite(data, p, m, stride, little):
                    return flags | COORDINATES, part, vertex
                begun = vertex
                if m > 0:
                    first = xy(data, p, little)
                    last = xy(data, p + (m - 1) * stride, little)
                    vertex = straight(data, p, m, stride, little, keep == _K_POLYGON, x, y, vertex)
                p += m * stride
                role = _EXTERIOR if ring == 0 else _INTERIOR
                more, exterior, part, vertex = _finish(
                    role, exterior, begun, vertex, first, last, keep, totals, x, y, roles, ends, part
                )
                flags |= more

        else:
            if n > (end - p) // 5 or depth == DEPTH:
                return flags | MALFORMED, part, vertex
            stack[depth, 0], stack[depth, 1], stack[depth, 2] = geometry, n, n
            depth += 1

        while depth > 0 and stack[depth - 1, 1] == 0:
            depth -= 1
            if stack[depth, 0] == _COMPOUND:
                more, exterior, part, vertex = _finish(
                    role, exterior, begun, vertex, first, last, keep, totals, x, y, roles, ends, part
                )
                flags |= more
        if depth == 0:
            return flags, part, vertex


@helper
def _kind(totals: Ints) -> tuple[int, int]:
    """The highest dimension found, and SPLIT if there were lower ones too."""
    kind, flags = _K_NONE, 0
    for k in range(_K_POINT, _K_POLYGON + 1):
        if totals[k] > 0:
            flags = SPLIT if kind != _K_NONE else 0
            kind = k
    return kind, flags


@kernel
def ragged(
    data: Bytes, offsets: Ints, valid: NDArray[np.bool_], write: bool, kinds: Bytes, flags: NDArray[np.int32],
    part_offsets: Ints, vertex_offsets: Ints, roles: Bytes, x: Floats, y: Floats,
) -> tuple[int, int]:  # fmt: skip
    """Measure the values (`write` false), then write them (`write` true); returns the numbers of parts and vertices.

    data: uint8 [bytes], read-only · offsets: int64 [features + 1] into data · valid: bool [features], or [0] if none is
    missing. Measuring gives kinds: uint8 [features] and flags: int32 [features], and takes the other outputs empty.
    Writing takes the kinds found and outputs as `pipeline.types.Geometries`, as long as measuring said; fewer vertices
    than measured are written where parts were left out.
    """
    stack = np.empty((DEPTH, 3), np.int64)
    totals = np.zeros(8, np.int64)
    part, vertex = 0, 0
    if write:
        part_offsets[0] = 0
        vertex_offsets[0] = 0
    ends = vertex_offsets[1:]
    for i in range(len(offsets) - 1):
        keep: Any = _K_NONE + np.int64(kinds[i]) if write else np.int64(_K_NONE)
        found = NULL
        if (keep != _K_NONE) if write else (len(valid) == 0 or valid[i]):
            totals[:] = 0
            found, to_part, to_vertex = _walk(
                data, offsets[i], offsets[i + 1], keep, stack, totals, x, y, roles, ends, part * write, vertex * write
            )
            if write:
                part, vertex = to_part, to_vertex
                if keep == _K_POINT:
                    roles[part] = _OPEN
                    ends[part] = vertex
                    part += 1
            elif found & (COORDINATES | MALFORMED) == 0:
                keep, split = _kind(totals)
                found |= split
                part += totals[keep]
                vertex += totals[4 + keep]
                if keep == _K_NONE and found & SHORT == 0:
                    found |= EMPTY
        if write:
            part_offsets[i + 1] = part
        else:
            kinds[i] = keep
            flags[i] = found
    return part, vertex

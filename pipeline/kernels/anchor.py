"""One label anchor per feature: an area's pole of inaccessibility, the middle of a line's longest straight run."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import array_helper, helper, kernel
from pipeline.kernels.grow import grown, sort_by

_CELLS = 64  # along the longer side of the first grid
_STEPS = 1000  # cells looked at; slivers would need as many as they are long, and hold no text anyway
_CHORDS = 64  # that a line is looked at as
_LEAST = 1.0 / 8.0  # of a line's length: what a run must have to be better than the middle
_NEARER = 1.0 / 64.0  # what a run must be longer for, per unit that its middle lies farther from the line's
_STRAIGHT = math.radians(30.0)  # between the directions of a run: a text of its length bends by as much at most


@helper
def _signed_distance(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    p0: int,
    p1: int,
    x: float,
    y: float,
) -> float:
    """Distance of a point to the nearest edge of a polygon's rings [p0, p1): positive inside."""
    inside = False
    best = np.inf
    for part in range(p0, p1):
        for i in range(vertex_offsets[part], vertex_offsets[part + 1] - 1):
            ax, ay, bx, by = float(wx[i]), float(wy[i]), float(wx[i + 1]), float(wy[i + 1])
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                inside = not inside
            dx, dy = bx - ax, by - ay
            t = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy) if dx != 0.0 or dy != 0.0 else 0.0
            t = min(max(t, 0.0), 1.0)
            ex, ey = x - ax - t * dx, y - ay - t * dy
            best = min(best, ex * ex + ey * ey)
    distance = math.sqrt(best)
    return distance if inside else -distance


@array_helper
def _on_surface(
    wx: NDArray[np.int64], wy: NDArray[np.int64], vertex_offsets: NDArray[np.int64], p0: int, p1: int, upright: bool
) -> tuple[float, float]:
    """A point inside a polygon: the middle of the widest run inside along the line halfway through its box.

    The line runs west to east or, `upright`, north to south, between two vertices' coordinates, on none.
    """
    ox, oy = (wy, wx) if upright else (wx, wy)
    s, e = vertex_offsets[p0], vertex_offsets[p0 + 1]
    low = high = float(oy[s])
    for i in range(s, e):
        low, high = min(low, float(oy[i])), max(high, float(oy[i]))
    middle = (low + high) / 2.0
    for part in range(p0, p1):
        for i in range(vertex_offsets[part], vertex_offsets[part + 1]):
            v = float(oy[i])
            if v <= middle:
                low = max(low, v)
            else:
                high = min(high, v)
    y = (low + high) / 2.0
    crossings = np.empty(16)
    n = 0
    for part in range(p0, p1):
        for i in range(vertex_offsets[part], vertex_offsets[part + 1] - 1):
            ax, ay, bx, by = float(ox[i]), float(oy[i]), float(ox[i + 1]), float(oy[i + 1])
            if (ay > y) != (by > y):
                if n == len(crossings):
                    crossings = grown(crossings, n + 1)
                crossings[n] = (bx - ax) * (y - ay) / (by - ay) + ax
                n += 1
    order = np.empty(n, np.int64)
    sort_by(crossings, order, n)
    best = -1.0
    x = float(ox[s])
    for k in range(0, n - 1, 2):
        a, b = crossings[order[k]], crossings[order[k + 1]]
        if b - a > best:
            best, x = b - a, (a + b) / 2.0
    return (y, x) if upright else (x, y)


@array_helper
def _pole(
    wx: NDArray[np.int64], wy: NDArray[np.int64], vertex_offsets: NDArray[np.int64], p0: int, p1: int
) -> tuple[float, float]:
    """Pole of inaccessibility of one polygon, to 1 % of its smaller side."""
    s, e = vertex_offsets[p0], vertex_offsets[p0 + 1]
    x0 = x1 = float(wx[s])
    y0 = y1 = float(wy[s])
    for i in range(s, e):
        x0, x1 = min(x0, float(wx[i])), max(x1, float(wx[i]))
        y0, y1 = min(y0, float(wy[i])), max(y1, float(wy[i]))
    shorter, longer = min(x1 - x0, y1 - y0), max(x1 - x0, y1 - y0)
    if shorter == 0.0:
        return x0, y0
    precision = shorter / 100.0
    cell = max(shorter, longer / _CELLS)
    half = cell / 2.0
    columns = math.ceil((x1 - x0) / cell)
    rows = math.ceil((y1 - y0) / cell)
    size = 64 + columns * rows
    qx, qy, qh, qd = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    # A point sure to be inside, then the centroid, are the ones to beat.
    best_x, best_y = _on_surface(wx, wy, vertex_offsets, p0, p1, y1 - y0 < x1 - x0)
    best = _signed_distance(wx, wy, vertex_offsets, p0, p1, best_x, best_y)
    area = cx = cy = 0.0
    for i in range(s, e - 1):
        ax, ay = float(wx[i]) - x0, float(wy[i]) - y0
        bx, by = float(wx[i + 1]) - x0, float(wy[i + 1]) - y0
        f = ax * by - bx * ay
        cx += (ax + bx) * f
        cy += (ay + by) * f
        area += f * 3.0
    if area != 0.0:
        d = _signed_distance(wx, wy, vertex_offsets, p0, p1, x0 + cx / area, y0 + cy / area)
        if d >= best:
            best, best_x, best_y = d, x0 + cx / area, y0 + cy / area
    n = 0
    for row in range(rows):
        for column in range(columns):
            qx[n], qy[n], qh[n] = x0 + column * cell + half, y0 + row * cell + half, half
            qd[n] = _signed_distance(wx, wy, vertex_offsets, p0, p1, qx[n], qy[n])
            n += 1
    for _ in range(_STEPS):
        if n == 0:
            break
        top = 0  # the most promising cell; queues stay short, a scan is enough
        for k in range(1, n):
            if qd[k] + qh[k] * math.sqrt(2.0) > qd[top] + qh[top] * math.sqrt(2.0):
                top = k
        x, y, h, d = qx[top], qy[top], qh[top], qd[top]
        n -= 1
        qx[top], qy[top], qh[top], qd[top] = qx[n], qy[n], qh[n], qd[n]
        if d > best:
            best, best_x, best_y = d, x, y
        if d + h * math.sqrt(2.0) - best <= precision:
            break
        h /= 2.0
        if n + 4 > len(qx):
            qx, qy, qh, qd = grown(qx, n + 4), grown(qy, n + 4), grown(qh, n + 4), grown(qd, n + 4)
        for k in range(4):
            qx[n] = x - h if k % 2 == 0 else x + h
            qy[n] = y - h if k < 2 else y + h
            qh[n] = h
            qd[n] = _signed_distance(wx, wy, vertex_offsets, p0, p1, qx[n], qy[n])
            n += 1
    return best_x, best_y


@helper
def _along(wx: NDArray[np.int64], wy: NDArray[np.int64], s: int, e: int, left: float) -> tuple[float, float]:
    """The point `left` world units from the start of line [s, e)."""
    for i in range(s, e - 1):
        step = math.hypot(float(wx[i + 1] - wx[i]), float(wy[i + 1] - wy[i]))
        if step >= left and step > 0.0:
            t = left / step
            return float(wx[i]) + t * float(wx[i + 1] - wx[i]), float(wy[i]) + t * float(wy[i + 1] - wy[i])
        left -= step
    return float(wx[s]), float(wy[s])


@array_helper
def _straightest(wx: NDArray[np.int64], wy: NDArray[np.int64], s: int, e: int, length: float) -> float:
    """How far along the line [s, e) the middle of its longest straight-enough run lies.

    Bends of less than a chord, `length` / _CHORDS, do not count: a label is longer. Of runs about equal the one nearest
    to the line's middle; the middle itself where no run reaches _LEAST of the length.
    """
    angle = np.empty(2 * _CHORDS)  # of each chord; two in a row are longer than one `length` / _CHORDS
    end = np.empty(2 * _CHORDS)  # where it ends, along the line
    n = 0
    from_x, from_y = float(wx[s]), float(wy[s])
    walked = 0.0
    for i in range(s + 1, e):
        x, y = float(wx[i]), float(wy[i])
        walked += math.hypot(x - float(wx[i - 1]), y - float(wy[i - 1]))
        if n < 2 * _CHORDS and (math.hypot(x - from_x, y - from_y) >= length / _CHORDS or i == e - 1):
            angle[n] = math.atan2(y - from_y, x - from_x)
            end[n] = walked
            n += 1
            from_x, from_y = x, y
    best = length * _LEAST
    middle = length / 2.0
    for first in range(n):
        start = end[first - 1] if first > 0 else 0.0
        direction = low = high = 0.0  # against the first chord
        last = first
        for k in range(first, n):
            if k > first:
                turn = angle[k] - angle[k - 1]
                direction += turn - 2.0 * math.pi * math.floor(turn / (2.0 * math.pi) + 0.5)
            low, high = min(low, direction), max(high, direction)
            if high - low > _STRAIGHT:
                break
            last = k
        at = (start + end[last]) / 2.0
        worth = end[last] - start - abs(at - length / 2.0) * _NEARER
        if worth > best:
            best, middle = worth, at
    return middle


@kernel
def anchors(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    part_from: NDArray[np.int64],
    part_to: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    out_x: NDArray[np.int64],
    out_y: NDArray[np.int64],
) -> None:
    """Anchors of all features in world units: `kinds` [features] 1 point, 2 line, 3 area → `out_x`, `out_y` [features].

    Areas: the pole of inaccessibility of the largest polygon, to 1 % of the smaller side of its box (slivers: a point
    inside). Lines: the middle of the longest run of the longest part whose direction stays within 30°. Points: the
    first point. Source: Garcia-Castellanos & Lombardo 2007, in the quadtree form of mapbox/polylabel.
    """
    for f in range(len(part_from)):
        if kinds[f] == 1:
            out_x[f] = wx[vertex_offsets[part_from[f]]]
            out_y[f] = wy[vertex_offsets[part_from[f]]]
            continue
        best = -1.0
        b0 = b1 = part_from[f]
        part = part_from[f]
        while part < part_to[f]:
            s, e = vertex_offsets[part], vertex_offsets[part + 1]
            following = part + 1
            size = 0.0
            if roles[part] == 0:
                for i in range(s, e - 1):
                    size += math.hypot(float(wx[i + 1] - wx[i]), float(wy[i + 1] - wy[i]))
            else:
                for i in range(s, e - 1):
                    size += float(wx[i] - wx[s]) * float(wy[i + 1] - wy[s])
                    size -= float(wx[i + 1] - wx[s]) * float(wy[i] - wy[s])
                size = abs(size)
                while following < part_to[f] and roles[following] == 2:
                    following += 1
            if size > best and e > s:
                best, b0, b1 = size, part, following
            part = following
        if best < 0.0:
            continue
        if roles[b0] == 0:
            s, e = vertex_offsets[b0], vertex_offsets[b0 + 1]
            x, y = _along(wx, wy, s, e, _straightest(wx, wy, s, e, best))
        else:
            x, y = _pole(wx, wy, vertex_offsets, b0, b1)
        out_x[f] = np.int64(math.floor(x + 0.5))
        out_y[f] = np.int64(math.floor(y + 0.5))

"""Signed distance fields of glyph outlines, computed exactly from the curves.

The conventions are those of the glyph files every Mapbox-style renderer reads (node-fontnik): 24 px per em, a border
of 3 px, distances of up to 8 px mapped to 255…0 with the outline at 255 · 0.75.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 24
BUFFER = 3
RADIUS = 8.0
CUTOFF = 0.25
CURVE_STEPS = 8  # a quadratic at 24 px deviates from eight chords by less than 0.01 px


class Field(NamedTuple):
    """A glyph's distance field: pixels row by row from the top, border included, and its place in the em."""

    pixels: bytes
    width: int  # px without border
    height: int
    left: int  # px from the origin to the left edge
    top: int  # px from the baseline up to the top edge


def distance_field(glyph: Any, units_per_em: int) -> Field:
    """The distance field of a fontTools glyph without components, at 24 px per em.

    A glyph without contours (a space) has width and height 0 and no pixels.
    """
    segments = _segments(glyph, SIZE / units_per_em)
    if not len(segments):
        return Field(b"", 0, 0, 0, 0)
    left, right = math.floor(segments[:, 0::2].min()), math.ceil(segments[:, 0::2].max())
    bottom, top = math.floor(segments[:, 1::2].min()), math.ceil(segments[:, 1::2].max())
    x = np.arange(left - BUFFER, right + BUFFER) + 0.5
    y = np.arange(top + BUFFER, bottom - BUFFER, -1) - 0.5
    px, py = (a.ravel() for a in np.meshgrid(x, y))
    distance = _distance(px, py, segments)
    signed = np.where(_inside(px, py, segments), -distance, distance)
    values = np.clip(np.rint(255.0 * (1.0 - CUTOFF) - 255.0 / RADIUS * signed), 0, 255)
    return Field(values.astype(np.uint8).tobytes(), right - left, top - bottom, left, top)


def _segments(glyph: Any, scale: float) -> NDArray[np.float64]:
    """The outline as straight segments, [n, 4] of x0, y0, x1, y1 in px with y up."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen  # type: ignore[import-untyped]

    pen = DecomposingRecordingPen({})
    glyph.draw(pen, None)
    lines: list[tuple[float, float, float, float]] = []
    here = start = (0.0, 0.0)
    for operator, points in pen.value:
        if operator == "moveTo":
            here = start = points[0]
        elif operator == "lineTo":
            lines.append((*here, *points[0]))
            here = points[0]
        elif operator == "qCurveTo":
            for control, end in _quadratics(points):
                previous = here
                for step in range(1, CURVE_STEPS + 1):
                    t = step / CURVE_STEPS
                    a, b, c = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
                    at = (a * here[0] + b * control[0] + c * end[0], a * here[1] + b * control[1] + c * end[1])
                    lines.append((*previous, *at))
                    previous = at
                here = end
        elif operator in ("closePath", "endPath") and here != start:
            lines.append((*here, *start))
    return np.array(lines, dtype=np.float64).reshape(-1, 4) * scale


def _quadratics(points: Any) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """TrueType's run of off-curve points as (control, end) pairs; implied on-curve points lie halfway."""
    from fontTools.pens.basePen import decomposeQuadraticSegment  # type: ignore[import-untyped]

    return [(control, end) for control, end in decomposeQuadraticSegment(points)]


def _distance(px: NDArray[np.float64], py: NDArray[np.float64], segments: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distance of each point to the nearest segment."""
    x0, y0, x1, y1 = segments.T
    dx, dy = x1 - x0, y1 - y0
    length = np.maximum(dx * dx + dy * dy, 1e-12)
    t = np.clip(((px[:, None] - x0) * dx + (py[:, None] - y0) * dy) / length, 0.0, 1.0)
    nearest: NDArray[np.float64] = np.hypot(px[:, None] - x0 - t * dx, py[:, None] - y0 - t * dy).min(axis=1)
    return nearest


def _inside(px: NDArray[np.float64], py: NDArray[np.float64], segments: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each point lies inside by the non-zero winding rule (TrueType outlines may overlap)."""
    x0, y0, x1, y1 = segments.T
    up = (y0 <= py[:, None]) & (y1 > py[:, None])
    down = (y0 > py[:, None]) & (y1 <= py[:, None])
    side = (x1 - x0) * (py[:, None] - y0) - (px[:, None] - x0) * (y1 - y0)
    winding = (up & (side > 0)).sum(axis=1) - (down & (side < 0)).sum(axis=1)
    inside: NDArray[np.bool_] = winding != 0
    return inside

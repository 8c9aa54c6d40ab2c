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
CURVE_STEPS = 5  # an arc of 6 px then deviates from its chords by 0.03 px, one step of the 255


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
    from fontTools.pens.basePen import BasePen  # type: ignore[import-untyped]

    lines: list[tuple[float, float, float, float]] = []

    class Chords(BasePen):  # type: ignore[misc]
        """Collects lines; curves arrive as single quadratics, closing lines as lines."""

        def _moveTo(self, pt: tuple[float, float]) -> None:
            self.start = pt

        def _lineTo(self, pt: tuple[float, float]) -> None:
            lines.append((*self._getCurrentPoint(), *pt))

        def _qCurveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float]) -> None:
            here = previous = self._getCurrentPoint()
            for step in range(1, CURVE_STEPS + 1):
                t = step / CURVE_STEPS
                a, b, c = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
                at = (a * here[0] + b * pt1[0] + c * pt2[0], a * here[1] + b * pt1[1] + c * pt2[1])
                lines.append((*previous, *at))
                previous = at

        def _closePath(self) -> None:
            if self._getCurrentPoint() != self.start:
                lines.append((*self._getCurrentPoint(), *self.start))

    glyph.draw(Chords(None), None)
    return np.array(lines, dtype=np.float64).reshape(-1, 4) * scale


def _distance(px: NDArray[np.float64], py: NDArray[np.float64], segments: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distance of each point to the nearest segment."""
    x0, y0, x1, y1 = segments.T
    dx, dy = x1 - x0, y1 - y0
    length = np.maximum(dx * dx + dy * dy, 1e-12)
    t = np.clip(((px[:, None] - x0) * dx + (py[:, None] - y0) * dy) / length, 0.0, 1.0)
    ox, oy = px[:, None] - x0 - t * dx, py[:, None] - y0 - t * dy
    nearest: NDArray[np.float64] = np.sqrt((ox * ox + oy * oy).min(axis=1))
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

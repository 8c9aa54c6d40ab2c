"""A small map of a planned area: what is there, what does not do, what is missing. SVG, legible without colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.catalog.grid import SIDE, ZOOM, square_metres

WIDTH, HEIGHT = 340, 230  # of the drawing, in its own units
_MARGIN = 14.0
_BAR = 84.0  # the longest scale bar


def gap_map(id: str, area: Mapping[str, Any], theme: Mapping[str, Any], label: str) -> str:
    """The map of one theme of an opinion; `id` tells its patterns from those of other maps of the page."""
    place = _Place(area)
    outline = "".join(place.path(area))
    parts = [
        f'<clipPath id="{id}-area"><path d="{outline}" clip-rule="evenodd"/></clipPath>',
        _PATTERNS.format(id=id),
        f'<g clip-path="url(#{id}-area)"><rect width="{WIDTH}" height="{HEIGHT}" fill="#cfe5d6"/>',
    ]
    for name in ("gap", "unfit"):
        if theme[name]["area"]:
            path = "".join(place.path(theme[name]["area"]))
            parts.append(f'<path d="{path}" fill="url(#{id}-{name})" fill-rule="evenodd"/>')
    parts.append(f'</g><path d="{outline}" fill="none" stroke="#22302b" stroke-width="1.4"/>')
    parts.append("".join(place.furniture()))
    return (
        f'<svg class="map" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


_PATTERNS = (
    '<defs><pattern id="{id}-gap" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="7" height="7" fill="#fbe3df"/><path d="M0 0V7" stroke="#b3372a" stroke-width="3"/></pattern>'
    '<pattern id="{id}-unfit" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="#fdf0cc"/><circle cx="3.5" cy="3.5" r="1.4" fill="#8a6100"/></pattern></defs>'
)


class _Place:
    """Degrees to the drawing: Web Mercator, the area as large as it fits."""

    def __init__(self, area: Mapping[str, Any]) -> None:
        corners = np.array([at for polygon in area["coordinates"] for ring in polygon for at in ring])
        x, y = corners[:, 0] / 360 * SIDE, np.array([_northing(lat) for lat in corners[:, 1]])
        wide, high = max(float(np.ptp(x)), 0.05), max(float(np.ptp(y)), 0.05)
        self._scale = min((WIDTH - 2 * _MARGIN) / wide, (HEIGHT - 2 * _MARGIN - 16) / high)
        self._x = float(x.min() + x.max()) / 2
        self._y = float(y.min() + y.max()) / 2
        row = min(max(int(SIDE / 2 - self._y), 0), SIDE - 1)
        self._metres = math.sqrt(float(square_metres(np.array([row]))[0])) / self._scale  # of a unit

    def path(self, geometry: Mapping[str, Any]) -> Iterator[str]:
        """The rings of a MultiPolygon as path data."""
        for polygon in geometry["coordinates"]:
            for ring in polygon:
                yield "M" + "L".join(self._at(lng, lat) for lng, lat in ring[:-1]) + "Z"

    def furniture(self) -> Iterator[str]:
        """A scale bar and a north arrow."""
        length, text = _round_length(self._metres * _BAR)
        wide = length / self._metres
        y = HEIGHT - 8
        yield f'<path d="M8 {y - 5}V{y}H{8 + wide:.1f}V{y - 5}" fill="none" stroke="#22302b" stroke-width="1.2"/>'
        yield f'<text x="{12 + wide:.1f}" y="{y}" font-size="10">{text}</text>'
        x = WIDTH - 14
        yield f'<path d="M{x} 24L{x - 4} 36H{x + 4}Z" fill="#22302b"/>'
        yield f'<text x="{x}" y="20" font-size="10" text-anchor="middle">N</text>'

    def _at(self, lng: float, lat: float) -> str:
        x = WIDTH / 2 + (lng / 360 * SIDE - self._x) * self._scale
        y = (HEIGHT - 16) / 2 - (_northing(lat) - self._y) * self._scale
        return f"{x:.1f} {y:.1f}"


def _northing(lat: float) -> float:
    """Cells north of the equator."""
    sine = math.sin(math.radians(lat))
    return math.atanh(sine) / (2 * math.pi) * (1 << ZOOM)


def _round_length(most: float) -> tuple[float, str]:
    """The longest round length that is not longer, in metres, and its text."""
    power = 10.0 ** math.floor(math.log10(most))
    length = next(step * power for step in (5, 2, 1) if step * power <= most)
    return length, f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"


def legend(words: Sequence[str]) -> str:
    """What the three fills mean, in the order: there, there but not good enough, missing."""
    items = []
    for fill, word in zip(("#cfe5d6", "url(#legend-unfit)", "url(#legend-gap)"), words, strict=True):
        box = f'<rect width="22" height="12" fill="{fill}"/>'
        items.append(f'<span><svg width="22" height="12" aria-hidden="true">{box}</svg>{word}</span>')
    hidden = f'<svg width="0" height="0" aria-hidden="true">{_PATTERNS.format(id="legend")}</svg>'
    return f'<p class="legend">{hidden}{"".join(items)}</p>'

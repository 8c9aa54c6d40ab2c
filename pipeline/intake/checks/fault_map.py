"""A small drawing of where the faults are, as SVG for the printed report."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.intake.checks.map_of_faults import COLOURS
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import Report
from pipeline.types import Bounds

_WIDTH: Final = 640  # of the drawing; pages scale it
_MOST: Final = 430  # high
_MARGIN: Final = 0.06  # around what is shown, of its size
_DOTS: Final = 400  # of one rule; thousands on top of one another tell no more
_RADII: Final = {"A": 6.0, "B": 5.0, "C": 4.2, "D": 3.4}
_APART: Final = 16  # between two numbers, of which one is left out where they would lie on one another
_GRID: Final = (1.0, 2.0, 5.0)


class _Frame(NamedTuple):
    """Degrees → drawing, equidistant along the middle parallel."""

    west: float
    north: float
    scale_x: float
    scale_y: float
    width: float
    height: float

    def at(self, lng: float, lat: float) -> tuple[float, float]:
        return (lng - self.west) * self.scale_x, (self.north - lat) * self.scale_y


def fault_map(report: Report, language: str) -> str:
    """An SVG with the data's extent, the city's bounds, a graticule and every fault; "" where there is no place."""
    places = [
        (number, finding, _points(finding.geometry))
        for number, finding in enumerate(report.findings, 1)
        if finding.geometry is not None and len(finding.geometry)
    ]
    box = _shown(report, [points for _number, _finding, points in places])
    if box is None:
        return ""
    frame = _frame(box)
    parts = [
        f'<svg class="map" viewBox="0 0 {frame.width:.0f} {frame.height:.0f}" role="img" '
        f'aria-label="{escape(_("Map of the faults").said(language))}">',
        f'<rect class="ground" width="{frame.width:.0f}" height="{frame.height:.0f}"/>',
        *_graticule(frame, box),
    ]
    if report.bounds is not None:
        parts.append(_rect(frame, report.bounds, "extent"))
    if report.frame is not None:
        parts.append(_rect(frame, report.frame, "city"))
    labels: list[str] = []
    told: list[tuple[float, float]] = []
    for number, finding, points in reversed(places):  # the worst on top
        inside = _within(points, box)
        colour, radius = COLOURS[finding.severity], _RADII[finding.severity]
        for lng, lat in inside[:: max(1, math.ceil(len(inside) / _DOTS))]:
            x, y = frame.at(lng, lat)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>')
        if len(inside):
            x, y = frame.at(*inside[0])
            x, y = min(x + radius + 2, frame.width - 16), max(y - radius, 12)
            if all(math.hypot(x - a, y - b) > _APART for a, b in told):
                told.append((x, y))
                labels.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}">{number}</text>')
    return "".join([*parts, *labels, *_scale_bar(frame, box), "</svg>"])


def _points(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """One place on each shape, [shapes, 2]."""
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shapes)), np.float64)


def _shown(report: Report, places: list[NDArray[np.float64]]) -> Bounds | None:
    """What the drawing shows: the city if it is known, with what lies near; else the data, or all faults."""
    boxes = [box for box in (report.frame, report.bounds if report.frame is None else None) if box is not None]
    if not boxes:
        found = np.concatenate(places) if places else np.empty((0, 2))
        if not len(found):
            return None
        boxes = [(*found.min(0), *found.max(0))]
    west, south, east, north = boxes[0]
    aside, beyond = (east - west) * _MARGIN + 1e-5, (north - south) * _MARGIN + 1e-5
    return west - aside, south - beyond, east + aside, north + beyond


def _frame(box: Bounds) -> _Frame:
    west, south, east, north = box
    shrink = math.cos(math.radians((south + north) / 2))
    wide, high = (east - west) * shrink, north - south
    scale = min(_WIDTH / wide, _MOST / high)
    return _Frame(west, north, scale * shrink, scale, wide * scale, high * scale)


def _within(points: NDArray[np.float64], box: Bounds) -> NDArray[np.float64]:
    west, south, east, north = box
    x, y = points[:, 0], points[:, 1]
    return points[(x >= west) & (x <= east) & (y >= south) & (y <= north)]


def _rect(frame: _Frame, box: Bounds, name: str) -> str:
    x, y = frame.at(box[0], box[3])
    right, bottom = frame.at(box[2], box[1])
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{right - x:.1f}" height="{bottom - y:.1f}"/>'


def _graticule(frame: _Frame, box: Bounds) -> Iterator[str]:
    """Meridians and parallels at round degrees, three or four each way, with their numbers at the border."""
    step = _round_below(max(box[2] - box[0], box[3] - box[1]) / 3)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    for at in range(math.ceil(box[0] / step), math.floor(box[2] / step) + 1):
        x, _y = frame.at(at * step, box[3])
        yield f'<path class="grid" d="M{x:.1f} 0V{frame.height:.1f}"/>'
        yield f'<text class="tick" x="{x + 3:.1f}" y="{frame.height - 4:.1f}">{at * step:.{digits}f}°</text>'
    for at in range(math.ceil(box[1] / step), math.floor(box[3] / step) + 1):
        _x, y = frame.at(box[0], at * step)
        yield f'<path class="grid" d="M0 {y:.1f}H{frame.width:.1f}"/>'
        yield f'<text class="tick" x="4" y="{y - 3:.1f}">{at * step:.{digits}f}°</text>'


def _scale_bar(frame: _Frame, box: Bounds) -> Iterator[str]:
    """A round length, about a fifth of the width."""
    metre = 1 / (111_320 * math.cos(math.radians((box[1] + box[3]) / 2))) * frame.scale_x
    length = _round_below(frame.width / 5 / metre)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    right, y = frame.width - 12, frame.height - 22  # above the numbers of the meridians
    left = right - length * metre
    yield f'<path class="bar" d="M{left:.1f} {y - 5:.1f}V{y:.1f}H{right:.1f}V{y - 5:.1f}"/>'
    yield f'<text class="tick" x="{(left + right) / 2:.1f}" y="{y - 5:.1f}" text-anchor="middle">{text}</text>'


def _round_below(value: float) -> float:
    """1, 2 or 5 times a power of ten, not more than the value."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in _GRID if step * power <= value * (1 + 1e-9))

"""Small maps of where a dataset lies: the city's borders once, and on each page what the dataset covers, in its box."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.archive.reader import open_archive
from pipeline.catalog.cells import joined
from pipeline.catalog.coverage import Coverage, coverage_from
from pipeline.catalog.grid import ZOOM, latitude, longitude
from pipeline.types import Bounds
from pipeline.vector.decode import geojson_features

BORDERS = "BOUL"  # the layer of administrative borders (GB/T 13923's short names)
WIDTH = 320.0  # of the map in its own units
_MARGIN = 0.05  # of the city's width, around it
_ZOOM = 9  # a tile is 0.7° wide: a county of some tenths of a degree is a handful of tiles
_LEAST_BOX = 6.0  # units: a dataset at one place is still seen
_FINEST = 2  # halvings of the grid's zoom 18: blocks of 540 m at 28° N, some 2 units where a county is 70 km wide
_MOST_BLOCKS = 600  # of 25 bytes each

Line = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class ExtentFrame:
    """A plane for one city: equirectangular, true to scale at its middle latitude; x east, y south, in own units."""

    west: float
    north: float
    scale: float  # units per degree of latitude
    squeeze: float  # cosine of the middle latitude
    height: float

    @classmethod
    def of(cls, bounds: Bounds) -> ExtentFrame:
        """The frame that shows `bounds` (west, south, east, north in degrees) with a margin."""
        west, south, east, north = bounds
        squeeze = math.cos(math.radians((south + north) / 2))
        wide = max((east - west) * squeeze, 1e-6)
        margin = wide * _MARGIN
        scale = WIDTH / (wide + 2 * margin)
        height = ((north - south) + 2 * margin) * scale
        return cls(west - margin / squeeze, north + margin, scale, squeeze, height)

    def place(self, lng: float, lat: float) -> tuple[float, float]:
        """Degrees → x, y in units."""
        return (lng - self.west) * self.squeeze * self.scale, (self.north - lat) * self.scale

    def box(self, bounds: Bounds) -> tuple[float, float, float, float]:
        """Bounds → x, y, width, height, cut at the frame and never too small to be seen."""
        left, top = self.place(bounds[0], bounds[3])
        right, bottom = self.place(bounds[2], bounds[1])
        left, right = _at_least(min(max(left, 0), WIDTH), min(max(right, 0), WIDTH))
        top, bottom = _at_least(min(max(top, 0), self.height), min(max(bottom, 0), self.height))
        return left, top, right - left, bottom - top


def _at_least(low: float, high: float) -> tuple[float, float]:
    short = max(_LEAST_BOX - (high - low), 0) / 2
    return low - short, high + short


def backdrop_svg(catalog: Mapping[str, Any], borders: Iterable[Line]) -> bytes:
    """The picture behind all of these maps: the city's bounds and its borders, as an SVG file."""
    frame = ExtentFrame.of(tuple(catalog["bounds"]))
    x, y, width, height = frame.box(tuple(catalog["bounds"]))
    path = "".join(_path(frame, line) for line in borders)
    if path:
        drawn = f'<path d="{path}" fill="none" stroke="#7f9389" stroke-width="0.9" stroke-linejoin="round"/>'
    else:  # a city without borders of its own is the box it declares
        drawn = (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" stroke="#7f9389"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {frame.height:.1f}">'
        f'<rect width="100%" height="100%" fill="#eef3ef"/>{drawn}</svg>\n'
    ).encode()


def footprint(frame: ExtentFrame, covered: Coverage) -> str:
    """What a dataset covers, as path data: blocks of cells, as fine as a map of this size and a page can bear."""
    row, begin, end = covered.cells.by_row()
    for shift in range(_FINEST, ZOOM):
        starts = ((row >> shift) << ZOOM) + (begin >> shift)
        coarse = joined(starts, starts + ((end - 1) >> shift) - (begin >> shift) + 1)
        west, east, north, south = coarse.boxes()
        if len(west) <= _MOST_BLOCKS:
            break
    path = []
    for box in zip(west.tolist(), south.tolist(), east.tolist(), north.tolist(), strict=True):
        left, top = frame.place(longitude(box[0] << shift), latitude(box[3] << shift))
        right, bottom = frame.place(longitude(box[2] << shift), latitude(box[1] << shift))
        path.append(f"M{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}z")
    return "".join(path)


def read_coverage(dist: Path, dataset: str) -> Coverage | None:
    """What the edition says that a dataset covers; None where it says nothing."""
    path = dist / "coverage" / f"{dataset}.json"
    return coverage_from(path.read_bytes(), str(path)) if path.is_file() else None


def _path(frame: ExtentFrame, line: Line) -> str:
    """A line as path data, in tenths of a unit, without places that fall together."""
    places = list(dict.fromkeys(tuple(f"{value:.1f}" for value in frame.place(*place)) for place in line))
    return "M" + "L".join(f"{x} {y}" for x, y in places) if len(places) > 1 else ""


def read_borders(dist: Path, catalog: Mapping[str, Any]) -> list[Line]:
    """The administrative borders that the edition shows, as lines in degrees; none where it has no such layer.

    They are read from the finished archive, so that nothing is drawn that is not on the map.
    """
    for dataset in catalog["datasets"]:
        for layer in dataset["layers"]:
            if layer["layer"] == BORDERS:
                archive = next(entry for entry in catalog["archives"] if entry["id"] == layer["archive"])
                return _lines(dist / archive["file"], max(layer["min_zoom"], min(_ZOOM, layer["max_zoom"])))
    return []


def _lines(archive: Path, zoom: int) -> list[Line]:
    lines: list[Line] = []
    with open_archive(archive) as reader:
        for z, x, y, _raw in reader.tiles(zoom):
            body = reader.tile(z, x, y)
            for feature in geojson_features(body or b"", z, x, y, [BORDERS]):
                geometry = feature["geometry"] or {"type": "", "coordinates": []}
                if geometry["type"] == "LineString":
                    lines.append(geometry["coordinates"])
                elif geometry["type"] == "MultiLineString":
                    lines += geometry["coordinates"]
    return lines

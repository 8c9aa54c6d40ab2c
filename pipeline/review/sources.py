"""Tiles of a published folder for a picture: features decoded, images as they are, clipped by the picture's edge."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.archive.reader import Archive, open_archive
from pipeline.vector.decode import geojson_features

TILE: Final = 512  # pixels of a tile's side at its own zoom, as map viewers count


class Frame(NamedTuple):
    """A picture's place in the world of a whole zoom: pixels of its north-western corner, and its size."""

    zoom: int
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def around(cls, lng: float, lat: float, zoom: int, width: int, height: int) -> Frame:
        """The picture with a place in its middle; whole pixels, so that tiles meet without a seam."""
        world = TILE << zoom
        x = (lng + 180) / 360 * world
        y = (0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * world
        return cls(zoom, round(x - width / 2), round(y - height / 2), width, height)

    def place(self, lng: float, lat: float) -> tuple[float, float]:
        """Where a place lies in the picture, in pixels."""
        world = TILE << self.zoom
        x = (lng + 180) / 360 * world - self.left
        lat = max(-85.0511, min(85.0511, lat))
        return x, (0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * world - self.top


class Cell(NamedTuple):
    """A tile's square in the picture."""

    z: int
    x: int
    y: int
    left: int
    top: int
    side: int


def cells(frame: Frame, min_zoom: int, max_zoom: int) -> Iterator[Cell]:
    """The tiles of an archive that the picture meets; of its last zoom where it ends before."""
    if frame.zoom < min_zoom:
        return
    z = min(frame.zoom, max_zoom)
    side = TILE << (frame.zoom - z)
    for y in range(max(0, frame.top // side), min(1 << z, -(-(frame.top + frame.height) // side))):
        for x in range(max(0, frame.left // side), min(1 << z, -(-(frame.left + frame.width) // side))):
            yield Cell(z, x, y, x * side - frame.left, y * side - frame.top, side)


@dataclass(slots=True)
class Sources:
    """The archives of a published folder, opened once; a context manager."""

    folder: Path
    files: dict[str, str]  # id → file below the folder
    _open: dict[str, Archive] = field(default_factory=dict)
    _decoded: dict[tuple[str, Cell], dict[str, list[dict[str, Any]]]] = field(default_factory=dict)

    def __enter__(self) -> Sources:
        return self

    def __exit__(self, *_how: object) -> None:
        for archive in self._open.values():
            archive.close()

    def archive(self, id: str) -> Archive:
        """An archive by its id."""
        if id not in self._open:
            self._open[id] = open_archive(self.folder / self.files[id])
        return self._open[id]

    def features(self, id: str, cell: Cell) -> dict[str, list[dict[str, Any]]]:
        """Layer → the features of a tile as GeoJSON; kept until `forget`."""
        if (id, cell) in self._decoded:
            return self._decoded[id, cell]
        body = self.archive(id).tile(cell.z, cell.x, cell.y)
        found = self._decoded[id, cell] = {}
        for feature in geojson_features(body, cell.z, cell.x, cell.y) if body is not None else ():
            if feature["geometry"] is not None:
                found.setdefault(feature["layer"], []).append(feature)
        return found

    def forget(self) -> None:
        """Let go of the features that were decoded: the next picture lies elsewhere."""
        self._decoded.clear()

    def image(self, id: str, cell: Cell) -> str | None:
        """A tile of pixels as a data address."""
        body = self.archive(id).tile(cell.z, cell.x, cell.y)
        if body is None:
            return None
        kind = "png" if body[:4] == b"\x89PNG" else "webp" if body[:4] == b"RIFF" else "jpeg"
        return f"data:image/{kind};base64,{base64.b64encode(body).decode()}"

"""The small values that cross borders between rooms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

# Geometry kinds; the numbers are those of MVT 2.1 §4.3.4 GeomType.
NONE: Final = 0
POINT: Final = 1
LINE: Final = 2
POLYGON: Final = 3

# Roles of a part.
OPEN: Final = 0  # the points of a (multi)point, or one line string
EXTERIOR: Final = 1  # a polygon's outer ring; begins a new polygon
INTERIOR: Final = 2  # a hole of the polygon begun before it

Bounds = tuple[float, float, float, float]  # west, south, east, north


class PixelWindow(NamedTuple):
    """A rectangle of the square grid of world pixels of one zoom: tile_size·2^zoom each way, x east, y south.

    The grid's first pixel has its corner at 180° W, 85.0511° N. Tile (x, y) is the window whose `column` is
    x·tile_size and whose `row` is y·tile_size. A pixel's value is that at its centre, half a pixel from its corner.
    """

    zoom: int
    tile_size: int  # pixels of a tile's side
    column: int  # of the western edge
    row: int  # of the northern edge
    width: int  # pixels
    height: int  # pixels


class Geometries(NamedTuple):
    """Features as ragged arrays: feature → parts (rings, line strings, point runs) → vertices.

    A (multi)point is one part with all its points; every line string is a part; every ring is a part, stored
    closed (first vertex repeated at the end), in whatever winding the source had.
    """

    kinds: NDArray[np.uint8]  # [features] NONE, POINT, LINE or POLYGON
    part_offsets: NDArray[np.int64]  # [features + 1] into roles / vertex_offsets
    vertex_offsets: NDArray[np.int64]  # [parts + 1] into x, y
    roles: NDArray[np.uint8]  # [parts] OPEN, EXTERIOR or INTERIOR
    x: NDArray[np.float64]  # [vertices] easting or longitude
    y: NDArray[np.float64]  # [vertices] northing or latitude

    @property
    def features(self) -> int:
        """The number of features."""
        return len(self.kinds)


class FeatureBatch(NamedTuple):
    """Some features of one layer: geometries in longitude/latitude degrees (x, y) and their attributes."""

    geometries: Geometries
    attributes: pa.Table  # as many rows as geometries; no geometry column


@dataclass(slots=True)
class Tally:
    """Counts data faults by kind and keeps one sample of each, so that work goes on and nothing is silent."""

    counts: dict[str, int] = field(default_factory=dict)
    samples: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, n: int = 1, sample: str = "") -> None:
        """Count `n` more faults of `kind` (a stable English slug); the first `sample` is kept."""
        if n <= 0:
            return
        self.counts[kind] = self.counts.get(kind, 0) + n
        if sample:
            self.samples.setdefault(kind, sample)

    def merge(self, other: Tally) -> None:
        """Add another tally's counts to this one."""
        for kind, n in sorted(other.counts.items()):
            self.add(kind, n, other.samples.get(kind, ""))

"""What is measured: the files, their zooms, and how much faster than each peer the engine has to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "vector"
WORK = ROOT / ".cache" / "bench"


class Case(NamedTuple):
    """One file and its zooms."""

    name: str
    low: int
    high: int
    shift: float  # degrees of longitude between copies: none overlaps another, none crosses the antimeridian
    bars: Mapping[tuple[str, int], float]  # (peer, copies) → how many times its wall time ours has to go into
    coverage: bool = False
    key: str | None = None  # whole-number column that tells features apart, for tools that make no ids themselves

    @property
    def source(self) -> Path:
        """The file as it was handed out."""
        return DATA / f"{self.name}.parquet"


# No shift is a whole number of tiles at any zoom below 10, so that no tile of a copy is the tile of another.
CASES = (
    Case("osm_buildings", 10, 14, 3.37, {
        ("tippecanoe", 1): 3, ("freestiler", 1): 1.8, ("tippecanoe", 10): 10, ("freestiler", 10): 5,
    }, key="osm_id"),
    Case("osm_roads", 6, 14, 3.37, {
        ("tippecanoe", 1): 4, ("freestiler", 1): 3, ("tippecanoe", 10): 7, ("freestiler", 10): 5,
    }, key="osm_id"),
    Case("japan_address_points", 6, 14, 31.3, {
        ("tippecanoe", 1): 4, ("freestiler", 1): 2.5, ("tippecanoe", 10): 5, ("freestiler", 10): 3,
    }),
    Case("uk_output_areas_100k", 5, 13, 8.437, {
        ("tippecanoe", 1): 5, ("freestiler", 1): 2.5, ("tippecanoe", 10): 7, ("freestiler", 10): 3.5,
    }, coverage=True),
)  # fmt: skip
BUILDINGS, UK = CASES[0], CASES[3]

"""Compiles every kernel by tiling a few features of every kind, so that the signatures are those of real work."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from pipeline.api import tile
from pipeline.progress import Progress, Silent

_RING = [[119.1, 28.0], [119.2, 28.0], [119.2, 28.1], [119.15, 28.05], [119.1, 28.1], [119.1, 28.0]]
_HOLE = [[119.11, 28.01], [119.12, 28.01], [119.12, 28.02], [119.11, 28.01]]
_GEOMETRIES = [
    {"type": "Point", "coordinates": [119.1, 28.0]},
    {"type": "LineString", "coordinates": _RING},
    {"type": "Polygon", "coordinates": [_RING, _HOLE]},
    {"type": "Polygon", "coordinates": [[[119.1, 28.0], [119.2, 28.1], [119.2, 28.0], [119.1, 28.1], [119.1, 28.0]]]},
]
_ATTRIBUTES = {"text": "龙泉", "whole": 1, "real": 0.5, "flag": True}


def warm_kernels(progress: Progress | None = None) -> None:
    """Compile all kernels into the user's cache; takes no time when they are there already."""
    progress = progress or Silent()
    features = [{"type": "Feature", "properties": _ATTRIBUTES, "geometry": geometry} for geometry in _GEOMETRIES]
    with tempfile.TemporaryDirectory(prefix="longquan-warm-") as folder:
        source = Path(folder) / "warm.geojson"
        source.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        for coverage in (False, True):
            tile(source, Path(folder) / "warm.pmtiles", coverage=coverage, labels=True, progress=progress)
        parquet = Path(folder) / "warm.parquet"
        _as_parquet(source, parquet)
        tile(parquet, Path(folder) / "warm.pmtiles", max_zoom=10, progress=progress)


def _as_parquet(source: Path, target: Path) -> None:
    import geopandas

    geopandas.read_file(source).to_parquet(target)

"""Compiles every kernel by tiling a few features of every kind, so that the signatures are those of real work."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from pipeline.api import tile
from pipeline.i18n import _
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
    progress.start(_("compiling kernels"))
    features = [{"type": "Feature", "properties": _ATTRIBUTES, "geometry": geometry} for geometry in _GEOMETRIES]
    with tempfile.TemporaryDirectory(prefix="longquan-warm-") as folder:
        source = Path(folder) / "warm.geojson"
        source.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        for coverage in (False, True):
            tile(source, Path(folder) / "warm.pmtiles", coverage=coverage, labels=True)
        parquet = Path(folder) / "warm.parquet"
        _write_parquet(parquet)
        tile(parquet, Path(folder) / "warm.pmtiles", max_zoom=10)
    progress.done()


def _write_parquet(target: Path) -> None:
    """The same geometries as GeoParquet, whose reader is another."""
    import pyarrow as pa
    import pyarrow.parquet
    import shapely

    column = {"encoding": "WKB", "geometry_types": []}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    shapes = [shapely.from_geojson(json.dumps(geometry)).wkb for geometry in _GEOMETRIES]
    table = pa.table({"geometry": pa.array(shapes, pa.binary())})
    pyarrow.parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), target)

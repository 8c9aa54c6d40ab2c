"""Real files: a city's GeoPackage of 120 layers, GeoParquet of 100,000 polygons."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from pipeline.sources import ReadOptions, list_layers, read_batches
from pipeline.types import NONE, Tally


def test_all_layers_of_cambridge(shared_data: Path) -> None:
    path = shared_data / "vector/cambridge.gpkg"
    layers = list_layers(path)
    assert len(layers) == 120
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as file:
        counts = dict(file.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents"))
    assert {layer.name: layer.features for layer in layers} == counts
    tally = Tally()
    total = missing = 0
    for layer in layers[::4]:  # a quarter: opening 120 layers takes GDAL 7 s
        rows = 0
        for batch in read_batches(path, ReadOptions(layer=layer.name), tally):
            rows += batch.geometries.features
            missing += int((batch.geometries.kinds == NONE).sum())
            assert {f.name: str(f.type) for f in batch.attributes.schema} == dict(layer.fields), layer.name
            assert batch.geometries.x.size == 0 or (batch.geometries.x.max() < -71 and batch.geometries.x.min() > -72)
        assert rows == layer.features
        total += rows
    assert total > 20_000
    assert missing == sum(tally.counts.get(kind, 0) for kind in ("null-geometry", "empty-geometry"))


@pytest.mark.parametrize("name", ["osm_buildings", "uk_output_areas_100k"])
def test_geoparquet_against_geos(shared_data: Path, name: str) -> None:
    path = shared_data / f"vector/{name}.parquet"
    tally = Tally()
    batches = list(read_batches(path, ReadOptions(), tally))
    file = pq.ParquetFile(path)
    assert sum(b.geometries.features for b in batches) == file.metadata.num_rows
    shapes = shapely.from_wkb(file.read(["geometry"])["geometry"].slice(0, batches[0].geometries.features).to_pylist())
    assert np.array_equal(
        shapely.get_coordinates(shapes), np.column_stack([batches[0].geometries.x, batches[0].geometries.y])
    )
    assert tally.counts == {}

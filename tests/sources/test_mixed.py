"""Fields that hold now this, now that: what reaches the engine is text, number or truth, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from pipeline.sources import ReadOptions, read_batches
from pipeline.types import Tally


def read(path: Path) -> pa.Table:
    return pa.concat_tables([batch.attributes for batch in read_batches(path, ReadOptions(), Tally())])


def geojson(folder: Path, values: list[Any]) -> Path:
    place = {"type": "Point", "coordinates": [119.1, 28.0]}
    features = [{"type": "Feature", "geometry": place, "properties": {"n": i, "v": v}} for i, v in enumerate(values)]
    path = folder / "mixed.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, "a", True, None, "龙泉"], ["1", "a", "true", None, "龙泉"]),
        (["a", None, 1], ["a", None, "1"]),
        ([{"k": 1}, None], ['{"k":1}', None]),
        ([1, 2.5, None], [1.0, 2.5, None]),
    ],
)
def test_mixed_fields_of_geojson(tmp_path: Path, values: list[Any], expected: list[Any]) -> None:
    column = read(geojson(tmp_path, values)).column("v")
    assert not isinstance(column.type, pa.BaseExtensionType)
    found = [v.replace(" ", "") if isinstance(v, str) else v for v in column.to_pylist()]
    assert found == expected


def test_extension_types_of_parquet(tmp_path: Path) -> None:
    texts = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"k": 1}', None], pa.string()))
    geo = {"version": "1.1.0", "primary_column": "geometry",
           "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}}}  # fmt: skip
    table = pa.table({"v": texts, "geometry": [shapely.Point(119, 28).wkb] * 2})
    path = tmp_path / "t.parquet"
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    assert read(path).column("v").to_pylist() == ['{"k": 1}', None]
    assert pa.types.is_string(read(path).schema.field("v").type)

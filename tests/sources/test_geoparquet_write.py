"""Features written as GeoParquet, held against GDAL's and geopandas' reading and the standard's own words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pmtiles.tile
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sources import ReadOptions, geoparquet_write, read_batches
from pipeline.sources.geoparquet_write import write_geoparquet
from pipeline.sources.shapes import to_shapes
from pipeline.sources.wkb import geometries
from pipeline.types import FeatureBatch, Tally

SHAPES = [
    "POINT (119 28)",
    "MULTIPOINT ((119 28), (119.5 28.5))",
    "LINESTRING (119 28, 119.1 28.2, 119.3 28.1)",
    "MULTILINESTRING ((119 28, 119.1 28), (119.2 28.1, 119.3 28.2))",
    "POLYGON ((119 28, 119.4 28, 119.4 28.4, 119 28.4, 119 28), (119.1 28.1, 119.1 28.2, 119.2 28.2, 119.1 28.1))",
    "MULTIPOLYGON (((119 28, 119.1 28, 119.1 28.1, 119 28)), ((120 28, 120.4 28, 120.4 28.4, 120 28.4, 120 28),"
    " (120.1 28.1, 120.1 28.2, 120.2 28.2, 120.1 28.1)))",
    None,
    "POINT (-71.1 42.3)",
]


def batch(shapes: Sequence[Any], **columns: list[Any]) -> FeatureBatch:
    binary = pa.array([None if shape is None else shapely.to_wkb(shape) for shape in shapes], pa.large_binary())
    return FeatureBatch(geometries(binary, Tally(), str), pa.table(columns or {"n": list(range(len(shapes)))}))


def written(tmp_path: Path, batches: Sequence[FeatureBatch], memory: int = 1 << 30) -> Path:
    scratch = tmp_path / f"scratch{len(list(tmp_path.iterdir()))}"
    scratch.mkdir()
    out = tmp_path / f"out-{memory}.parquet"
    with out.open("wb") as file:
        write_geoparquet(file, batches, scratch, memory=memory)
    return out


def wkt(shape: str | None) -> Any:
    return None if shape is None else shapely.from_wkt(shape)


def test_every_kind_of_geometry_comes_back(tmp_path: Path) -> None:
    shapes = [wkt(shape) for shape in SHAPES]
    assert all(
        (a is None and b is None) or shapely.equals_exact(a, b)
        for a, b in zip(to_shapes(batch(shapes).geometries), shapes, strict=True)
    )
    out = written(tmp_path, [batch(shapes)])
    table = geopandas.read_parquet(out).set_index("n").sort_index()
    for shape, found in zip(shapes, table.geometry, strict=True):
        assert (shape is None and found is None) or shapely.equals_exact(shape, found)
    assert table.crs == "OGC:CRS84"


def test_the_metadata_are_those_of_the_standard(tmp_path: Path) -> None:
    out = written(tmp_path, [batch([wkt(shape) for shape in SHAPES])])
    about = json.loads(pq.read_schema(out).metadata[b"geo"])
    assert about == {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": [
                    "LineString", "MultiLineString", "MultiPoint", "MultiPolygon", "Point", "Polygon"
                ],
                "edges": "planar",
                "covering": {
                    "bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")},
                },
                "bbox": [-71.1, 28.0, 120.4, 42.3],
            }
        },
    }  # fmt: skip


def test_every_feature_has_its_box(tmp_path: Path) -> None:
    shapes = [wkt(shape) for shape in SHAPES]
    table = pq.read_table(written(tmp_path, [batch(shapes)])).sort_by("n")
    for shape, box in zip(shapes, table.column("bbox").to_pylist(), strict=True):
        assert (shape is None) == (box is None)
        if shape is not None:
            assert box == dict(zip(("xmin", "ymin", "xmax", "ymax"), shapely.bounds(shape).tolist(), strict=True))


def test_gdal_reads_it(tmp_path: Path) -> None:
    if "Parquet" not in pyogrio.list_drivers():
        pytest.skip("this GDAL has no Parquet driver")
    assert pyogrio.read_info(written(tmp_path, [batch([wkt(SHAPES[0])])]))["features"] == 1


def test_we_read_it(tmp_path: Path) -> None:
    shapes = [wkt(shape) for shape in SHAPES]
    out = written(tmp_path, [batch(shapes, NAME=list("abcdefgh"), bbox=list(range(8)), geometry=["x"] * 8)])
    found = list(read_batches(out, ReadOptions(), Tally()))
    table = pa.concat_tables([each.attributes for each in found])
    assert table.column_names == ["NAME", "bbox", "geometry"]  # attributes that are called like our columns stay
    assert sorted(table.column("NAME").to_pylist()) == list("abcdefgh")
    assert sum(each.geometries.features for each in found) == 8


def places(count: int, seed: int = 1) -> list[Any]:
    rng = np.random.default_rng(seed)
    return list(shapely.points(119 + rng.random(count), 28 + rng.random(count)))


def order_along_the_curve(table: pa.Table) -> list[int]:
    """The Hilbert position of each row, by another implementation: that of PMTiles, on 2^20 cells each way."""
    shapes = shapely.from_wkb(table.column("geometry").to_pylist())
    x = (shapely.get_x(shapes) + 180) / 360 * (1 << 20)
    y = (90 - shapely.get_y(shapes)) / 180 * (1 << 20)
    return [pmtiles.tile.zxy_to_tileid(20, int(a), int(b)) for a, b in zip(x, y, strict=True)]


def test_features_lie_along_the_hilbert_curve(tmp_path: Path) -> None:
    positions = order_along_the_curve(pq.read_table(written(tmp_path, [batch(places(3000))])))
    assert positions == sorted(positions)


@pytest.mark.parametrize("memory", [1, 20_000, 200_000])
def test_memory_changes_no_byte(tmp_path: Path, memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoparquet_write, "GROUP_ROWS", 500)
    batches = [batch(places(900, seed), NAME=[f"{seed}-{i}" for i in range(900)]) for seed in range(5)]
    whole = written(tmp_path, batches)
    parts = written(tmp_path, batches, memory)
    assert whole.read_bytes() == parts.read_bytes()
    assert [pq.ParquetFile(parts).metadata.row_group(g).num_rows for g in range(9)] == [500] * 9


def test_memory_is_bounded(tmp_path: Path) -> None:
    """200 MB of texts through a sort that may take 30 MB."""
    if sys.platform != "linux":
        pytest.skip("the peak is read from /proc")
    import subprocess

    program = """
import sys, pyarrow as pa, numpy as np, resource
from pathlib import Path
from pipeline.sources import geoparquet_write
from pipeline.sources.geoparquet_write import write_geoparquet
from pipeline.sources.ragged import points
from pipeline.types import FeatureBatch
geoparquet_write.GROUP_BYTES = 1 << 22  # a row group is in memory some times over, whatever is allowed
rng = np.random.default_rng(1)
text = pa.array(["x" * 40_000] * 500)
def batches(count):
    for i in range(count):
        x, y = rng.random(500), rng.random(500)
        yield FeatureBatch(points(x, y, np.ones(500, bool)), pa.table({"t": text, "n": np.arange(500)}))
folder = Path(sys.argv[1])
with (folder / "warm.parquet").open("wb") as file:
    write_geoparquet(file, batches(1), folder, memory=30_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with (folder / "out.parquet").open("wb") as file:
    write_geoparquet(file, batches(10), folder, memory=30_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    result = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(result.stdout) < 130_000  # kB; the texts alone are 200 MB


def test_row_groups_end_where_they_are_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoparquet_write, "GROUP_BYTES", 10_000)
    texts = ["x" * 4000] * 10
    out = written(tmp_path, [batch(places(10), NAME=texts)])
    assert [pq.ParquetFile(out).metadata.row_group(g).num_rows for g in range(5)] == [2] * 5


def test_columns_that_change_from_batch_to_batch(tmp_path: Path) -> None:
    batches = [
        batch(places(2), n=[1, 2]),
        batch(places(2, 2), n=[1.5, None], NAME=["甲", "乙"]),
        batch(places(1, 3), NAME=["丙"]),
    ]
    table = pq.read_table(written(tmp_path, batches))
    assert sorted(str(n) for n in table.column("n").to_pylist()) == ["1.0", "1.5", "2.0", "None", "None"]
    assert sorted(filter(None, table.column("NAME").to_pylist())) == ["丙", "乙", "甲"]


def test_rows_without_any_place_are_a_plain_table(tmp_path: Path) -> None:
    out = written(tmp_path, [batch([None, None], NAME=["乙", "甲"]), batch([None], NAME=["丙"])])
    assert pq.read_table(out).to_pydict() == {"NAME": ["乙", "甲", "丙"]} and b"geo" not in (
        pq.read_schema(out).metadata or {}
    )
    tally = Tally()
    (found,) = read_batches(out, ReadOptions(), tally)
    assert found.geometries.features == 3 and not found.geometries.kinds.any() and tally.counts == {}


def test_nothing_at_all(tmp_path: Path) -> None:
    out = written(tmp_path, [])
    assert pq.read_table(out).num_rows == 0 and list(read_batches(out, ReadOptions(), Tally())) == []
    assert "bbox" not in json.loads(pq.read_schema(out).metadata[b"geo"])["columns"]["geometry"]


def test_what_fails_is_told(tmp_path: Path) -> None:
    def broken() -> Iterator[FeatureBatch]:
        yield batch(places(5))
        raise ValueError("no more")

    with (tmp_path / "out").open("wb") as file, pytest.raises(ValueError, match="no more"):
        write_geoparquet(file, broken(), tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)) | st.none(), max_size=30),
    st.integers(1, 5),
    st.sampled_from([1, 1 << 30]),
)
def test_whatever_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, where: list[tuple[float, float] | None], parts: int, memory: int
) -> None:
    shapes = [None if place is None else shapely.Point(place) for place in where]
    batches = [batch(shapes[i::parts], n=list(range(i, len(shapes), parts))) for i in range(parts)]
    table = pq.read_table(written(tmp_path_factory.mktemp("w"), batches, memory)).sort_by("n")
    assert table.column("n").to_pylist() == list(range(len(shapes)))
    binary = table.column("geometry").to_pylist() if "geometry" in table.column_names else [None] * len(shapes)
    found = [None if data is None else shapely.from_wkb(data) for data in binary]
    assert [f and (f.x, f.y) for f in found] == [None if s is None else (s.x, s.y) for s in shapes]

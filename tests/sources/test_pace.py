"""How much is read at a time, whatever the file: no batch beyond the bounds, nothing left out, nothing twice."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest

from pipeline.sources import ReadOptions, read_batches
from pipeline.sources.pace import BYTES, FEATURES, ahead, batch_size, portions
from pipeline.types import Tally


def ring(vertices: int, row: int) -> bytes:
    """A regular polygon as WKB."""
    angles = np.linspace(0, 2 * np.pi, vertices)
    places = np.column_stack([119 + row * 1e-3 + 0.1 * np.cos(angles), 28 + 0.1 * np.sin(angles)])
    places[-1] = places[0]
    return struct.pack("<BIII", 1, 3, 1, vertices) + places.tobytes()


@pytest.fixture(scope="module")
def heavy() -> pa.Table:
    """Small features, then 100 of 2 MB each: 200 MB, of which a batch may have 64."""
    rings = [ring(5, row) for row in range(3000)] + [ring(125_000, row) for row in range(100)]
    return pa.table({"n": np.arange(len(rings)), "geometry": pa.array(rings, pa.binary())})


@pytest.mark.parametrize("suffix", [".fgb", ".gpkg", ".parquet", ".shp"])
def test_heavy_features_come_in_small_batches(tmp_path: Path, heavy: pa.Table, suffix: str) -> None:
    """GDAL's stream of a FlatGeobuf ends where a batch would be too large; all features come all the same."""
    path = tmp_path / f"heavy{suffix}"
    if suffix == ".parquet":
        column = '{"geometry": {"encoding": "WKB", "geometry_types": []}}'
        geo = f'{{"version": "1.1.0", "primary_column": "geometry", "columns": {column}}}'
        pq.write_table(heavy.replace_schema_metadata({"geo": geo}), path)
    else:
        driver = {".fgb": "FlatGeobuf", ".gpkg": "GPKG", ".shp": "ESRI Shapefile"}[suffix]
        options = {"SPATIAL_INDEX": "NO"} if suffix != ".shp" else {}
        pyogrio.raw.write_arrow(
            heavy, path, driver=driver, geometry_name="geometry", geometry_type="Polygon", crs="EPSG:4326", **options
        )
    seen: list[int] = []
    tally = Tally()
    for geometries, attributes in read_batches(path, ReadOptions(), tally):
        # A FlatGeobuf of 200 MB in 3,100 features is asked for in hundreds.
        assert len(geometries.x) * 16 <= BYTES + 2_000_100 and geometries.features <= FEATURES
        seen += attributes["n"].to_pylist()
    assert seen == list(range(3100))
    assert tally.counts == {}


def test_portions() -> None:
    table = pa.table({"n": np.arange(150_000), "text": pa.array(["x" * 1000] * 150_000)})
    pieces = list(portions(table))
    assert max(piece.num_rows for _begin, piece in pieces) <= FEATURES
    assert max(piece.nbytes for _begin, piece in pieces) <= BYTES
    assert pa.concat_tables([piece for _begin, piece in pieces]).equals(table)
    assert [begin for begin, _piece in pieces] == [piece["n"][0].as_py() for _begin, piece in pieces]
    assert list(portions(table.slice(0, 0))) == []
    huge = pa.table({"text": pa.array(["x" * (BYTES + 1), "y"])})
    assert [(begin, piece.num_rows) for begin, piece in portions(huge)] == [(0, 1), (1, 1)]  # one feature is not cut


@pytest.mark.parametrize(
    ("count", "size", "expected"), [(0, 100, FEATURES), (10, 0, FEATURES), (10**6, 10**8, FEATURES), (100, BYTES, 100),
                                    (100, 10 * BYTES, 10), (1, 10 * BYTES, 1)],
)  # fmt: skip
def test_batch_size(count: int, size: int, expected: int) -> None:
    assert batch_size(count, size) == expected


def test_ahead_keeps_order_and_reads_one_more() -> None:
    made: list[int] = []

    def make() -> Iterator[int]:
        for n in range(10):
            made.append(n)
            yield n

    items = ahead(make())
    assert next(items) == 0
    until = time.monotonic() + 5
    while len(made) < 3 and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(0.02)
    assert made == [0, 1, 2]  # one in use, one waiting, one that waits for room
    assert list(items) == list(range(1, 10))


def test_ahead_passes_errors_on() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    items = ahead(make())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_ahead_ends_with_its_user() -> None:
    ended = threading.Event()
    cancelled: list[bool] = []

    def make() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            ended.set()

    before = threading.active_count()
    items = ahead(make(), lambda: cancelled.append(True))
    assert next(items) == 0
    items.close()
    assert ended.is_set() and cancelled == [True]
    assert threading.active_count() == before

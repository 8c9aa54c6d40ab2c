"""Small tables of a GeoPackage, read by SQLite: the same as GDAL reads, or left to GDAL."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from pipeline.sources import ReadOptions, list_layers, read_batches, vector
from pipeline.sources.geopackage_rows import ROWS, small_table
from pipeline.types import FeatureBatch, Tally
from tests.sources.made import edit, places, write

UTC = datetime.UTC
SHAPES = [
    shapely.Point(119.5, 28.5),
    None,
    shapely.from_wkt("LINESTRING Z (119 28 5, 120 29 6)"),
    shapely.box(119, 28, 120, 29),
    shapely.from_wkt("POLYGON EMPTY"),
]
COLUMNS: dict[str, pa.Array] = {
    "text": pa.array(["龙泉", "", None, "a\nb", "🏺"]),
    "a \"b' c": pa.array([1.5, -0.0, None, 1e300, 3.0]),
    "flag": pa.array([True, False, None, True, False]),
    "small": pa.array([-(2**15), 0, None, 1, 2**15 - 1], pa.int16()),
    "whole": pa.array([-(2**31), 0, None, 1, 2**31 - 1], pa.int32()),
    "long": pa.array([-(2**63), 0, None, 1, 2**63 - 1], pa.int64()),
    "single": pa.array([0.5, None, 1.25, -2.0, 3.0], pa.float32()),
    "bytes": pa.array([b"", b"\x00\xff", None, b"GP", b"x"]),
    "day": pa.array([datetime.date(2026, 11, 22), None, datetime.date(1900, 1, 1), datetime.date(1969, 12, 31)] * 2)[
        :5
    ],
    "moment": pa.array(
        [datetime.datetime(2026, 11, 22, 1, 2, 3, 4000, UTC), None, datetime.datetime(1969, 1, 1, tzinfo=UTC)] * 2,
        pa.timestamp("ms", "UTC"),
    )[:5],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    shapes = [None if s is None else shapely.to_wkb(s, flavor="iso", output_dimension=4) for s in SHAPES]
    table = pa.table({**COLUMNS, "geometry": pa.array(shapes, pa.binary())})
    file = tmp_path / "p.gpkg"
    pyogrio.raw.write_arrow(
        table, file, driver="GPKG", geometry_name="geometry", geometry_type="Unknown", crs="EPSG:4490"
    )
    return file


def both(path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[Any, Any]:
    """What SQLite gives and what GDAL gives: batches, tally, and whether SQLite gave it."""
    found = []
    for use in (True, False):
        used: list[bool] = []

        def small(*asked: Any, use: bool = use, used: list[bool] = used) -> Any:
            rows = small_table(*asked) if use else None
            used.append(rows is not None)
            return rows

        monkeypatch.setattr(vector, "small_table", small)
        tally = Tally()
        found.append((list(read_batches(path, ReadOptions(**options), tally)), tally, used[0]))
    return found[0], found[1]


def same(a: list[FeatureBatch], b: list[FeatureBatch]) -> None:
    assert len(a) == len(b)
    for (left, left_table), (right, right_table) in zip(a, b, strict=True):
        assert all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in zip(left, right, strict=True))
        assert left_table.schema.remove_metadata() == right_table.schema.remove_metadata()
        assert left_table.equals(right_table)


@pytest.mark.parametrize(
    "options",
    [{}, {"columns": ()}, {"columns": ("moment", "text")}, {"areas": ((119.6, 28.6, 119.7, 28.7),)}, {"areas": ()}],
)
def test_the_same_as_gdal(path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    (ours, our_tally, used), (gdals, gdal_tally, _used) = both(path, monkeypatch, **options)
    same(ours, gdals)
    assert used
    if "areas" not in options:  # what is not read is not counted
        assert our_tally == gdal_tally
        assert our_tally.counts == {"null-geometry": 1, "empty-geometry": 1, "z-dropped": 1}


def test_the_index_tells_what_is_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In metres; a geometry that is no WKB is met only where it is looked for."""
    shapes = [shapely.Point(500_000 + 1000 * i, 3_100_000) for i in range(100)]
    path = write(tmp_path / "p.gpkg", shapes, {"n": list(range(100))}, crs="EPSG:4549", geometry_type="Point")
    edit(path, "UPDATE p SET geom = ? WHERE n = 50", b"GP\x00\x01" + bytes(4) + b"no WKB")
    tally = Tally()
    areas = ((119.999, 27, 120.0251, 29), (120.1, 27, 120.101, 27.1))
    found = [n for b in read_batches(path, ReadOptions(areas=areas), tally) for n in b.attributes["n"].to_pylist()]
    assert (found, tally.counts) == ([0, 1, 2], {})
    list(read_batches(path, ReadOptions(), tally))
    assert tally.counts == {"malformed-geometry": 1}


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE p SET whole = ?", "text"),
        ("UPDATE p SET whole = ?", 2**40),
        ("UPDATE p SET text = ?", b"\xff\xfe"),
        ("UPDATE p SET flag = ?", 7),
        ("UPDATE p SET day = ?", "22.11.2026"),
        ("UPDATE p SET moment = ?", "2026-11-22T01:02:03+08:00"),
        ("UPDATE p SET geom = ?", b"GP\x00\x21" + bytes(8)),
        ("UPDATE p SET geom = ?", b"GP\x00\x0f" + bytes(8)),
    ],
)
def test_what_is_unusual_is_left_to_gdal(path: Path, statement: str, value: Any) -> None:
    from pipeline.sources.files import Dataset

    assert small_table(Dataset(path), "p", None, lambda _crs: None) is not None
    edit(path, statement, value)
    assert small_table(Dataset(path), "p", None, lambda _crs: None) is None


def test_long_tables_are_left_to_gdal(tmp_path: Path) -> None:
    from pipeline.sources.files import Dataset

    for count in (ROWS, ROWS + 1):
        path = tmp_path / f"p{count}.gpkg"
        points = pa.array(shapely.to_wkb(shapely.points(np.arange(count) / 1e3, 0)).tolist(), pa.binary())
        pyogrio.raw.write_arrow(
            pa.table({"n": np.arange(count), "geometry": points}), path, driver="GPKG", geometry_name="geometry",
            geometry_type="Point", crs="EPSG:4490", SPATIAL_INDEX="NO",
        )  # fmt: skip
        rows = small_table(Dataset(path), path.stem, ("n",), lambda _crs: None)
        assert (rows is None) == (count > ROWS)
        assert sum(b.geometries.features for b in read_batches(path, ReadOptions(), Tally())) == count


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = places(tmp_path / "p.gpkg")
    assert [b.attributes["N"].to_pylist() for b in read_batches(path, ReadOptions(), Tally())] == [[1, 2, 3]]
    path.unlink()
    write(path, [shapely.Point(119, 28)], {"N": [7]}, geometry_type="Point")
    assert [b.attributes["N"].to_pylist() for b in read_batches(path, ReadOptions(), Tally())] == [[7]]


def test_views_and_tables_without_geometries(tmp_path: Path) -> None:
    path = places(tmp_path / "p.gpkg")
    codes = {"code": ["a", "b"], "lng": [119.5, 119.6], "lat": [28.5, 28.6]}
    pyogrio.raw.write_arrow(pa.table(codes), path, driver="GPKG", layer="codes", append=True)
    edit(path, "CREATE VIEW seen AS SELECT fid AS OGC_FID, geom, N FROM p WHERE N > 1")
    for table, columns in (
        ("gpkg_contents (table_name, identifier, data_type, srs_id)", "'seen', 'seen', 'features', srs_id"),
        ("gpkg_geometry_columns", "'seen', column_name, geometry_type_name, srs_id, z, m"),
    ):
        whence = table.partition(" ")[0]
        edit(path, f"INSERT INTO {table} SELECT {columns} FROM {whence} WHERE table_name = 'p'")
    assert [layer.name for layer in list_layers(path)] == ["p", "seen", "codes"]
    (batch,) = read_batches(path, ReadOptions(layer="seen"), Tally())
    assert batch.attributes["N"].to_pylist() == [2, 3]
    (batch,) = read_batches(path, ReadOptions(layer="codes"), Tally())
    assert (batch.geometries.x.tolist(), batch.attributes["code"].to_pylist()) == ([119.5, 119.6], ["a", "b"])


def test_the_command_line_loads_no_pandas(tmp_path: Path) -> None:
    """pyogrio would, wherever it is installed, and pyarrow where it meets a moment."""
    moments = pa.array([datetime.datetime(2026, 11, 22)], pa.timestamp("ns"))
    table = pa.table({"moment": moments, "geometry": pa.array([shapely.to_wkb(shapely.Point(119, 28))], pa.binary())})
    path = tmp_path / "p.fgb"
    pyogrio.raw.write_arrow(
        table, path, driver="FlatGeobuf", geometry_name="geometry", geometry_type="Point", crs="EPSG:4490"
    )
    program = (
        f"import sys; sys.argv = ['longquan', 'tile', {str(path)!r}, {str(tmp_path / 'p.pmtiles')!r}, '-z', '0']\n"
        "from pipeline.__main__ import run\n"
        "assert run() == 0\n"
        "print([name for name in sys.modules if name.startswith(('pandas.', 'geopandas.'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr

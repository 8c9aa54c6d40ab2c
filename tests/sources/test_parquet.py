"""GeoParquet in all its shapes: native encodings against shapely, boxes that spare reading, folders of parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, list_layers, read_batches
from pipeline.sources.geoarrow import ENCODINGS, nested
from pipeline.sources.wkb import ragged
from pipeline.types import Geometries, Tally

SHAPES: dict[str, list[Any]] = {
    "point": [shapely.Point(1, 2), None, shapely.Point(), shapely.Point(3, 4)],
    "multipoint": [shapely.MultiPoint([(1, 2), (3, 4)]), None, shapely.MultiPoint(), shapely.MultiPoint([(5, 6)])],
    "linestring": [shapely.LineString([(0, 0), (1, 1), (2, 0)]), None, shapely.LineString()],
    "multilinestring": [
        shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3), (4, 2)]]), None, shapely.MultiLineString(),
    ],
    "polygon": [shapely.box(0, 0, 9, 9).difference(shapely.box(2, 2, 3, 3)), None, shapely.Polygon()],
    "multipolygon": [
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 9, 9).difference(shapely.box(6, 6, 7, 7))]),
        None,
        shapely.MultiPolygon(),
        shapely.MultiPolygon([shapely.box(3, 3, 4, 4)]),
    ],
}  # fmt: skip


def lists(shape: Any, encoding: str) -> Any:
    """A geometry as GeoArrow nests it, by shapely's own accessors."""
    if shape is None:
        return None
    if encoding == "point":
        x, y = (float("nan"),) * 2 if shape.is_empty else shape.coords[0]
        return {"x": x, "y": y}
    if encoding == "polygon":
        rings = [] if shape.is_empty else [shape.exterior, *shape.interiors]
        return [lists(ring, "linestring") for ring in rings]
    if encoding == "linestring":
        return [{"x": x, "y": y} for x, y in shape.coords]
    return [lists(part, encoding.removeprefix("multi")) for part in shape.geoms]


def arrow_type(encoding: str, around: Any = pa.list_) -> pa.DataType:
    type = pa.struct([("x", pa.float64()), ("y", pa.float64())])
    for _level in range(ENCODINGS[encoding][1]):
        type = around(type)
    return type


def same(a: Geometries, b: Geometries) -> None:
    for name, left, right in zip(Geometries._fields, a, b, strict=True):
        assert left.tolist() == right.tolist(), name
        assert left.dtype == right.dtype, name


@pytest.mark.parametrize("around", [pa.list_, pa.large_list])
@pytest.mark.parametrize("encoding", list(SHAPES))
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_native_encodings_are_what_wkb_is(encoding: str, around: Any, data: st.DataObject) -> None:
    shapes = data.draw(st.lists(st.sampled_from(SHAPES[encoding]), max_size=8))
    skipped = data.draw(st.integers(0, len(shapes)))
    column = pa.array([lists(s, encoding) for s in shapes], arrow_type(encoding, around)).slice(skipped)
    binary = pa.array([None if s is None else shapely.to_wkb(s) for s in shapes], pa.binary()).slice(skipped)
    (found, flags), (expected, expected_flags) = nested(column, encoding), ragged(binary)
    same(found, expected)
    assert flags.tolist() == expected_flags.tolist()


NAN = float("nan")
RING = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)]


@pytest.mark.parametrize(
    ("rings", "vertices", "counts"),
    [
        ([RING[:3]], 4, {"ring-closed": 1}),
        ([RING, RING[:1]], 4, {"part-too-short": 1}),
        ([RING[:1], RING], 0, {"part-too-short": 1}),  # the hole goes with its exterior ring
        ([[*RING[:2], (NAN, 1.0), RING[0]]], 0, {"bad-coordinates": 1}),
        ([RING, []], 4, {}),
        ([], 0, {"empty-geometry": 1}),
    ],
)
def test_faults_of_native_rings(tmp_path: Path, rings: Any, vertices: int, counts: dict[str, int]) -> None:
    value = [[{"x": x, "y": y} for x, y in ring] for ring in rings]
    path = save(tmp_path / "p.parquet", pa.array([value], arrow_type("polygon")), encoding="polygon")
    tally = Tally()
    (batch,) = read_batches(path, ReadOptions(), tally)
    assert (len(batch.geometries.x), tally.counts) == (vertices, counts)


def test_interleaved_coordinates_and_heights() -> None:
    column = pa.array([[1.0, 2.0, 500.0], None, [3.0, 4.0, 0.0]], pa.list_(pa.float64(), 3))
    found, flags = nested(column.slice(1), "point")
    assert (found.kinds.tolist(), found.x.tolist(), found.y.tolist()) == ([0, 1], [3.0], [4.0])
    assert flags.tolist() == [1, 4]


def save(
    path: Path, geometry: pa.Array, columns: dict[str, Any] | None = None, *, encoding: str = "WKB", **about: Any
) -> Path:
    """Write GeoParquet; `about` goes into the column's metadata, "row_group_size" to the writer."""
    size = about.pop("row_group_size", 1000)
    column = {"encoding": encoding, "geometry_types": [], **about}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    table = pa.table({**(columns or {"n": list(range(len(geometry)))}), "geometry": geometry})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path, row_group_size=size)
    return path


def wkb(shapes: list[Any]) -> pa.Array:
    return pa.array([None if s is None else shapely.to_wkb(s) for s in shapes], pa.binary())


def numbers(path: Path, **options: Any) -> list[int]:
    """The column "n" of what is read."""
    batches = read_batches(path, ReadOptions(**options), Tally())
    return [n for batch in batches for n in batch.attributes["n"].to_pylist()]


GRID = [shapely.box(i, j, i + 0.5, j + 0.5) for i in range(10) for j in range(10)]
COVERING = {"bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}}


def boxes(shapes: list[Any], type: pa.DataType, names: tuple[str, ...] = ("xmin", "ymin", "xmax", "ymax")) -> pa.Array:
    bounds = [None if s is None or s.is_empty else s.bounds for s in shapes]
    children = [pa.array([None if b is None else b[i] for b in bounds], pa.float64()).cast(type) for i in range(4)]
    return pa.StructArray.from_arrays(children, names=list(names))


area = st.tuples(st.floats(-1, 10), st.floats(-1, 10), st.floats(0, 3), st.floats(0, 3)).map(
    lambda a: (a[0], a[1], a[0] + a[2], a[1] + a[3])
)


@pytest.fixture(scope="module")
def gridded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same grid, its boxes told in every way there is."""
    folder = tmp_path_factory.mktemp("grid")
    shapes = [*GRID[:50], None, *GRID[50:]]
    columns = {"n": list(range(101))}
    single = boxes(shapes, pa.float32())
    native = pa.array([lists(s, "polygon") for s in shapes], arrow_type("polygon"))
    old = boxes(shapes, pa.float64(), ("minx", "miny", "maxx", "maxy"))
    return {
        "covering": save(
            folder / "c.parquet", wkb(shapes), columns | {"bbox": single}, covering=COVERING, row_group_size=10
        ),
        "bbox": save(folder / "b.parquet", wkb(shapes), columns | {"bbox": old}, row_group_size=10),
        "native": save(folder / "n.parquet", native, columns, encoding="polygon", row_group_size=10),
        "nothing": save(folder / "w.parquet", wkb(shapes), columns, row_group_size=10),
    }


@given(areas=st.lists(area, max_size=4))
@settings(deadline=None, max_examples=25)
def test_areas(gridded: dict[str, Path], areas: list[tuple[float, float, float, float]]) -> None:
    wanted = shapely.GeometryCollection([shapely.box(*a) for a in areas])
    expected = [i + (i >= 50) for i, s in enumerate(GRID) if any(s.intersects(a) for a in wanted.geoms)]
    for name, path in gridded.items():
        assert numbers(path, areas=tuple(areas)) == expected, name


def test_what_is_far_is_not_read(tmp_path: Path, gridded: dict[str, Path]) -> None:
    """Geometries whose boxes lie are never parsed where those are used: proof that nothing else is."""
    broken = pa.array([b"no WKB"] * 100, pa.binary())
    for columns, about in (
        ({"bbox": boxes(GRID, pa.float64())}, {"covering": COVERING}),
        ({"bbox": boxes(GRID, pa.float32())}, {}),
    ):
        path = save(tmp_path / "p.parquet", broken, {"n": list(range(100)), **columns}, row_group_size=10, **about)
        tally = Tally()
        assert list(read_batches(path, ReadOptions(areas=((2.1, 2.1, 2.2, 2.2), (7.1, 0, 7.2, 1.2))), tally)) == []
        assert tally.counts == {"malformed-geometry": 3}
        assert tally.samples == {"malformed-geometry": "p.parquet, feature 23"}


def test_only_near_row_groups(gridded: dict[str, Path]) -> None:
    from pipeline.sources.covering import near_groups
    from pipeline.sources.files import Dataset
    from pipeline.sources.geoparquet import geometry_column

    for name in ("covering", "bbox", "native"):
        with pq.ParquetFile(gridded[name]) as file:
            column = geometry_column(file, Dataset(gridded[name]))
            assert column is not None
            # Rows 0-9 have x 0, rows 90-99 x 8 and 9, row 100 is the last square.
            assert near_groups(file, column, [(0.1, 0.1, 0.2, 0.2)]) == [0], name
            assert near_groups(file, column, [(9.1, 9.1, 9.2, 9.2), (0.1, 0.1, 0.2, 0.2)]) == [0, 9, 10], name
            assert near_groups(file, column, []) == [], name
            assert near_groups(file, column, [(-50, -50, 50, 50)]) == list(range(11)), name


def test_boxes_across_the_antimeridian(tmp_path: Path) -> None:
    shapes = [shapely.box(-180, 0, -179, 1).union(shapely.box(179, 0, 180, 1)), shapely.box(0, 0, 1, 1)]
    sides = ([179.0, 0.0], [0.0, 0.0], [-179.0, 1.0], [1.0, 1.0])
    box = pa.StructArray.from_arrays([pa.array(side) for side in sides], names=["xmin", "ymin", "xmax", "ymax"])
    path = save(tmp_path / "p.parquet", wkb(shapes), {"n": [0, 1], "bbox": box}, covering=COVERING)
    assert numbers(path, areas=((-179.9, 0.2, -179.8, 0.3),)) == [0]
    assert numbers(path, areas=((179.8, 0.2, 179.9, 0.3),)) == [0]
    assert numbers(path, areas=((0.2, 0.2, 0.3, 0.3),)) == [0, 1]  # our box of the first goes around the world


def test_areas_of_a_plane_file(tmp_path: Path) -> None:
    """Boxes are in the file's units, areas in degrees; EPSG:4549's central meridian is 120° E, false easting 500 km."""
    points = [shapely.Point(500_000 + 1000 * i, 3_100_000) for i in range(-50, 51)]
    path = save(
        tmp_path / "p.parquet", wkb(points), {"n": list(range(-50, 51)), "bbox": boxes(points, pa.float64())},
        crs={"id": {"authority": "EPSG", "code": 4549}}, covering=COVERING, row_group_size=5,
    )  # fmt: skip
    found = numbers(path, areas=((119.999, 27, 120.0251, 29),))
    assert found == [0, 1, 2]  # 0.0251° of longitude at 28° N are 2.47 km


def test_parquets_own_geometries(tmp_path: Path) -> None:
    """Parquet's logical type GEOMETRY, written by pyarrow through GeoArrow's extension type, without "geo"."""

    class Wkb(pa.ExtensionType):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(pa.binary(), "geoarrow.wkb")

        def __arrow_ext_serialize__(self) -> bytes:
            return b'{"crs": "EPSG:4490"}'

        @classmethod
        def __arrow_ext_deserialize__(cls, storage: pa.DataType, serialized: bytes) -> Wkb:
            return cls()

    path = tmp_path / "p.parquet"
    shapes = pa.ExtensionArray.from_storage(Wkb(), wkb([shapely.Point(i, 2) for i in range(10)]))
    pa.register_extension_type(Wkb())
    try:
        table = pa.table({"n": list(range(10)), "shape": shapes})
        pq.write_table(table, path, store_schema=False, row_group_size=2)
        if pq.ParquetFile(path).schema.column(1).logical_type.type != "GEOMETRY":
            pytest.skip("this pyarrow does not write Parquet's GEOMETRY")
        assert numbers(path) == list(range(10))  # the type is known to the process …
    finally:
        pa.unregister_extension_type("geoarrow.wkb")
    assert numbers(path) == list(range(10))  # … or not
    (layer,) = list_layers(path)
    assert (layer.crs, layer.geometry, dict(layer.fields)) == ("EPSG:4490", "mixed", {"n": "int64"})
    assert numbers(path, areas=((3, 0, 4.5, 9),)) == [3, 4]


@pytest.mark.parametrize(
    "type", [pa.binary(), pa.large_binary(), pa.binary_view(), pa.dictionary(pa.int32(), pa.binary())]
)
def test_columns_of_every_make(tmp_path: Path, type: pa.DataType) -> None:
    shapes = pa.array([shapely.to_wkb(shapely.Point(1, 2)), None, shapely.to_wkb(shapely.Point(1, 2))], pa.binary())
    names = pa.array(["街", None, "街"]).dictionary_encode()
    tags = pa.array([["a"], [], None], pa.large_list(pa.large_string()))
    shapes = shapes.dictionary_encode() if pa.types.is_dictionary(type) else shapes.cast(type)
    path = save(tmp_path / "p.parquet", shapes, {"n": [1, 2, 3], "name": names, "tags": tags})
    (batch,) = read_batches(path, ReadOptions(), Tally())
    assert (batch.geometries.kinds.tolist(), batch.geometries.x.tolist()) == ([1, 0, 1], [1.0, 1.0])
    assert batch.attributes["name"].to_pylist() == ["街", None, "街"]
    assert batch.attributes["tags"].to_pylist() == [["a"], [], None]


def test_folder_of_parts(tmp_path: Path) -> None:
    folder = tmp_path / "roads"
    for year, town, first in (
        ("2024", "龙渊", 0),
        ("2025", "%E5%89%91%E6%B1%A0", 2),
        ("2025", "__HIVE_DEFAULT_PARTITION__", 4),
    ):
        inside = folder / f"year={year}" / f"town={town}"
        inside.mkdir(parents=True)
        save(
            inside / "part-0.parquet",
            wkb([shapely.Point(first, 0), shapely.Point(first + 1, 0)]),
            {"n": [first, first + 1]},
        )
    (folder / "_SUCCESS").write_bytes(b"")
    (folder / "_metadata.parquet").write_bytes(b"junk")
    (layer,) = list_layers(folder)
    assert (layer.name, layer.features, layer.driver) == ("roads", 6, "Parquet")
    assert dict(layer.fields) == {"n": "int64", "year": "int64", "town": "string"}
    batches = list(read_batches(folder, ReadOptions(), Tally()))
    rows = [row for batch in batches for row in batch.attributes.to_pylist()]
    assert [row["n"] for row in rows] == [0, 1, 2, 3, 4, 5]
    assert [row["year"] for row in rows] == [2024, 2024, 2025, 2025, 2025, 2025]
    # By path: %E5 stands before __HIVE.
    assert [row["town"] for row in rows] == ["龙渊", "龙渊", "剑池", "剑池", None, None]
    assert np.concatenate([b.geometries.x for b in batches]).tolist() == [0, 1, 2, 3, 4, 5]
    assert numbers(folder, areas=((2.5, -1, 4.5, 1),), columns=("n",)) == [3, 4]
    (batch, *_rest) = read_batches(folder, ReadOptions(columns=("town",)), Tally())
    assert batch.attributes.column_names == ["town"]


def test_parts_that_differ(tmp_path: Path) -> None:
    shape = wkb([shapely.Point(1, 2)])
    save(tmp_path / "a.parquet", shape, {"n": pa.array([1], pa.int32())})
    save(tmp_path / "b.parquet", shape, {"n": pa.array([2.5]), "more": ["x"]})
    rows = [row for batch in read_batches(tmp_path, ReadOptions(), Tally()) for row in batch.attributes.to_pylist()]
    assert rows == [{"n": 1.0, "more": None}, {"n": 2.5, "more": "x"}]
    save(tmp_path / "c.parquet", shape, {"n": ["text"]})
    with pytest.raises(InputError, match="do not fit together"):
        list_layers(tmp_path)
    save(tmp_path / "c.parquet", shape, {"n": [1]}, crs={"id": {"authority": "EPSG", "code": 4549}})
    with pytest.raises(InputError, match="stored in another way") as caught:
        list_layers(tmp_path)
    assert str(caught.value.where).endswith("c.parquet")


def test_names_of_places_count_the_whole_file(tmp_path: Path) -> None:
    shapes = [*wkb([shapely.Point(i, 0) for i in range(20)]).to_pylist()]
    shapes[17] = b"no WKB"
    points = [shapely.Point(i, 0) for i in range(20)]
    columns = {"n": list(range(20)), "bbox": boxes(points, pa.float64())}
    path = save(tmp_path / "p.parquet", pa.array(shapes, pa.binary()), columns, row_group_size=5)
    tally = Tally()
    assert len(list(read_batches(path, ReadOptions(areas=((16.5, -1, 19, 1),)), tally))) == 1
    assert tally.samples == {"malformed-geometry": "p.parquet, feature 18"}

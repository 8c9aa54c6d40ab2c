"""Our tables and our GeoJSON against `mapbox_vector_tile` and against tiles made by hand."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import mapbox_vector_tile
import mercantile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from shapely.geometry import Polygon
from shapely.geometry import shape as as_shape

from pipeline.errors import ArchiveError
from pipeline.kernels import decode_mvt as col
from pipeline.kernels.decode_geometry import SOUND as NO_FAULT
from pipeline.kernels.decode_geometry import TRUNCATED
from pipeline.vector.decode import geojson_features, layer_sizes
from pipeline.vector.tables import decode_tables
from tests.broken.archive.tiles import (
    CLOSE,
    LINE,
    POINT,
    POLYGON,
    SOUND,
    SQUARE,
    double,
    feature,
    layer,
    line,
    message,
    move,
    number,
    text,
    zigzag,
)

Row = dict[str, Any]


def rows_of(bodies: list[bytes]) -> list[Row]:
    """Our tables as plain features: tile, layer, id, kind, properties, parts."""
    decoded = decode_tables(bodies)
    t, rows = decoded.tables, []
    for f in t.features.tolist():
        layer_row = t.layers[f[col.LAYER]].tolist()
        tags = t.tags[f[col.TAG0] : f[col.TAG1]].tolist()
        parts = [t.xy[a:b].tolist() for a, b in zip(t.parts, t.parts[1:], strict=False)]
        rows.append(
            {
                "tile": layer_row[col.TILE],
                "layer": decoded.text(layer_row[col.NAME0], layer_row[col.NAME1]),
                "extent": layer_row[col.EXTENT],
                "version": layer_row[col.VERSION],
                "id": f[col.ID] % (1 << 64) if f[col.HAS_ID] else 0,
                "kind": f[col.KIND],
                "properties": {
                    decoded.text(*t.keys[layer_row[col.KEY0] + k].tolist()): decoded.value(layer_row[col.VALUE0] + v)
                    for k, v in zip(tags[::2], tags[1::2], strict=True)
                },
                "parts": parts[f[col.PART0] : f[col.PART1]],
            }
        )
    return rows


def theirs(bodies: list[bytes]) -> list[Row]:
    """The same from mapbox_vector_tile."""
    rows = []
    for i, body in enumerate(bodies):
        for name, content in mapbox_vector_tile.decode(body, default_options={"y_coord_down": True}).items():
            for f in content["features"]:
                kind, coordinates = f["geometry"]["type"], f["geometry"]["coordinates"]
                parts = {
                    "Point": lambda c: [[c]],
                    "MultiPoint": lambda c: [c],
                    "LineString": lambda c: [c],
                    "MultiLineString": lambda c: c,
                    "Polygon": lambda c: c,
                    "MultiPolygon": lambda c: [ring for polygon in c for ring in polygon],
                }[kind](coordinates)
                rows.append(
                    {
                        "tile": i,
                        "layer": name,
                        "extent": content["extent"],
                        "version": content["version"],
                        "id": f["id"],
                        "kind": POINT if "Point" in kind else LINE if "Line" in kind else POLYGON,
                        "properties": f["properties"],
                        "parts": parts,
                    }
                )
    return rows


coordinate = st.integers(-5000, 9000)
points = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=6)
values = st.one_of(
    st.text(max_size=5).map(text),
    st.floats(allow_nan=False).map(double),
    st.floats(allow_nan=False, width=32).map(lambda v: bytes([2 << 3 | 5]) + struct.pack("<f", v)),
    st.integers(0, (1 << 63) - 1).map(lambda v: number(4, v)),
    st.integers(0, (1 << 64) - 1).map(lambda v: number(5, v)),
    st.integers(-(1 << 62), 1 << 62).map(lambda v: number(6, zigzag(v))),
    st.booleans().map(lambda v: number(7, int(v))),
)


def relative(vertices: list[tuple[int, int]], cursor: list[int]) -> list[tuple[int, int]]:
    steps = []
    for x, y in vertices:
        steps.append((x - cursor[0], y - cursor[1]))
        cursor[:] = x, y
    return steps


@st.composite
def geometries(draw: st.DrawFn) -> tuple[int, list[int]]:
    kind = draw(st.sampled_from([POINT, LINE, POLYGON]))
    cursor, commands = [0, 0], []
    if kind == POINT:
        return kind, move(*relative(draw(points), cursor))
    for _ in range(draw(st.integers(1, 3))):
        vertices = draw(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=6, unique=True))
        if kind == POLYGON:
            x, y = draw(coordinate), draw(coordinate)
            w, h = draw(st.integers(1, 900)), draw(st.integers(1, 900))
            vertices = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]  # clockwise: the oracle groups by the first
        steps = relative(vertices, cursor)
        commands += [*move(steps[0]), *line(*steps[1:]), *(CLOSE if kind == POLYGON else [])]
    return kind, commands


@st.composite
def tiles(draw: st.DrawFn) -> bytes:
    out = b""
    for name in draw(st.lists(st.text(min_size=1, max_size=4), max_size=3, unique=True)):
        keys = draw(st.lists(st.text(max_size=4), max_size=3, unique=True))
        listed = draw(st.lists(values, min_size=1, max_size=5))
        features = []
        for _ in range(draw(st.integers(0, 4))):
            kind, commands = draw(geometries())
            used = draw(st.permutations(range(len(keys))))[: draw(st.integers(0, 3))]
            tags = [i for key in used for i in (key, draw(st.integers(0, len(listed) - 1)))]
            ident = draw(st.none() | st.integers(0, (1 << 64) - 1))
            unknown = draw(
                st.sampled_from(
                    [b"", number(99, 7), message(98, b"later"), bytes([97 << 3 & 127 | 5 | 128, 6, 0, 0, 0, 0])]
                )
            )
            features.append(feature(commands, kind, ident, tags, unknown))
        extent = draw(st.sampled_from([None, 512, 4096, 8192]))
        out += layer(features, name.encode(), 2, extent, [key.encode() for key in keys], listed)
    return out


@settings(max_examples=200, deadline=None)
@given(st.lists(tiles(), max_size=3))
def test_tables_hold_what_the_oracle_reads(bodies: list[bytes]) -> None:
    assert rows_of(bodies) == theirs(bodies)


def test_layers_may_hold_their_fields_in_any_order() -> None:
    """Features before the keys they point at, the name last, the type behind the geometry."""
    swapped = message(4, b"\x09\x32\x22") + number(3, 1) + message(2, b"\x00\x00") + number(1, 9)
    body = message(3, message(2, swapped) + message(4, text("x")) + message(3, b"n") + number(15, 2) + message(1, b"a"))
    expected = {"tile": 0, "layer": "a", "extent": 4096, "version": 2, "id": 9, "kind": POINT}
    assert rows_of([body]) == [expected | {"properties": {"n": "x"}, "parts": [[[25.0, 17.0]]]}] == theirs([body])


def test_the_examples_of_the_specification() -> None:
    """MVT 2.1 §4.3.5: commands and what they decode to."""
    examples = [
        (POINT, [9, 50, 34], [[[25, 17]]]),
        (POINT, [17, 10, 14, 3, 9], [[[5, 7], [3, 2]]]),
        (LINE, [9, 4, 4, 18, 0, 16, 16, 0], [[[2, 2], [2, 10], [10, 10]]]),
        (
            LINE,
            [9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8],
            [[[2, 2], [2, 10], [10, 10]], [[1, 1], [3, 5]]],
        ),
        (POLYGON, [9, 6, 12, 18, 10, 12, 24, 44, 15], [[[3, 6], [8, 12], [20, 34], [3, 6]]]),
        (
            POLYGON,
            [
                *(9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15),
                *(9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15),
                *(9, 4, 13, 26, 0, 8, 8, 0, 0, 7, 15),
            ],
            [
                [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]],
                [[11, 11], [20, 11], [20, 20], [11, 20], [11, 11]],
                [[13, 13], [13, 17], [17, 17], [17, 13], [13, 13]],
            ],
        ),
    ]
    decoded = decode_tables([layer([feature(commands, kind) for kind, commands, _parts in examples])])
    t = decoded.tables
    for row, (_kind, _commands, parts) in zip(t.features.tolist(), examples, strict=True):
        assert row[col.FAULT] == NO_FAULT
        spans = [t.parts[i : i + 2] for i in range(row[col.PART0], row[col.PART1])]
        assert [t.xy[a:b].tolist() for a, b in spans] == parts
    # twice the area of 3,6 8,12 20,34 by hand: 3·12−8·6 + 8·34−20·12 + 20·6−3·34 = 38; squares 200, 162, hole −32
    rings = t.features[4][col.PART0]
    assert t.areas[rings:].tolist() == [38.0, 200.0, 162.0, -32.0]


@pytest.mark.parametrize("at", range(1, len(SOUND)))
def test_a_tile_cut_anywhere_is_told_apart_and_leaves_no_rows(at: int) -> None:
    t = decode_tables([SOUND, SOUND[:at], SOUND]).tables
    assert t.faults.tolist() == [NO_FAULT, TRUNCATED, NO_FAULT]
    assert t.layers[:, col.TILE].tolist() == [0, 2]
    assert (t.features[:, col.LAYER].tolist(), len(t.keys), len(t.values)) == ([0, 1], 2, 2)


@pytest.mark.parametrize(
    "broken", [message(2, b"\x80"), message(4, b"\x0a\x09"), b"\x0a\x7f", message(2, number(2, 5))]
)
def test_a_layer_that_breaks_off_leaves_none_of_its_rows(broken: bytes) -> None:
    inside = b"".join([message(1, b"a"), message(2, feature(SQUARE, POLYGON, tags=[0, 0])), message(3, b"n")])
    decoded = decode_tables([SOUND, message(3, inside + message(4, text("x")) + broken), SOUND])
    t, twice = decoded.tables, decode_tables([SOUND, SOUND]).tables
    assert t.faults[0] == t.faults[2] == NO_FAULT != t.faults[1]
    assert t.layers[:, col.TILE].tolist() == [0, 2]
    for name in ("features", "tags", "parts", "areas", "xy"):
        assert getattr(t, name).tolist() == getattr(twice, name).tolist(), name
    assert (len(t.keys), len(t.values)) == (2, 2)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.data())
def test_noise_never_breaks_out_of_the_tables(noise: bytes, data: st.DataObject) -> None:
    """Whatever bytes come, every span stays inside the input and every row inside its table."""
    whole = layer([feature(SQUARE, POLYGON, tags=[0, 0])], keys=[b"n"], values=[text("x")])
    at = data.draw(st.integers(0, len(whole)))
    for body in (noise, whole[:at] + noise + whole[at:], whole[:at] + noise + whole[at + len(noise) :]):
        decoded = decode_tables([SOUND, body, SOUND])
        t, size = decoded.tables, len(decoded.data)
        assert t.faults[0] == t.faults[2] == NO_FAULT
        for spans in (t.keys, t.values[:, [col.START, col.STOP]]):
            assert ((spans >= 0) & (spans <= size)).all() and (spans[:, 0] <= spans[:, 1]).all()
        assert (np.diff(t.parts) > 0).all() and t.parts[-1] == len(t.xy)
        assert t.features[:, col.LAYER].tolist() == sorted(t.features[:, col.LAYER].tolist())
        assert (t.features[:, col.PART1] <= len(t.areas)).all() and (t.features[:, col.TAG1] <= len(t.tags)).all()


def test_an_announced_flood_of_points_costs_nothing() -> None:
    t = decode_tables([layer([feature(move((1, 1), count=(1 << 29) - 1))])]).tables
    assert len(t.xy) == 0


# --- GeoJSON


def corner(z: int, x: int, y: int) -> tuple[float, float]:
    place = mercantile.ul(x, y, z)
    return place.lng, place.lat


def test_geojson_is_where_the_tile_is() -> None:
    body = layer([feature(move((0, 0), (4096, 4096)), ident=7, tags=[0, 0])], keys=[b"n"], values=[text("x")])
    (found,) = geojson_features(body, 14, 13_612, 6_855)
    assert {key: found[key] for key in found if key != "geometry"} == {
        "type": "Feature",
        "id": 7,
        "layer": "a",
        "tile": [14, 13_612, 6_855],
        "properties": {"n": "x"},
    }
    assert found["geometry"]["type"] == "MultiPoint"
    # 0.1 unit of 2^14 · 4096 is 5e-7 degrees
    (a, b) = found["geometry"]["coordinates"]
    assert a == pytest.approx(corner(14, 13_612, 6_855), abs=5e-7)
    assert b == pytest.approx(corner(14, 13_613, 6_856), abs=5e-7)
    assert len(str(a[0]).partition(".")[2]) <= 7


@pytest.mark.parametrize("extent", [256, 4096])
def test_geojson_knows_the_extent(extent: int) -> None:
    (found,) = geojson_features(layer([feature(move((extent // 2, extent // 2)))], extent=extent), 0, 0, 0)
    assert found["geometry"] == {"type": "Point", "coordinates": [0.0, 0.0]}


def test_geojson_rings_follow_the_right_hand_rule() -> None:
    hole = [*move((10, -90)), *line((0, 50), (50, 0), (0, -50)), *CLOSE]
    island = [*move((200, 0)), *line((50, 0), (0, 50), (-50, 0)), *CLOSE]
    (one_ring, two) = geojson_features(
        layer([feature([*SQUARE, *hole], POLYGON), feature([*SQUARE, *island], POLYGON, ident=None)]), 3, 4, 2
    )
    assert one_ring["geometry"]["type"] == "Polygon" and two["geometry"]["type"] == "MultiPolygon"
    polygon = as_shape(one_ring["geometry"])
    assert polygon.exterior.is_ccw and not polygon.interiors[0].is_ccw
    assert polygon.is_valid and polygon.area < Polygon(polygon.exterior).area
    assert [part.exterior.is_ccw for part in as_shape(two["geometry"]).geoms] == [True, True]
    assert "id" not in two


def test_geojson_lines_and_layers() -> None:
    lines = [*move((0, 0)), *line((9, 9)), *move((1, 1)), *line((9, 9))]
    body = layer([feature(lines, LINE)], name=b"a") + layer([feature(lines[:6], LINE)], name="乙".encode())
    found = list(geojson_features(body, 2, 1, 1))
    assert [(f["layer"], f["geometry"]["type"]) for f in found] == [("a", "MultiLineString"), ("乙", "LineString")]
    assert [f["layer"] for f in geojson_features(body, 2, 1, 1, {"乙"})] == ["乙"]
    assert list(geojson_features(body, 2, 1, 1, ())) == []


@settings(max_examples=100, deadline=None)
@given(tiles())
def test_geojson_holds_what_the_oracle_reads(body: bytes) -> None:
    """Zoom 0 with y as it is: places are compared in degrees, everything else as it stands."""
    ours = list(geojson_features(body, 0, 0, 0))
    expected = [
        (name, f["id"], f["properties"], f["geometry"], content["extent"])
        for name, content in mapbox_vector_tile.decode(body, default_options={"y_coord_down": True}).items()
        for f in content["features"]
    ]
    assert len(ours) == len(expected)
    for found, (name, ident, properties, geometry, extent) in zip(ours, expected, strict=True):
        assert (found["layer"], found.get("id", 0), found["geometry"]["type"]) == (name, ident, geometry["type"])
        assert found["properties"] == {k: None if v in (math.inf, -math.inf) else v for k, v in properties.items()}
        # The order of rings' vertices is ours: all corners are compared, not the rings.
        mine, placed = corners(found["geometry"]), degrees(corners(geometry), extent)
        assert len(mine) == len(placed)
        apart = shapely.hausdorff_distance(shapely.MultiPoint(mine), shapely.MultiPoint(placed))
        assert apart <= 0.1 * 360 / extent


def corners(geometry: Any) -> np.ndarray:
    return shapely.get_coordinates(as_shape(geometry))


def degrees(xy: np.ndarray, extent: int) -> np.ndarray:
    """Tile units of 0/0/0 in degrees, straight from the definition of the projection."""
    north = np.clip(np.pi * (1 - 2 * xy[:, 1] / extent), -30, 30)
    return np.stack([xy[:, 0] / extent * 360 - 180, np.degrees(2 * np.arctan(np.exp(north)) - np.pi / 2)], axis=1)


def test_geojson_of_places_far_beyond_the_poles() -> None:
    """Steps of 31 bits are allowed; Mercator's y runs to infinity, latitudes do not."""
    (found,) = geojson_features(layer([feature([*move((0, -(1 << 31))), *line((0, (1 << 31) - 1))], LINE)]), 0, 0, 0)
    assert [lat for _lng, lat in found["geometry"]["coordinates"]] == [90.0, pytest.approx(85.08, abs=0.05)]


def test_geojson_is_json_whatever_the_values() -> None:
    body = layer([feature(tags=[0, 0, 1, 1])], keys=[b"n", b"m"], values=[double(math.nan), double(math.inf)])
    (found,) = geojson_features(body, 0, 0, 0)
    assert json.loads(json.dumps(found, allow_nan=False))["properties"] == {"n": None, "m": None}


@pytest.mark.parametrize("body", [b"\x80", SOUND[:-2], layer([feature(tags=[0, 0])]), layer(version=3)])
def test_what_cannot_be_decoded_says_which_tile(body: bytes) -> None:
    with pytest.raises(ArchiveError) as caught:
        list(geojson_features(body, 5, 6, 7))
    assert "5/6/7" in str(caught.value)


# --- sizes


@settings(max_examples=100, deadline=None)
@given(st.lists(tiles(), max_size=3))
def test_layer_sizes_are_those_of_the_messages(bodies: list[bytes]) -> None:
    """The oracle parses and writes again what we made, and its messages know their size."""
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(b"".join(bodies))
    again = tile.SerializeToString()
    assert layer_sizes(again) == [(found.name, found.ByteSize()) for found in tile.layers]


def test_layer_sizes_of_a_tile_by_hand() -> None:
    a, b = layer(name=b"first"), layer([], name="乙".encode())
    assert layer_sizes(a + b) == [("first", len(a) - 2), ("乙", len(b) - 2)]


@pytest.mark.parametrize("body", [b"\x1a", b"\x1a\x05abc", layer(name=None), b"\x1b", b"\x19\x00", b"\xff" * 11])
def test_layer_sizes_of_what_is_no_tile(body: bytes) -> None:
    with pytest.raises(ArchiveError):
        layer_sizes(body)

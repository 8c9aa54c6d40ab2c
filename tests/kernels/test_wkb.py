"""Well-known binary: by hand, against shapely, and on bytes that are not WKB at all."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels import wkb as kernel
from pipeline.sources.wkb import geometries, kinds_of_faults, ragged
from pipeline.types import EXTERIOR, INTERIOR, LINE, NONE, OPEN, POINT, POLYGON, Geometries, Tally


def read(*values: bytes | None) -> tuple[Geometries, list[int]]:
    found, flags = ragged(pa.array(values, pa.binary()))
    return found, flags.tolist()


def parts(geometries: Geometries, row: int) -> list[tuple[int, list[tuple[float, float]]]]:
    """A feature as [(role, [(x, y), …]), …]."""
    out = []
    for part in range(geometries.part_offsets[row], geometries.part_offsets[row + 1]):
        start, end = geometries.vertex_offsets[part], geometries.vertex_offsets[part + 1]
        xy = zip(geometries.x[start:end].tolist(), geometries.y[start:end].tolist(), strict=True)
        out.append((int(geometries.roles[part]), list(xy)))
    return out


def head(geometry_type: int, *, little: bool = True, srid: int | None = None) -> bytes:
    order = "<" if little else ">"
    if srid is not None:
        return struct.pack(order + "BII", little, geometry_type | 0x20000000, srid)
    return struct.pack(order + "BI", little, geometry_type)


def u32(n: int, little: bool = True) -> bytes:
    return struct.pack("<I" if little else ">I", n)


def xy(*numbers: float, little: bool = True) -> bytes:
    return struct.pack(("<" if little else ">") + f"{len(numbers)}d", *numbers)


def line(*numbers: float, dims: int = 2, code: int = 2) -> bytes:
    return head(code) + u32(len(numbers) // dims) + xy(*numbers)


SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
HOLE = [(1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (1.0, 1.0)]


def flat(points: list[tuple[float, float]]) -> list[float]:
    return [v for point in points for v in point]


def polygon(*rings: list[tuple[float, float]], code: int = 3) -> bytes:
    return head(code) + u32(len(rings)) + b"".join(u32(len(r)) + xy(*flat(r)) for r in rings)


# ---------------------------------------------------------------- by hand


HAND = [
    ("point", head(1) + xy(7, 8), POINT, 0, [(OPEN, [(7, 8)])]),
    ("point, big endian", head(1, little=False) + xy(7, 8, little=False), POINT, 0, [(OPEN, [(7, 8)])]),
    ("point Z, ISO", head(1001) + xy(7, 8, 9), POINT, kernel.Z, [(OPEN, [(7, 8)])]),
    ("point M, ISO", head(2001) + xy(7, 8, 9), POINT, kernel.M, [(OPEN, [(7, 8)])]),
    ("point ZM, ISO", head(3001) + xy(7, 8, 9, 10), POINT, kernel.Z | kernel.M, [(OPEN, [(7, 8)])]),
    ("point Z, EWKB", head(0x80000001, srid=4326) + xy(7, 8, 9), POINT, kernel.Z, [(OPEN, [(7, 8)])]),
    ("point M, EWKB", head(0x40000001) + xy(7, 8, 9), POINT, kernel.M, [(OPEN, [(7, 8)])]),
    ("point ZM, EWKB", head(0xC0000001) + xy(7, 8, 9, 10), POINT, kernel.Z | kernel.M, [(OPEN, [(7, 8)])]),
    ("NaN height is no fault", head(1001) + xy(7, 8, math.nan), POINT, kernel.Z, [(OPEN, [(7, 8)])]),
    ("empty point", head(1) + xy(math.nan, math.nan), NONE, kernel.EMPTY, []),
    ("half a point", head(1) + xy(math.nan, 8), NONE, kernel.COORDINATES, []),
    ("infinite point", head(1) + xy(math.inf, 8), NONE, kernel.COORDINATES, []),
    ("line", line(0, 0, 1, 1), LINE, 0, [(OPEN, [(0, 0), (1, 1)])]),
    ("line ZM", line(0, 0, 9, 9, 1, 1, 9, 9, dims=4, code=3002), LINE, 12, [(OPEN, [(0, 0), (1, 1)])]),
    ("empty line", line(), NONE, kernel.EMPTY, []),
    ("line of one vertex", line(1, 1), NONE, kernel.SHORT, []),
    ("line with NaN", line(0, 0, math.nan, 1), NONE, kernel.COORDINATES, []),
    ("line to minus infinity", line(0, 0, 1, -math.inf), NONE, kernel.COORDINATES, []),
    ("polygon with hole", polygon(SQUARE, HOLE), POLYGON, 0, [(EXTERIOR, SQUARE), (INTERIOR, HOLE)]),
    ("unclosed ring", polygon(SQUARE[:-1]), POLYGON, kernel.UNCLOSED, [(EXTERIOR, SQUARE)]),
    ("three corners, unclosed", polygon(HOLE[:-1]), POLYGON, kernel.UNCLOSED, [(EXTERIOR, HOLE)]),
    ("short hole", polygon(SQUARE, HOLE[:2]), POLYGON, kernel.SHORT, [(EXTERIOR, SQUARE)]),
    ("short outside, its hole too", polygon(SQUARE[:2], HOLE), NONE, kernel.SHORT, []),
    ("empty polygon", polygon(), NONE, kernel.EMPTY, []),
    ("polygon of an empty ring", polygon([]), NONE, kernel.EMPTY, []),
    ("triangle", polygon(HOLE, code=17), POLYGON, kernel.SURFACE, [(EXTERIOR, HOLE)]),
    (
        "multipoint with mixed byte orders and an empty point",
        head(4) + u32(3) + head(1) + xy(1, 2) + head(1) + xy(math.nan, math.nan)
        + head(1, little=False) + xy(3, 4, little=False),
        POINT, 0, [(OPEN, [(1, 2), (3, 4)])],
    ),
    (
        "multiline",
        head(5) + u32(3) + line(0, 0, 1, 1) + line() + line(2, 2, 3, 3),
        LINE, 0, [(OPEN, [(0, 0), (1, 1)]), (OPEN, [(2, 2), (3, 3)])],
    ),
    (
        "multipolygon: a short polygon takes only its own hole along",
        head(6) + u32(2) + polygon(SQUARE[:2], HOLE) + polygon(SQUARE, HOLE),
        POLYGON, kernel.SHORT, [(EXTERIOR, SQUARE), (INTERIOR, HOLE)],
    ),
    ("empty multipolygon", head(6) + u32(0), NONE, kernel.EMPTY, []),
    ("TIN", head(16) + u32(1) + polygon(HOLE, code=17), POLYGON, kernel.SURFACE, [(EXTERIOR, HOLE)]),
    ("polyhedral surface", head(15) + u32(1) + polygon(HOLE), POLYGON, kernel.SURFACE, [(EXTERIOR, HOLE)]),
    (
        "collection keeps its areas",
        head(7) + u32(3) + head(1) + xy(9, 9) + polygon(HOLE) + line(0, 0, 1, 1),
        POLYGON, kernel.SPLIT, [(EXTERIOR, HOLE)],
    ),
    (
        "collection in a collection, lines over points",
        head(7) + u32(2) + head(1) + xy(9, 9) + (head(7) + u32(2) + line(0, 0, 1, 1) + line(2, 2, 3, 3)),
        LINE, kernel.SPLIT, [(OPEN, [(0, 0), (1, 1)]), (OPEN, [(2, 2), (3, 3)])],
    ),
    ("collection of points", head(7) + u32(2) + head(1) + xy(1, 2) + head(1) + xy(3, 4), POINT, 0,
     [(OPEN, [(1, 2), (3, 4)])]),
    ("collection of a short area and a point", head(7) + u32(2) + polygon(HOLE[:2]) + head(1) + xy(9, 9),
     POINT, kernel.SHORT, [(OPEN, [(9, 9)])]),
    ("empty collection", head(7) + u32(0), NONE, kernel.EMPTY, []),
    ("bytes behind the end", head(1) + xy(7, 8) + b"junk", POINT, 0, [(OPEN, [(7, 8)])]),
    ("no bytes", b"", NONE, kernel.MALFORMED, []),
    ("bad byte order", b"\x02" + head(1)[1:] + xy(7, 8), NONE, kernel.MALFORMED, []),
    ("unknown type", head(18) + u32(0), NONE, kernel.MALFORMED, []),
    ("abstract type", head(13) + u32(0), NONE, kernel.MALFORMED, []),
    ("unknown dimensions", head(4001) + xy(1, 2), NONE, kernel.MALFORMED, []),
    ("line in a multipoint", head(4) + u32(1) + line(0, 0, 1, 1), NONE, kernel.MALFORMED, []),
    ("four thousand million rings", head(3) + b"\xff\xff\xff\xff", NONE, kernel.MALFORMED, []),
    ("four thousand million vertices", head(2) + b"\xff\xff\xff\xff" + xy(1, 2), NONE, kernel.MALFORMED, []),
    ("four thousand million members", head(7) + b"\xff\xff\xff\xff", NONE, kernel.MALFORMED, []),
    ("EWKB that ends in its SRID", head(0x20000001) + b"\0\0", NONE, kernel.MALFORMED, []),
    ("nesting without end", (head(7) + u32(1)) * 100 + head(1) + xy(1, 2), NONE, kernel.MALFORMED, []),
]  # fmt: skip


@pytest.mark.parametrize(("value", "kind", "flags", "expected"), [h[1:] for h in HAND], ids=[h[0] for h in HAND])
def test_by_hand(value: bytes, kind: int, flags: int, expected: list[tuple[int, list[tuple[float, float]]]]) -> None:
    before, after = line(5, 5, 6, 6), polygon(SQUARE)  # neighbours that a slip would touch
    found, seen = read(before, value, after)
    assert (found.kinds[1], seen[1]) == (kind, flags)
    assert parts(found, 1) == expected
    assert parts(found, 0) == [(OPEN, [(5, 5), (6, 6)])]
    assert parts(found, 2) == [(EXTERIOR, SQUARE)]
    assert len(found.x) == found.vertex_offsets[-1] == len(found.y)
    assert len(found.roles) == found.part_offsets[-1] == len(found.vertex_offsets) - 1


def test_missing_values_and_slices() -> None:
    column = pa.array([line(9, 9, 8, 8), None, head(1) + xy(1, 2), None], pa.binary())
    for wide in (column, column.cast(pa.large_binary()), pa.ExtensionArray.from_storage(_Wkb(), column)):
        found, flags = ragged(wide[1:3])
        assert flags.tolist() == [kernel.NULL, 0]
        assert found.kinds.tolist() == [NONE, POINT]
        assert (found.x.tolist(), found.y.tolist()) == ([1.0], [2.0])
        assert found.part_offsets.tolist() == [0, 0, 1]
    nobody, flags = ragged(pa.array([], pa.binary()))
    assert (nobody.features, len(flags), nobody.vertex_offsets.tolist()) == (0, 0, [0])
    absent, _ = ragged(pa.array([None, None], pa.binary()))
    assert absent.kinds.tolist() == [NONE, NONE]


class _Wkb(pa.ExtensionType):  # type: ignore[misc]
    """What a registered GeoArrow extension would make of a WKB column."""

    def __init__(self) -> None:
        super().__init__(pa.binary(), "test.wkb")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""


def test_every_flag_is_counted_with_its_first_place() -> None:
    values = [
        line(0, 0, 1, 1),
        None,
        line(),
        head(3001) + xy(7, 8, 9, 10),
        head(7) + u32(2) + polygon(HOLE[:-1], code=17) + line(0, 0, 1, 1),
        line(0, 0, math.inf, 1),
        b"?",
        line(1, 1),
        line(0, 0, 1, 1, 2, 0, code=8),
        None,
    ]
    tally = Tally()
    geometries(pa.array(values, pa.binary()), tally, lambda row: f"row {row}")
    assert tally.counts == {
        "null-geometry": 2, "empty-geometry": 1, "z-dropped": 1, "m-dropped": 1, "curve-to-chords": 1,
        "surface-to-polygons": 1, "collection-split": 1, "ring-closed": 1, "part-too-short": 1, "bad-coordinates": 1,
        "malformed-geometry": 1,
    }  # fmt: skip
    assert set(tally.counts) == {kind for _, kind in kinds_of_faults()}
    assert tally.samples["null-geometry"] == "row 1"
    assert tally.samples["collection-split"] == "row 4"
    assert tally.samples["malformed-geometry"] == "row 6"


# ---------------------------------------------------------------- circular arcs


def test_half_a_circle() -> None:
    found, flags = read(line(0, 0, 1, 1, 2, 0, code=8))
    assert (found.kinds[0], flags[0]) == (LINE, kernel.CURVE)
    assert len(found.x) == 46  # 180° in steps of 4°, both ends
    assert np.allclose(np.hypot(found.x - 1, found.y), 1, atol=1e-12)
    assert (found.y >= 0).all() and (np.diff(found.x) > 0).all()
    assert (found.x[0], found.y[0], found.x[-1], found.y[-1]) == (0, 0, 2, 0)


def test_the_other_half_goes_below() -> None:
    found, _ = read(line(0, 0, 1, -1, 2, 0, code=8))
    assert (found.y <= 0).all() and np.allclose(np.hypot(found.x - 1, found.y), 1, atol=1e-12)


def test_an_arc_is_the_same_from_both_ends() -> None:
    there, _ = read(line(4e7, 3e6, 4e7 + 3, 3e6 + 7, 4e7 + 11, 3e6 + 1, code=8))
    back, _ = read(line(4e7 + 11, 3e6 + 1, 4e7 + 3, 3e6 + 7, 4e7, 3e6, code=8))
    assert len(there.x) > 30
    assert there.x.tolist() == back.x[::-1].tolist()
    assert there.y.tolist() == back.y[::-1].tolist()


@given(st.floats(-3.1, 3.1), st.floats(0.01, 6.2), st.sampled_from([-1, 1]), st.floats(0.05, 0.95), st.floats(0.1, 1e6))
def test_arcs_against_their_definition(start: float, sweep: float, turn: int, middle: float, radius: float) -> None:
    """Points of a circle at equal angles, at most 4° apart, wherever it begins and whichever way it turns."""
    cx, cy = 40_500_000.0, 3_100_000.0

    def on(share: float) -> tuple[float, float]:
        angle = start + turn * sweep * share
        return cx + radius * math.cos(angle), cy + radius * math.sin(angle)

    found, _ = read(line(*on(0), *on(middle), *on(1), code=8))
    n = len(found.x) - 1
    assert abs(n - math.ceil(math.degrees(sweep) / 4)) <= 1  # a coordinate's last digit may tip the scale
    expected = np.array([on(k / n) for k in range(n + 1)])
    # Coordinates of 4·10⁷ are exact to 7·10⁻⁹; short flat arcs magnify that in their centre.
    tolerance = 1e-6 + 1e-7 / (min(sweep, 1) * middle * (1 - middle)) ** 2
    assert np.abs(np.column_stack([found.x, found.y]) - expected).max() < tolerance


def test_a_straight_arc_and_a_point_arc() -> None:
    found, _ = read(line(0, 0, 1, 1, 2, 2, code=8), line(1, 1, 1, 1, 1, 1, code=8))
    assert parts(found, 0) == [(OPEN, [(0, 0), (2, 2)])]
    assert parts(found, 1) == [(OPEN, [(1, 1), (1, 1)])]


def test_a_full_circle_as_a_curve_polygon() -> None:
    found, flags = read(head(10) + u32(1) + line(0, 0, 2, 0, 0, 0, code=8))
    assert (found.kinds[0], flags[0]) == (POLYGON, kernel.CURVE)
    assert len(found.x) == 91
    assert np.allclose(np.hypot(found.x - 1, found.y), 1, atol=1e-12)
    area = shapely.Polygon(np.column_stack([found.x, found.y])).area
    assert area == pytest.approx(90 / 2 * math.sin(math.radians(4)))  # of the regular 90-gon


def test_curve_polygon_of_compound_curves_with_a_hole() -> None:
    outside = head(9) + u32(2) + line(0, 0, 10, 0, 10, 10) + line(10, 10, 5, 15, 0, 10, 0, 5, 0, 0, code=8)
    hole = line(4, 4, 4, 5, 5, 5, 4, 4)
    found, flags = read(head(12) + u32(2) + (head(10) + u32(2) + outside + hole) + polygon(HOLE))
    assert (found.kinds[0], flags[0]) == (POLYGON, kernel.CURVE)
    rings = parts(found, 0)
    assert [role for role, _ in rings] == [EXTERIOR, INTERIOR, EXTERIOR]
    assert rings[0][1][:3] == [(0, 0), (10, 0), (10, 10)]
    assert rings[0][1][-2:] == [(0, 10), (0, 0)]  # its second arc is straight
    assert len(rings[0][1]) == 3 + 45 + 1
    assert [p for p in rings[0][1] if p == (10, 10)] == [(10, 10)]  # the joint, once
    assert rings[1][1] == [(4, 4), (4, 5), (5, 5), (4, 4)]
    assert rings[2][1] == HOLE


def test_multicurve_and_malformed_arcs() -> None:
    found, flags = read(
        head(11) + u32(3) + line(0, 0, 1, 1) + line(0, 0, 1, 1, 2, 0, code=8) + (head(9) + u32(1) + line(5, 5, 6, 6)),
        line(0, 0, 1, 1, code=8),
        line(0, 0, code=8),
        line(code=8),
        head(9) + u32(0),
    )
    assert [len(p) for _, p in parts(found, 0)] == [2, 46, 2]
    assert flags == [kernel.CURVE] + [kernel.CURVE | kernel.MALFORMED] * 2 + [kernel.CURVE | kernel.EMPTY] * 2


# ---------------------------------------------------------------- against shapely


number = st.floats(-1e8, 1e8, allow_nan=False) | st.integers(-5, 5).map(float)
position = st.tuples(number, number, number, number)


def _rings(corners: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    return [*corners, corners[0]]


ring = st.lists(position, min_size=3, max_size=8).map(lambda corners: [*corners, corners[0]])
run = st.lists(position, min_size=2, max_size=8)
Parts = list[tuple[int, list[tuple[float, float]]]]


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, int, int, Parts]:
    """A geometry as WKB in any dialect, with its kind, its flags for Z and M, and its parts.

    It is spelled as WKT from plain lists and turned into bytes by GEOS.
    """
    dims = draw(st.sampled_from(["", " Z", " M", " ZM"]))
    count = 2 + len(dims.strip())
    multi, shape = draw(st.booleans()), draw(st.sampled_from([POINT, LINE, POLYGON]))

    def spell(points: list[tuple[float, ...]]) -> str:
        return "(" + ", ".join(" ".join(repr(v) for v in p[:count]) for p in points) + ")"

    members = st.integers(1, 3 if multi else 1)
    expected: Parts = []
    texts = []
    for _ in range(draw(members)):
        if shape == POLYGON:
            rings = draw(st.lists(ring, min_size=1, max_size=3))
            expected.extend((EXTERIOR if i == 0 else INTERIOR, [p[:2] for p in r]) for i, r in enumerate(rings))
            texts.append("(" + ", ".join(spell(r) for r in rings) + ")")
        else:
            points = draw(run) if shape == LINE else [draw(position)]
            expected.append((OPEN, [p[:2] for p in points]))
            texts.append(spell(points))
    if shape == POINT:  # all points of a feature are one part
        expected = [(OPEN, [point for _, points in expected for point in points])]
    name = ("MULTI" if multi else "") + {POINT: "POINT", LINE: "LINESTRING", POLYGON: "POLYGON"}[shape]
    geometry = shapely.from_wkt(name + dims + " " + ("(" + ", ".join(texts) + ")" if multi else texts[0]))
    extended, srid = draw(st.booleans()), draw(st.booleans())
    value = shapely.to_wkb(
        shapely.set_srid(geometry, 4490) if srid else geometry,
        byte_order=draw(st.integers(0, 1)),
        flavor="extended" if extended else "iso",
        include_srid=extended and srid,
        output_dimension=4,
    )
    flags = (kernel.Z if "Z" in dims else 0) | (kernel.M if "M" in dims else 0)
    return value, shape, flags, expected


@given(st.lists(written(), min_size=1, max_size=5))
def test_against_geos(features: list[tuple[bytes, int, int, Parts]]) -> None:
    found, flags = read(*[value for value, *_ in features])
    for row, (_, kind, flag, expected) in enumerate(features):
        assert (found.kinds[row], flags[row]) == (kind, flag)
        assert parts(found, row) == expected


@given(st.lists(st.lists(ring, min_size=1, max_size=3), min_size=1, max_size=20))
def test_ragged_arrays_against_shapely(polygons: list[list[list[tuple[float, ...]]]]) -> None:
    made = [shapely.Polygon([p[:2] for p in r[0]], [[p[:2] for p in h] for h in r[1:]]) for r in polygons]
    _, coordinates, (rings, features) = shapely.to_ragged_array(made)
    found, _ = read(*shapely.to_wkb(made))
    assert found.part_offsets.tolist() == features.tolist()
    assert found.vertex_offsets.tolist() == rings.tolist()
    assert np.array_equal(np.column_stack([found.x, found.y]), coordinates)


# ---------------------------------------------------------------- bytes that are no WKB


def sound(found: Geometries) -> None:
    """What holds of everything the kernel gives, whatever it was given."""
    assert found.part_offsets[0] == found.vertex_offsets[0] == 0
    assert found.part_offsets[-1] == len(found.roles) and found.vertex_offsets[-1] == len(found.x) == len(found.y)
    assert np.isfinite(found.x).all() and np.isfinite(found.y).all()
    for row in range(found.features):
        made = parts(found, row)
        roles = {role for role, _ in made}
        if found.kinds[row] == NONE:
            assert made == []
        elif found.kinds[row] == POINT:
            assert len(made) == 1 and roles == {OPEN} and made[0][1]
        elif found.kinds[row] == LINE:
            assert made and roles == {OPEN} and all(len(points) >= 2 for _, points in made)
        else:
            assert made and made[0][0] == EXTERIOR and roles <= {EXTERIOR, INTERIOR}
            assert all(len(points) >= 4 and points[0] == points[-1] for _, points in made)


curved = st.sampled_from([h[1] for h in HAND]) | st.sampled_from([
    head(10) + u32(1) + line(0, 0, 2, 0, 0, 0, code=8),
    head(12) + u32(1) + head(10) + u32(1) + head(9) + u32(2) + line(0, 0, 9, 0) + line(9, 0, 5, 5, 0, 0, code=8),
])  # fmt: skip
whole = written().map(lambda w: w[0]) | curved


@given(whole, st.data())
def test_cut_off_anywhere(value: bytes, data: st.DataObject) -> None:
    cut = value[: data.draw(st.integers(0, len(value)))]
    found, flags = read(cut)
    sound(found)
    # What lies behind a value's end changes nothing: it was never read.
    for behind in (b"\0" * 64, b"\xff" * 64, value):
        again, seen = read(cut, behind)
        assert seen[0] == flags[0] and parts(again, 0) == parts(found, 0)


@given(whole, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_bytes_changed_anywhere(value: bytes, changes: list[tuple[int, int]]) -> None:
    broken = bytearray(value)
    for at, byte in changes:
        if broken:
            broken[at % len(broken)] = byte
    found, _ = read(bytes(broken))
    sound(found)


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=80), max_size=4))
def test_any_bytes(values: list[bytes]) -> None:
    found, _ = read(*values)
    sound(found)


# ---------------------------------------------------------------- real data


def test_real_polygons_against_shapely(shared_data: Path) -> None:
    column = pq.ParquetFile(shared_data / "vector/osm_buildings.parquet").read(["geometry"])["geometry"]
    column = column.slice(0, 2000).combine_chunks()
    found, flags = ragged(column)
    _, coordinates, (rings, polygons, features) = shapely.to_ragged_array(shapely.from_wkb(column.to_pylist()))
    assert not flags.any()
    assert np.array_equal(np.column_stack([found.x, found.y]), coordinates)
    assert np.array_equal(found.vertex_offsets, rings)
    assert np.array_equal(found.part_offsets, polygons[features])
    assert np.array_equal(np.flatnonzero(found.roles == EXTERIOR), polygons[:-1])

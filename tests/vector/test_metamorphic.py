"""What may not change when something else does: the engine against itself."""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, Reader, all_tiles

import pipeline
from pipeline.vector.plan import ArchivePlan, LayerInput
from pipeline.vector.tiles import tile_layers
from tests.decoded import Tile, decoded
from tests.oracles import mvt
from tests.oracles.mercator import degrees
from tests.shapes import batch, layer

ZOOM = 13
COLUMN, ROW = 6806, 3428  # zoom 13, near Longquan
QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DEEP = settings(QUICK, max_examples=600)

Shapes = list[shapely.Geometry]
# In a coverage what is smaller than the grid vanishes; with a point there is always something to tile.
HERE = shapely.Point(degrees(COLUMN * 4096 + 50, ROW * 4096 + 50, ZOOM))


def bodies(folder: Path, *layers: LayerInput, threads: int = 1) -> dict[Tile, bytes]:
    """Every tile of the layers, decompressed, read with the pmtiles package."""
    path = folder / "out.pmtiles"
    tile_layers(ArchivePlan("same"), layers, path, threads=threads)
    with path.open("rb") as file:
        return {tile: gzip.decompress(body) for tile, body in all_tiles(Reader(MmapSource(file)).get_bytes)}


def file_of(folder: Path, *layers: LayerInput, threads: int = 1) -> bytes:
    path = folder / "out.pmtiles"
    tile_layers(ArchivePlan("same"), layers, path, threads=threads)
    return path.read_bytes()


def moved(shape: shapely.Geometry, tiles: int) -> shapely.Geometry:
    """East by whole tiles of the last zoom: 45/1024 of a degree, which doubles hold exactly."""
    return shapely.transform(shape, lambda xy: xy + np.array([tiles * 360 / (1 << ZOOM), 0.0]))


# ---------------------------------------------------------------- geometries around the corners of tiles


@st.composite
def places(draw: st.DrawFn) -> tuple[float, float]:
    """Near, on, or half a unit beside the corners, borders and buffers of four tiles;"""
    near = st.sampled_from([0, 80, -80, 4096, -4096, 4176, -4176, 81, -81, 1, -1])
    x, y = (draw(near | st.integers(-6000, 6000)) + draw(st.sampled_from([0, 0, 0.5, 0.25])) for _ in range(2))
    lng, lat = degrees(COLUMN * 4096 + x, ROW * 4096 + y, ZOOM)
    # Longitudes on a binary grid, so that a shift by a tile rounds nothing.
    return round(lng * 2**36 / 360) * 360 / 2**36, lat


@st.composite
def shapes(draw: st.DrawFn) -> shapely.Geometry:
    """A point, some points, a line, an area anyhow, a box with holes, several parts."""
    kind = draw(st.sampled_from(["point", "points", "line", "lines", "area", "boxes", "parts"]))
    some = st.lists(places(), min_size=4, max_size=9, unique=True)
    if kind == "point":
        return shapely.Point(draw(places()))
    if kind == "points":
        return shapely.MultiPoint(draw(some))
    if kind == "line":
        return shapely.LineString(draw(some))
    if kind == "lines":
        return shapely.MultiLineString([draw(some), draw(some)])
    if kind == "area":
        return shapely.Polygon(draw(some))
    boxes = [shapely.box(*np.sort(np.array([draw(places()), draw(places())]), axis=0).ravel()) for _ in range(3)]
    if kind == "parts":
        return shapely.MultiPolygon(boxes)
    return shapely.Polygon(boxes[0].exterior, [each.exterior for each in boxes[1:]])


collections = st.lists(shapes(), min_size=1, max_size=8)


def table(n: int) -> dict[str, list[Any]]:
    """Keys and attributes by row."""
    return {  # types do not depend on what values there are
        "n": [k + 1 for k in range(n)],
        "name": [("龙泉", "剑", None, "")[k % 4] for k in range(n)],
        "v": [(1.0, 2.5, None, -3.0, 1.0)[k % 5] for k in range(n)],
    }


def whole(found: Shapes, name: str = "a", rows: Sequence[int] | None = None, **plan: Any) -> LayerInput:
    """One layer of these shapes; `rows` picks and orders them."""
    columns = table(len(found))
    rows = range(len(found)) if rows is None else rows
    picked = {field: [values[i] for i in rows] for field, values in columns.items()}
    return layer(name, batch([found[i] for i in rows], **picked), **fitting(found, **plan))


def fitting(found: Shapes, **plan: Any) -> dict[str, Any]:
    """What a plan of these shapes may say."""
    options = {"min_zoom": 9, "max_zoom": ZOOM, "key": "n", **plan}
    if all(shape.geom_type.endswith("Point") for shape in found):
        options["coverage"] = None  # is refused for points
    return options


# ---------------------------------------------------------------- the laws


def check_shift(folder: Path, found: Shapes) -> None:
    """A tile's width east at the last zoom: the same tiles, one column on; lower zooms lie on other grids.

    Not byte by byte where there is more to a tile: features are drawn along the world's Hilbert curve, which turns from
    tile to tile, and areas are halved at other places, so that rings begin elsewhere and a half may be rounded up here
    and down there.
    """
    options: dict[str, Any] = {"min_zoom": ZOOM, "max_zoom": ZOOM, "labels": True}
    here = bodies(folder, whole(found, **options))
    there = bodies(folder, whole([moved(shape, 1) for shape in found], **options))
    assert there.keys() == {(z, x + 1, y) for z, x, y in here}
    for (z, x, y), body in here.items():
        one = {(f.layer, f.id): f for f in decoded((z, x, y), body)}
        other = {(f.layer, f.id): f for f in decoded((z, x, y), there[z, x + 1, y])}
        assert one.keys() == other.keys()
        for key, feature in one.items():
            assert feature.properties == other[key].properties
            inside = shapely.box(-79, -79, 4175, 4175).contains(feature.shape)
            if inside or feature.shape.geom_type.endswith("Point"):  # nothing was cut
                assert shapely.normalize(feature.shape).equals(shapely.normalize(other[key].shape))
            assert shapely.hausdorff_distance(feature.shape, other[key].shape) <= 1.5
        if len(one) == 1 and len(next(iter(one.values())).parts[0]) == 1:
            assert body == there[z, x + 1, y]


def check_order(folder: Path, found: Shapes, rng: random.Random, **plan: Any) -> None:
    """Whatever order the features come in, in however many batches, and however many threads."""
    found = [*found, HERE]
    first = file_of(folder, whole(found, labels=True, **plan))
    rows = list(range(len(found)))
    rng.shuffle(rows)
    assert file_of(folder, whole(found, rows=rows, labels=True, **plan), threads=2) == first
    cut = rng.randrange(len(found) + 1)
    columns = table(len(found))
    two = [
        batch([found[i] for i in part], **{field: [values[i] for i in part] for field, values in columns.items()})
        for part in (rows[:cut], rows[cut:])
        if part
    ]
    assert file_of(folder, layer("a", *two, **fitting(found, labels=True, **plan)), threads=2) == first


def check_name(folder: Path, found: Shapes) -> None:
    """A layer's name is where it is written, and nowhere else."""
    here, there = bodies(folder, whole(found, "a")), bodies(folder, whole(found, "乙乙"))
    assert here.keys() == there.keys()
    for tile, body in here.items():
        (one,), (other,) = mvt.decode(body), mvt.decode(there[tile])
        assert (one.name, other.name) == ("a", "乙乙")
        one.name = other.name
        assert one == other
        assert len(there[tile]) - len(body) in (5, 6)  # and its length may need one byte more


def check_fields(folder: Path, found: Shapes) -> None:
    """Leaving a field out changes no geometry, no id and no order."""
    every, some = bodies(folder, whole(found)), bodies(folder, whole(found, fields=("n", "v")))
    none = bodies(folder, whole(found, fields=()))
    assert every.keys() == some.keys() == none.keys()
    for tile, body in every.items():
        geometry = [
            [(f.id, f.kind, f.parts) for f in mvt.decode(b)[0].features] for b in (body, some[tile], none[tile])
        ]
        assert geometry[0] == geometry[1] == geometry[2]
        kept = [f.properties for f in decoded(tile, some[tile])]
        assert kept == [{k: v for k, v in f.properties.items() if k != "name"} for f in decoded(tile, body)]
        assert not any(f.properties for f in decoded(tile, none[tile]))


def thick(shape: shapely.Geometry) -> bool:
    """Whether rounding must leave something of it: areas narrower than a unit may fold, one way here, another there."""
    return not shape.geom_type.endswith("Polygon") or not shapely.buffer(shape, -1.5).is_empty


def check_buffer(folder: Path, found: Shapes) -> None:
    """A wider buffer shows no less, and in the tile's own square the same, but for what is narrower than the grid."""
    plan = {"min_zoom": ZOOM, "max_zoom": ZOOM}
    own = shapely.box(2, 2, 4094, 4094)
    seen: dict[tuple[Tile, int], shapely.Geometry] = {}
    for buffer in (0, 16, 80, 300):
        now = {
            (tile, f.id): f.shape
            for tile, body in bodies(folder, whole([*found, HERE], buffer=buffer, **plan)).items()
            for f in decoded(tile, body)
        }
        for place, before in seen.items():
            if place not in now:
                assert not thick(before), (place, buffer)
                continue
            for more, less in ((now[place], before), (before, shapely.intersection(now[place], own))):
                lost = shapely.difference(less, shapely.buffer(more, 1.5, join_style="mitre"))
                assert lost.is_empty or not thick(lost), (place, buffer)
        seen = now


def check_far(folder: Path, found: Shapes) -> None:
    """A feature far away changes no tile here: what is kept and how it looks is decided in its place."""
    plan = {"min_zoom": ZOOM, "max_zoom": ZOOM}
    here = bodies(folder, whole(found, **plan))
    there = bodies(folder, whole([*found, shapely.box(-60, -20, -59.99, -19.99)], **plan))
    west = {tile for tile in there if tile[1] < COLUMN - 100}
    assert west and {tile for tile in there if tile not in west} == set(here)
    for tile, body in here.items():
        assert there[tile] == body


def check_valid(folder: Path, found: Shapes, coverage: str | None) -> None:
    """Whatever it is and however it is simplified, every polygon at every zoom is valid, and every id is drawn."""
    found = [*found, HERE]
    drawn: dict[int, set[int]] = {}
    for tile, body in bodies(folder, whole(found, min_zoom=0, coverage=coverage)).items():
        for feature in decoded(tile, body):
            assert feature.shape.is_valid, (tile, shapely.is_valid_reason(feature.shape))
            drawn.setdefault(tile[0], set()).add(feature.id)
    thick = {n for n, shape in enumerate(found, 1) if shape.geom_type.endswith("Point") or shape.area > 1e-6}
    assert thick <= drawn.get(ZOOM, set()), "an area of more than a hundred square units, or a point, is always there"


# ---------------------------------------------------------------- shallow, in every run


@QUICK
@given(collections, st.sampled_from([None, "c"]))
def test_all_is_valid_at_every_zoom(tmp_path: Path, found: Shapes, coverage: str | None) -> None:
    check_valid(tmp_path, found, coverage)


@QUICK
@given(collections)
def test_shifted_by_a_tile(tmp_path: Path, found: Shapes) -> None:
    check_shift(tmp_path, found)


@QUICK
@given(collections, st.randoms(use_true_random=False), st.sampled_from([None, "c"]))
def test_same_bytes_in_any_order(tmp_path: Path, found: Shapes, rng: random.Random, coverage: str | None) -> None:
    check_order(tmp_path, found, rng, coverage=coverage)


@QUICK
@given(collections)
def test_the_name_alone_changes(tmp_path: Path, found: Shapes) -> None:
    check_name(tmp_path, found)


@QUICK
@given(collections)
def test_fields_left_out_change_no_geometry(tmp_path: Path, found: Shapes) -> None:
    check_fields(tmp_path, found)


@QUICK
@given(collections)
def test_a_wider_buffer_shows_no_less(tmp_path: Path, found: Shapes) -> None:
    check_buffer(tmp_path, found)


@QUICK
@given(collections)
def test_what_is_far_away_changes_nothing(tmp_path: Path, found: Shapes) -> None:
    check_far(tmp_path, found)


def test_two_files_are_one_file(tmp_path: Path) -> None:
    """Through `pipeline.tile`: the features of one file, divided among two, in another order."""
    import json

    rng = random.Random(8)
    features = []
    for n in range(60):
        lng, lat = 119.1 + rng.random() / 5, 28 + rng.random() / 5
        shape = rng.choice([shapely.Point(lng, lat), shapely.box(lng, lat, lng + 0.01 * rng.random(), lat + 0.01)])
        geometry = json.loads(shapely.to_geojson(shape))
        features.append({"type": "Feature", "geometry": geometry, "properties": {"n": n + 1, "名": rng.choice("甲乙")}})

    def written(name: str, rows: Sequence[int]) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [features[i] for i in rows]}))
        return path

    order = list(range(60))
    rng.shuffle(order)
    one = written("one.geojson", range(60))
    two = [written("b.geojson", order[:20]), written("a.geojson", order[20:])]
    options: dict[str, Any] = {"layer": "a", "min_zoom": 8, "max_zoom": 13, "key": "n", "name": "same"}
    pipeline.tile(one, tmp_path / "one.pmtiles", **options)
    pipeline.tile(two, tmp_path / "two.pmtiles", threads=2, **options)
    assert (tmp_path / "one.pmtiles").read_bytes() == (tmp_path / "two.pmtiles").read_bytes()


# ---------------------------------------------------------------- deep


@pytest.mark.long
@DEEP
@given(collections)
def test_shifted_by_a_tile_deep(tmp_path: Path, found: Shapes) -> None:
    check_shift(tmp_path, found)


@pytest.mark.long
@DEEP
@given(st.lists(shapes(), min_size=1, max_size=30), st.randoms(use_true_random=False), st.sampled_from([None, "c"]))
def test_same_bytes_in_any_order_deep(tmp_path: Path, found: Shapes, rng: random.Random, coverage: str | None) -> None:
    check_order(tmp_path, found, rng, coverage=coverage)


@pytest.mark.long
@DEEP
@given(collections)
def test_the_other_laws_deep(tmp_path: Path, found: Shapes) -> None:
    check_name(tmp_path, found)
    check_fields(tmp_path, found)
    check_buffer(tmp_path, found)
    check_far(tmp_path, found)


@pytest.mark.long
@DEEP
@given(st.lists(shapes(), min_size=1, max_size=20), st.sampled_from([None, "c"]))
def test_all_is_valid_at_every_zoom_deep(tmp_path: Path, found: Shapes, coverage: str | None) -> None:
    check_valid(tmp_path, found, coverage)

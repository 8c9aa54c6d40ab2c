"""What nobody would draw on purpose, through the whole engine; every result is held against shapely and mercantile."""

from __future__ import annotations

import math
import random
import time
from pathlib import Path

import mercantile
import numpy as np
import pyarrow as pa
import pytest
import shapely

from pipeline.archive.reader import open_archive
from pipeline.types import EXTERIOR, INTERIOR, POLYGON, FeatureBatch, Geometries
from pipeline.vector.plan import ArchivePlan
from pipeline.vector.tiles import tile_layers
from pipeline.vector.verify import verify_tiles
from tests.decoded import Feature, tiled
from tests.oracles.torture import check_area, check_valid, in_units, square
from tests.shapes import batch, layer
from tests.vector.corner import COLUMN, ROW, ZOOM, area, at, box, circle, ring


def shown_length(feature: Feature) -> float:
    """Of a line, within the tile's own square."""
    return float(shapely.intersection(feature.in_zoom(), square(feature.tile)).length)


def spiral(turns: int, width: float, n: int) -> shapely.Polygon:
    """A band wound round and round, its arms one width apart."""
    outer = [2 * math.pi * turns * k / n for k in range(n + 1)]
    there = [((t / math.pi + 1) * width * math.cos(t), (t / math.pi + 1) * width * math.sin(t)) for t in outer]
    back = [(t / math.pi * width * math.cos(t), t / math.pi * width * math.sin(t)) for t in reversed(outer)]
    return area(*there, *back)


def star(n: int, half_turns_in: float, far: float, near: float) -> shapely.Polygon:
    """Vertices far and near by turns, each half a turn divided by `half_turns_in` on from the one before."""
    turns = [math.pi * k / half_turns_in for k in range(n)]
    radii = [near if k % 2 == 0 else far for k in range(n)]
    return area(*[(r * math.cos(t), r * math.sin(t)) for r, t in zip(radii, turns, strict=True)])


def shuffled_rings(rng: random.Random) -> shapely.Polygon:
    holes = [circle(rng.uniform(-7e3, 7e3), rng.uniform(-7e3, 7e3), rng.uniform(5, 900), 9) for _ in range(60)]
    return shapely.Polygon(box(-8000, -8000, 8000, 8000), holes)


AREAS: dict[str, shapely.Geometry] = {
    "touches itself in a vertex": area((0, 0), (900, 900), (1800, 0), (1800, 1800), (900, 900), (0, 1800)),
    "touches itself on an edge": area((0, 0), (6000, 0), (6000, 6000), (3000, 0), (0, 6000)),
    "runs along itself": area((0, 0), (6000, 0), (6000, 6000), (3000, 6000), (3000, 3000), (3000, 6000), (0, 6000)),
    "pinched into a chain of beads": area(
        *[(700 * k, 0) for k in range(20)], *[(700 * k - 350, 300 * (k % 2)) for k in range(19, 0, -1)]
    ),
    "bow-tie over a corner": area((-5000, -5000), (5000, 5000), (5000, -5000), (-5000, 5000)),
    "bow-ties in a row": area(
        *[(900 * k, 900 * (k % 2)) for k in range(15)], *[(900 * k, 900 * (1 - k % 2)) for k in range(14, -1, -1)]
    ),
    "sliver of a tenth of a unit": area((-9000, 100), (9000, 100), (9000, 100.1), (-9000, 100.1)),
    "needle over many tiles": area((-30000, -9000), (30000, 9000), (30000, 9001)),
    "sliver along a tile border": area((-9000, 0), (9000, 0), (9000, 0.4), (-9000, 0.4)),
    "spiral of 30 turns": spiral(30, 90, 4000),
    "hole touches the shell in a vertex": shapely.Polygon(
        box(-5000, -5000, 5000, 5000), [ring((-5000, 0), (0, 900), (0, -900))]
    ),
    "hole touches the shell twice": shapely.Polygon(
        box(-5000, -5000, 5000, 5000), [ring((-5000, 0), (0, 900), (5000, 0), (0, -900))]
    ),
    "holes touch in a vertex": shapely.Polygon(
        box(-5000, -5000, 5000, 5000), [ring((0, 0), (900, 0), (900, 900)), ring((0, 0), (-900, 0), (-900, -900))]
    ),
    "holes in a closed ring": shapely.Polygon(
        box(-5000, -5000, 5000, 5000),
        [ring((0, -2000), (1000, -1000), (0, 0), (-1000, -1000)), ring((0, 0), (1000, 1000), (0, 2000), (-1000, 1000))],
    ),
    "holes within holes": shapely.Polygon(
        box(-9000, -9000, 9000, 9000), [box(-8000, -8000, 8000, 8000), box(-100, -100, 100, 100)]
    ),
    "nested fifty deep": shapely.MultiPolygon(
        [shapely.Polygon(box(-k, -k, k, k), [box(-k + 60, -k + 60, k - 60, k - 60)]) for k in range(6100, 100, -120)]
    ),
    "the shell twice": shapely.Polygon(box(-900, -900, 900, 900) * 2),
    "a part three times": shapely.MultiPolygon([shapely.Polygon(box(-900, -900, 5000, 900))] * 3),
    "a hole ten times": shapely.Polygon(box(-5000, -5000, 5000, 5000), [box(-900, -900, 900, 900)] * 10),
    "a vertex a thousand times": area((0, 0), *[(5000, 0)] * 1000, (5000, 5000)),
    "thousand vertices on a straight edge": area(*[(k * 9, 0) for k in range(1000)], (4500, 4500)),
    "corners on corners of tiles": shapely.Polygon(box(-8192, -8192, 4096, 4096)),
    "corners on the buffer": shapely.Polygon(box(-80, -80, 80, 80)),
    "corners on both buffers": shapely.Polygon(box(-4096 - 80, -4096 - 80, 4096 + 80, 4096 + 80)),
    "corners half a unit beyond the buffer": shapely.Polygon(box(-80.5, -80.5, 80.5, 80.5)),
    "hole exactly a tile": shapely.Polygon(box(-9000, -9000, 9000, 9000), [box(0, 0, 4096, 4096)]),
    "hole exactly a tile and its buffer": shapely.Polygon(box(-9000, -9000, 9000, 9000), [box(-80, -80, 4176, 4176)]),
    "stairs along a border": area(
        *[(20 * (k + side) - 2000, 10 * (k % 3) - 10) for k in range(200) for side in (0, 1)], (2000, 900), (-2000, 900)
    ),
    "comb of 500 teeth": area(
        (-6000, 3000), *[p for k in range(-250, 250) for p in ((24 * k, -3000), (24 * k + 12, 2900))], (6000, 3000)
    ),
    "star of 999 spikes": star(1998, 999, 6000, 40),
    "pentagram of 101 points": star(101, 101 / 100, 5000, 5000),
    "holes anywhere": shuffled_rings(random.Random(5)),
    "around the corner of four quadrants": shapely.Polygon([(-0.0, -0.5), (0.5, 0.0), (0.0, 0.5), (-0.5, -0.0)]),
    "a corner at zero": shapely.box(0.0, 0.0, 0.3, 0.3),
    "a corner at minus zero": shapely.box(-0.3, -0.3, -0.0, -0.0),
}  # fmt: skip


@pytest.mark.parametrize("name", AREAS)
def test_areas_at_every_zoom(tmp_path: Path, name: str) -> None:
    top = 9 if abs(AREAS[name].bounds[0]) < 1 else ZOOM
    found = tiled(tmp_path, layer("a", batch([AREAS[name]]), min_zoom=0, max_zoom=top))
    check_valid(found)
    if in_units(AREAS[name], top).area > 4:
        check_area(found, AREAS[name], top)
        assert {f.tile[0] for f in found.features} >= {top}
    with open_archive(tmp_path / "out.pmtiles") as archive:
        assert sum(zoom.invalid for zoom in verify_tiles(archive).zooms) == 0


def test_all_of_them_in_one_coverage(tmp_path: Path) -> None:
    """Most overlap, none shares a border: a coverage that is none must still give valid tiles."""
    shapes = list(AREAS.values())
    found = tiled(
        tmp_path,
        layer("a", batch(shapes, n=list(range(1, len(shapes) + 1))), min_zoom=3, max_zoom=12, key="n", coverage="c"),
    )
    check_valid(found)
    # What is thinner than the grid may vanish: in a coverage nothing stands for it.
    thick = {i for i, shape in enumerate(shapes, 1) if not in_units(shape, 12).buffer(-0.75).is_empty}
    assert thick <= {f.id for f in found.at(12)} and len(thick) > len(shapes) - 8


def test_a_needle_over_a_border_leaves_something(tmp_path: Path) -> None:
    """As an area within one tile does, which is drawn as one unit at the last zoom when nothing else is left of it."""
    needle = area((-2045, 2399), (529, 2400), (511.6, 2400.2))
    inside = area((500, 2399), (3074, 2400), (3056.6, 2400.2))
    found = tiled(tmp_path, layer("a", batch([needle, inside], n=[1, 2]), min_zoom=ZOOM, max_zoom=ZOOM, key="n"))
    assert {f.id for f in found.features} == {1, 2}


# ---------------------------------------------------------------- very many vertices


def blob(lng: float, lat: float, radius: float, n: int, rng: np.random.Generator, rough: float) -> np.ndarray:
    """A closed wavy ring in degrees that never crosses itself: one vertex per direction."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    k = radius * (1 + 0.15 * np.sin(7 * t + rng.uniform(0, 6)) + rough * rng.uniform(-1, 1, n))
    xy = np.column_stack([lng + k * np.cos(t), lat + k * np.sin(t)])
    return np.concatenate([xy, xy[:1]])


def sieve(shell: int, holes: int, each: int, seed: int = 1) -> tuple[Geometries, shapely.Polygon]:
    """One area with many holes that touch nothing."""
    rng = np.random.default_rng(seed)
    rings = [blob(119.1, 28.0, 0.35, shell, rng, 2e-6)]
    grid = np.linspace(-0.27, 0.27, math.ceil(math.sqrt(holes * 1.6)))
    middles = [(x, y) for x in grid for y in grid if x * x + y * y < 0.28**2][:holes]
    rings += [blob(119.1 + x, 28.0 + y, 0.35 * (grid[1] - grid[0]), each, rng, 0.02) for x, y in middles]
    xy = np.concatenate(rings)
    geometries = Geometries(
        np.array([POLYGON], np.uint8),
        np.array([0, len(rings)], np.int64),
        np.cumsum([0, *map(len, rings)]),
        np.array([EXTERIOR, *[INTERIOR] * (len(rings) - 1)], np.uint8),
        np.ascontiguousarray(xy[:, 0]),
        np.ascontiguousarray(xy[:, 1]),
    )
    return geometries, shapely.Polygon(rings[0], rings[1:])


def check_sieve(folder: Path, shell: int, holes: int, each: int, zooms: tuple[int, int]) -> float:
    geometries, polygon = sieve(shell, holes, each)
    assert polygon.is_valid
    started = time.perf_counter()
    one = layer("a", FeatureBatch(geometries, pa.table({"n": [1]})), min_zoom=zooms[0], max_zoom=zooms[1])
    tile_layers(ArchivePlan("sieve"), [one], folder / "out.pmtiles")
    seconds = time.perf_counter() - started
    with open_archive(folder / "out.pmtiles") as archive:
        figures = verify_tiles(archive).zooms
        assert sum(zoom.invalid for zoom in figures) == 0
        expected = {(t.x, t.y) for t in mercantile.tiles(*polygon.bounds, [zooms[1]])}
        found = {(x, y) for _z, x, y, _body in archive.tiles(zooms[1])}
    last = in_units(polygon, zooms[1])
    west, north, _east, _south = (v / 4096 for v in last.bounds)
    solid = {
        (x, y)
        for x, y in random.Random(2).sample(sorted(expected), min(len(expected), 400))
        if shapely.intersection(last, shapely.box(x * 4096, y * 4096, x * 4096 + 4096, y * 4096 + 4096)).area > 5000
    }
    assert solid <= found and min(x for x, _y in found) >= math.floor(west - 0.03) and len(found) <= len(expected) * 1.1
    assert min(y for _x, y in found) >= math.floor(north - 0.03)
    return seconds


def test_an_area_with_a_hundred_thousand_vertices_and_many_holes(tmp_path: Path) -> None:
    check_sieve(tmp_path, 60_000, 800, 50, (10, 14))


@pytest.mark.long
def test_an_area_with_a_million_vertices_and_8000_holes_takes_seconds(tmp_path: Path) -> None:
    assert check_sieve(tmp_path, 600_000, 8000, 50, (10, 16)) < 10


def test_an_area_of_five_thousand_parts_with_a_hole_each(tmp_path: Path) -> None:
    corners = [(x * 45, y * 45) for x in range(70) for y in range(70)]
    whole = shapely.MultiPolygon(
        [shapely.Polygon(box(x, y, x + 40, y + 40), [box(x + 9, y + 9, x + 30, y + 30)]) for x, y in corners]
    )
    started = time.perf_counter()
    found = tiled(tmp_path, layer("a", batch([whole]), min_zoom=13, max_zoom=14))
    assert time.perf_counter() - started < 20
    check_valid(found)
    shown = sum(f.shape.intersection(shapely.box(0, 0, 4096, 4096)).area for f in found.at(14))
    assert shown == pytest.approx(4900 * (40 * 40 - 21 * 21), rel=0.002)


def test_a_line_of_fifty_thousand_vertices(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    walk = np.cumsum(rng.uniform(-1e-4, 1.05e-4, (50_000, 2)), axis=0) + np.array([119.1, 28.0])
    found = tiled(tmp_path, layer("a", batch([shapely.LineString(walk)]), min_zoom=12, max_zoom=13))
    length = sum(shown_length(f) for f in found.at(13))
    assert length == pytest.approx(in_units(shapely.LineString(walk), 13).length, rel=0.1)


# ---------------------------------------------------------------- very many features


def test_a_hundred_thousand_features_alike(tmp_path: Path) -> None:
    """All in one place, with the same attributes: ids stay apart, nothing is lost at the last zoom."""
    n = 100_000
    started = time.perf_counter()
    tile_layers(
        ArchivePlan("same"),
        [layer("a", batch([shapely.Point(119.1, 28.0)] * n, s=["x"] * n), min_zoom=10, max_zoom=11)],
        tmp_path / "same.pmtiles",
    )
    assert time.perf_counter() - started < 20
    with open_archive(tmp_path / "same.pmtiles") as archive:
        report = verify_tiles(archive)
        assert report.report.faults == ()
        assert [zoom.features for zoom in report.zooms] == [n, n]


def test_a_multipoint_of_a_hundred_thousand_points(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    points = rng.uniform((118, 27), (120, 29), (100_000, 2))
    tile_layers(
        ArchivePlan("cloud"),
        [layer("a", batch([shapely.MultiPoint(points)]), min_zoom=6, max_zoom=8)],
        tmp_path / "cloud.pmtiles",
    )
    with open_archive(tmp_path / "cloud.pmtiles") as archive:
        assert [zoom.vertices for zoom in verify_tiles(archive).zooms][-1] == 100_000
        expected = {(t.x, t.y) for t in (mercantile.tile(x, y, 8) for x, y in points.tolist())}
        assert {(x, y) for _z, x, y, _raw in archive.tiles(8)} == expected


# ---------------------------------------------------------------- lines and points that are hardly any


def test_degenerate_lines(tmp_path: Path) -> None:
    shapes = [
        shapely.LineString(ring((5, 5), (5, 5))),  # no length
        shapely.LineString(ring((5, 5), (5.1, 5.1))),  # below the grid
        shapely.LineString(ring((5, 5), (900, 5), (5, 5))),  # there and back
        shapely.LineString(box(-900, -900, 900, 900)),  # closed
        shapely.LineString(ring(*[(7, 7)] * 50, (900, 7))),  # repeated
        shapely.MultiLineString([ring((1, 1), (1, 1)), ring((-5000, 40), (5000, 40))]),
        shapely.LineString(ring((0, -9000), (0, 9000))),  # on the border of tiles
        shapely.LineString(ring((-80, -9000), (-80, 9000))),  # on the buffer
    ]
    found = tiled(tmp_path, layer("a", batch(shapes, n=list(range(1, 9))), min_zoom=0, max_zoom=14, key="n"))
    ids = {f.id for f in found.at(14)}
    assert ids >= {3, 4, 5, 6, 7, 8} and 1 not in ids
    for feature in found.features:
        assert feature.shape.length > 0
    lengths = {i: sum(shown_length(f) for f in found.at(14) if f.id == i) for i in (4, 5, 6)}
    assert lengths == pytest.approx({4: 7200, 5: 893, 6: 10000}, abs=2)


def test_points_on_corners_zeros_and_ends_of_the_world(tmp_path: Path) -> None:
    places = [(0.0, 0.0), (-0.0, -0.0), (180.0, 0.0), (-180.0, 0.0), (0.0, 90.0), (0.0, -90.0), at(0, 0), at(4096, 0)]
    places += [(180.0, 85.0511287798066), (-180.0, -85.0511287798066)]
    n = list(range(1, len(places) + 1))
    found = tiled(
        tmp_path, layer("a", batch([shapely.Point(p) for p in places], n=n), min_zoom=0, max_zoom=14, key="n")
    )
    for zoom in range(15):
        assert sorted(f.id for f in found.at(zoom)) == n
    last = {f.id: f.tile for f in found.at(14)}
    assert last[1] == last[2] == (14, 8192, 8192)
    assert last[7] == (14, COLUMN, ROW) and last[8] == (14, COLUMN + 1, ROW)
    assert last[3][1] == 16383 and last[4][1] == 0 and last[5][2] == 0 and last[6][2] == 16383


@pytest.mark.parametrize("shape", [
    shapely.box(100, 80, 140, 90),
    shapely.box(-180, 85, 180, 90),
    shapely.box(-180, -90, 180, -60),
    shapely.Polygon([(0, 90), (120, 60), (-120, 60)]),
    shapely.Polygon([(-180, -90), (180, -90), (180, -70), (90, -75), (0, -65), (-90, -80), (-180, -70)]),
])  # fmt: skip
def test_areas_at_the_poles(tmp_path: Path, shape: shapely.Polygon) -> None:
    found = tiled(tmp_path, layer("a", batch([shape]), min_zoom=0, max_zoom=5))
    check_valid(found)
    # Up to the edge of the square: what lies beyond 85.0511° is drawn along it.
    clipped = shapely.intersection(shape, shapely.box(-180, -85.0511287798066, 180, 85.0511287798066))
    if shape.bounds[3] - shape.bounds[1] > 15 and shape.geom_type == "Polygon" and len(shape.exterior.coords) != 4:
        check_area(found, clipped, 5)


def test_areas_beyond_the_poles_only_leave_nothing_invalid(tmp_path: Path) -> None:
    found = tiled(
        tmp_path, layer("a", batch([shapely.box(0, 86, 10, 89), shapely.Point(1, 1)]), min_zoom=0, max_zoom=6)
    )
    check_valid(found)
    assert any(f.shape.geom_type == "Point" for f in found.at(6))


BEYOND = {
    "a jumping area": (shapely.Polygon([(179, -1), (-179, -1), (-179, 1), (179, 1)]), [(179, 180), (-180, -179)]),
    "an area beyond the east": (shapely.box(179, -1, 181, 1), [(179, 180), (-180, -179)]),
    "an area wholly beyond": (shapely.box(181, -1, 182, 1), [(-179, -178)]),
    "an area wholly beyond the west": (shapely.box(-182, -1, -181, 1), [(178, 179)]),
}


@pytest.mark.parametrize("name", BEYOND)
def test_areas_over_the_antimeridian(tmp_path: Path, name: str) -> None:
    shape, spans = BEYOND[name]
    found = tiled(tmp_path, layer("a", batch([shape]), min_zoom=0, max_zoom=7))
    check_valid(found)
    check_area(found, shapely.union_all([shapely.box(west, -1, east, 1) for west, east in spans]), 7)


def test_lines_and_points_over_the_antimeridian(tmp_path: Path) -> None:
    shapes = [shapely.LineString([(179, 0), (-179, 0)]), shapely.Point(181, 0), shapely.MultiPoint([(-181, 1), (0, 1)])]
    found = tiled(tmp_path, layer("a", batch(shapes, n=[1, 2, 3]), min_zoom=7, max_zoom=7, key="n"))
    columns = {i: {f.tile[1] for f in found.at(7) if f.id == i} for i in (1, 2, 3)}
    assert columns == {1: {0, 127}, 2: {0}, 3: {127, 64}}

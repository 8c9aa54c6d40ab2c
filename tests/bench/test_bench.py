"""The yardsticks themselves, held against figures known beforehand."""

from __future__ import annotations

import sys
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid

from pipeline.archive.compress import gzip_bytes
from pipeline.archive.writer import Writer
from tests.bench.gaps import gap, of_archive
from tests.bench.inputs import shift
from tests.bench.measure import run
from tests.bench.nearness import _below, _sums
from tests.bench.quality import quality
from tests.bench.strip import without_ids


def _square(west: int, north: int, east: int, south: int) -> str:
    return shapely.box(west, north, east, south).wkt


def _tile(features: list[tuple[int, str, dict[str, object]]]) -> bytes:
    layer = [{"id": i, "geometry": wkt, "properties": properties} for i, wkt, properties in features]
    options = {"y_coord_down": True}
    return bytes(mapbox_vector_tile.encode({"name": "a", "features": layer}, default_options=options))


def _archive(path: Path, tiles: dict[tuple[int, int, int], bytes]) -> Path:
    with Writer(path, tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer:
        for tile_id, body in sorted((zxy_to_tileid(*zxy), body) for zxy, body in tiles.items()):
            writer.add(tile_id, gzip_bytes(body))
        zooms = [zoom for zoom, _x, _y in tiles]
        world = (-180.0, -85.0, 180.0, 85.0)
        writer.finish(metadata={}, bounds=world, center=None, min_zoom=min(zooms), max_zoom=max(zooms))
    return path


def test_ids_and_nothing_else_are_stripped() -> None:
    features = [(7, _square(0, 0, 9, 9), {"n": 1, "t": "x"}), (1 << 52, "POINT (3 4)", {})]
    body = _tile(features)
    bare = mapbox_vector_tile.decode(without_ids(body))
    full = mapbox_vector_tile.decode(body)
    for feature in full["a"]["features"]:
        feature["id"] = 0
    assert bare == full
    assert len(without_ids(body)) == len(body) - (1 + 1) - (1 + 8)  # a tag, and a varint of 1 and of 8 bytes


def test_features_are_counted_once_by_ids_or_attributes(tmp_path: Path) -> None:
    left = _tile([(1, _square(0, 0, 9, 9), {"n": 1}), (2, _square(20, 0, 29, 9), {"n": 2})])
    right = _tile([(2, _square(20, 0, 29, 9), {"n": 2, "m": 3}), (3, _square(0, 0, 9, 9), {"m": 3, "n": 2})])
    path = _archive(tmp_path / "a.pmtiles", {(1, 0, 0): left, (1, 1, 0): right})
    by_ids, by_attributes = quality(path, by_ids=True), quality(path, by_ids=False)
    assert (by_ids.kept, by_ids.features, by_ids.invalid) == ({1: 3}, {1: 4}, {1: 0})
    assert by_attributes.kept == {1: 3}  # n=1; n=2; n=2 and m=3 in either order
    assert by_ids.without_ids < path.stat().st_size


def test_an_invalid_polygon_is_counted_as_often_as_it_is_shown(tmp_path: Path) -> None:
    bow = "POLYGON ((0 0, 10 10, 10 0, 0 12, 0 0))"
    layer = {"name": "a", "features": [{"id": 1, "geometry": bow, "properties": {}}]}
    body = bytes(mapbox_vector_tile.encode(layer, default_options={"y_coord_down": True}))
    path = _archive(tmp_path / "a.pmtiles", {(1, 0, 0): body, (1, 0, 1): body})
    assert quality(path, by_ids=True).invalid == {1: 2}


def test_a_hole_between_two_tiles_is_a_gap_and_a_bay_is_none(tmp_path: Path) -> None:
    # Two squares of 4096: a hole of 20 × 100 lies across their border, a bay of 50 × 100 opens at the north edge.
    whole = shapely.box(0, 0, 8192, 4096)
    ground = whole - shapely.box(4086, 1000, 4106, 1100) - shapely.box(100, 0, 150, 100)
    tiles = {}
    for x in (0, 1):
        part = shapely.intersection(ground, shapely.box(x * 4096 - 80, 0, (x + 1) * 4096 + 80, 4096))
        moved = shapely.transform(part, lambda xy, x=x: xy - [x * 4096, 0])
        tiles[1, x, 0] = _tile([(1, moved.wkt, {})])
    found = of_archive(_archive(tmp_path / "a.pmtiles", tiles))[1]
    assert found.holes == pytest.approx(2000 / (8192 * 4096 - 2000 - 5000))
    assert found.overlap == pytest.approx(0)  # the buffers of 80 units are cut off


def test_overlap_is_what_is_covered_twice() -> None:
    union = shapely.box(0, 0, 3, 1)
    assert gap([(union, 4.0)]).overlap == pytest.approx(1 / 3)


def test_copies_keep_their_shape_and_go_on_in_the_west() -> None:
    shapes = np.array([shapely.box(170, 10, 171, 11), shapely.box(0, -5, 1, -4)])
    moved = shift(shapes, 31.3)
    assert shapely.bounds(moved) == pytest.approx(np.array([[-158.7, 10, -157.7, 11], [31.3, -5, 32.3, -4]]))
    with pytest.raises(ValueError, match="antimeridian"):
        shift(shapes, 9.5)


def test_memory_is_the_command_s_own() -> None:
    held = np.ones(300 << 20, np.uint8)  # a fat parent must not show
    small = run([sys.executable, "-I", "-S", "-c", "pass"])
    large = run([sys.executable, "-I", "-S", "-c", "x = bytearray(200 << 20); x[::4096] = bytes(len(x[::4096]))"])
    assert held[0] == 1
    assert small.rss < 50
    assert 200 < large.rss < 270
    assert 0 < small.cpu <= small.wall * 2 + 0.1


def test_a_failing_command_says_its_last_words() -> None:
    with pytest.raises(RuntimeError, match=r"exited 3: no such thing"):
        run([sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"])


def test_means_of_a_picture_that_repeats_are_exact() -> None:
    """Against the pixels themselves: a box over parts of them, in the first copy, across two, and before the first."""
    picture: np.ndarray = np.arange(35.0).reshape(5, 7) ** 2
    sums = _sums(picture)
    for left, top, right, low in ((1.25, 0.5, 3.75, 4.0), (5.5, 3.25, 9.75, 12.5), (-3.5, -1.25, 2.0, 0.75)):
        corners = ((right, low, 1), (left, low, -1), (right, top, -1), (left, top, 1))
        found = sum(sign * _below(sums, np.array([x]), np.array([y]))[0] for x, y, sign in corners)
        rows, columns = (np.arange(-5, 20), np.arange(-7, 20))
        share = np.clip(np.minimum(rows + 1, low) - np.maximum(rows, top), 0, 1)[:, None] * np.clip(
            np.minimum(columns + 1, right) - np.maximum(columns, left), 0, 1
        )
        assert found == pytest.approx(float((share * picture[rows[:, None] % 5, columns % 7]).sum()), rel=1e-12)

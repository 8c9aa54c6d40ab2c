"""Layers through the whole engine: the same bytes, zooms, and what the archive says of itself."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from pathlib import Path

import pytest
import shapely

from pipeline.archive.reader import open_archive
from pipeline.archive.verify import verify_archive
from pipeline.errors import InputError
from pipeline.vector.plan import ArchivePlan
from pipeline.vector.tiles import tile_layers
from pipeline.vector.verify import verify_tiles
from tests.decoded import Tiled, tiled
from tests.shapes import batch, layer
from tests.vector.paper import INVALID, P, Paper, meant, tile_box


def town(rng: random.Random, n: int = 300) -> list[shapely.Geometry]:
    """Points, lines, areas, some of them over many tiles."""
    shapes: list[shapely.Geometry] = []
    for k in range(n):
        paper = Paper(14, 13600 + rng.randrange(6), 6900 + rng.randrange(6))
        x, y = rng.uniform(0, 4096), rng.uniform(0, 4096)
        if k % 3 == 0:
            shapes.append(shapely.Point(paper.ring((x, y))[0]))
        elif k % 3 == 1:
            shapes.append(paper.line((x, y), (x + rng.uniform(-6000, 6000), y), (x, y + rng.uniform(-9000, 9000))))
        else:
            s = rng.choice([3, 20, 400, 6000])
            shapes.append(paper.polygon((x, y), (x + s, y), (x + s, y + s * rng.random()), (x, y + s)))
    return shapes


def test_mixed_kinds_share_a_layer(tmp_path: Path) -> None:
    found = tiled(tmp_path, layer("m", batch(town(random.Random(1))), min_zoom=8, max_zoom=14))
    assert found.result.layers[0].geometry == "mixed"
    kinds = {f.shape.geom_type.removeprefix("Multi") for f in found.at(14)}
    assert kinds == {"Point", "LineString", "Polygon"}
    assert len({f.id for f in found.at(14)}) == 300


def bytes_of(folder: Path, inputs: list, threads: int) -> bytes:  # type: ignore[type-arg]
    tile_layers(ArchivePlan("same"), inputs, folder / "same.pmtiles", threads=threads)
    return (folder / "same.pmtiles").read_bytes()


def test_same_bytes_whatever_the_threads_the_order_and_the_batches(tmp_path: Path) -> None:
    rng = random.Random(2)
    shapes = [*town(rng), *INVALID.values(), INVALID["spike"]]
    names = [rng.choice(["龙泉", "剑", None, "x"]) for _ in shapes]
    numbers = [rng.choice([1.0, 2.0, 3.5, None]) for _ in shapes]
    plan = {"min_zoom": 9, "max_zoom": 14, "labels": True}
    one = bytes_of(tmp_path, [layer("m", batch(shapes, n=names, v=numbers), **plan)], 1)
    assert one == bytes_of(tmp_path, [layer("m", batch(shapes, n=names, v=numbers), **plan)], 2)
    order = list(range(len(shapes)))
    rng.shuffle(order)
    s, n, v = ([values[i] for i in order] for values in (shapes, names, numbers))
    assert one == bytes_of(tmp_path, [layer("m", batch(s, n=n, v=v), **plan)], 2)
    cuts = [0, 1, 7, 7, 100, len(s)]
    parts = [batch(s[a:b], n=n[a:b], v=v[a:b]) for a, b in pairwise(cuts)]
    assert one == bytes_of(tmp_path, [layer("m", *parts, **plan)], 2)


def test_bytes_do_not_depend_on_the_cutting_into_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = town(random.Random(3))
    one = bytes_of(tmp_path, [layer("m", batch(shapes), min_zoom=13, max_zoom=14, tiny_area=0)], 2)
    monkeypatch.setattr("pipeline.vector.cutting._VERTICES_PER_JOB", 500)
    monkeypatch.setattr("pipeline.vector.simplify._VERTICES_PER_JOB", 100)
    monkeypatch.setattr("pipeline.vector.render._RECORDS_PER_JOB", 17)
    assert one == bytes_of(tmp_path, [layer("m", batch(shapes), min_zoom=13, max_zoom=14, tiny_area=0)], 2)


def test_one_feature_from_zoom_0_to_22(tmp_path: Path) -> None:
    size = 0.00002
    lng, lat = 119.1421, 28.0763
    found = area_case_all_zooms(tmp_path, shapely.box(lng, lat, lng + size, lat + size))
    assert (found.result.min_zoom, found.result.max_zoom) == (0, 22)
    assert found.header["min_zoom"] == 0 and found.header["max_zoom"] == 22


def area_case_all_zooms(folder: Path, shape: shapely.Geometry) -> Tiled:
    found = tiled(folder, layer("a", batch([shape]), min_zoom=0, max_zoom=22, tiny_area=0))
    assert {f.tile[0] for f in found.features} == set(range(23))
    source = meant(shape, 22)
    best = shapely.union_all([f.in_zoom().intersection(tile_box(f.tile)) for f in found.at(22)])
    assert best.symmetric_difference(source).area <= source.length + 2
    return found


def test_nothing_to_tile_is_an_input_error_and_leaves_no_file(tmp_path: Path) -> None:
    for inputs in ([layer("a")], [layer("a", batch([None, shapely.Point()]))], [layer("a", batch([], n=[]))]):
        with pytest.raises(InputError, match="nothing to tile"):
            tile_layers(ArchivePlan("none"), inputs, tmp_path / "none.pmtiles")
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_reading_leaves_no_file(tmp_path: Path) -> None:
    def broken(tally):  # type: ignore[no-untyped-def]
        yield batch([shapely.Point(1, 1)])
        raise InputError("cut off")

    inputs = [layer("a", batch([shapely.Point(0, 0)])), type(layer("b"))(layer("b").plan, broken)]
    with pytest.raises(InputError, match="cut off"):
        tile_layers(ArchivePlan("x"), inputs, tmp_path / "x.pmtiles")
    assert list(tmp_path.iterdir()) == []


def test_empty_layers_stand_beside_full_ones(tmp_path: Path) -> None:
    found = tiled(
        tmp_path,
        layer("empty", key="id", fields=("a",)),
        layer("nulls", batch([None], id=[1]), key="id", labels=True),
        layer("full", batch([shapely.Point(1, 1)], id=[7]), key="id"),
    )
    assert [r.features for r in found.result.layers] == [0, 0, 1]
    assert [f.id for f in found.features] == [7]
    assert [entry["id"] for entry in found.metadata["vector_layers"]] == ["full"]


def test_features_without_attributes(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 1), None, shapely.Point(2, 2)]
    found = tiled(tmp_path, layer("bare", batch(shapes)), layer("none", batch(shapes, n=[1, 2, 3]), fields=()))
    assert [(f.layer, f.properties) for f in found.features] == [("bare", {})] * 2 + [("none", {})] * 2


# ---------------------------------------------------------------- from which zoom, and how small


def test_layers_have_their_own_zooms(tmp_path: Path) -> None:
    found = tiled(
        tmp_path,
        layer("low", batch([shapely.Point(1, 1)]), min_zoom=0, max_zoom=2),
        layer("high", batch([shapely.Point(1, 1)]), min_zoom=2, max_zoom=4),
    )
    assert [(f.tile[0], f.layer) for f in found.features] == [
        (0, "low"), (1, "low"), (2, "low"), (2, "high"), (3, "high"), (4, "high")
    ]  # fmt: skip


def test_simplification_0_keeps_every_vertex(tmp_path: Path) -> None:
    wiggle = P.line(*[(40 * k, 200 + 3 * (k % 2)) for k in range(50)])
    plain = tiled(tmp_path, layer("a", batch([wiggle]), min_zoom=13, max_zoom=14, simplification=0))
    assert [len(f.parts[0]) for f in plain.features if f.tile[1:] in ((6800, 3450), (13600, 6900))] == [50, 50]
    simple = tiled(tmp_path, layer("a", batch([wiggle]), min_zoom=12, max_zoom=14, simplification=2))
    assert [len(f.parts[0]) for f in simple.features if f.tile[1:] in ((3400, 1725), (13600, 6900))] == [2, 50]


@pytest.mark.parametrize("tiny", [4.0, 5.0, 1.0, 30.0])
def test_tiny_areas_keep_their_total(tmp_path: Path, tiny: float) -> None:
    rng = random.Random(5)
    corners = [(rng.uniform(0, 4000), rng.uniform(0, 4000)) for _ in range(4000)]
    shapes = [shapely.Polygon(P.box(x, y, x + 4, y + 4)) for x, y in corners]
    found = tiled(tmp_path, layer("a", batch(shapes), min_zoom=8, max_zoom=14, tiny_area=tiny))
    square = math.ceil(math.sqrt(tiny)) ** 2
    for zoom in (11, 10, 9):
        want = 4000 * 16 / 4.0 ** (14 - zoom)
        got = sum(f.shape.intersection(shapely.box(0, 0, 4096, 4096)).area for f in found.at(zoom))
        assert got == pytest.approx(want, rel=0.05, abs=3 * square), zoom
    assert len([f for f in found.at(14) if f.tile == (14, 13600, 6900)]) == 4000
    assert found.result.dropped["gathered"] > 4000


# ---------------------------------------------------------------- what the archive says of itself


def test_the_archive_passes_its_own_rules(tmp_path: Path) -> None:
    tiled(
        tmp_path,
        layer("m", batch(town(random.Random(4)), n=list(range(300))), min_zoom=7, max_zoom=14, labels=True),
        attribution="© 龙泉",
    )
    assert verify_archive(tmp_path / "out.pmtiles").faults == ()
    with open_archive(tmp_path / "out.pmtiles") as archive:
        assert verify_tiles(archive).report.faults == ()


def test_bounds_and_centre(tmp_path: Path) -> None:
    found = tiled(tmp_path, layer("a", batch([shapely.Point(10, 20), shapely.LineString([(30, -5), (12, 50)])])))
    assert found.result.bounds == pytest.approx((10, -5, 30, 50), abs=1e-8)
    assert found.header["min_lon_e7"] == 100000000 and found.header["max_lat_e7"] == 500000000
    assert found.header["center_lon_e7"] == 200000000 and found.header["center_lat_e7"] == 225000000

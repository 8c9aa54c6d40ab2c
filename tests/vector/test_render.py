"""Tiles put together from segments, in order, whatever the size of the jobs."""

from __future__ import annotations

import gzip
import random
from itertools import pairwise

import pytest
import shapely
from pmtiles.tile import zxy_to_tileid

from pipeline.vector.cutting import cut, cut_jobs
from pipeline.vector.plan import LayerPlan
from pipeline.vector.render import LayerRuns, render, render_jobs
from pipeline.vector.runs import gather
from pipeline.vector.shards import Held
from tests.oracles import mvt
from tests.shapes import batch
from tests.vector.prepared import ready

ZOOM = 4


def records(name: str, seed: int, n: int = 200) -> LayerRuns:
    draw = random.Random(seed)
    shapes = [shapely.Point(draw.uniform(-170, 170), draw.uniform(-80, 80)) for _ in range(n - 50)]
    for _ in range(50):
        x, y = draw.uniform(-170, 160), draw.uniform(-70, 60)
        shapes.append(shapely.box(x, y, x + draw.uniform(1, 9), y + draw.uniform(1, 9)))
    layer = ready(LayerPlan(name, ZOOM, ZOOM, key="n"), batch(shapes, n=list(range(1, n + 1))))
    made = gather(Held(layer), [cut(job) for job in cut_jobs(layer, ZOOM)])
    return LayerRuns(layer.plan, ZOOM, (made.run,))


@pytest.fixture
def two() -> list[LayerRuns]:
    return [records("地名", 1), records("b" * 200, 2)]


def tiles(two: list[LayerRuns]) -> list[tuple[int, bytes]]:
    return [tile for job in render_jobs(two) for tile in render(job).tiles]


def in_tiles(layer: LayerRuns) -> set[int]:
    return {tile_id for run in layer.runs for tile_id in run.load().tile_ids.tolist()}


def test_tiles_ascend_and_hold_their_layers_in_the_order_of_the_plan(two: list[LayerRuns]) -> None:
    found = tiles(two)
    ids = [tile_id for tile_id, _ in found]
    assert ids == sorted(set(ids))
    assert zxy_to_tileid(ZOOM, 0, 0) <= ids[0] and ids[-1] < zxy_to_tileid(ZOOM + 1, 0, 0)
    assert set(ids) == in_tiles(two[0]) | in_tiles(two[1])
    for tile_id, body in found:
        layers = mvt.decode(gzip.decompress(body))
        assert [layer.name for layer in layers] == [r.plan.name for r in two if tile_id in in_tiles(r)]


def test_features_lie_in_drawing_order(two: list[LayerRuns]) -> None:
    order = {r.plan.name: {int(i): k for k, i in enumerate(r.runs[0].shard.load().ids)} for r in two}
    for _, body in tiles(two):
        for layer in mvt.decode(gzip.decompress(body)):
            places = [order[layer.name][f.id] for f in layer.features]
            assert places == sorted(places)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_size_of_the_jobs_does_not_show(two: list[LayerRuns], size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tiles(two)
    monkeypatch.setattr("pipeline.vector.render._RECORDS_PER_JOB", size)
    jobs = list(render_jobs(two))
    assert len(jobs) > 3
    assert all(a.stop <= b.first for a, b in pairwise(jobs)), "no tile in two jobs"
    assert tiles(two) == before


def test_bodies_are_gzip_without_a_time(two: list[LayerRuns]) -> None:
    for _, body in tiles(two):
        assert body[:4] == b"\x1f\x8b\x08\x00" and body[4:8] == bytes(4)


def test_nothing_to_render() -> None:
    assert list(render_jobs([])) == []

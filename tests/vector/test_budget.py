"""What a layer may take of a tile: never more, and no feature less than fits, the most important first."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid

from pipeline.errors import InputError
from pipeline.vector.plan import ArchivePlan, LayerInput
from pipeline.vector.tiles import tile_layers
from tests.decoded import Tile, tiled
from tests.shapes import batch, layer
from tests.vector.scenes import at, box


def sizes(path: Path) -> dict[Tile, int]:
    """Compressed bytes of every tile."""
    with path.open("rb") as file:
        return {tile: len(body) for tile, body in all_tiles(Reader(MmapSource(file)).get_bytes)}


def houses(numbers: list[int], pops: list[int | None], **plan: Any) -> LayerInput:
    """House n at its own place in one tile; its population is its priority."""
    draw = random.Random(4)
    places = [(draw.uniform(100, 3900), draw.uniform(100, 3900)) for _ in range(400)]
    shapes = [box(x, y, x + 20, y + 20) for x, y in (places[n] for n in numbers)]
    names = [f"house {n * 7919 % 1000}" for n in numbers]
    columns = {"n": [n + 1 for n in numbers], "POP": [pops[n] for n in numbers], "NAME": names}
    options = {"key": "n", "priority": "POP", "min_zoom": 14, "max_zoom": 14, **plan}
    return layer("h", batch(shapes, **columns), **options)


def test_a_tile_keeps_as_many_of_the_most_important_as_fit(tmp_path: Path) -> None:
    draw = random.Random(9)
    pops: list[int | None] = [*draw.sample(range(10_000), 119), None]
    best = sorted(range(120), key=lambda n: -1 if pops[n] is None else pops[n], reverse=True)  # type: ignore[arg-type, return-value]
    kept = {}
    for n in (1, 39, 40, 41, 120):
        tiled(tmp_path, houses(best[:n], pops))
        ((_tile, kept[n]),) = sizes(tmp_path / "out.pmtiles").items()
    for budget, want in ((kept[40], 40), (kept[41] - 1, 40), (kept[39], 39), (kept[120], 120), (kept[1], 1)):
        found = tiled(tmp_path, houses(list(range(120)), pops, budget=budget))
        assert {f.id for f in found.features} == {n + 1 for n in best[:want]}
        ((_tile, size),) = sizes(tmp_path / "out.pmtiles").items()
        assert size == kept[want] <= budget
        assert found.result.dropped == ({"over-budget": 120 - want} if want < 120 else {})


def test_without_a_priority_the_largest_stay(tmp_path: Path) -> None:
    shapes = [box(100 + 60 * k, 100, 100 + 60 * k + 10 + k, 110 + k) for k in range(50)]
    found = tiled(
        tmp_path, layer("a", batch(shapes, n=list(range(1, 51))), key="n", budget=400, min_zoom=14, max_zoom=14)
    )
    ids = sorted(f.id for f in found.features)
    assert 1 < len(ids) < 50 and ids == list(range(51 - len(ids), 51))


def test_what_fits_in_no_tile_is_left_out_of_it_alone(tmp_path: Path) -> None:
    other = layer("other", batch([shapely.Point(at(5, 5))], n=[1]), key="n", min_zoom=14, max_zoom=14)
    found = tiled(tmp_path, houses([0, 1], [1, 2], budget=30), other)
    assert [(f.layer, f.id) for f in found.features] == [("other", 1)]
    assert found.result.dropped == {"over-budget": 2}
    with pytest.raises(InputError, match="2 times, at one zoom or another: left out, the tile is full") as caught:
        tiled(tmp_path, houses([0, 1], [1, 2], budget=30))
    assert caught.value.hint == "Raise the budget."


@pytest.mark.parametrize("seed", [1, 2])
def test_every_tile_of_a_layer_keeps_to_its_budget(tmp_path: Path, seed: int) -> None:
    """Over many tiles and zooms; and what is lost in a tile is less important than what is kept there."""
    draw = random.Random(seed)
    shapes = []
    for _ in range(600):
        x, y, side = draw.uniform(0, 20_000), draw.uniform(0, 20_000), draw.choice([9, 90, 900])
        shapes.append(box(x, y, x + side, y + side * draw.uniform(0.3, 1)))
    pops = [draw.choice([None, *range(50)]) for _ in shapes]
    numbers = list(range(1, len(shapes) + 1))
    plan = {"min_zoom": 11, "max_zoom": 14, "key": "n", "priority": "POP", "budget": 1000, "tiny_area": 0.0}
    explain = tmp_path / "a.explain.parquet"
    inputs = [layer("a", batch(shapes, n=numbers, POP=pops), **plan)]  # type: ignore[arg-type]
    found = tiled(tmp_path, *inputs)
    tile_layers(ArchivePlan("test"), inputs, tmp_path / "out.pmtiles", explain=explain)
    bytes_ = sizes(tmp_path / "out.pmtiles")
    assert max(bytes_.values()) <= 1000
    assert sum(size > 900 for size in bytes_.values()) > 3, "tiles are as full as they may be"
    value = {n: -1 if pop is None else pop for n, pop in zip(numbers, pops, strict=True)}
    kept: dict[int, list[int]] = {}
    for feature in found.features:
        kept.setdefault(zxy_to_tileid(*feature.tile), []).append(value[feature.id])
    rows = pq.read_table(explain).to_pylist()
    assert {row["rule"] for row in rows} <= {"over-budget", "collapsed"} and len(rows) == sum(
        found.result.dropped.values()
    )
    for row in rows:
        if row["rule"] == "over-budget":
            assert value[row["id"]] <= min(kept[row["tile"]]), row


def test_a_budget_is_of_one_layer(tmp_path: Path) -> None:
    """Another layer of the tile is as it would be alone, however large."""
    numbers, pops = list(range(100)), [*range(100)]
    small = houses(numbers, pops, budget=500)
    alone = tiled(tmp_path, small)
    large = layer("large", batch([box(900, 900, 990, 990)], t=["龙泉" * 900]), min_zoom=14, max_zoom=14)
    both = tiled(tmp_path, small, large)
    assert {f.id for f in both.at(14, "h")} == {f.id for f in alone.features}
    assert len(list(both.at(14, "large"))) == 1

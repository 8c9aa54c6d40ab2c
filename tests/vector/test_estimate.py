"""Estimates against what is built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely

from pipeline.errors import InputError
from pipeline.vector import ArchivePlan, LayerInput, tile_layers
from pipeline.vector.estimate import Estimate, estimate_layers
from pipeline.vector.sample import Sample
from tests.shapes import batch, layer

WORDS = np.array(["青瓷", "宝剑", "香菇", "竹", "廊桥"])


def towns(n: int, kind: str, **plan: object) -> LayerInput:
    """Features in some forty clusters over a province, with names of their own and words they share."""
    rng = np.random.default_rng(3)
    middle = rng.uniform((118.0, 27.0), (121.0, 30.0), (40, 2))
    xy = middle[rng.integers(0, 40, n)] + rng.normal(0.0, 0.05, (n, 2))
    if kind == "points":
        shapes = shapely.points(xy)
    elif kind == "areas":
        shapes = shapely.box(xy[:, 0], xy[:, 1], xy[:, 0] + 0.0003, xy[:, 1] + 0.0002)
    else:
        ends = xy + rng.normal(0.0, 0.01, (n, 2))
        shapes = shapely.linestrings(np.stack([xy, (xy + ends) / 2 + 0.001, ends], axis=1))
    columns = {"number": pa.array(np.arange(n)), "word": pa.array(WORDS[rng.integers(0, 5, n)].tolist())}
    return layer("a", batch(list(shapes), **columns), **{"min_zoom": 8, "max_zoom": 13, **plan})  # type: ignore[arg-type]


def both(tmp_path: Path, item: LayerInput) -> tuple[Estimate, int, int]:
    built = tile_layers(ArchivePlan("t"), [item], tmp_path / "o.pmtiles", threads=2)
    return estimate_layers([item], threads=2), built.tiles, built.bytes


@pytest.mark.parametrize("kind", ["points", "areas", "lines"])
def test_it_comes_near_what_is_built(tmp_path: Path, kind: str) -> None:
    estimate, tiles, size = both(tmp_path, towns(20_000, kind))
    assert estimate.features == 20_000
    assert 0 < estimate.sampled <= 4096  # one in twenty, or some thousands
    assert estimate.tiles == pytest.approx(tiles, rel=0.05)
    assert estimate.bytes == pytest.approx(size, rel=0.15)
    assert [zoom.zoom for zoom in estimate.zooms] == list(range(8, 14))
    assert all(zoom.seconds > 0 for zoom in estimate.zooms)
    assert estimate.seconds < 60 and not list(tmp_path.glob("*work*"))


def test_few_features_are_all_tried(tmp_path: Path) -> None:
    estimate, tiles, size = both(tmp_path, towns(500, "lines"))
    assert estimate.sampled == 500
    assert estimate.tiles == pytest.approx(tiles, rel=0.02)
    assert estimate.bytes == pytest.approx(size, rel=0.1)


def test_labels_budget_and_filter_count(tmp_path: Path) -> None:
    rules = {"labels": True, "where": "number < 2000 OR zoom >= 11"}
    estimate, tiles, size = both(tmp_path, towns(20_000, "areas", **rules))
    assert estimate.tiles == pytest.approx(tiles, rel=0.05)
    assert size < estimate.bytes < 1.4 * size  # labels that repeat all fields compress better beside their areas
    free = estimate_layers([towns(20_000, "points")], threads=1)
    held = estimate_layers([towns(20_000, "points", budget=2000)], threads=1)
    assert held.zooms[0].bytes < free.zooms[0].bytes / 2


def test_memory_decides_whether_files_are_needed() -> None:
    assert estimate_layers([towns(5000, "areas")], memory=1 << 20).through_files
    assert not estimate_layers([towns(5000, "areas")], memory=1 << 30).through_files


def test_nothing_to_tile_is_said() -> None:
    with pytest.raises(InputError, match="nothing to tile"):
        estimate_layers([layer("a", batch([None], n=[1]))])


def test_a_sample_holds_whole_cells_and_is_bounded() -> None:
    rng = np.random.default_rng(1)
    sample = Sample()
    places = []
    for _ in range(8):
        curve = rng.integers(0, 1 << 48, 30_000)
        places.append(curve)
        sample.add(
            batch(list(shapely.points(rng.random((30_000, 2)))), n=list(range(30_000))), np.arange(30_000), curve
        )
        assert sum(len(cell) for _batch, cell in sample._held) <= 50_000
    batches, cells = sample.chosen()
    cell = np.concatenate(places) >> 2 * (24 - sample.level)
    assert sum(each.geometries.features for each in batches) == int(np.isin(cell, cells).sum()) <= 240_000 // 20
    assert len(cells) >= 30

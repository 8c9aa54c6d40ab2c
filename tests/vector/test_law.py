"""Every feature is in the tiles of a zoom or in the explanation, by random layers and by real ones."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid

from pipeline.sources import ReadOptions, read_batches
from pipeline.vector.explain import RULES
from pipeline.vector.plan import ArchivePlan, ArchiveResult, LayerInput, LayerPlan
from pipeline.vector.tiles import tile_layers
from tests.oracles import mvt
from tests.vector.scenes import SCENES, scene

Drawn = dict[tuple[str, int], dict[int, set[int]]]  # layer, zoom → tile → ids


def drawn_and_explained(
    folder: Path, inputs: Sequence[LayerInput], **options: Any
) -> tuple[ArchiveResult, Drawn, pa.Table]:
    out, explain = folder / "a.pmtiles", folder / "a.explain.parquet"
    result = tile_layers(ArchivePlan("x"), inputs, out, explain=explain, threads=2, **options)
    drawn: Drawn = defaultdict(lambda: defaultdict(set))
    with out.open("rb") as file:
        for tile, body in all_tiles(Reader(MmapSource(file)).get_bytes):
            for layer in mvt.decode(gzip.decompress(body)):
                drawn[layer.name, tile[0]][zxy_to_tileid(*tile)] = {feature.id for feature in layer.features}
    return result, drawn, pq.read_table(explain)


def check_law(result: ArchiveResult, drawn: Drawn, explained: pa.Table) -> None:
    """Nothing is missing, nothing is told that is not so."""
    lost: dict[tuple[str, int], set[int]] = defaultdict(set)
    rows = explained.to_pylist()
    by_rule = Counter(row["rule"] for row in rows)
    seen = {place: set().union(*tiles.values()) for place, tiles in drawn.items()}
    for row in rows:
        lost[row["layer"], row["zoom"]].add(row["id"])
    for row in rows:
        place, tile, into = (row["layer"], row["zoom"]), row["tile"], row["into"]
        here = seen.get(place, set()) if tile is None else drawn[place].get(tile, set())
        assert row["id"] not in here, (row, "is drawn")
        assert into is None or (into != row["id"] and (into in here or into in lost[place])), row
    for layer in result.layers:
        for zoom in range(layer.min_zoom, layer.max_zoom + 1):
            place = layer.name, zoom
            missing = layer.features - len(seen.get(place, set()) | lost[place])
            assert missing == 0, (layer.name, zoom, missing)
    assert result.dropped == {rule: by_rule[rule] for rule in RULES if rule != "not-yet" and by_rule[rule]}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SCENES)
def test_every_feature_is_drawn_or_explained(tmp_path: Path, name: str, seed: int) -> None:
    check_law(*drawn_and_explained(tmp_path, scene(name, seed)))


def test_real_buildings_are_drawn_or_explained(tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "vector" / "osm_buildings.parquet"
    if not path.is_file():
        pytest.skip("osm_buildings.parquet is not on this machine")
    plan = LayerPlan("buildings", 10, 12, fields=(), min_area=0.001)
    reading = LayerInput(plan, lambda tally: read_batches(path, ReadOptions(), tally))
    result, drawn, explained = drawn_and_explained(tmp_path, [reading])
    rules = set(explained.column("rule").to_pylist())
    assert {"gathered"} <= rules <= {"gathered", "too-small", "collapsed"}
    ids = explained.column("id").to_numpy()
    zooms = explained.column("zoom").to_numpy()
    for zoom in (10, 11, 12):
        seen = np.array(sorted(set().union(*drawn["buildings", zoom].values())), np.uint64)
        gone = ids[zooms == zoom]
        assert len(np.intersect1d(seen, gone)) == 0 and len(np.unique(gone)) == len(gone)
        assert len(seen) + len(gone) == result.layers[0].features

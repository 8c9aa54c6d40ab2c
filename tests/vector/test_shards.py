"""Layers in files, shard by shard: the same bytes as in memory, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.progress import Silent
from pipeline.types import Tally
from pipeline.vector import tiles
from pipeline.vector.plan import ArchivePlan, LayerInput, LayerPlan
from pipeline.vector.prepare import add_detail, prepare_layer
from pipeline.vector.shards import Ledger, Stored, _shard_bounds
from pipeline.vector.tiles import tile_layers
from tests.shapes import batch, layer
from tests.vector.scenes import SCENES, scene


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of some forty features."""
    monkeypatch.setattr(Ledger, "shard", property(lambda _ledger: 8_000))


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files into which cuts went."""
    names: list[str] = []
    store = tiles.store_cut

    def noted(path: Path, cut: Any) -> Any:
        names.append(path.name)
        return store(path, cut)

    monkeypatch.setattr(tiles, "store_cut", noted)
    return names


def built(folder: Path, inputs: Sequence[LayerInput], **options: Any) -> tuple[bytes, bytes, object]:
    """The archive, its explanation, and what was told of it; nothing else may lie in the folder."""
    out, explain = folder / "a.pmtiles", folder / "a.explain.parquet"
    result = tile_layers(ArchivePlan("same"), inputs, out, explain=explain, **options)
    assert sorted(path.name for path in folder.iterdir()) == ["a.explain.parquet", "a.pmtiles"]
    return out.read_bytes(), explain.read_bytes(), result


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.usefixtures("small_shards")
def test_bytes_do_not_depend_on_the_memory(tmp_path: Path, name: str, stored: list[str]) -> None:
    one = built(tmp_path, scene(name), threads=1)
    assert stored == []
    two = built(tmp_path, scene(name), threads=2, memory=1)
    assert len({file.rsplit(".", 2)[-2] for file in stored}) > (1 if name == "coverage" else 3), "several shards"
    assert one[2] == two[2]
    assert one[:2] == two[:2]


@pytest.mark.usefixtures("small_shards")
def test_bytes_do_not_depend_on_the_threads_that_work_on_files(tmp_path: Path) -> None:
    one, two = (built(tmp_path, scene("labels"), threads=threads, memory=1) for threads in (1, 2))
    assert one == two


@pytest.mark.usefixtures("small_shards")
def test_a_layer_that_does_not_fit_takes_those_before_it_along(tmp_path: Path, stored: list[str]) -> None:
    """The first layer is in memory when the second one begins to go to files."""
    inputs = [layer("few", batch([shapely.Point(119, 28)], n=[1]), min_zoom=9, max_zoom=14), *scene("labels")]
    one = built(tmp_path, inputs)
    assert one == built(tmp_path, inputs, memory=6 * 5_000)
    assert len({file.split(".")[1] for file in stored}) == 3, "all layers, the label layer too"


def test_shards_hold_the_layer_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, list[tuple[int, ...]]] = {}
    add = tiles.add_detail

    def noted(layers: Any, pool: Any, ledger: Ledger) -> Any:
        for each in layers:
            rows = held.setdefault(f"{each.plan.name} {len(each.shards) > 1}", [])
            for shard in each.shards:
                found = shard.load()
                assert found.first == len(rows)
                per_feature = (found.ids, found.features.curve, found.vertex_counts)
                rows += zip(*(values.tolist() for values in per_feature), strict=True)
        return add(layers, pool, ledger)

    monkeypatch.setattr(tiles, "add_detail", noted)
    monkeypatch.setattr(Ledger, "shard", property(lambda _ledger: 8_000))
    tile_layers(ArchivePlan("x"), scene("files"), tmp_path / "x.pmtiles")
    tile_layers(ArchivePlan("x"), scene("files"), tmp_path / "x.pmtiles", memory=1)
    assert held["f True"] == held["f False"] and held["g True"] == held["g False"]
    order = [(curve, id_) for id_, curve, _ in held["f True"]]
    assert order == sorted(order) and len(order) == 300


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 90)), min_size=1, max_size=60),
    st.integers(1, 9000),
    st.integers(0, 6),
)
def test_no_cell_is_parted(features: list[tuple[int, int]], size: int, shift: int) -> None:
    curve = np.sort(np.array([place for place, _ in features]))
    vertices = np.array([n for _, n in features])
    bounds = _shard_bounds(curve, vertices, size, shift).tolist()
    assert bounds[0] == 0 and bounds[-1] == len(curve) and bounds == sorted(set(bounds))
    for at in bounds[1:-1]:
        assert curve[at - 1] >> shift != curve[at] >> shift
    weight = vertices * 24 + 150
    for a, b in pairwise(bounds):
        inner = np.flatnonzero(np.diff(curve[a:b] >> shift)) + 1
        assert len(inner) == 0 or weight[a : a + inner[-1]].sum() <= size, "only the last cell makes it larger"


# ---------------------------------------------------------------- what goes wrong


class Stop(Exception):
    """Stands for anything that goes wrong."""


def failing(monkeypatch: pytest.MonkeyPatch, name: str, nth: int, error: type[BaseException]) -> None:
    """The n-th call of a function of the engine raises."""
    calls = 0
    works: Callable[..., Any] = getattr(tiles, name)

    def broken(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise error
        return works(*args, **options)

    monkeypatch.setattr(tiles, name, broken)


@pytest.mark.parametrize("memory", [None, 1])
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
@pytest.mark.parametrize(
    ("name", "nth"), [("prepare_layer", 2), ("add_detail", 1), ("cut", 9), ("gather", 3), ("render", 2)]
)
@pytest.mark.usefixtures("small_shards")
def test_nothing_is_left_behind(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    memory: int | None,
    error: type[BaseException],
    name: str,
    nth: int,
) -> None:
    failing(monkeypatch, name, nth, error)
    with pytest.raises(error):
        built(tmp_path, scene("files"), memory=memory, threads=2)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_build_left_is_not_taken_up_without_a_recipe(tmp_path: Path) -> None:
    """Processes in containers have the same number again and again."""
    first = built(tmp_path, scene("labels", 1), memory=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles.shutil, "rmtree", lambda _path, **_options: None)  # killed: its folder stays
        tile_layers(ArchivePlan("same"), scene("labels", 2), tmp_path / "a.pmtiles", memory=1)
    assert len(list(tmp_path.glob(".a.pmtiles.*.work/*.run"))) > 6
    assert built(tmp_path, scene("labels", 1), memory=1) == first


def test_a_stored_shard_is_cut_by_the_plan_of_its_layer(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        plan = LayerPlan("a", 3, 5, buffer=7, priority="n")
        first = batch([shapely.Point(1, 1), shapely.box(5, 5, 6, 6)], n=[3, None])
        batches = [first, batch([shapely.Point(2, 2)], n=[4])]
        layer_ = prepare_layer(plan, batches, Tally(), pool, Ledger(1, tmp_path), Silent())
        (shard,) = layer_.shards
        (kept,) = add_detail([layer_], pool, Ledger(1, tmp_path))
    assert isinstance(shard, Stored)
    found = kept.shards[0].load()
    assert found.plan == plan and sorted(found.rank.tolist()) == [-np.inf, 3, 4] and found.attributes.names == ("n",)
    assert kept.count == found.count == 3 and kept.bounds == pytest.approx((1, 1, 6, 6), abs=1e-8)

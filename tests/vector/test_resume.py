"""Interrupted builds go on where they were: nothing is read or cut twice, and no byte differs."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import OutputError
from pipeline.progress import Silent
from pipeline.vector import tiles
from pipeline.vector.interrupted import load_prepared
from pipeline.vector.plan import ArchivePlan, LayerInput
from pipeline.vector.shards import Ledger
from pipeline.vector.spool import load, save
from pipeline.vector.tiles import tile_layers
from tests.vector.scenes import scene


class Stop(Exception):
    """Stands for a power cut."""


class Watched:
    """Counts what a build does, and may stop it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reads = 0
        self.cuts: list[tuple[str, int, int]] = []  # layer, zoom, first feature
        self.stored: list[str] = []
        self.renders = 0
        self.notes: list[str] = []
        self.stop_at: tuple[str, int] | None = None
        self.error: type[BaseException] = Stop
        cut, store, render = tiles.cut, tiles.store_cut, tiles.render

        def cutting(job: Any) -> Any:
            self.cuts.append((job.layer.plan.name, job.zoom, job.layer.first + job.start))
            self._perhaps("cut", len(self.cuts))
            return cut(job)

        def storing(path: Path, made: Any) -> Any:
            found = store(path, made)
            self.stored.append(path.name)
            return found

        def rendering(job: Any) -> Any:
            self.renders += 1
            self._perhaps("render", self.renders)
            return render(job)

        patch.setattr(tiles, "cut", cutting)
        patch.setattr(tiles, "store_cut", storing)
        patch.setattr(tiles, "render", rendering)

    def _perhaps(self, work: str, count: int) -> None:
        if self.stop_at == (work, count):
            raise self.error

    def inputs(self, name: str) -> list[LayerInput]:
        def watched(item: LayerInput) -> LayerInput:
            def read(tally: Any) -> Any:
                self.reads += 1
                return item.read(tally)

            return replace(item, read=read)

        return [watched(item) for item in scene(name)]

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(Ledger, "shard", property(lambda _ledger: 8_000))
    return Watched(monkeypatch)


def built(folder: Path, inputs: Sequence[LayerInput], watched: Watched | None = None, **options: Any) -> list[bytes]:
    out, explain = folder / "a.pmtiles", folder / "a.explain.parquet"
    progress = Silent()
    if watched is not None:
        progress.note = watched.note  # type: ignore[method-assign]
    tile_layers(ArchivePlan("same"), inputs, out, explain=explain, progress=progress, **options)
    assert sorted(path.name for path in folder.iterdir()) == ["a.explain.parquet", "a.pmtiles"]
    return [out.read_bytes(), explain.read_bytes()]


def work_folder(folder: Path) -> Path:
    (found,) = folder.glob(".a.pmtiles.*.work")
    return found


def interrupted(folder: Path, watched: Watched, name: str, work: str, count: int, **options: Any) -> None:
    watched.cuts.clear()
    watched.stored.clear()
    watched.renders = 0
    watched.stop_at = work, count
    with pytest.raises(watched.error):
        built(folder, watched.inputs(name), memory=1, recipe="r", **options)
    assert [path.name for path in folder.iterdir()] == [work_folder(folder).name], "no archive, no half of one"
    watched.stop_at = None


@pytest.mark.parametrize("name", ["labels", "coverage", "density"])
@pytest.mark.parametrize(("work", "count"), [("cut", 1), ("cut", 23), ("render", 1), ("render", 4)])
def test_an_interrupted_build_goes_on(tmp_path: Path, watched: Watched, name: str, work: str, count: int) -> None:
    scratch = built(tmp_path, scene(name), memory=1)
    for path in list(tmp_path.iterdir()):
        path.unlink()
    every, reads = sorted(watched.cuts), len(scene(name))
    interrupted(tmp_path, watched, name, work, count)
    done = set(watched.stored)
    assert watched.reads == reads and (count == 1 and work == "cut") == (not done)
    assert {path.name for path in work_folder(tmp_path).glob("*.run")} == done
    watched.cuts.clear()
    watched.stored.clear()
    assert built(tmp_path, watched.inputs(name), watched, memory=1, recipe="r") == scratch
    assert watched.reads == reads, "sources are not read again"
    assert not done & set(watched.stored), "what was cut is not cut again"
    assert len(watched.cuts) == len(set(watched.cuts)) and set(watched.cuts) <= set(every)
    assert (len(watched.cuts) == len(every)) == (not done)
    assert watched.notes == ["going on with an interrupted build"]


def test_other_threads_and_more_memory_go_on_too(tmp_path: Path, watched: Watched) -> None:
    scratch = built(tmp_path, scene("labels"))
    for path in list(tmp_path.iterdir()):
        path.unlink()
    interrupted(tmp_path, watched, "labels", "render", 2, threads=2)
    assert built(tmp_path, watched.inputs("labels"), memory=1 << 40, threads=1, recipe="r") == scratch
    assert watched.reads == 1


def test_ctrl_c_is_an_interruption_like_any_other(tmp_path: Path, watched: Watched) -> None:
    watched.error = KeyboardInterrupt
    interrupted(tmp_path, watched, "labels", "cut", 30)
    assert any(path.suffix == ".run" for path in work_folder(tmp_path).iterdir())
    assert not any(path.suffix == ".part" for path in work_folder(tmp_path).iterdir())


def test_who_goes_on_may_stand_in_another_folder(
    tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    watched.stop_at = "render", 3
    with pytest.raises(Stop):
        tile_layers(ArchivePlan("x"), watched.inputs("labels"), Path("a.pmtiles"), memory=1, recipe="r")
    watched.stop_at = None
    monkeypatch.chdir(tmp_path)
    tile_layers(ArchivePlan("x"), watched.inputs("labels"), Path("deep/a.pmtiles"), memory=1, recipe="r")
    assert watched.reads == 1 and [path.name for path in (tmp_path / "deep").iterdir()] == ["a.pmtiles"]


def test_another_recipe_begins_anew(tmp_path: Path, watched: Watched) -> None:
    interrupted(tmp_path, watched, "labels", "render", 3)
    tile_layers(ArchivePlan("x"), watched.inputs("labels"), tmp_path / "a.pmtiles", memory=1, recipe="other")
    assert watched.reads == 2


def test_what_fits_into_memory_begins_anew_and_leaves_nothing(tmp_path: Path, watched: Watched) -> None:
    watched.stop_at = "render", 3
    with pytest.raises(Stop):
        built(tmp_path, watched.inputs("labels"), recipe="r")
    assert list(tmp_path.iterdir()) == []


def test_a_build_that_was_killed_while_it_read_reads_again(tmp_path: Path, watched: Watched) -> None:
    scratch = built(tmp_path, scene("labels"))
    for path in list(tmp_path.iterdir()):
        path.unlink()
    interrupted(tmp_path, watched, "labels", "render", 2)
    folder = work_folder(tmp_path)
    (folder / "prepared").unlink()
    (folder / "z09.000.00000.run").write_bytes(b"of other shards")
    (folder / "000.chunk-00000").write_bytes(b"half")
    assert built(tmp_path, watched.inputs("labels"), watched, memory=1, recipe="r") == scratch
    assert watched.reads == 2 and watched.notes == []


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_damaged_list_of_what_was_read_is_made_again(tmp_path: Path, watched: Watched) -> None:
    scratch = built(tmp_path, scene("labels"))
    for path in list(tmp_path.iterdir()):
        path.unlink()
    interrupted(tmp_path, watched, "labels", "render", 2)
    cut_off(work_folder(tmp_path) / "prepared")
    assert built(tmp_path, watched.inputs("labels"), memory=1, recipe="r") == scratch
    assert watched.reads == 2


class Bomb:
    """What a pickle runs when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Path.touch, (self.mark,)


def test_nothing_is_run_that_someone_put_there(tmp_path: Path, watched: Watched) -> None:
    scratch = built(tmp_path, scene("labels"))
    for path in list(tmp_path.iterdir()):
        path.unlink()
    interrupted(tmp_path, watched, "labels", "render", 2)
    told = work_folder(tmp_path) / "prepared"
    mark = tmp_path.with_name("run")
    told.write_bytes(pickle.dumps(Bomb(mark)))
    assert built(tmp_path, watched.inputs("labels"), memory=1, recipe="r") == scratch
    assert watched.reads == 2
    assert not mark.exists()
    pickle.loads(pickle.dumps(Bomb(mark)))
    assert mark.exists(), "it would have been"
    mark.unlink()


def _told(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write the file anew with something else in it, its checksum right."""
    arrays, _extra = load(path, sealed=True)
    told = json.loads(arrays["told"].tobytes())
    change(told)
    save(path, {**arrays, "told": np.frombuffer(json.dumps(told).encode(), np.uint8)}, sealed=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["layers"][0]["shards"].__setitem__(0, "../elsewhere"),
        lambda told: told["layers"][0]["shards"].__setitem__(0, "/etc/hostname"),
        lambda told: told["layers"][0].update(plan="another"),
        lambda told: told["layers"][0].update(name="nobody"),
        lambda told: told["layers"][0].update(shards=7),
        lambda told: told["layers"][0]["stats"].pop("kinds"),
        lambda told: told["results"][0].update(odd=1),
        lambda told: told.pop("results"),
    ],
)
def test_a_list_that_says_something_else_is_made_again(
    tmp_path: Path, watched: Watched, change: Callable[[dict[str, Any]], None]
) -> None:
    interrupted(tmp_path, watched, "labels", "render", 2)
    _told(work_folder(tmp_path) / "prepared", lambda told: None)
    plans = [item.plan for item in scene("labels")]
    assert load_prepared(work_folder(tmp_path) / "prepared", plans) is not None
    _told(work_folder(tmp_path) / "prepared", change)
    assert load_prepared(work_folder(tmp_path) / "prepared", plans) is None


def test_every_flipped_bit_of_the_list_is_noticed(tmp_path: Path, watched: Watched) -> None:
    interrupted(tmp_path, watched, "labels", "render", 2, keep_state="code")
    path = work_folder(tmp_path) / "prepared"
    kept = path.read_bytes()
    plans = [item.plan for item in scene("labels")]
    found = load_prepared(path, plans)
    assert found is not None and any(layer.index is not None for layer in found[0])
    draw = random.Random(3)
    for _ in range(200):
        flipped = bytearray(kept)
        flipped[draw.randrange(len(kept))] ^= 1 << draw.randrange(8)
        path.write_bytes(flipped)
        assert load_prepared(path, plans) is None


@pytest.mark.parametrize("kind", ["000.shard-00001", "z09.000.00000.run", "z10.001.00001.run"])
@pytest.mark.parametrize("damage", [cut_off, Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_damaged_file_is_named(tmp_path: Path, watched: Watched, kind: str, damage: Any) -> None:
    interrupted(tmp_path, watched, "labels", "render", 4)
    path = work_folder(tmp_path) / kind
    assert path.is_file()
    damage(path)
    if damage is Path.unlink and path.suffix == ".run":
        built(tmp_path, watched.inputs("labels"), memory=1, recipe="r")
        assert path.name in watched.stored[-len(set(watched.stored)) :] and watched.reads == 1, "it is cut again"
        return
    with pytest.raises(OutputError, match="unfinished work") as caught:
        built(tmp_path, watched.inputs("labels"), memory=1, recipe="r")
    assert caught.value.where == str(path) and "Delete" in str(caught.value.hint)

"""What an interrupted build had done is found again whole, or not at all."""

from __future__ import annotations

import errno
import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.catalog import ArchiveFacts
from pipeline.errors import OutputError
from pipeline.intake.counts import DatasetCounts
from pipeline.intake.harvest import Harvest
from pipeline.making.made import MadeArchive
from pipeline.making.unfinished import Unfinished, forget_all
from pipeline.types import NONE, POINT, FeatureBatch, Geometries

RECIPE = "0123456789abcdef" * 4


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


MADE = MadeArchive(
    recipe=RECIPE,
    facts=ArchiveFacts(
        id="roads",
        file="tiles/roads-0123456789ab.pmtiles",
        bytes=7,
        sha256=sha(b"PMTiles"),
        min_zoom=6,
        max_zoom=14,
        bounds=(118.8, 27.8, 119.3, 28.2),
        center=(119.05, 28.0, 6),
        vector_layers=({"id": "roads", "fields": {}},),
        layers=(),
        features={"roads": 12},
    ),
    tiles=9,
    repairs=1,
    dropped={"too-small": 3},
    characters={"龙": 2},
    datasets={"roads": DatasetCounts(12, {"null-geometry": 1}, {}, {"null-geometry": "feature 3"})},
    explanation=sha(b"PAR1"),
)


@pytest.fixture
def unfinished(tmp_path: Path) -> Unfinished:
    return Unfinished(tmp_path / ".cache" / "tiles", RECIPE)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A published folder that is being made."""
    (tmp_path / "new" / "tiles").mkdir(parents=True)
    (tmp_path / "new" / "tiles" / "roads-0123456789ab.pmtiles").write_bytes(b"PMTiles")
    (tmp_path / "new" / "tiles" / "roads-0123456789ab.explain.parquet").write_bytes(b"PAR1")
    return tmp_path / "new"


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_finished_archive_comes_back_with_its_files(tmp_path: Path, unfinished: Unfinished, built: Path) -> None:
    unfinished.keep_harvest(0, Harvest("roads"))
    unfinished.keep(MADE, built)
    assert not unfinished._harvest(0).exists()
    again = tmp_path / "again"
    again.mkdir()
    assert unfinished.take_up(True, again) == MADE
    assert contents(again) == contents(built)


def test_an_explanation_that_nobody_wants_stays_behind(tmp_path: Path, unfinished: Unfinished, built: Path) -> None:
    unfinished.keep(MADE, built)
    again = tmp_path / "again"
    again.mkdir()
    assert unfinished.take_up(False, again) == replace(MADE, explanation=None)
    assert contents(again) == {"tiles/roads-0123456789ab.pmtiles": b"PMTiles"}


def test_one_without_a_wanted_explanation_is_made_anew(unfinished: Unfinished, built: Path) -> None:
    unfinished.keep(replace(MADE, explanation=None), built)
    assert unfinished.take_up(True, built) is None


def test_an_archive_without_features_has_no_files_and_comes_back(unfinished: Unfinished, built: Path) -> None:
    none = replace(MADE, facts=None, explanation=None)
    unfinished.keep(none, built)
    assert unfinished.take_up(True, built) == none


@pytest.mark.parametrize("spoil", ["archive", "explanation", "gone", "told", "recipe"])
def test_what_is_not_whole_is_not_taken(tmp_path: Path, unfinished: Unfinished, built: Path, spoil: str) -> None:
    unfinished.keep(MADE, built)
    kept = {path.suffix: path for path in unfinished.folder.iterdir()}
    if spoil == "archive":
        kept[".pmtiles"].write_bytes(b"PMTiles, and more")
    elif spoil == "explanation":
        kept[".parquet"].write_bytes(b"")
    elif spoil == "gone":
        kept[".pmtiles"].unlink()
    elif spoil == "told":
        kept[".json"].write_bytes(kept[".json"].read_bytes()[:-9])
    else:  # another one that begins alike
        unfinished = replace(unfinished, recipe=RECIPE[:-1] + "0")
    again = tmp_path / "again"
    again.mkdir()
    assert unfinished.take_up(True, again) is None
    assert contents(again) == {}


def test_without_hard_links_nothing_is_kept(
    unfinished: Unfinished, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_names: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr("os.link", refuse)
    unfinished.keep(MADE, built)
    assert unfinished.take_up(True, built) is None


def test_what_reading_told_comes_back(unfinished: Unfinished) -> None:
    told = Harvest("roads")
    kinds = np.array([POINT, NONE, POINT], np.uint8)
    nothing, offsets = np.zeros(0), np.zeros(4, np.int64)
    batch = FeatureBatch(
        Geometries(kinds, offsets, np.zeros(1, np.int64), np.zeros(0, np.uint8), nothing, nothing), None
    )
    told.note(batch, None)
    told.note(batch, np.array([False, False, True]))
    told.source.add("null-geometry", 2, "feature 2")
    told.layer.add("cast-failed", 1, "三层")
    told.characters.update("龙泉龙")
    told.finished = True
    unfinished.keep_harvest(1, told)
    again = Harvest("roads")
    unfinished.take_up_harvest(1, again)
    assert again.features.tolist() == [True, False, True, False, False, True]
    assert (again.rows, again.characters, again.finished) == (6, Counter("龙泉龙"), True)
    assert (again.source, again.layer) == (told.source, told.layer)


def test_damaged_words_are_told_not_guessed(unfinished: Unfinished) -> None:
    unfinished.keep_harvest(0, Harvest("roads"))
    path = unfinished._harvest(0)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(OutputError, match="unfinished work is damaged"):
        unfinished.take_up_harvest(0, Harvest("roads"))


def test_a_build_that_ends_well_leaves_nothing(unfinished: Unfinished, built: Path) -> None:
    forget_all(unfinished.root)  # there need not be anything
    unfinished.keep(MADE, built)
    forget_all(unfinished.root)
    assert not unfinished.root.exists()
    assert contents(built)["tiles/roads-0123456789ab.pmtiles"] == b"PMTiles"

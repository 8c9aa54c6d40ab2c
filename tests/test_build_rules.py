"""Rules of a workspace's layers, on their way into the archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline import build
from pipeline.build import build_workspace
from pipeline.editions import view_edition
from pipeline.framework import load_workspace
from pipeline.making import archives as making
from pipeline.vector.plan import Clusters, LayerPlan
from tests.test_build import DAY, by_edition, layers_of, light_portal, values
from tests.towns import FRAMEWORK, write_town

TABLE = 'where = { field = "LEVEL", in = [3] }\n'


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


def built(folder: Path, old: str, new: str) -> tuple[Path, Mapping[str, Any]]:
    """The town with its rules changed, built for the public: the framework archive, the counts of datasets."""
    assert old in FRAMEWORK
    root = write_town(folder, {"framework.toml": FRAMEWORK.replace(old, new, 1)})
    result = by_edition(build_workspace(root, editions=["public"], as_of=DAY))["public"]
    return root / "dist/public" / result.archives[0].file, result.datasets


def test_a_filter_as_text_is_the_same_as_the_table(tmp_path: Path) -> None:
    by_table, counts = built(tmp_path / "table", TABLE, TABLE)
    by_text, same = built(tmp_path / "text", TABLE, 'where = "LEVEL = 3"\n')
    assert by_text.read_bytes() == by_table.read_bytes()
    assert same == counts
    by_all, _counts = built(tmp_path / "all", TABLE, "")
    assert by_all.read_bytes() != by_table.read_bytes()


def test_what_no_zoom_of_the_layer_lets_through_does_not_enter(tmp_path: Path) -> None:
    where = "where = \"LEVEL = 3 OR zoom > 11 OR zoom < 8 AND NAME <> 'x'\"\n"  # the layer has zooms 8 to 11
    archive, _counts = built(tmp_path / "town", TABLE, where)
    assert values(layers_of(archive)["BOUA"], "NAME") == {"西镇", "东镇"}


def test_a_layer_keeps_the_fields_it_names(tmp_path: Path) -> None:
    archive, _counts = built(tmp_path / "town", "labels = true\n", 'labels = true\nfields = ["CLASS"]\n')
    assert {frozenset(row) for row in layers_of(archive)["LRDL"]} == {frozenset({"CLASS"})}


def test_every_rule_reaches_the_engine(tmp_path: Path) -> None:
    rules = (
        "where = \"CLASS = 'x' OR zoom > 9\"\nmin_length = 3\nmin_area = 9\ntiny_area = 0\nrate = 2\ndensity = 32\n"
        'clusters = { cell = 64, max_zoom = 9, sums = ["ID"] }\npriority = "ID"\nbudget = 1000\n'
        'simplify = "right-angle"\nsimplification = 2\nsimplification_by_zoom = { 9 = 2.5, 8 = 3.0 }\n'
        'coverage = "c"\nmerge_lines = ["CLASS"]\ndissolve = []\nmerge_near = 4\nbuffer = 16\nlabels = true\n'
        'label_fields = ["NAME"]\n'
    )
    text = FRAMEWORK.replace("labels = true\n", rules, 1)
    view = view_edition(load_workspace(write_town(tmp_path / "town", {"framework.toml": text})), "public")
    plan = making._layer_plan(view, view.archives[0].layers[0])
    assert plan.zoom_by is not None and plan.zoom_by.zooms == {"national": 8}
    told = {name: getattr(plan, name) for name in LayerPlan.__dataclass_fields__ if name != "zoom_by"}
    assert told == {
        "name": "LRDL",
        "min_zoom": 8,
        "max_zoom": 11,
        "fields": ("ID", "NAME", "CLASS"),
        "key": "ID",
        "where": "CLASS = 'x' OR zoom > 9",
        "min_length": 3,
        "min_area": 9,
        "tiny_area": 0,
        "rate": 2,
        "density": 32,
        "clusters": Clusters(64, 9, ("ID",)),
        "priority": "ID",
        "budget": 1000,
        "simplify": "right-angle",
        "simplification": 2,
        "simplification_by_zoom": {8: 3.0, 9: 2.5},
        "coverage": "c",
        "merge_lines": ("CLASS",),
        "dissolve": (),
        "merge_near": 4,
        "buffer": 16,
        "labels": True,
        "label_fields": ("NAME",),
        "description": "道路",
    }


def test_a_filter_that_does_not_look_at_the_zoom_is_done_when_the_engine_begins(tmp_path: Path) -> None:
    text = FRAMEWORK.replace(TABLE, 'where = "LEVEL = 3"\n', 1)
    view = view_edition(load_workspace(write_town(tmp_path / "town", {"framework.toml": text})), "public")
    assert making._layer_plan(view, view.archives[0].layers[1]).where is None

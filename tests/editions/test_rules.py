"""Rules that look at a field that stays out: each loses just what would tell of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.editions import EditionView, view_edition
from pipeline.framework import LayerSpec, load_workspace
from tests.framework.workspaces import FRAMEWORK, write_workspace

WHERE = 'where = { field = "CLASS", in = ["expressway", "national"] }\n'


def views(folder: Path, rules: str) -> tuple[EditionView, EditionView]:
    """WIDTH is for the government only."""
    framework = load_workspace(write_workspace(folder, {"framework.toml": FRAMEWORK.replace(WHERE, rules + "\n")}))
    return view_edition(framework, "public"), view_edition(framework, "government")


def layer(view: EditionView) -> LayerSpec:
    return view.archives[0].layers[0]


@pytest.mark.parametrize(
    ("rule", "key", "government", "public"),
    [
        ('priority = "WIDTH"', "priority", "WIDTH", None),
        ('merge_lines = ["CLASS", "WIDTH"]', "merge_lines", ("CLASS", "WIDTH"), ("CLASS",)),
        ('dissolve = ["WIDTH"]', "dissolve", ("WIDTH",), ()),
        ('label_fields = ["WIDTH", "CLASS"]', "label_fields", ("WIDTH", "CLASS"), ("CLASS",)),
        ('fields = ["WIDTH", "CLASS"]', "fields", ("WIDTH", "CLASS"), ("CLASS",)),
    ],
)
def test_a_rule_does_not_look_at_a_field_that_stays_out(
    tmp_path: Path, rule: str, key: str, government: Any, public: Any
) -> None:
    for_public, for_government = views(tmp_path, rule)
    assert getattr(layer(for_government), key) == government
    assert getattr(layer(for_public), key) == public
    told = "framework/LRDL: " + ("" if key == "fields" else f"{key} WIDTH")
    assert (told in [denial.subject for denial in for_public.denied]) == (key != "fields")  # told of the dataset


def test_sums_of_a_field_that_stays_out_are_not_written(tmp_path: Path) -> None:
    public, government = views(tmp_path, 'clusters = { cell = 64, sums = ["WIDTH", "ID"] }')
    for view, sums in ((public, ("ID",)), (government, ("WIDTH", "ID"))):
        rule = layer(view).clusters
        assert rule is not None and (rule.cell, rule.sums) == (64, sums)


@pytest.mark.parametrize("where", ["WIDTH > 3", "CLASS = 'x' OR NOT (zoom > 9 AND WIDTH IS NULL)"])
def test_a_layer_filtered_by_a_field_that_stays_out_stays_out(tmp_path: Path, where: str) -> None:
    public, government = views(tmp_path, f'where = "{where}"')
    assert public.archives == ()
    assert "framework/LRDL: where WIDTH" in [denial.subject for denial in public.denied]
    assert layer(government).where == where


def test_rules_on_shown_fields_stay(tmp_path: Path) -> None:
    public, government = views(tmp_path, 'where = "CLASS = \'x\'"\ndissolve = ["CLASS"]\nbudget = 9')
    assert layer(public) == layer(government)
    assert (layer(public).where, layer(public).budget) == ("CLASS = 'x'", 9)

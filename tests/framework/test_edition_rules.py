"""What may be written of editions' rules, confirmed numbers and overrides; each fault with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.framework import WorkspaceError, numbers_in_force, read_map_rules
from pipeline.framework.map_rules import MapRules
from tests.editions.gates import workspace

PUBLIC = 'shares = ["unconditional"]\n'


def faults(root: Path, rule: str = "", extra: str = "") -> list[str]:
    said = f"[[edition.rule]]\n{rule}\n" if rule else ""
    with pytest.raises(WorkspaceError) as caught:
        workspace(root, {"framework.toml": (PUBLIC, PUBLIC + said)}, extra)
    return [f"{fault.key}: {fault.message}" for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("", None),
        ("max_zoom = 12", None),
        ('datasets = ["roads"]\nshow = false', None),
        ('datasets = ["roads"]\nwhere = "LENGTH > 5 AND LENGTH < 9"\nfields = ["LENGTH"]\ngrid_m = 60', None),
        ('datasets = ["roads"]', "the rule does nothing"),
        ("show = false", "every dataset would stay out"),
        ('where = "LENGTH > 5"', "where: of which dataset?"),
        ('fields = ["LENGTH"]', "fields: of which dataset?"),
        ('datasets = ["road"]\nmax_zoom = 9', 'edition[0].rule[0].datasets: "road": no dataset has this id'),
        ('datasets = ["roads"]\nwhere = "WIDTH > 5"', "There is no field WIDTH"),
        ('datasets = ["roads"]\nwhere = "LENGTH = \'a\'"', "compares"),
        ('datasets = ["roads"]\nwhere = "zoom > 5"', "what stays out stays out at every zoom"),
        ('datasets = ["roads"]\nwhere = "LENGTH >"', "cannot be read"),
        ('datasets = ["roads"]\nfields = ["WIDTH"]', "not a field of schema roads"),
        ('datasets = ["contours"]\ninterval = { field = "HEIGHT", metres = 50 }', "not a field of schema contours"),
        ("grid_m = 0", "out of range"),
        ('mask_mode = "cut"', "it does not say what is masked"),
        ('masks = "../secret.gpkg"', "the path leaves the workspace"),
        ("zoom = 3", "unknown key"),
    ],
)
def test_rules_of_an_edition(tmp_path: Path, rule: str, expected: str | None) -> None:
    if expected is None:
        said = f"[[edition.rule]]\n{rule}\n" if rule else ""
        framework = workspace(tmp_path, {"framework.toml": (PUBLIC, PUBLIC + said)})
        assert len(framework.editions[0].rules) == (1 if rule else 0)
    else:
        assert any(expected in fault for fault in faults(tmp_path, rule)), faults(tmp_path, rule)


def test_layers_of_one_coverage_are_rounded_alike(tmp_path: Path) -> None:
    coverage = ('dataset = "contours"\n', 'dataset = "contours"\ncoverage = "c"\n[[archive.layer]]\nname = "X"\n'
                'dataset = "roads"\ncoverage = "c"\n')  # fmt: skip
    text = (PUBLIC, PUBLIC + '[[edition.rule]]\ndatasets = ["roads"]\ngrid_m = 60\n')
    both = (PUBLIC, PUBLIC + '[[edition.rule]]\ndatasets = ["roads", "contours"]\ngrid_m = 60\n')
    from tests.editions import gates

    whole = gates.FRAMEWORK.replace(*coverage)
    kept = gates.FILES["framework.toml"]
    try:
        gates.FILES["framework.toml"] = whole
        with pytest.raises(WorkspaceError, match=r"layers of the coverage c get different grids.*roads 60 m"):
            workspace(tmp_path / "one", {"framework.toml": text})
        workspace(tmp_path / "both", {"framework.toml": both})
    finally:
        gates.FILES["framework.toml"] = kept


CONFIRMED = '[rules.confirmed.{id}]\nvalue = 10.0\nby = "张三"\ndate = 2026-11-01\ndocument = "某规范"\n'


def test_confirmed_numbers_are_those_of_the_rule_file(tmp_path: Path) -> None:
    framework = workspace(tmp_path, None, CONFIRMED.format(id="plane-accuracy"))
    number = numbers_in_force(framework.confirmed)["plane-accuracy"]
    assert (number.value, number.source, number.date, number.confirmed_by) == (10.0, "某规范", "2026-11-01", "张三")
    (fault,) = faults(tmp_path / "odd", extra=CONFIRMED.format(id="plane-acuracy"))
    assert "the rule file has no such number" in fault and "plane-accuracy" in fault
    assert "missing" in " ".join(
        faults(tmp_path / "anonymous", extra=CONFIRMED.format(id="x").replace('by = "张三"\n', ""))
    )


OVERRIDE = (
    '[[override]]\nrule = "{rule}"\ndataset = "{dataset}"\nreason = "{reason}"\nby = "{by}"\ndate = 2026-11-01\n{more}'
)
FINE = {"rule": "mapped-area", "dataset": "roads", "reason": "有证明在案", "by": "李四", "more": ""}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"rule": "forbidden-field", "more": 'field = "LENGTH"'}, None),
        ({"rule": "everything"}, "the gate has no such rule"),
        ({"dataset": "road"}, "no dataset has this id"),
        ({"reason": ""}, "empty"),
        ({"by": ""}, "empty"),
        ({"more": 'edition = "secret"'}, "no [[edition]] has this id"),
        ({"more": 'field = "LENGTH"'}, "only forbidden-field is about a field"),
        ({"rule": "forbidden-field"}, "only forbidden-field is about a field"),
        ({"rule": "forbidden-field", "more": 'field = "WIDTH"'}, "not a field of schema roads"),
    ],
)
def test_overrides(tmp_path: Path, change: dict[str, str], expected: str | None) -> None:
    text = OVERRIDE.format(**{**FINE, **change})
    if expected is None:
        assert len(workspace(tmp_path, None, text).overrides) == 1
    else:
        assert any(expected in fault for fault in faults(tmp_path, extra=text))


def test_the_stricter_candidate_holds_either_way() -> None:
    """50 m before 10 m, where larger is stricter; of areas a smaller one would be."""
    rules = read_map_rules()
    held = {id: number.value for id, number in numbers_in_force({}).items()}
    assert held == {
        "plane-accuracy": 50.0,
        "contour-interval": 50.0,
        "dem-grid": 100.0,
        "ground-resolution": 0.5,
        "mapped-area": 25.0,
        "mapped-scale": 5000.0,
        "secret-contour-interval": 20.0,
        "secret-contour-largest-scale": 5000.0,
        "secret-contour-smallest-scale": 100000.0,
    }
    area = rules.numbers["mapped-area"]
    less = area.candidates[0].model_copy(update={"value": 6.0})
    changed = area.model_copy(update={"candidates": (*area.candidates, less)})
    stricter = rules.model_copy(update={"numbers": {"mapped-area": changed}})
    assert isinstance(stricter, MapRules)
    assert numbers_in_force({}, stricter)["mapped-area"].value == 6.0


def test_every_rule_says_where_it_is_from_and_how_surely() -> None:
    rules = read_map_rules()
    sourced = [*rules.forbidden, *(each for rule in rules.numbers.values() for each in rule.candidates)]
    for each in sourced:
        assert each.source and each.date.isdigit() and 50 <= each.confidence <= 100
        assert (each.read == "text") == (each.confidence > 90)

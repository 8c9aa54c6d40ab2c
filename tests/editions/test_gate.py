"""Each rule of the gate beside a workspace that breaks it; the numbers are those of the domain page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.editions.area_scale import Continuum
from pipeline.editions.gate import RULES, Breach, ShownRaster, judge, large_scale
from pipeline.framework import Framework
from pipeline.framework.edition_rules import BREAKABLE
from tests.editions.gates import government, public, workspace

ROADS = "departments/planning.toml"


def broken(
    framework: Framework, mapped: Sequence[Continuum] = (), rasters: Sequence[ShownRaster] = ()
) -> tuple[Breach, ...]:
    return judge(public(framework), framework.overrides, mapped, rasters)


def told(breaches: Sequence[Breach]) -> list[tuple[str, str, str | None, bool]]:
    return [(b.rule, b.dataset, b.field, b.stops) for b in breaches]


def test_a_workspace_that_keeps_to_the_rules_passes(tmp_path: Path) -> None:
    framework = workspace(tmp_path)
    assert broken(framework) == ()
    assert judge(government(framework), (), (), ()) == ()


def test_every_rule_is_tried_here_and_may_be_overridden() -> None:
    assert tuple(RULES) == tuple(each for each in BREAKABLE)
    source = Path(__file__).read_text("utf-8")
    for rule in RULES:
        assert source.count(f'("{rule}"') >= 1, rule


# State secrets: in every edition ------------------------------------------------------------------------------------


def test_25_km2_without_a_gap_at_large_scales(tmp_path: Path) -> None:
    framework = workspace(tmp_path, {ROADS: ("scale = 10000", "scale = 2000")})
    assert large_scale(public(framework)) == ("roads",)
    over, under = [Continuum(25.1, ("roads",))], [Continuum(24.9, ("roads",)), Continuum(24.9, ("roads",))]
    assert told(broken(framework, over)) == [("mapped-area", "roads", None, True)]
    assert broken(framework, under) == ()
    (found,) = judge(government(framework), (), over, ())
    assert found.stops
    assert "1:2,000" in found.words and "25.1 km²" in found.words and "1:5,000" in found.words and "2020" in found.words


@pytest.mark.parametrize(("scale", "counts"), [("scale = 4999", True), ("scale = 5000", False), ("", True)])
def test_which_scales_are_large_and_none_is_taken_for_large(tmp_path: Path, scale: str, counts: bool) -> None:
    framework = workspace(tmp_path, {ROADS: ("scale = 10000", scale)})
    assert large_scale(public(framework)) == (("roads",) if counts else ())


@pytest.mark.parametrize(
    ("scale", "interval", "secret"),
    [
        ("scale = 10000", "interval_m = 20", True),
        ("scale = 10000", "interval_m = 20.5", False),
        ("scale = 5000", "interval_m = 10", True),
        ("scale = 100000", "interval_m = 20", True),
        ("scale = 250000", "interval_m = 20", False),
        ("", "interval_m = 20", True),
        ("scale = 10000", "", True),
    ],
)
def test_contours_that_are_classified(tmp_path: Path, scale: str, interval: str, secret: bool) -> None:
    said = "scale = 10000\ninterval_m = 50"
    framework = workspace(tmp_path, {ROADS: (said, f"{scale}\n{interval}")})
    found = told(judge(government(framework), (), (), ()))
    assert (("secret-contours", "contours", None, True) in found) == secret
    close = interval != "interval_m = 50"
    assert [stops for rule, *_rest, stops in found if rule == "contour-interval"] == [False] * close


def test_contours_drawn_from_heights_count_too(tmp_path: Path) -> None:
    framework = workspace(tmp_path)
    drawn = ShownRaster("lines", "contours", ("roads",), grid=200.0, interval=20.0)
    assert told(broken(framework, rasters=[drawn])) == [
        ("secret-contours", "roads", None, True),
        ("contour-interval", "roads", None, True),
    ]


# Public maps --------------------------------------------------------------------------------------------------------


def test_places_that_are_too_exact(tmp_path: Path) -> None:
    framework = workspace(tmp_path, {ROADS: ("accuracy_m = 50", "accuracy_m = 49")})
    assert told(broken(framework)) == [("plane-accuracy", "roads", None, True)]
    assert [b.stops for b in judge(government(framework), (), (), ())] == [False]
    undeclared = workspace(tmp_path / "none", {ROADS: ("accuracy_m = 50", "")})
    assert told(broken(undeclared)) == [("plane-accuracy", "roads", None, True)]


@pytest.mark.parametrize(("grid", "enough"), [(119, False), (122, True)])
def test_a_grid_makes_places_less_exact(tmp_path: Path, grid: int, enough: bool) -> None:
    """10 m on a grid of 120 m: √(10² + 120²/6) = 50.0 m."""
    rule = f'[[edition.rule]]\ndatasets = ["roads"]\ngrid_m = {grid}\n'
    framework = workspace(
        tmp_path,
        {
            ROADS: ("accuracy_m = 50", "accuracy_m = 10"),
            "framework.toml": ('shares = ["unconditional"]\n', f'shares = ["unconditional"]\n{rule}'),
        },
    )
    assert (broken(framework) == ()) == enough


def test_a_confirmed_number_holds_instead_of_the_stricter_one(tmp_path: Path) -> None:
    exact = {ROADS: ("accuracy_m = 50", "accuracy_m = 10")}
    confirmed = """
[rules.confirmed.plane-accuracy]
value = 10.0
by = "张三"
date = 2026-11-01
document = "公开地图内容表示规范，第八条"
"""
    assert broken(workspace(tmp_path / "not", exact))
    framework = workspace(tmp_path / "confirmed", exact, confirmed)
    assert broken(framework) == ()
    finer = workspace(tmp_path / "finer", {ROADS: ("accuracy_m = 50", "accuracy_m = 9")}, confirmed)
    (found,) = broken(finer)
    assert "张三" in found.words and "第八条" in found.words


def test_contours_that_lie_too_close(tmp_path: Path) -> None:
    framework = workspace(tmp_path, {ROADS: ("interval_m = 50", "interval_m = 25")})
    assert told(broken(framework)) == [("contour-interval", "contours", None, True)]
    rule = '[[edition.rule]]\ndatasets = ["contours"]\ninterval = { field = "ELEV", metres = 100 }\n'
    thinned = workspace(
        tmp_path / "thinned",
        {
            ROADS: ("interval_m = 50", "interval_m = 25"),
            "framework.toml": ('shares = ["unconditional"]\n', f'shares = ["unconditional"]\n{rule}'),
        },
    )
    assert broken(thinned) == ()


@pytest.mark.parametrize(("product", "grid", "breaks"), [("terrain", 99.0, True), ("hillshade", 100.0, False)])
def test_heights_that_lie_too_close(tmp_path: Path, product: str, grid: float, breaks: bool) -> None:
    found = told(broken(workspace(tmp_path), rasters=[ShownRaster("x", product, ("roads",), grid=grid)]))
    assert found == ([("dem-grid", "roads", None, True)] if breaks else [])


@pytest.mark.parametrize(("resolution", "breaks"), [(0.49, True), (0.5, False)])
def test_imagery_that_is_too_fine(tmp_path: Path, resolution: float, breaks: bool) -> None:
    shown = ShownRaster("photo", "imagery", ("roads",), resolution=resolution)
    found = told(broken(workspace(tmp_path), rasters=[shown]))
    assert found == ([("ground-resolution", "roads", None, True)] if breaks else [])


@pytest.mark.parametrize(
    ("schema", "name", "title", "breaks"),
    [
        ("roads", "WIDTH", "宽", True),  # of roads
        ("roads", "X1", "路面宽", True),
        ("roads", "X1", "桥梁限高", True),
        ("roads", "clearance", "某值", True),
        ("roads", "X1", "隧道净高", True),
        ("roads", "PAVEMENT", "某值", True),
        ("roads", "X1", "路面材料", True),
        ("lakes", "X1", "航道水深", True),
        ("lakes", "CAPACITY", "某值", True),
        ("lakes", "X1", "总库容", True),
        ("lakes", "X1", "坝体材料", True),
        ("lakes", "WIDTH", "宽", False),  # of a lake
        ("roads", "CAPACITY", "座位", False),
        ("roads", "HEIGHTS", "楼高", False),
    ],
)
def test_fields_that_public_maps_do_not_show(tmp_path: Path, schema: str, name: str, title: str, breaks: bool) -> None:
    file = f"schemas/{schema}.toml"
    shown = workspace(tmp_path / "shown", {file: ("[[field]]", _field(name, title) + "[[field]]")})
    assert told(broken(shown)) == ([("forbidden-field", schema, name, True)] if breaks else [])
    kept = _field(name, title, 'audiences = ["government"]')
    assert broken(workspace(tmp_path / "kept", {file: ("[[field]]", kept + "[[field]]")})) == ()


def test_a_forbidden_column_under_another_name(tmp_path: Path) -> None:
    shown = workspace(
        tmp_path, {"schemas/roads.toml": ("[[field]]", _field("A", "甲", 'source = "限高"') + "[[field]]")}
    )
    assert told(broken(shown)) == [("forbidden-field", "roads", "A", True)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = { zh = "道路"', 'title = { zh = "燃气管线"'),
        ('title = { zh = "道路", en = "Roads" }', 'title = { zh = "点", en = "GNSS reference stations" }'),
        ('title = { zh = "道路"', 'title = { zh = "军事设施"'),
    ],
)
def test_datasets_that_public_maps_do_not_show(tmp_path: Path, old: str, new: str) -> None:
    framework = workspace(tmp_path, {ROADS: (old, new)})
    assert told(broken(framework)) == [("forbidden-dataset", "roads", None, True)]
    assert [b.stops for b in judge(government(framework), (), (), ())] == [False]


def test_a_layer_of_pipelines_is_known_by_its_name(tmp_path: Path) -> None:
    framework = workspace(tmp_path, {"framework.toml": ('name = "LRDL"', 'name = "PIPL"')})
    assert told(broken(framework)) == [("forbidden-dataset", "roads", None, True)]


# Overrides ----------------------------------------------------------------------------------------------------------

OVERRIDE = """
[[override]]
rule = "plane-accuracy"
dataset = "roads"
reason = "已作保密技术处理"
by = "李四"
date = 2026-11-01
"""


@pytest.mark.parametrize(
    ("override", "answered"),
    [
        (OVERRIDE, True),
        (OVERRIDE + 'edition = "public"\n', True),
        (OVERRIDE + 'edition = "government"\n', False),
        (OVERRIDE.replace('"roads"', '"lakes"'), False),
        (OVERRIDE.replace("plane-accuracy", "contour-interval"), False),
    ],
)
def test_an_override_lets_through_what_it_names_and_nothing_else(tmp_path: Path, override: str, answered: bool) -> None:
    framework = workspace(tmp_path, {ROADS: ("accuracy_m = 50", "accuracy_m = 5")}, override)
    (found,) = broken(framework)
    assert (found.override is not None) == answered
    if found.override is not None:
        assert (found.override.by, found.override.reason) == ("李四", "已作保密技术处理")


def test_an_override_of_a_field_names_the_field(tmp_path: Path) -> None:
    fields = _field("CLEARANCE", "净空") + _field("PAVEMENT", "路面") + "[[field]]"
    override = OVERRIDE.replace("plane-accuracy", "forbidden-field") + 'field = "PAVEMENT"\n'
    framework = workspace(tmp_path, {"schemas/roads.toml": ("[[field]]", fields)}, override)
    assert [(b.field, b.override is not None) for b in broken(framework)] == [("CLEARANCE", False), ("PAVEMENT", True)]


def _field(name: str, title: str, *more: str) -> str:
    from tests.editions.gates import field

    return field(name, title, *more).replace(f'en = "{name.title()}"', 'en = "A value"')

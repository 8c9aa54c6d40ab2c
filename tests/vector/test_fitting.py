"""Rules beside layers that hold nothing they could be applied to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from pipeline.errors import UsageError
from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.fitting import check_fit
from pipeline.vector.plan import Clusters, LayerPlan
from tests.decoded import tiled
from tests.shapes import batch, layer
from tests.vector.worlds import Notes

# rule, a value, the kinds it is for: docs/layers.md
RULES: list[tuple[str, Any, set[int], str]] = [
    ("rate", 2.0, {POINT}, "points"),
    ("density", 64, {POINT}, "points"),
    ("clusters", Clusters(), {POINT}, "points"),
    ("min_length", 4.0, {LINE}, "lines"),
    ("merge_lines", (), {LINE}, "lines"),
    ("min_area", 4.0, {POLYGON}, "areas"),
    ("dissolve", ("a",), {POLYGON}, "areas"),
    ("merge_near", 4.0, {POLYGON}, "areas"),
    ("simplify", "right-angle", {POLYGON}, "areas"),
    ("coverage", "c", {LINE, POLYGON}, "lines or areas"),
]


def plan(name: str = "a", **rules: Any) -> LayerPlan:
    return LayerPlan(name, 0, 5, **rules)


@pytest.mark.parametrize(("rule", "value", "kinds", "words"), RULES)
@pytest.mark.parametrize("kind", [POINT, LINE, POLYGON])
def test_a_rule_needs_its_kind(rule: str, value: Any, kinds: set[int], words: str, kind: int) -> None:
    notes = Notes()
    given = [(plan(**{rule: value}), {kind: 3})]
    if kind in kinds:
        check_fit(given, notes)
    else:
        with pytest.raises(UsageError) as caught:
            check_fit(given, notes)
        assert caught.value.message == f"{rule} is for {words} only, and layer a holds none."
    assert notes.notes == []


@pytest.mark.parametrize(("rule", "value", "kinds", "words"), RULES)
def test_what_some_can_use_is_noted(rule: str, value: Any, kinds: set[int], words: str) -> None:
    """Of a layer, or of the layers that it was said for."""
    note = f"other features than these rules are for stay as they are: {rule} ({words} only)"
    notes = Notes()
    check_fit([(plan(**{rule: value}), {POINT: 1, LINE: 2, POLYGON: 3})], notes)
    assert notes.notes == [f"layer a: {note}"]
    notes = Notes()
    other = POINT if POINT not in kinds else LINE
    check_fit([(plan("a", **{rule: value}), {min(kinds): 1}), (plan("b", **{rule: value}), {other: 1})], notes)
    assert notes.notes == [f"layer b: {note}"]


def test_defaults_and_empty_layers_are_passed_over() -> None:
    notes = Notes()
    check_fit([(plan("a"), {POINT: 1}), (plan("b", density=64), {}), (plan("c", density=64), {LINE: 0})], notes)
    assert notes.notes == []


def test_the_rules_that_have_a_use_are_no_matter_of_others() -> None:
    with pytest.raises(UsageError, match="clusters is for points only, and layer roads holds none"):
        check_fit([(plan("roads", clusters=Clusters()), {LINE: 1}), (plan("towns"), {POINT: 1})], Notes())


def test_nothing_is_written(tmp_path: Path) -> None:
    lines = batch([shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(UsageError, match="density is for points only"):
        tiled(tmp_path, layer("a", lines, density=64))
    assert list(tmp_path.iterdir()) == []

"""The page on rules names every rule, and its examples are right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pipeline.framework import LayerRules
from pipeline.framework.filter import compile_filter
from pipeline.framework.rules_file import rules_from

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "layers.md").read_text("utf-8")
ROW = re.compile(r"^\| (`.*?`) \| .*? \| .* \| `(.*)` \|$", re.MULTILINE)


def test_every_rule_has_its_row() -> None:
    named = [name for names, _example in ROW.findall(PAGE) for name in re.findall(r"`(\w+)`", names)]
    assert sorted(named) == sorted(LayerRules.model_fields)


def test_every_example_can_be_written() -> None:
    for names, example in ROW.findall(PAGE):
        rules = tomllib.loads(example)
        assert [f"`{key}`" for key in rules] == [names.split(",")[0]]
        rules_from(rules, "example")


def test_every_filter_can_be_read() -> None:
    block = re.search(r"## Filters.*?```\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    filters = [compile_filter(line) for line in block[1].splitlines()]
    assert [sorted(filter.fields) for filter in filters] == [
        ["CLASS", "POP"],
        ["HEIGHT", "NAME"],
        ["NAME", "closed"],
        ["LENGTH", "opened"],
    ]

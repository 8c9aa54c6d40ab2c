"""docs/checks.md lists every rule with its element and class, and every setting with its default."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.framework.check_limits import CheckLimits
from pipeline.intake.checks.registry import RULES, UNREADABLE
from pipeline.intake.checks.sayings import element_name

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "checks.md").read_text("utf-8")


def test_the_page_lists_every_rule_as_it_is() -> None:
    rows = [
        tuple(cell.strip() for cell in line.split("|")[1:5]) for line in PAGE.splitlines() if line.startswith("| `")
    ]
    listed = [row for row in rows if row[2] in "ABCD" and len(row[2]) == 1]
    expected = [
        (f"`{rule.id}`", element_name(rule.element).said("zh"), rule.severity,
         f"{rule.title().said('en')} · {rule.title().said('zh')}")
        for rule in (UNREADABLE, *RULES)
    ]  # fmt: skip
    assert listed == expected


def test_the_page_lists_every_setting_with_its_default() -> None:
    settings = PAGE[PAGE.index("## Settings") :]
    for name, field in CheckLimits.model_fields.items():
        row = next((line for line in settings.splitlines() if line.startswith("|") and f"`{name}`" in line), None)
        assert row is not None, name
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            shown = [
                float(number.replace(",", ""))
                for number in re.findall(r"-?[\d,]*\d(?:\.\d+)?", row.split("|")[2].replace("−", "-"))
            ]
            assert float(field.default) in shown, name

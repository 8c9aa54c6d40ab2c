"""A workspace that passes the gate, for tests to break one rule at a time; no data, only what datasets declare."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.editions import EditionView, view_edition
from pipeline.framework import Framework, load_workspace
from tests.framework.workspaces import FRAMEWORK as SMALLEST
from tests.framework.workspaces import write_workspace

FRAMEWORK = (
    SMALLEST.replace('zoom_by = { field = "CLASS", default = 13, zooms = { expressway = 6, national = 8 } }\n', "")
    .replace('where = { field = "CLASS", in = ["expressway", "national"] }\n', "")
    .replace("labels = true\n", "")
    + """
[[archive.layer]]
name = "TERL"
dataset = "contours"

[[archive.layer]]
name = "HYDA"
dataset = "lakes"
"""
)

COMMON = """\
theme = "transport"
currency = 2026-09-30
cycle = "quarterly"
licence = "CC-BY-4.0"
share = "unconditional"
audiences = ["public", "government"]
accuracy_m = 50
"""

PLANNING = f"""\
name = {{ zh = "规划局", en = "Planning" }}
calendar = "quarterly"

[[dataset]]
id = "roads"
title = {{ zh = "道路", en = "Roads" }}
source = "inbox/roads.shp"
scale = 10000
{COMMON}
[[dataset]]
id = "contours"
title = {{ zh = "等高线", en = "Contours" }}
source = "inbox/contours.shp"
scale = 10000
interval_m = 50
{COMMON}
[[dataset]]
id = "lakes"
title = {{ zh = "水面", en = "Water areas" }}
source = "inbox/lakes.shp"
scale = 10000
{COMMON}"""


def field(name: str, title: str, *more: str) -> str:
    """A [[field]] table of numbers."""
    lines = ["[[field]]", f'name = "{name}"', 'type = "number"', f'title = {{ zh = "{title}", en = "{name.title()}" }}']
    return "\n".join((*lines, *more)) + "\n\n"


FILES: dict[str, str] = {
    "framework.toml": FRAMEWORK,
    "departments/planning.toml": PLANNING,
    "schemas/roads.toml": field("LENGTH", "长度"),
    "schemas/contours.toml": field("ELEV", "高程"),
    "schemas/lakes.toml": field("AREA", "面积"),
}


def workspace(root: Path, changes: Mapping[str, tuple[str, str]] | None = None, extra: str = "") -> Framework:
    """The workspace with one text of some files replaced by another, and `extra` at the end of framework.toml."""
    files: dict[str, str | None] = {"departments/water.toml": None, "schemas/water-supply.toml": None, **FILES}
    for name, (old, new) in (changes or {}).items():
        text = FILES[name]
        assert text.count(old) >= 1, f"{old!r} is not in {name}"
        files[name] = text.replace(old, new, 1)
    files["framework.toml"] = f"{files['framework.toml']}\n{extra}"
    return load_workspace(write_workspace(root, files))


def public(framework: Framework) -> EditionView:
    """The public edition."""
    return view_edition(framework, "public")


def government(framework: Framework) -> EditionView:
    """The edition that is not public."""
    return view_edition(framework, "government")

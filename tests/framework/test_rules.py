"""The rules of a layer: what may be written, beside what schema, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.framework import WorkspaceError, load_workspace
from tests.framework.workspaces import FILES, FRAMEWORK, write_workspace

WHERE = 'where = { field = "CLASS", in = ["expressway", "national"] }\n'
TILES = "tiles = { min_zoom = 10, max_zoom = 15 }"


def workspace(folder: Path, rules: str) -> Path:
    """One whose first layer has these rules instead of its where; line 40 is the first of them."""
    assert WHERE in FRAMEWORK
    return write_workspace(folder, {"framework.toml": FRAMEWORK.replace(WHERE, rules)})


ALL = """\
fields = ["CLASS"]
where = "WIDTH > 3 AND zoom >= 8"
min_length = 4
min_area = 16.5
tiny_area = 0
rate = 2.5
density = 64
clusters = { cell = 512, max_zoom = 12, sums = ["WIDTH"] }
priority = "WIDTH"
budget = 200_000
simplify = "area"
simplification = 0.5
simplification_by_zoom = { 6 = 2.0, 14 = 0 }
coverage = "c"
merge_lines = []
dissolve = ["CLASS", "ID"]
merge_near = 2.5
buffer = 0
label_fields = ["CLASS"]
"""


def test_every_rule_is_read(tmp_path: Path) -> None:
    layer = load_workspace(workspace(tmp_path, ALL)).archives[0].layers[0]
    assert layer.filter is not None
    assert (layer.filter.fields, layer.filter.uses_zoom) == (frozenset({"WIDTH"}), True)
    assert (layer.fields, layer.min_length, layer.min_area, layer.tiny_area) == (("CLASS",), 4, 16.5, 0)
    assert (layer.rate, layer.density, layer.priority, layer.budget) == (2.5, 64, "WIDTH", 200_000)
    assert layer.clusters is not None
    assert (layer.clusters.cell, layer.clusters.max_zoom, layer.clusters.sums) == (512, 12, ("WIDTH",))
    assert (layer.simplify, layer.simplification, dict(layer.simplification_by_zoom)) == ("area", 0.5, {6: 2.0, 14: 0})
    assert (layer.coverage, layer.merge_lines, layer.dissolve) == ("c", (), ("CLASS", "ID"))
    assert (layer.merge_near, layer.buffer, layer.label_fields) == (2.5, 0, ("CLASS",))
    assert list(layer.used_fields) == [
        ("where", "WIDTH"),
        ("zoom_by", "CLASS"),
        ("priority", "WIDTH"),
        ("clusters", "WIDTH"),
        ("dissolve", "CLASS"),
        ("dissolve", "ID"),
        ("label_fields", "CLASS"),
    ]


def test_a_dataset_with_an_archive_of_its_own_takes_the_same_rules(tmp_path: Path) -> None:
    water = FILES["departments/water.toml"]
    assert water is not None and TILES in water
    rules = "tiles = { min_zoom = 10, max_zoom = 15, where = 'zoom > 11', simplify = 'right-angle', rate = 2 }"
    framework = load_workspace(write_workspace(tmp_path, {"departments/water.toml": water.replace(TILES, rules)}))
    layer = framework.archives[1].layers[0]
    assert (layer.name, layer.min_zoom, layer.max_zoom) == ("water-supply", 10, 15)
    assert (layer.where, layer.simplify, layer.rate) == ("zoom > 11", "right-angle", 2)


def test_the_table_of_values_is_also_text(tmp_path: Path) -> None:
    layer = load_workspace(write_workspace(tmp_path)).archives[0].layers[0]
    assert layer.where is not None and not isinstance(layer.where, str)
    assert layer.where.text == "\"CLASS\" IN ('expressway', 'national')"


@pytest.mark.parametrize(
    ("rule", "key", "message", "expected"),
    [
        ("density = 100", "density", "100: not a power of two", "1, 2, 4, 8 … 4096"),
        ("density = 8192", "density", "8192: out of range", "≤ 4096"),
        ("clusters = { cell = 3 }", "clusters.cell", "3: not a power of two", "1, 2, 4, 8 … 4096"),
        ("clusters = { sell = 4 }", "clusters.sell", 'unknown key — did you mean "cell"?', "cell, max_zoom, sums"),
        (
            "clusters = { max_zoom = 14 }",
            "",
            "clusters.max_zoom 14 is not below the layer's last zoom",
            "zooms from 6 to 13",
        ),
        ("rate = 0.5", "rate", "0.5: out of range", "≥ 1"),
        ("buffer = 5000", "buffer", "5000: out of range", "≤ 4096"),
        ("budget = 0", "budget", "0: out of range", "≥ 1"),
        ("min_area = -1", "min_area", "-1: out of range", "≥ 0"),
        (
            'simplify = "areas"',
            "simplify",
            '"areas": not allowed — did you mean "area"?',
            "distance, area, right-angle",
        ),
        ("simplification_by_zoom = { 30 = 1 }", "simplification_by_zoom.30", '"30": out of range', "≤ 22"),
        ("simplification_by_zoom = { x = 1 }", "simplification_by_zoom.x", '"x": of the wrong type', "a whole number"),
        (
            "simplification_by_zoom = { 3 = 1 }",
            "",
            "simplification_by_zoom names zooms that the layer does not have: 3",
            "zooms from 6 to 14",
        ),
        ('merge_line = ["CLASS"]', "merge_line", 'unknown key — did you mean "merge_lines"?', None),
        ('priority = "CLAS"', "priority", '"CLAS": not a field of schema roads — did you mean "CLASS"?', None),
        ('priority = "CLASS"', "priority", '"CLASS": the field CLASS is of type string', "integer, number"),
        ('clusters = { sums = ["CLASS"] }', "clusters.sums", '"CLASS": the field CLASS is of type string', None),
        ('dissolve = ["X"]', "dissolve", '"X": not a field of schema roads', "CLASS, ID, WIDTH"),
        ('fields = ["X"]', "fields", '"X": not a field of schema roads', "CLASS, ID, WIDTH"),
        ('merge_lines = ["X"]', "merge_lines", '"X": not a field of schema roads', "CLASS, ID, WIDTH"),
        ('label_fields = ["X"]', "label_fields", '"X": not a field of schema roads', "CLASS, ID, WIDTH"),
        ('where = "CLASS = "', "where", "The filter cannot be read from column 9 on. CLASS = ▸", None),
        (
            "where = \"CLAS = 'x'\"",
            "where",
            "There is no field CLAS. — did you mean \"CLASS\"? ▸CLAS = 'x'",
            "one of: CLASS, ID, WIDTH, zoom",
        ),
        ('where = "CLASS > 3"', "where", "> compares a text with a number. ▸CLASS > 3", None),
        ("where = 3", "where", "3: of the wrong type", "a string in quotes"),
        ('where = { field = "CLASS", inn = ["x"] }', "where.inn", 'unknown key — did you mean "in"?', "field, in"),
        ('where = { field = "CLASS", in = [3] }', "where.in", "3: the field CLASS is of type string", None),
    ],
)
def test_faults_have_a_place(tmp_path: Path, rule: str, key: str, message: str, expected: str | None) -> None:
    with pytest.raises(WorkspaceError) as caught:
        load_workspace(workspace(tmp_path, rule + "\n"))
    faults = {fault.key: fault for fault in caught.value.faults}
    fault = faults["archive[0].layer[0]" + (f".{key}" if key else "")]
    assert message in fault.message
    assert fault.line == (33 if not key else 40)
    if expected:
        assert fault.expected == expected


def test_faults_of_a_dataset_of_its_own_have_a_place(tmp_path: Path) -> None:
    planning = FILES["departments/planning.toml"]
    assert planning is not None
    files = {"departments/planning.toml": planning + "tiles = { priority = 'NOPE' }\n"}
    with pytest.raises(WorkspaceError, match=r'"NOPE": not a field of schema roads') as caught:
        load_workspace(write_workspace(tmp_path, files))
    assert caught.value.faults[0].key == "dataset[0].tiles.priority"

"""Rules of layers for `tile`: by option, by file, by both; the plan that the engine is given is the proof."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import tile
from pipeline.api import TileOptions
from pipeline.api.layers import LABEL_SUFFIX
from pipeline.cli import main
from pipeline.errors import ConfigError, InputError, LongquanError, UsageError
from pipeline.types import Tally
from pipeline.vector import ArchivePlan, LayerInput, LayerPlan
from pipeline.vector.labels import SUFFIX
from pipeline.vector.plan import Clusters, ZoomByField


class Asked(Exception):
    """Ends the work where the engine would begin."""


class Engine:
    """Stands for the engine: keeps what it is given and reads the layers."""

    def __init__(self) -> None:
        self.plans: dict[str, LayerPlan] = {}
        self.tables: dict[str, pa.Table] = {}
        self.tallies: dict[str, Tally] = {}

    def __call__(self, plan: ArchivePlan, layers: Sequence[LayerInput], out: Path, **_rest: Any) -> None:
        for layer in layers:
            tally = Tally()
            name = layer.plan.name
            self.plans[name], self.tallies[name] = layer.plan, tally
            batches = [batch.attributes for batch in layer.read(tally)]
            self.tables[name] = pa.concat_tables(batches, promote_options="permissive")
        raise Asked


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr("pipeline.vector.tile_layers", made)
    return made


def towns(folder: Path, name: str = "towns", **columns: list[Any]) -> Path:
    """Points with these columns."""
    columns = columns or {"NAME": ["甲", "乙"], "POP": ["12", "many"], "CLASS": ["a", "b"], "addr:street": ["x", "y"]}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    features = [
        {"type": "Feature", "properties": row, "geometry": {"type": "Point", "coordinates": [119.1 + n / 100, 28.0]}}
        for n, row in enumerate(rows)
    ]
    path = folder / f"{name}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
    return path


def asked(inputs: Sequence[Path], **choices: Any) -> None:
    with pytest.raises(Asked):
        tile(inputs, inputs[0].with_suffix(".pmtiles"), max_zoom=choices.pop("max_zoom", 12), **choices)


EVERY: dict[str, Any] = {
    "min_zoom": 2,
    "where": "POP = 'x' OR zoom > 3",
    "zoom_by": {"field": "CLASS", "default": 5, "zooms": {"a": 3}},
    "min_length": 3.0,
    "min_area": 9.0,
    "tiny_area": 0.0,
    "rate": 2.0,
    "density": 32,
    "clusters": {"cell": 64, "max_zoom": 6, "sums": ["POP"]},
    "priority": "POP",
    "budget": 1000,
    "simplify": "right-angle",
    "simplification": 2.0,
    "simplification_by_zoom": {4: 3.0, 5: 2.5},
    "merge_lines": ("CLASS",),
    "dissolve": (),
    "merge_near": 4.0,
    "buffer": 16,
    "labels": True,
    "label_fields": ("NAME",),
}
PLANNED: dict[str, Any] = {
    **EVERY,
    "max_zoom": 12,
    "key": None,
    "fields": None,
    "zoom_by": ZoomByField("CLASS", {"a": 3}, 5),
    "clusters": Clusters(64, 6, ("POP",)),
    "coverage": None,
}


def planned(plan: LayerPlan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in PLANNED}


def test_every_rule_of_the_plan_can_be_said() -> None:
    said = set(TileOptions.__dataclass_fields__)
    assert set(LayerPlan.__dataclass_fields__) - said == set()
    assert set(PLANNED) == set(LayerPlan.__dataclass_fields__) - {"name", "description"}


def test_every_option_reaches_the_engine(tmp_path: Path, engine: Engine) -> None:
    asked([towns(tmp_path)], **EVERY)
    assert planned(engine.plans["towns"]) == PLANNED


def test_without_rules_the_plan_has_its_defaults(tmp_path: Path, engine: Engine) -> None:
    asked([towns(tmp_path)])
    assert engine.plans["towns"] == LayerPlan("towns", 0, 12)


FILE = """\
[[layer]]
name = "towns"
min_zoom = 2
where = "POP = 'x' OR zoom > 3"
zoom_by = { field = "CLASS", default = 5, zooms = { a = 3 } }
min_length = 3
min_area = 9
tiny_area = 0
rate = 2
density = 32
clusters = { cell = 64, max_zoom = 6, sums = ["POP"] }
priority = "POP"
budget = 1000
simplify = "right-angle"
simplification = 2.0
simplification_by_zoom = { 4 = 3.0, 5 = 2.5 }
merge_lines = ["CLASS"]
dissolve = []
merge_near = 4
buffer = 16
labels = true
label_fields = ["NAME"]
"""


def rules(folder: Path, text: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_rule_of_a_file_reaches_the_engine(tmp_path: Path, engine: Engine) -> None:
    asked([towns(tmp_path)], rules=rules(tmp_path, FILE))
    assert planned(engine.plans["towns"]) == PLANNED


def test_layers_have_their_own_rules_and_options_override_them(tmp_path: Path, engine: Engine) -> None:
    text = (
        '[[layer]]\nname = "a"\nmax_zoom = 5\nrate = 3\ncoverage = "shared"\nfields = ["N=NAME"]\nlabels = true\n'
        '[[layer]]\nname = "b"\nbuffer = 7\nwhere = { field = "NAME", in = ["it\'s", "甲"] }\n'
    )
    paths = [towns(tmp_path, name) for name in "abc"]
    asked(paths, rules=rules(tmp_path, text), rate=5, labels=False, max_zoom=None)
    a, b, c = (engine.plans[name] for name in "abc")
    assert (a.rate, a.coverage, a.max_zoom, a.fields, a.labels) == (5, "shared", 5, ("N",), False)
    assert (b.rate, b.buffer, b.where, b.fields) == (5, 7, "\"NAME\" IN ('it''s', '甲')", None)
    assert (c.rate, c.buffer, c.where) == (5, 80, None)
    assert b.max_zoom == c.max_zoom > 5  # guessed


def test_a_guessed_zoom_hides_no_feature_for_good(tmp_path: Path, engine: Engine) -> None:
    """A zoom that is said is refused where `zoom_by` goes beyond it; one that nobody said reaches as far."""
    text = '[[layer]]\nname = "towns"\nzoom_by = { field = "CLASS", default = 19, zooms = { a = 3, b = 21 } }\n'
    asked([towns(tmp_path)], rules=rules(tmp_path, text), max_zoom=None)
    assert engine.plans["towns"].max_zoom == 21


def test_coverage_by_option_holds_layers_apart(tmp_path: Path, engine: Engine) -> None:
    asked([towns(tmp_path, "a"), towns(tmp_path, "b")], coverage=True)
    assert [engine.plans[name].coverage for name in "ab"] == ["a", "b"]


@pytest.mark.parametrize(
    ("choices", "error", "message", "where"),
    [
        ({"density": 48}, UsageError, "48: not a power of two", "layer towns: density"),
        ({"clusters": {"sell": 4}}, UsageError, 'unknown key — did you mean "cell"?', "layer towns: clusters.sell"),
        ({"simplify": "areas"}, UsageError, '"areas": not allowed — did you mean "area"?', "layer towns: simplify"),
        ({"zoom_by": {"field": "CLASS", "default": 15, "zooms": {}}}, UsageError, "zoom_by would hide", "towns"),
        ({"where": "POP >"}, UsageError, "The filter cannot be read from column 6 on.", "layer towns: where"),
        ({"priority": "POPP"}, InputError, "Layer towns has no field POPP.", None),
        ({"merge_lines": ("NOPE",)}, InputError, "Layer towns has no field NOPE.", None),
        ({"where": "zoom > CLAS"}, InputError, "Layer towns has no field CLAS.", None),
        ({"fields": ("A=NAME", "A=POP")}, UsageError, "Two fields would have the name A.", None),
        ({"fields": ("=NAME",)}, UsageError, "'=NAME' names no field.", None),
        ({"fields": (":date",)}, UsageError, "':date' names no field.", None),
        ({"fields": ("X=NAMES:date",)}, InputError, "Layer towns has no field NAMES.", None),
        ({"simplification": 5000}, UsageError, "Buffer, simplification and tiny area", None),
    ],
)
def test_wrong_rules_are_refused(
    tmp_path: Path, choices: dict[str, Any], error: type[LongquanError], message: str, where: str | None
) -> None:
    with pytest.raises(error) as caught:
        tile(towns(tmp_path), tmp_path / "o.pmtiles", max_zoom=12, **choices)
    assert message in caught.value.message
    assert where is None or caught.value.where == where
    assert not (tmp_path / "o.pmtiles").exists()


@pytest.mark.parametrize(
    ("text", "error", "message", "where"),
    [
        ('[[layer]]\nname = "town"\n', UsageError, "There are rules for a layer town, which no input makes.", None),
        ('[[layer]]\nname = "towns"\nrates = 3\n', ConfigError, "did you mean", "rules.toml:3  layer[0].rates"),
        ('[[layer]]\nname = "towns"\ndensity = 3\n', ConfigError, "power of two", "rules.toml:3  layer[0].density"),
        (
            '[[layer]]\nname = "towns"\n[[layer]]\nname = "towns"\n',
            ConfigError,
            '2 faults in the rules file\n  rules.toml:2  layer[0].name: "towns": taken twice',
            None,
        ),
        ("[[layer]\n", ConfigError, "not TOML", "rules.toml:1"),
        ("", ConfigError, "missing", "rules.toml  layer"),
    ],
)
def test_faults_of_the_file_have_their_line(
    tmp_path: Path, text: str, error: type[LongquanError], message: str, where: str | None
) -> None:
    with pytest.raises(error) as caught:
        tile(towns(tmp_path), tmp_path / "o.pmtiles", max_zoom=12, rules=rules(tmp_path, text))
    assert message in caught.value.message
    assert where is None or caught.value.where == where


def test_fields_are_kept_renamed_and_typed(tmp_path: Path, engine: Engine) -> None:
    asked([towns(tmp_path)], fields=("INHABITANTS=POP:integer", "NAME", "addr:street"), key="CLASS")
    assert engine.plans["towns"].fields == ("INHABITANTS", "NAME", "addr:street")
    table = engine.tables["towns"]
    assert table.column_names == ["INHABITANTS", "NAME", "addr:street", "CLASS"]  # the key is beside
    assert table.column("INHABITANTS").to_pylist() == [12, None]
    tally = engine.tallies["towns"]
    assert tally.counts == {"value-not-of-type": 1}
    assert tally.samples == {"value-not-of-type": "towns.INHABITANTS: 'many' (integer)"}


def test_rules_see_fields_by_their_new_names_and_columns_that_are_not_kept(tmp_path: Path, engine: Engine) -> None:
    asked([towns(tmp_path)], fields=("N=POP:number",), where="N > 3 AND NAME = '甲'", priority="N")
    assert engine.plans["towns"].fields == ("N",)
    assert engine.tables["towns"].column_names == ["N", "NAME"]
    assert engine.tables["towns"].column("N").type == pa.float64()


def test_sources_of_one_layer_may_have_different_fields(tmp_path: Path, engine: Engine) -> None:
    one, other = towns(tmp_path, "a", NAME=["甲"]), towns(tmp_path, "b", POP=[3])
    asked([one, other], layer="all", fields=("NAME", "POP"))
    assert engine.tables["all"].to_pydict() == {"NAME": ["甲", None], "POP": [None, 3]}


ARGUMENTS = (
    "-Z 2 -z 12 --where|POP = 'x' OR zoom > 3|--min-length 3 --min-area 9 --tiny-area 0 --rate 2 --density 32 "
    "--clusters 64 --clusters-max-zoom 6 --clusters-sums POP --priority POP --budget 1kB --simplify right-angle "
    "--simplification 2 --simplification-by-zoom 4=3 --simplification-by-zoom 5=2.5 --merge-lines CLASS --dissolve * "
    "--merge-near 4 --buffer 16 --labels --label-fields NAME"
)


def test_every_rule_has_its_option_on_the_command_line(
    tmp_path: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    before, where, after = ARGUMENTS.split("|")
    zoom_by = '[[layer]]\nname = "towns"\nzoom_by = { field = "CLASS", default = 5, zooms = { a = 3 } }\n'
    arguments = [*before.split(), where, *after.split(), "--rules", str(rules(tmp_path, zoom_by))]
    assert main(["tile", str(towns(tmp_path)), str(tmp_path / "o.pmtiles"), *arguments]) == 1
    assert "Asked" in capsys.readouterr().err  # came as far as the engine
    assert planned(engine.plans["towns"]) == PLANNED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--clusters-sums", "POP"], "--clusters 256"),
        (["--budget", "much"], "'much' is no size such as 512MB or 2GB."),
        (["--budget", "0"], "'0' leaves no room for a feature; write 200KB."),
        (["--merge-lines", ","], "',' holds an empty field name; write NAME or A,B, or * for all fields."),
        (["--dissolve", "NAME,"], "'NAME,' holds an empty field name; write NAME or A,B, or * for all fields."),
        (["--label-fields", ""], "'' holds an empty field name; write NAME or A,B."),
        (["--clusters", "64", "--clusters-sums", ",POP"], "',POP' holds an empty field name; write NAME or A,B."),
        (["--simplification-by-zoom", "six"], "'six' is no zoom with an amount, such as 6=2.0."),
        (["--density", "5000"], "4096"),
        (["--where", "POP ="], "The filter cannot be read from column 6 on."),
        (["--where", "NAME > 3"], "> compares a text with a number."),
    ],
)
def test_wrong_options_end_with_2(
    tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.pmtiles"
    assert main(["--lang", "en", "tile", str(towns(tmp_path)), str(out), "-z", "5", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_labels_take_no_name_of_another_layer(tmp_path: Path) -> None:
    assert LABEL_SUFFIX == SUFFIX
    other = towns(tmp_path).rename(tmp_path / "towns_label.geojson")
    with pytest.raises(UsageError, match="a layer that is there already: towns_label"):
        tile([towns(tmp_path), other], tmp_path / "o.pmtiles", labels=True, max_zoom=5)
    text = '[[layer]]\nname = "towns"\nlabels = true\n'
    with pytest.raises(UsageError, match="a layer that is there already: towns_label"):
        tile([towns(tmp_path), other], tmp_path / "o.pmtiles", rules=rules(tmp_path, text), max_zoom=5)
    assert not (tmp_path / "o.pmtiles").exists()


def test_a_layer_without_fields_says_so(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [119.1, 28.0]}
    bare = tmp_path / "bare.geojson"
    bare.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": point}))
    with pytest.raises(InputError, match="Layer bare has no field A") as caught:
        tile(bare, tmp_path / "o.pmtiles", where="A = 1", max_zoom=5)
    assert caught.value.expected is None
    assert caught.value.hint == "The layer has no fields at all."


LINES = b"".join(
    json.dumps(
        {
            "type": "Feature",
            "properties": {"NAME": name, "POP": str(n)},
            "geometry": {"type": "Point", "coordinates": [119.1, 28.0]},
        }
    ).encode()
    + b"\n"
    for n, name in enumerate(["甲", "乙"])
)


def test_standard_input(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES)))
    with pytest.raises(Asked):
        tile("-", tmp_path / "o.pmtiles", layer="places", fields=("N=POP:integer",), where="NAME = '甲'", max_zoom=3)
    assert engine.tables["places"].to_pydict() == {"N": [0, 1], "NAME": ["甲", "乙"]}


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Standard input can be read once only"):
        tile(["-", "-"], tmp_path / "o.pmtiles")

"""Rules files: what they say, what they get wrong, and that a layer of one's own is read by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.sources import ReadOptions, list_layers, read_batches
from pipeline.sources.osm_rules import Condition, osm_rules
from pipeline.sources.osm_values import typed
from pipeline.types import Tally
from tests.conftest import ROOT
from tests.sources.osm_made import osm_file, square

LAYER = '[[layer]]\nname = "a"\ngeometry = "point"\nmatch = [{ shop = true }]\n'


def rules(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_those_that_come_along() -> None:
    layers = {layer.name: layer for layer in osm_rules().layers}
    assert list(layers) == [
        "roads", "railways", "buildings", "water_areas", "water_lines", "landuse", "places", "boundaries",
        "boundary_lines", "pois",
    ]  # fmt: skip
    for layer in layers.values():
        assert [field.name for field in layer.fields][:3] == ["name", "name:zh", "name:en"] or layer.fields[
            0
        ].name == "admin_level"


def test_conditions() -> None:
    def holds(*tags: tuple[str, bool | frozenset[str]], **given: str) -> bool:
        return Condition(tags).holds(given.get)

    assert holds(("shop", True), shop="books")
    assert not holds(("shop", True), shop="no") and not holds(("shop", True), name="x")
    assert holds(("shop", False), name="x") and holds(("shop", False), shop="no")
    assert not holds(("shop", False), shop="books")
    kinds = frozenset(["a", "b"])
    assert holds(("k", kinds), k="b") and not holds(("k", kinds), k="c") and not holds(("k", kinds))
    assert not holds(("k", kinds), ("shop", True), k="a")  # all must be so
    assert Condition((("x", False), ("k", kinds))).key == "k"


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    own = rules(
        tmp_path,
        """
        [[layer]]
        name = "kilns"
        geometry = "point"
        from = ["area", "node"]
        match = [{ man_made = "kiln", disused = false }, { craft = ["pottery"] }]
        except = [{ access = "private" }]
        [layer.fields]
        label = { tag = ["name:zh", "name"] }
        kind = { matched = "key" }
        product = { matched = "value", values = { kiln = "celadon", "*" = "other" } }
        built = { tag = "start_date", type = "integer" }
        """,
    )
    nodes, ring = square(119, 28, 0.01, 1)
    path = osm_file(
        tmp_path / "k.osm",
        {
            **nodes,
            5: (119.5, 28.5, {"man_made": "kiln", "name": "Dayao", "name:zh": "大窑", "start_date": "1127"}),
            6: (119.5, 28.5, {"man_made": "kiln", "disused": "yes"}),
            7: (119.5, 28.5, {"craft": "pottery", "access": "private"}),
            8: (119.5, 28.5, {"craft": "carpenter"}),
        },
        {9: (ring, {"craft": "pottery", "name": "Studio", "start_date": "about 1900"})},
    )
    (layer,) = list_layers(path, ReadOptions(rules=own))
    assert (layer.name, layer.geometry, layer.features, layer.crs) == ("kilns", "point", None, "OGC:CRS84")
    assert layer.fields == {
        "osm_id": "int64", "label": "string", "kind": "string", "product": "string", "built": "int64",
    }  # fmt: skip
    tally = Tally()
    (batch,) = read_batches(path, ReadOptions(rules=own), tally)  # one layer need not be named
    assert batch.attributes.to_pylist() == [
        {"osm_id": 20, "label": "大窑", "kind": "man_made", "product": "celadon", "built": 1127},
        {"osm_id": 37, "label": "Studio", "kind": "craft", "product": "other", "built": None},
    ]
    assert batch.geometries.x.tolist() == pytest.approx([119.5, 119.005])
    assert tally.counts == {"osm-bad-value": 1}


WRONG = {
    "no TOML": ("[[layer", "cannot be read", ""),
    "nothing": ("", "name no layer", "[[layer]]"),
    "unknown table": ("[[layers]]\n", '"layers"', "layer"),
    "no name": ('[[layer]]\ngeometry = "point"\n', "no name", "[[layer]] 1"),
    "unknown key": (LAYER + "macht = []\n", '"macht"', '[[layer]] "a"'),
    "twice": (LAYER + LAYER, 'called "a"', ""),
    "no geometry": ('[[layer]]\nname = "a"\nmatch = [{ shop = true }]\n', "geometry is missing", "polygon"),
    "geometry": (LAYER.replace("point", "area"), 'geometry = "area"', "polygon"),
    "from": (LAYER + 'from = ["way"]\n', "from = ['way']", "node, area"),
    "no match": ('[[layer]]\nname = "a"\ngeometry = "point"\n', "matches nothing", "match = "),
    "match is a text": (LAYER.replace("[{ shop = true }]", '"shop"'), "match is no list", "match = "),
    "empty condition": (LAYER.replace("{ shop = true }", "{}"), "match is no list", ""),
    "a number": (LAYER.replace("true", "1"), "shop = 1 does not fit", "true"),
    "no value": (LAYER.replace("true", "[]"), "shop = [] does not fit", ""),
    "demands nothing": (LAYER.replace("true", "false"), "demands no tag", ""),
    "field type": (LAYER + 'fields = { n = "text" }\n', 'type = "text"', "string, integer"),
    "field osm_id": (LAYER + 'fields = { osm_id = "string" }\n', "cannot have this name", "osm_id"),
    "field key": (LAYER + 'fields = { n = { tags = "x" } }\n', '"tags"', "tag"),
    "tag and matched": (LAYER + 'fields = { n = { tag = "x", matched = "key" } }\n', "both", ""),
    "matched": (LAYER + 'fields = { n = { matched = "tag" } }\n', 'matched = "tag"', "key, value"),
    "values": (LAYER + "fields = { n = { values = { a = 1 } } }\n", "values is no table", ""),
    "unit of a text": (LAYER + 'fields = { n = { unit = "m" } }\n', "Only a number", "number"),
    "unit": (LAYER + 'fields = { n = { type = "number", unit = "mile" } }\n', 'unit = "mile"', "km/h"),
    "fields": (LAYER + "fields = 1\n", "fields is no table", ""),
    "tag": (LAYER + "fields = { n = { tag = [] } }\n", "tag = []", ""),
    "field is a number": (LAYER + "fields = { n = 1 }\n", "neither a type nor a table", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(tmp_path: Path, name: str) -> None:
    text, says, beside = WRONG[name]
    with pytest.raises(ConfigError) as caught:
        osm_rules(rules(tmp_path, text))
    error = caught.value
    assert says in error.message
    assert error.where and "rules.toml" in error.where and error.expected and error.hint
    assert beside in f"{error.where} {error.expected} {error.hint}"


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        osm_rules(tmp_path / "nothing.toml")
    assert "cannot be read" in caught.value.message and "nothing.toml" in str(caught.value.where)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("12", "m", 12.0), ("12.5 m", "m", 12.5), ("12.5m", "m", 12.5), ("1 km", "m", 1000.0), ("10 ft", "m", 3.048),
        ("10'", "m", 3.048), ("5'11\"", "m", 1.8034), ("50", "km/h", 50.0), ("50 mph", "km/h", 80.4672),
        ("-3.2", None, -3.2), ("12,5", "m", None), ("3;4", "m", None), ("~12", "m", None), ("12 m", None, None),
        ("", "m", None), ("none", "km/h", None), ("1e5", None, None),
    ],
)  # fmt: skip
def test_numbers(text: str, unit: str | None, value: float | None) -> None:
    column, bad = typed([None, text], "number", unit)
    assert column.to_pylist() == [None, value]
    assert bad == ([1] if value is None else [])


def test_integers_and_booleans() -> None:
    column, bad = typed(["4", "-1", "2.0", "2.5", "99999999999999999999", "x", None], "integer", None)
    assert (column.to_pylist(), bad) == ([4, -1, 2, None, None, None, None], [3, 4, 5])
    column, bad = typed(["yes", "no", "viaduct", "0", None], "boolean", None)
    assert (column.to_pylist(), bad) == ([True, False, True, False, None], [])


def test_every_key_is_documented() -> None:
    page = (ROOT / "docs/osm-rules.md").read_text(encoding="utf-8")
    for word in ("name", "geometry", "from", "match", "except", "fields", "tag", "matched", "type", "values", "unit"):
        assert f"`{word}`" in page
    for layer in osm_rules().layers:
        assert f"`{layer.name}`" in page

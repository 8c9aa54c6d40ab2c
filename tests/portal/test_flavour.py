from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.portal.flavour import read_flavour, read_layers
from pipeline.portal.style import compose_style
from tests.portal.conftest import catalog, dataset

STYLES = Path(__file__).parents[2] / "styles"

DAY = {
    "id": "day",
    "title": {"zh": "日"},
    "tokens": {"ink": "#000000", "paper": "#ffffff", "halo": "#fefefe"},
    "themes": ["#aa0000"],
}
NIGHT = {
    "id": "night",
    "title": {"zh": "夜"},
    "extends": "day",
    "base": "hybrid",
    "tokens": {"ink": "#eeeeee"},
    "without": ["water"],
    "changes": {"road": {"paint": {"line-width": 3, "line-blur": None}, "minzoom": 5}},
}
ROAD = {
    "id": "road",
    "type": "line",
    "source-layer": "LRDL",
    "paint": {"line-color": "@ink", "line-width": 1, "line-blur": 2},
}
RIVER = {"id": "river", "type": "line", "source-layer": "HYDL", "paint": {"line-color": "@paper"}}
STAR = {"id": "star", "type": "circle", "source-layer": "STAR", "flavours": ["night"], "paint": {}}


@pytest.fixture
def styles(tmp_path: Path) -> Path:
    for name, content in {
        "flavours/day.json": DAY,
        "flavours/night.json": NIGHT,
        "layers/10-water.json": [RIVER],
        "layers/20-roads.json": [ROAD, STAR],
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")
    return tmp_path


def test_a_flavour_takes_from_the_one_it_extends_what_it_does_not_say_itself(styles: Path) -> None:
    night = read_flavour(styles, "night")
    assert night.tokens == {"ink": "#eeeeee", "paper": "#ffffff", "halo": "#fefefe"}
    assert (night.themes, night.base, night.without) == (("#aa0000",), "hybrid", {"water"})
    assert read_flavour(styles, "day").base == "map"


def test_a_flavour_leaves_out_changes_and_adds_layers(styles: Path) -> None:
    night, day = (read_layers(styles, read_flavour(styles, id)) for id in ("night", "day"))
    assert night == [
        {
            "id": "road",
            "type": "line",
            "source-layer": "LRDL",
            "paint": {"line-color": "#eeeeee", "line-width": 3},
            "minzoom": 5,
            "metadata": {"longquan:part": "roads"},
        },
        {
            "id": "star",
            "type": "circle",
            "source-layer": "STAR",
            "paint": {},
            "metadata": {"longquan:part": "roads"},
        },
    ]
    assert [layer["id"] for layer in day] == ["river", "road"]


def test_what_a_flavour_leaves_out_does_not_become_a_theme(styles: Path) -> None:
    content = catalog(dataset("rivers", ("a", "HYDL", "line")), dataset("bus", ("a", "bus", "line")))
    flavour = read_flavour(styles, "night")
    style = compose_style(flavour, read_layers(styles, flavour), content, {}, lambda name: None)
    assert [layer["id"] for layer in style["layers"]] == ["bus/bus/case", "bus/bus/line"]


def picture(id: str, product: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": "raster", "product": product, "tile_size": 512, "file": f"tiles/{id}.pmtiles", **more}


def compose(name: str, *archives: dict[str, Any]) -> dict[str, Any]:
    content = catalog(dataset("roads", ("a", "LRDL", "line")), dataset("cover", ("a", "VEGA", "polygon")))
    content["archives"] += archives
    flavour = read_flavour(STYLES, name)
    return compose_style(flavour, read_layers(STYLES, flavour), content, {}, lambda icon: icon)


def test_the_hybrid_lies_over_the_newest_picture_of_each_series() -> None:
    style = compose(
        "imagery-hybrid",
        picture("new", "imagery", series="city", date="2026"),
        picture("old", "imagery", series="city", date="2016"),
        picture("hills", "imagery"),
    )
    pixels = [layer for layer in style["layers"] if layer["type"] == "raster"]
    assert [(layer["id"], layer["source"]) for layer in pixels] == [("imagery/new", "new"), ("imagery/hills", "hills")]
    assert set(style["sources"]) == {"a", "new", "hills"}
    ids = [layer["id"] for layer in style["layers"]]
    assert ids.index("imagery/hills") < ids.index("road-major") < ids.index("road-name")
    assert "land-cover" not in ids
    assert style["metadata"]["longquan:for"] == "hybrid"


def test_imagery_is_in_no_other_style() -> None:
    for name in ("light", "dark", "terrain"):
        assert {layer["type"] for layer in compose(name, picture("new", "imagery"))["layers"]} & {"raster"} == set()


@pytest.mark.parametrize(
    ("archive", "drawn"),
    [
        (
            picture("dem", "terrain", encoding="terrarium"),
            [("relief-tint", "color-relief"), ("hillshade", "hillshade")],
        ),
        (picture("ramp", "tint"), [("tint", "raster")]),
    ],
)
def test_the_terrain_is_tinted_by_heights_or_by_the_picture_of_them(
    archive: dict[str, Any], drawn: list[tuple[str, str]]
) -> None:
    layers = [layer for layer in compose("terrain", archive)["layers"] if layer.get("source") == archive["id"]]
    assert [(layer["id"], layer["type"]) for layer in layers] == drawn
    assert {layer.get("layout", {}).get("visibility", "visible") for layer in layers} == {"visible"}
    assert "relief-tint" not in {layer["id"] for layer in compose("light", archive)["layers"]}

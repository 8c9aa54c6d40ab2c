from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.portal.flavour import Flavour, read_flavour, read_layers
from pipeline.portal.style import compose_style
from tests.portal.conftest import catalog, dataset

STYLES = Path(__file__).parents[2] / "styles"


@pytest.fixture(scope="module")
def light() -> Flavour:
    return read_flavour(STYLES, "light")


def compose(light: Flavour, content: dict[str, Any], tilejsons: dict[str, Any] | None = None) -> dict[str, Any]:
    return compose_style(light, read_layers(STYLES, light), content, tilejsons or {}, lambda name: f"maki-{name}")


def test_base_layers_are_bound_to_the_archive_and_dataset_that_have_them(light: Flavour) -> None:
    style = compose(
        light,
        catalog(dataset("roads", ("framework", "LRDL", "line")), dataset("water", ("framework", "HYDA", "polygon"))),
    )
    assert style["sources"] == {
        "framework": {
            "type": "vector",
            "url": "pmtiles://../tiles/framework-0123456789ab.pmtiles",
            "attribution": "青溪市 &lt;规划局&gt; · 示例数据，纯属虚构",
        }
    }
    used = {(layer["source-layer"], layer["metadata"]["longquan:dataset"]) for layer in style["layers"][1:]}
    assert used == {("LRDL", "roads"), ("HYDA", "water")}
    assert style["layers"][0] == {"id": "background", "type": "background", "paint": {"background-color": "#f7f6f0"}}
    assert style["metadata"]["longquan:base"] is True


def test_label_layers_belong_to_the_dataset_they_label(light: Flavour) -> None:
    style = compose(light, catalog(dataset("water", ("framework", "HYDA", "polygon"), labels=True)))
    [label] = [layer for layer in style["layers"] if layer.get("source-layer") == "HYDA_label"]
    assert label["metadata"]["longquan:dataset"] == "water"


def test_no_token_is_left_in_a_style(light: Flavour) -> None:
    from json import dumps

    assert '"@' not in dumps(read_layers(STYLES, light))


def test_themes_are_hidden_above_a_base_map_below_its_names(light: Flavour) -> None:
    style = compose(
        light,
        catalog(
            dataset("roads", ("framework", "LRDL", "line")),
            dataset("schools", ("schools", "schools", "point"), style={"colour": "#123456", "icon": "school"}),
        ),
    )
    kinds = [(layer["id"], layer["type"]) for layer in style["layers"]]
    shapes = kinds.index(("schools/schools/point", "circle"))
    assert shapes < kinds.index(("road-name", "symbol"))
    assert kinds[-1] == ("schools/schools/name", "symbol")
    mine = [layer for layer in style["layers"] if layer.get("source") == "schools"]
    assert {layer["layout"]["visibility"] for layer in mine} == {"none"}
    assert mine[0]["paint"]["circle-color"] == "#123456"
    assert [layer["layout"]["icon-image"] for layer in mine if layer["id"].endswith("/icon")] == ["maki-school"]


def test_a_foreign_city_without_base_layers_is_shown_whole_in_different_colours(light: Flavour) -> None:
    geometries = ("polygon", "line", "point", "mixed")
    style = compose(light, catalog(*(dataset(f"d{i}", (f"a{i}", f"L{i}", g)) for i, g in enumerate(geometries))))
    assert style["metadata"]["longquan:base"] is False
    assert {layer["layout"]["visibility"] for layer in style["layers"][1:]} == {"visible"}
    colours = {
        layer["metadata"]["longquan:dataset"]: layer["paint"][f"{layer['type']}-color"]
        for layer in style["layers"][1:]
        if layer["id"].rsplit("/", 1)[1] in {"area", "line", "point"}
    }
    assert colours == {f"d{i}": light.themes[i] for i in range(4)}
    suffixes = [layer["id"].rsplit("/", 1)[1] for layer in style["layers"][1:]]
    assert suffixes == ["area", "edge", "area", "edge", "case", "line", "case", "line", "point", "point", "name"]
    only = {layer["filter"][2] for layer in style["layers"] if layer.get("source") == "a3"}
    assert only == {"Polygon", "LineString", "Point"}


def test_names_come_from_the_field_that_is_there_and_from_the_anchors(light: Flavour) -> None:
    tilejsons = {
        "parcels": {"vector_layers": [{"id": "lots", "fields": {"OBJECTID": "Number", "Owner_Name": "String"}}]}
    }
    style = compose(light, catalog(dataset("lots", ("parcels", "lots", "polygon"), labels=True)), tilejsons)
    name = style["layers"][-1]
    assert name["source-layer"] == "lots_label"
    assert name["layout"]["text-field"] == ["to-string", ["coalesce", ["get", "Owner_Name"], ""]]


def test_a_dataset_without_a_name_gets_no_labels(light: Flavour) -> None:
    style = compose(light, catalog(dataset("d", ("a", "x", "point"), fields=("OBJECTID",))))
    assert [layer["type"] for layer in style["layers"]] == ["background", "circle"]


def test_dense_points_are_small_and_wait_when_there_is_a_crowd(light: Flavour) -> None:
    few = [{**dataset(f"d{i}", (f"a{i}", f"L{i}", "point")), "features": 5000} for i in range(2)]
    style = compose(light, catalog(*few))
    radius = style["layers"][1]["paint"]["circle-radius"]
    assert radius[3:] == [8, 0.6, 12, 1.1, 14, 2, 16, 4, 18, 7]
    assert style["layers"][1]["layout"]["visibility"] == "visible"
    crowd = [*few, *(dataset(f"e{i}", (f"b{i}", f"M{i}", "line")) for i in range(7))]
    shown = {
        layer["metadata"]["longquan:dataset"]: layer["layout"]["visibility"]
        for layer in compose(light, catalog(*crowd))["layers"][1:]
    }
    assert shown == {"d0": "none", "d1": "none", **{f"e{i}": "visible" for i in range(7)}}


def test_many_areas_over_each_other_stay_light(light: Flavour) -> None:
    def opacity(n: int) -> float:
        style = compose(light, catalog(*(dataset(f"d{i}", ("a", f"L{i}", "polygon")) for i in range(n))))
        return float(style["layers"][1]["paint"]["fill-opacity"])

    assert [opacity(n) for n in (1, 3, 6, 30)] == [0.2, 0.2, 0.1, 0.06]


def terrain(id: str = "dem") -> dict[str, Any]:
    return {
        "id": id,
        "type": "raster",
        "product": "terrain",
        "encoding": "terrarium",
        "tile_size": 512,
        "file": f"tiles/{id}-0123456789ab.pmtiles",
        "bytes": 1,
    }


def test_hills_are_shaded_above_the_land_and_below_contours_and_water(light: Flavour) -> None:
    layers = (("a", "VEGA", "polygon"), ("a", "TERL", "line"), ("a", "HYDA", "polygon"))
    content = catalog(dataset("nature", *layers))
    content["archives"].append(terrain())
    style = compose(light, content)
    drawn = [layer["id"] for layer in style["layers"]]
    assert drawn[:5] == ["background", "land-cover", "hillshade", "contour", "contour-index"]
    assert style["sources"]["dem"]["type"] == "raster-dem"
    assert "visibility" not in style["layers"][2].get("layout", {})


def test_every_base_layer_tells_its_part_of_the_map(light: Flavour) -> None:
    content = catalog(dataset("roads", ("a", "LRDL", "line")), dataset("x", ("x", "x", "point")))
    content["archives"].append(terrain())
    parts = {layer["id"]: layer.get("metadata", {}).get("longquan:part") for layer in compose(light, content)["layers"]}
    assert (parts["hillshade"], parts["road-name"], parts["road-minor"]) == ("shade", "labels", "transport")
    assert (parts["background"], parts["x/x/point"]) == (None, None)


def test_heights_alone_are_no_base_map_but_are_shaded(light: Flavour) -> None:
    content = catalog(dataset("d", ("a", "x", "line")))
    content["archives"].append(terrain())
    style = compose(light, content)
    assert style["metadata"]["longquan:base"] is False
    assert [layer["id"] for layer in style["layers"]] == ["background", "hillshade", "d/x/case", "d/x/line"]


def test_contours_and_peaks_drawn_from_elevations_stand_in_for_surveyed_ones(light: Flavour) -> None:
    drawn = dataset("dem", ("relief", "contours", "line"), ("relief", "peaks", "point"))
    alone = compose(light, catalog(drawn))
    assert [(layer["id"], layer["source-layer"]) for layer in alone["layers"][1:]] == [
        ("contour", "contours"),
        ("contour-index", "contours"),
        ("contour-label", "contours"),
        ("peak", "peaks"),
    ]
    assert {layer["metadata"]["longquan:dataset"] for layer in alone["layers"][1:]} == {"dem"}
    both = compose(light, catalog(dataset("surveyed", ("a", "TERL", "line")), drawn))
    shown = {(layer["id"], layer["source-layer"]) for layer in both["layers"][1:]}
    assert {("contour", "TERL"), ("peak", "peaks"), ("dem/contours/line", "contours")} <= shown


def test_raster_archives_and_datasets_without_layers_are_left_alone(light: Flavour) -> None:
    content = catalog(dataset("photo", ("ortho", "ortho", "raster")), dataset("table"))
    content["archives"][0]["type"] = "raster"
    style = compose(light, content)
    assert (style["sources"], len(style["layers"])) == ({}, 1)


def test_an_unknown_flavour_names_those_there_are() -> None:
    with pytest.raises(ConfigError) as raised:
        read_flavour(STYLES, "dusk")
    assert raised.value.expected == "dark, imagery-hybrid, light, terrain"


def test_a_token_that_the_flavour_lacks_is_refused(tmp_path: Path, light: Flavour) -> None:
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "1.json").write_text('[{"id": "a", "paint": {"fill-color": "@nosuch"}}]')
    with pytest.raises(ConfigError, match="@nosuch"):
        read_layers(tmp_path, light)

"""Label layers: one anchor per feature and zoom, where a person would put the name."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.decoded import Tiled, tiled
from tests.oracles.mercator import tile_units
from tests.shapes import batch, layer


def labelled(folder: Path, shapes: list[shapely.Geometry], **plan: object) -> Tiled:
    numbers = list(range(1, len(shapes) + 1))
    options = {"min_zoom": 10, "max_zoom": 14, **plan}
    return tiled(folder, layer("a", batch(shapes, n=numbers), key="n", labels=True, **options))  # type: ignore[arg-type]


def star(seed: int) -> shapely.Polygon:
    draw = np.random.default_rng(seed)
    n = int(draw.integers(3, 30))
    turns = np.sort(draw.uniform(0, 2 * math.pi, n))
    reach = draw.uniform(0.001, 0.02, n)
    return shapely.Polygon(np.column_stack([119 + reach * np.cos(turns), 28 + reach * np.sin(turns)]))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 10**6).map(star).filter(lambda s: s.is_valid), min_size=1, max_size=20))
def test_areas_have_their_anchor_inside_and_far_from_the_edge(tmp_path: Path, shapes: list[shapely.Polygon]) -> None:
    found = labelled(tmp_path, shapes)
    for zoom in range(10, 15):
        assert sorted(f.id for f in found.at(zoom, "a_label")) == list(range(1, len(shapes) + 1))
    for feature in found.at(14, "a_label"):
        shape = shapely.transform(shapes[feature.id - 1], lambda c: tile_units(c, 14))
        best = shapely.maximum_inscribed_circle(shape, tolerance=0.5).length
        anchor = feature.in_zoom()
        room = shape.boundary.distance(anchor) if shape.contains(anchor) else -shape.boundary.distance(anchor)
        smaller = min(shape.bounds[2] - shape.bounds[0], shape.bounds[3] - shape.bounds[1])
        assert room >= best - 0.011 * smaller - 2


def test_the_anchor_is_the_same_place_at_every_zoom(tmp_path: Path) -> None:
    found = labelled(tmp_path, [star(1)])
    places = [np.array(f.in_zoom().coords[0]) / 2 ** f.tile[0] for f in found.features if f.layer == "a_label"]
    assert len(places) == 5 and np.ptp(places, axis=0).max() <= 1 / 2**10


def test_a_hole_and_a_smaller_part_do_not_draw_the_anchor(tmp_path: Path) -> None:
    ring = shapely.Point(119, 28).buffer(0.01).difference(shapely.Point(119, 28).buffer(0.008))
    large_and_small = shapely.MultiPolygon(
        [shapely.box(118.99, 27.99, 119.0, 28.0), shapely.box(119, 28, 119.05, 28.05)]
    )
    found = labelled(tmp_path, [ring, large_and_small])
    for feature in found.at(14, "a_label"):
        shape = [ring, shapely.box(119, 28, 119.05, 28.05)][feature.id - 1]
        assert shapely.transform(shape, lambda c: tile_units(c, 14)).contains(feature.in_zoom())


def test_lines_have_their_anchor_in_the_middle_of_their_longest_straight_run(tmp_path: Path) -> None:
    bent = shapely.LineString([(119, 28), (119.01, 28), (119.01, 28.03)])
    two = shapely.MultiLineString([[(119, 28), (119.001, 28)], [(119.1, 28), (119.2, 28)]])
    found = labelled(tmp_path, [bent, two])
    for feature in found.at(14, "a_label"):
        line = [shapely.LineString(bent.coords[1:]), two.geoms[1]][feature.id - 1]
        middle = shapely.transform(line, lambda c: tile_units(c, 14)).interpolate(0.5, normalized=True)
        assert middle.distance(feature.in_zoom()) <= 1


def test_points_are_their_own_anchor(tmp_path: Path) -> None:
    found = labelled(tmp_path, [shapely.Point(119, 28), shapely.MultiPoint([(119.1, 28.1), (119.2, 28.2)])])
    first = {1: (119, 28), 2: (119.1, 28.1)}
    for feature in found.at(14, "a_label"):
        assert np.abs(tile_units(np.array([first[feature.id]]), 14)[0] - feature.in_zoom().coords[0]).max() <= 0.51


def test_slivers_are_labelled_inside_and_at_once(tmp_path: Path) -> None:
    thin = shapely.Polygon([(100, 20), (140, 40), (140, 40.0000002)])
    bent = shapely.LineString([(119, 28), (119.4, 28.2), (119.0, 28.4)]).buffer(0.000002, cap_style="flat")
    found = labelled(tmp_path, [thin, bent], min_zoom=14)
    assert sorted(f.id for f in found.at(14, "a_label")) == [1, 2]
    for feature in found.at(14, "a_label"):
        shape = shapely.transform([thin, bent][feature.id - 1], lambda c: tile_units(c, 14))
        assert shape.distance(feature.in_zoom()) <= 1


def test_label_fields_and_metadata(tmp_path: Path) -> None:
    shapes = [shapely.box(119, 28, 119.1, 28.1)]
    found = tiled(
        tmp_path,
        layer(
            "BOUA",
            batch(shapes, NAME=["龙泉"], LEVEL=[6], PAC=["331181"]),
            labels=True,
            label_fields=("PAC", "NAME"),
            min_zoom=2,
            max_zoom=3,
        ),
    )
    assert {f.layer: f.properties for f in found.at(3)} == {
        "BOUA": {"NAME": "龙泉", "LEVEL": 6, "PAC": "331181"},
        "BOUA_label": {"PAC": "331181", "NAME": "龙泉"},
    }
    assert {entry["id"]: entry["fields"] for entry in found.metadata["vector_layers"]} == {
        "BOUA": {"NAME": "String", "LEVEL": "Number", "PAC": "String"},
        "BOUA_label": {"PAC": "String", "NAME": "String"},
    }
    assert [(e["id"], e["minzoom"], e["maxzoom"]) for e in found.metadata["vector_layers"]][1] == ("BOUA_label", 2, 3)
    assert [r.name for r in found.result.layers] == ["BOUA"]

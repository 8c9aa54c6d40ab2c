"""Preparing a layer: order, first zooms, bounds, what is left out and what is refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from pmtiles.tile import zxy_to_tileid

from pipeline.errors import InputError
from pipeline.types import Tally
from pipeline.vector.layer import zoom_shift
from pipeline.vector.plan import LayerPlan, ZoomByField
from tests.decoded import tiled
from tests.oracles.mercator import unit_square
from tests.shapes import batch, layer
from tests.vector.prepared import held, prepared


def test_a_shift_turns_world_units_into_tile_units() -> None:
    assert zoom_shift(0) == 24 and zoom_shift(22) == 2
    assert (1 << 36) >> zoom_shift(14) == 4096 << 14


def test_features_lie_along_the_hilbert_curve_whatever_the_order_of_the_rows() -> None:
    draw = random.Random(1)
    places = [(draw.uniform(-179, 179), draw.uniform(-80, 80)) for _ in range(60)]
    keys = list(range(1, 61))

    def along() -> list[int]:
        found = prepared(LayerPlan("a", 0, 0, key="k"), batch([shapely.Point(p) for p in places], k=keys))
        return held(found).ids.tolist()

    first = along()
    cell = {
        key: zxy_to_tileid(24, *(int(v * 2**24) for v in unit_square(*place)))
        for key, place in zip(keys, places, strict=True)
    }
    assert first == sorted(keys, key=lambda key: cell[key])
    both = list(zip(places, keys, strict=True))
    draw.shuffle(both)
    places, keys = [p for p, _ in both], [k for _, k in both]
    assert along() == first


def test_rows_without_geometry_are_left_out_with_their_attributes() -> None:
    shapes = [None, shapely.Point(1, 1), shapely.Point(), shapely.Point(2, 2)]
    found = prepared(LayerPlan("a", 0, 0, key="k"), batch(shapes, k=[1, 2, 3, 4], v=["a", "b", "c", "d"]))
    kept = held(found)
    assert found.count == kept.count == 2
    assert sorted(kept.ids.tolist()) == [2, 4]
    ends = kept.attributes.value_offsets
    values = [kept.attributes.values[ends[c] : ends[c + 1]].tobytes() for c in kept.attributes.codes[1].tolist()]
    assert {int(i): v for i, v in zip(kept.ids, values, strict=True)} == {
        2: b"\x22\x03\x0a\x01b",
        4: b"\x22\x03\x0a\x01d",
    }, "Layer.values fields of the strings"


def test_bounds_and_kinds() -> None:
    shapes = [shapely.Point(10, 20), shapely.LineString([(-5, 50), (30, 40)])]
    found = prepared(LayerPlan("a", 0, 0), batch(shapes))
    assert found.bounds == pytest.approx((-5, 20, 30, 50), abs=1e-8)
    assert found.stats.geometry == "mixed"
    nothing = prepared(LayerPlan("a", 0, 0))
    assert (nothing.bounds, nothing.stats.geometry, nothing.count, nothing.shards) == (None, "none", 0, ())


def test_the_hash_of_content_knows_every_part_of_it() -> None:
    """Same content, same id; another vertex, attribute, null, field name or kind of part: another id."""
    square = shapely.box(0, 0, 1, 1)
    hole = shapely.Polygon(square.exterior.coords, [shapely.box(0.2, 0.2, 0.3, 0.3).exterior.coords])
    two = shapely.MultiPolygon([square, shapely.box(0.2, 0.2, 0.3, 0.3)])
    line = shapely.LineString(square.exterior.coords)

    def content(shape: shapely.Geometry, **columns: object) -> int:
        return int(held(prepared(LayerPlan("a", 0, 0), batch([shape], **columns))).ids[0])

    several = [
        content(square), content(hole), content(two), content(line), content(shapely.box(0, 0, 1, 1.0001)),
        content(square, a=[1]), content(square, a=[2]), content(square, a=["1"]), content(square, b=[1]),
        content(square, a=[1], b=[2]), content(square, a=[2], b=[1]),
    ]  # fmt: skip
    assert len(set(several)) == len(several)
    assert content(square, a=[1], b=[None]) == content(square, a=[1]), "a null is no attribute"
    assert content(square, a=[1], b=[2]) == content(square, b=[2], a=[1]), "nor is the order of the columns content"


def test_zoom_by_field(tmp_path: Path) -> None:
    shapes = [shapely.Point(k, 0) for k in range(5)]
    classes = ["expressway", "lane", None, "unheard of", "national"]
    found = tiled(
        tmp_path,
        layer(
            "LRDL",
            batch(shapes, id=[1, 2, 3, 4, 5], CLASS=classes),
            key="id",
            min_zoom=2,
            max_zoom=5,
            zoom_by=ZoomByField("CLASS", {"expressway": 0, "national": 3, "lane": 9}, 4),
            fields=("id",),
        ),
    )
    first = {f.id: min(g.tile[0] for g in found.features if g.id == f.id) for f in found.features}
    assert first == {1: 2, 5: 3, 3: 4, 4: 4}, "lane would come at 9 only; nobody is earlier than the layer"


@pytest.mark.parametrize(
    "values", [pa.array([3, 4]), pa.array(["3", "4"]).dictionary_encode(), pa.array([3, 4], pa.uint8())]
)
def test_zoom_by_reads_the_text_of_any_type(tmp_path: Path, values: pa.Array) -> None:
    shapes = [shapely.Point(1, 1), shapely.Point(50, 1)]
    plan = {"min_zoom": 0, "max_zoom": 3, "zoom_by": ZoomByField("RANK", {"3": 1, "4": 2}, 3)}
    found = tiled(tmp_path, layer("a", batch(shapes, RANK=values), **plan))
    assert [sum(1 for _ in found.at(zoom)) for zoom in range(4)] == [0, 1, 2, 2]


def test_unknown_fields_are_refused() -> None:
    one = batch([shapely.Point(1, 1)], a=[1])
    with pytest.raises(InputError, match="nix"):
        prepared(LayerPlan("a", 0, 0, fields=("a", "nix")), one)
    with pytest.raises(InputError, match="nix"):
        prepared(LayerPlan("a", 0, 0, zoom_by=ZoomByField("nix", {}, 0)), one)
    with pytest.raises(InputError, match="nix"):
        prepared(LayerPlan("a", 0, 0, key="nix"), one)
    with pytest.raises(InputError, match="nix"):
        prepared(LayerPlan("a", 0, 0, priority="nix"), one)


def test_read_only_arrays_are_welcome() -> None:
    given = batch([shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])])
    for array in given.geometries:
        array.flags.writeable = False
    assert prepared(LayerPlan("a", 0, 0), given).count == 2


def test_mended_areas_are_measured_as_they_were_meant() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    tally = Tally()
    found = prepared(LayerPlan("a", 0, 0), batch([bow, shapely.box(5, 0, 6, 1)]), tally=tally)
    assert tally.counts == {"invalid-area": 1}
    degree2 = float((2**36 / 360) ** 2)
    assert np.sort(held(found).features.size) == pytest.approx([degree2, 2 * degree2], rel=0.001)


def test_zooms_by_values_without_a_text_are_refused() -> None:
    lists = batch([shapely.Point(1, 1)], a=pa.array([[1, 2]]))
    with pytest.raises(InputError, match="Field a of layer x cannot tell zooms: it is of type list"):
        prepared(LayerPlan("x", 0, 5, zoom_by=ZoomByField("a", {"1": 0}, 3)), lists)

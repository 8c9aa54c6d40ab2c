from __future__ import annotations

from typing import Any

import pytest

from pipeline.portal.pixels import bound_pixels, pixel_source


def archive(product: str, **more: Any) -> dict[str, Any]:
    """A raster archive of catalog.json."""
    return {
        "id": f"a-{product}",
        "type": "raster",
        "product": product,
        "file": f"tiles/{product}-0123456789ab.pmtiles",
        "tile_size": 512,
        "encoding": "terrarium" if product == "terrain" else None,
        **more,
    }


def layer(product: str) -> dict[str, Any]:
    kind = "hillshade" if product == "terrain" else "raster"
    return {
        "id": product,
        "type": kind,
        "source-product": product,
        "metadata": {"longquan:part": "shade"},
        "paint": {"a": 1},
    }


@pytest.mark.parametrize(
    ("wanted", "there", "source"),
    [
        ("terrain", ["terrain"], "a-terrain"),
        ("slope", ["slope", "terrain"], "a-slope"),
        ("hillshade", ["hillshade"], "a-hillshade"),
        ("tint", ["tint", "imagery"], "a-tint"),
        ("hillshade", ["hillshade", "terrain"], None),  # the client shades the heights itself
        ("tint", ["terrain", "tint"], None),
        ("terrain", ["imagery"], None),
        ("aspect", [], None),
    ],
)
def test_layers_of_pixels_are_bound_to_the_archive_of_their_product(
    wanted: str, there: list[str], source: str | None
) -> None:
    bound = bound_pixels(layer(wanted), [archive(product) for product in there])
    assert [one["source"] for one in bound] == ([source] if source else [])


def test_a_bound_layer_tells_what_it_draws_and_keeps_its_look() -> None:
    assert bound_pixels(layer("terrain"), [archive("terrain")]) == [
        {
            "id": "terrain",
            "type": "hillshade",
            "source": "a-terrain",
            "metadata": {"longquan:part": "shade", "longquan:product": "hillshade"},
            "paint": {"a": 1},
        }
    ]


def test_heights_in_no_known_encoding_and_vector_archives_are_no_source() -> None:
    unknown, vector = archive("terrain", encoding=None), archive("terrain", type="vector")
    assert bound_pixels(layer("terrain"), [unknown, vector]) == []
    assert bound_pixels(layer("hillshade"), [unknown, archive("hillshade")]) != []


def test_the_first_archive_of_a_product_is_drawn() -> None:
    bound = bound_pixels(layer("slope"), [archive("slope", id="one"), archive("slope", id="two")])
    assert [one["source"] for one in bound] == ["one"]


def test_sources_tell_size_and_encoding_and_whom_to_credit() -> None:
    assert pixel_source(archive("terrain", encoding="mapbox"), "青溪 &amp; 局") == {
        "type": "raster-dem",
        "url": "pmtiles://../tiles/terrain-0123456789ab.pmtiles",
        "tileSize": 512,
        "encoding": "mapbox",
        "attribution": "青溪 &amp; 局",
    }
    assert pixel_source(archive("slope", tile_size=256, attribution="测绘 <院>"), "局") == {
        "type": "raster",
        "url": "pmtiles://../tiles/slope-0123456789ab.pmtiles",
        "tileSize": 256,
        "attribution": "测绘 &lt;院&gt;",
    }

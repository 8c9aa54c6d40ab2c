"""Rasters are recognised, and choices that cannot be are refused before anything is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from pipeline import open_archive, tile
from pipeline.api import TileOptions
from pipeline.api.imagery import ImageryOptions
from pipeline.api.raster import are_rasters
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.progress import Silent
from tests.pictures import made, picture


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return picture(tmp_path / "town.tif")


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    path = tmp_path / "roads.geojson"
    line = {"type": "LineString", "coordinates": [[117, 28], [117.1, 28.1]]}
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": line}))
    return path


def test_what_a_raster_is(tmp_path: Path, town: Path, roads: Path) -> None:
    assert are_rasters([town]) and not are_rasters([roads]) and not are_rasters(["-"]) and not are_rasters([])
    assert not are_rasters(["postgresql://me@here/db"]) and not are_rasters([tmp_path / "missing.tif"])
    renamed = town.rename(tmp_path / "town.data")
    assert are_rasters([renamed, str(renamed)])


@pytest.mark.parametrize(
    ("choices", "match"),
    [
        ({"density": 8}, "--density: this does not apply to imagery"),
        ({"layer": "x", "fields": ("a",)}, "--layer, --field"),
        ({"explain": True}, "--explain"),
        ({"changes": "x.geojson"}, "--changes"),
        ({"interval": 20.0}, "--interval"),
        ({"product": "soup"}, "no product 'soup'"),
        ({"tile_size": 333}, "Tiles of 333"),
        ({"format": "gif"}, "--format cannot be gif"),
        ({"quality": 0}, "Quality"),
        ({"feather": -1}, "feather"),
        ({"effort": 7}, "Effort"),
        ({"lossless": True, "format": "png"}, "Only WebP"),
        ({"effort": 1, "format": "jpeg"}, "JPEG"),
        ({"date": "yesterday"}, "no date"),
        ({"min_zoom": 9, "max_zoom": 8}, "no range"),
        ({"max_zoom": 27}, "no range"),
        ({"stretch": "5"}, "no range of values"),
        ({"stretch": "9,5"}, "no range of values"),
        ({"stretch": "2%,98"}, "no range of values"),
        ({"stretch": "2%,101%"}, "no range of values"),
        ({"resampling": "best"}, "--resampling cannot be best"),
        ({"top": "me"}, "--top cannot be me"),
        ({"options": TileOptions(buffer=9)}, "--buffer"),
    ],
)  # fmt: skip
def test_what_does_not_apply_is_refused(town: Path, choices: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        made(town, **choices)
    assert not (town.parent / "out.pmtiles").exists()


@pytest.mark.parametrize(
    "choices", [{"tile_size": 256}, {"product": "imagery"}, {"options": ImageryOptions(quality=5)}]
)
def test_nor_do_rasters_options_to_vectors(roads: Path, choices: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="this is for rasters"):
        tile(roads, roads.with_suffix(".pmtiles"), **choices)


def test_places_that_cannot_be(town: Path, roads: Path, tmp_path: Path) -> None:
    for choices, error in (
        ({"out": tmp_path}, OutputError),
        ({"out": tmp_path / "none" / "a.pmtiles"}, OutputError),
        ({"out": town}, UsageError),
        ({"previous": tmp_path / "none.pmtiles"}, InputError),
    ):
        with pytest.raises(error):
            made(town, **choices)
    with pytest.raises(UsageError, match="archives of their own"):
        tile([town, roads], tmp_path / "x.pmtiles")
    heights = tmp_path / "dem.tif"
    with rasterio.open(town) as source:
        profile = source.profile | {"count": 1, "dtype": "float32"}
    with rasterio.open(heights, "w", **profile) as file:
        file.write(np.full((1, 600, 600), 500, np.float32))
    with pytest.raises(UsageError, match="pictures and some are elevations"):
        tile([town, heights], tmp_path / "x.pmtiles")
    assert made(town, out=tmp_path / "y.pmtiles").path.exists()
    with pytest.raises(OutputError):
        made(town, out=tmp_path / "y.pmtiles", no_clobber=True)


@pytest.mark.parametrize("date", ["2026-13", "2026-02-31", "2026-2", "0000", "2026-01-01T00:00", "２０２６", ""])
def test_days_that_the_calendar_does_not_have(town: Path, date: str) -> None:
    for product in ("imagery", "hillshade", "contours"):
        with pytest.raises(UsageError, match="is no date"):
            made(town, product=product, date=date)


@pytest.mark.parametrize("date", ["2026", "2026-12", "2024-02-29"])
def test_days_that_it_has(town: Path, date: str) -> None:
    with open_archive(made(town, date=date, max_zoom=12).path) as archive:
        assert archive.metadata["date"] == date


@pytest.mark.parametrize(("choices", "match"), [
    ({"stretch": "0,1e400"}, "no range of values"),
    ({"stretch": "-inf,9"}, "no range of values"),
    ({"stretch": "nan,9"}, "no range of values"),
    ({"format": "png", "quality": 75}, "has no quality"),
    ({"lossless": True, "quality": 80}, "has no quality"),
    ({"product": "hillshade", "format": "png", "quality": 80}, "has no quality"),
    ({"product": "slope", "format": "jpeg", "effort": 2}, "JPEG knows no effort"),
    ({"product": ""}, "no product ''"),
])  # fmt: skip
def test_nothing_is_passed_over(town: Path, choices: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        made(town, **choices)


@pytest.mark.parametrize(
    "address",
    ["http://example.com/a.tif", "HTTPS://example.com/a", "s3://b/a.tif", "/vsicurl/http://example.com/a.tif"],
)
def test_an_address_is_shown_as_it_was_written(tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError, match="an address on the network") as caught:
        tile(address, tmp_path / "a.pmtiles")
    assert caught.value.where == address


class Told(Silent):
    """Remembers what was noted."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Kept."""
        self.notes.append(text)


@pytest.mark.parametrize(("choices", "note"), [
    ({"min_zoom": 18}, "the last zoom is 18 because of -Z"),  # 2 m at 28° is the resolution of 16, at 512 pixels
    ({"max_zoom": 17}, "up to 17, only enlarge"),
    ({"max_zoom": 16}, None),
    ({"nodata": -9999}, "no pixel can have the value that means nothing"),
])  # fmt: skip
def test_what_one_would_not_expect_is_told(town: Path, choices: dict[str, Any], note: str | None) -> None:
    told = Told()
    made(town, progress=told, **choices)
    assert [each for each in told.notes if note is None or note in each] == told.notes
    assert len(told.notes) == (0 if note is None else 1)


def test_more_tiles_than_anybody_could_draw(town: Path) -> None:
    """2.4 km at 28° are 2720 m of EPSG:3857, and a tile of zoom 26 is 0.597 m of them: 4550 by 4550."""
    with pytest.raises(UsageError, match=r"At zoom 26 these files are 20,\d{3},\d{3} tiles"):
        made(picture(town.parent / "wide.tif", pixel=4.0), max_zoom=26)


def test_no_file_that_is_read_is_replaced(town: Path) -> None:
    area = town.parent / "area.pmtiles"
    square = [[117.0, 28.0], [117.01, 28.0], [117.01, 28.02], [117.0, 28.0]]
    area.write_text(
        json.dumps({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square]}})
    )
    before = area.read_bytes()
    with pytest.raises(UsageError, match="replace its own input"):
        made(town, out=area, cutline=area)
    assert area.read_bytes() == before
    ramp = town.parent / "ramp.pmtiles"
    ramp.write_text("0 1 2 3\n9 4 5 6\n")
    with pytest.raises(UsageError, match="replace its own input"):
        made(town, out=ramp, ramp=ramp, product="tint")


def test_a_cutline_elsewhere_is_told(town: Path) -> None:
    area = town.parent / "area.geojson"
    square = [[7.0, 8.0], [7.1, 8.0], [7.1, 8.2], [7.0, 8.0]]
    area.write_text(
        json.dumps({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square]}})
    )
    with pytest.raises(InputError, match="beside the input") as caught:
        made(town, cutline=area)
    assert caught.value.where == str(area)

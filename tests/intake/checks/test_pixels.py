"""Rasters: their outlines, dates and metadata are looked at like those of features, and all of their pixels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from pipeline.intake.checks import Report, check_source
from pipeline.intake.checks.pixels import APPLICABLE
from pipeline.intake.checks.registry import OF_PIXELS, RULES
from pipeline.progress import Silent
from tests.intake.checks.made import X, Y, dataset, subject

ORTHOPHOTO = dataset(kind="raster", key=None, source="inbox/photo.tif")


def _photo(path: Path, x: float, y: float, crs: str | None = "EPSG:4549", size: int = 40) -> Path:
    """A grey image of 40 pixels of 1 m each way, its north-western corner at x, y."""
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="uint8", crs=crs,
        transform=from_origin(x, y, 1, 1),
    ) as file:  # fmt: skip
        file.write((np.arange(size * size).reshape(1, size, size) % 251).astype(np.uint8))
    return path


def _check(path: Path, **known: object) -> Report:
    return check_source(path, replace(subject(dataset=ORTHOPHOTO), **known), Silent())  # type: ignore[arg-type]


def test_a_raster_in_the_city_passes(tmp_path: Path) -> None:
    report = _check(_photo(tmp_path / "photo.tif", X, Y))
    assert (report.score, report.crs, report.features) == (100.0, "EPSG:4549", 0)
    assert {rule.rule for rule in report.rules if rule.state == "passed"} <= {*APPLICABLE, *OF_PIXELS, "unreadable"}
    assert report.bounds is not None
    # 119.13° E 28.07° N is within the image's 40 m of (X, Y), to a hundredth of a degree.
    assert report.bounds[0] == pytest.approx(119.13, abs=0.01) and report.bounds[1] == pytest.approx(28.07, abs=0.01)


def test_a_raster_may_show_more_than_the_city_but_has_to_show_it(tmp_path: Path) -> None:
    wide = _photo(tmp_path / "wide.tif", X - 90_000, Y + 90_000, size=1000)
    with rasterio.open(wide, "r+") as file:
        file.transform = from_origin(X - 90_000, Y + 90_000, 180, 180)
    assert _check(wide).passed
    away = _check(_photo(tmp_path / "away.tif", X + 200_000, Y))
    assert away.counts == {"elsewhere": 1} and not away.passed


def test_a_raster_without_a_place_cannot_be_read(tmp_path: Path) -> None:
    report = _check(_photo(tmp_path / "photo.tif", X, Y, crs=None))
    assert report.counts == {"unreadable": 1}
    assert str(tmp_path) not in report.findings[0].message  # where it lies is nobody's business


def test_rules_on_pixels_are_rules() -> None:
    assert {rule.id for rule in RULES} >= APPLICABLE


def test_a_raster_is_known_by_its_name_where_there_is_no_workspace(tmp_path: Path) -> None:
    report = _check(_photo(tmp_path / "photo.tif", X, Y), dataset=None)
    passed = {rule.rule for rule in report.rules if rule.state == "passed"}
    assert "raster-empty" in passed and report.sheets == 1


def test_bands_that_are_not_there_are_told(tmp_path: Path) -> None:
    asked = ORTHOPHOTO.model_copy(update={"bands": (1, 2, 3)})
    report = _check(_photo(tmp_path / "photo.tif", X, Y), dataset=asked)
    assert report.counts == {"unreadable": 1} and "no such bands" in report.findings[0].message


def test_a_sheet_is_a_unit_product(tmp_path: Path) -> None:
    """One of four sheets is empty, a fault of class C: 100 − 4 / 4."""
    for number in range(4):
        _photo(tmp_path / f"{number}.tif", X + 40 * number, Y)
    with rasterio.open(tmp_path / "3.tif", "r+") as file:
        file.nodata = 7
        file.write(np.full((1, 40, 40), 7, np.uint8))
    report = _check(tmp_path)
    assert (report.counts, report.score) == ({"raster-sheet-empty": 1}, 99.0)

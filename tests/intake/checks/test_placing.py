"""Reading coordinates: what is declared, what the digits say, what the city says."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest

from pipeline.intake.checks.placing import settle
from pipeline.sources.detective import Digits
from tests.intake.checks.made import CITY

BOX = CITY.bounds


def _seen(x: float, y: float, size: float = 100.0) -> Digits:
    return Digits(x, y, (x - size, y - size, x + size, y + size))


@pytest.mark.parametrize(
    ("declared", "x", "y", "state", "crs", "swapped"),
    [
        ("EPSG:4549", 414_500.0, 3_106_000.0, "declared", "EPSG:4549", False),
        ("EPSG:4528", 40_414_500.0, 3_106_000.0, "declared", "EPSG:4528", False),
        ("EPSG:4549", 3_106_000.0, 414_500.0, "swapped", "EPSG:4549", True),
        ("EPSG:4528", 3_106_000.0, 40_414_500.0, "swapped", "EPSG:4528", True),
        ("EPSG:4528", 414_500.0, 3_106_000.0, "contradicted", "EPSG:4549", False),
        ("EPSG:4549", 40_414_500.0, 3_106_000.0, "contradicted", "EPSG:4528", False),
        (None, 40_414_500.0, 3_106_000.0, "assumed", "EPSG:4528", False),
        (None, 3_106_000.0, 40_414_500.0, "swapped", "EPSG:4528", True),
        (None, 414_500.0, 3_106_000.0, "unknown", "EPSG:4549", False),  # the city tells which meridian would fit
        (None, 3_106_000.0, 414_500.0, "swapped", "EPSG:4549", True),
        (None, 12_345.0, 67_890.0, "unknown", None, False),  # a local system
        ("no such crs", 414_500.0, 3_106_000.0, "unknown", "EPSG:4549", False),
    ],
)
def test_the_reading_that_fits_is_found(
    declared: str | None, x: float, y: float, state: str, crs: str | None, swapped: bool
) -> None:
    placing = settle("data", declared, None, _seen(x, y), BOX)
    assert (placing.state, placing.crs, placing.swapped) == (state, crs, swapped)


@pytest.mark.parametrize(
    ("declared", "x", "y", "state", "swapped"),
    [
        ("EPSG:4490", 119.13, 28.07, "declared", False),
        ("EPSG:4490", 28.07, 119.13, "swapped", True),
        ("EPSG:4549", 119.13, 28.07, "contradicted", False),  # degrees, declared as metres
        (None, 119.13, 28.07, "assumed", False),
    ],
)
def test_degrees_are_read_as_degrees(declared: str | None, x: float, y: float, state: str, swapped: bool) -> None:
    placing = settle("data", declared, None, _seen(x, y, 0.01), BOX)
    assert (placing.state, placing.swapped) == (state, swapped)
    lng, lat = placing.degrees(np.array([119.13]), np.array([28.07]))
    assert (lng[0], lat[0]) == (119.13, 28.07)


def test_a_declared_displacement_is_undone_and_an_undeclared_one_is_told() -> None:
    told = settle("学校_GCJ02.csv", None, None, _seen(119.135, 28.067, 0.01), BOX)
    assert (told.said_displaced, told.displaced) == ("GCJ-02", "GCJ-02")
    asked = settle("schools.csv", None, "GCJ-02", _seen(119.135, 28.067, 0.01), BOX)
    assert (asked.said_displaced, asked.displaced) == (None, "GCJ-02")
    # The shift at Longquan is about 500 m east and 346 m south (domain.md, computed elsewhere).
    lng, lat = asked.degrees(np.array([119.13]), np.array([28.07]))
    geod = pyproj.Geod(ellps="GRS80")
    azimuth, _back, metres = geod.inv(lng[0], lat[0], 119.13, 28.07)
    assert metres == pytest.approx(608, abs=15)
    assert metres * math.sin(math.radians(azimuth)) == pytest.approx(500, abs=15)
    assert metres * math.cos(math.radians(azimuth)) == pytest.approx(-346, abs=15)


@pytest.mark.parametrize(
    ("crs", "x", "y", "expected"),
    [
        # Metres in a degree at 28.07° N on GRS 80: cos φ·a/√(1 − e²sin²φ)·π/180 and a(1 − e²)/(1 − e²sin²φ)^1.5·π/180.
        ("EPSG:4490", 119.13, 28.07, (98_296.6, 110_821.5)),
        ("EPSG:4549", 414_500.0, 3_106_000.0, (1.0, 1.0)),
        ("EPSG:3857", 13_261_490.0, 3_258_000.0, (0.8807, 0.8807)),  # cos 28.07°·(N + M)/2a
        ("EPSG:2249", 760_000.0, 2_960_000.0, (0.3048, 0.3048)),  # US survey feet
    ],
)
def test_a_unit_has_its_length_on_the_ground(crs: str, x: float, y: float, expected: tuple[float, float]) -> None:
    size = 0.01 if crs == "EPSG:4490" else 100.0
    placing = settle("data", crs, None, _seen(x, y, size), None)
    assert placing.scale == pytest.approx(expected, rel=2e-3)


def test_units_lead_back_from_degrees() -> None:
    placing = settle("data", "EPSG:4549", None, _seen(414_500.0, 3_106_000.0), BOX)
    lng, lat = placing.degrees(np.array([414_500.0]), np.array([3_106_000.0]))
    x, y = placing.units(lng, lat)
    assert (x[0], y[0]) == pytest.approx((414_500.0, 3_106_000.0), abs=1e-6)

"""Coordinate reference systems: right ones are followed, wrong ones refused, missing ones inferred or asked for."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
from scipy.integrate import quad

from pipeline.errors import InputError
from pipeline.sources.crs import Locator
from pipeline.sources.ragged import points
from pipeline.types import NONE, POINT, Geometries, Tally

# 119.13° E, 28.07° N in the CGCS2000 3° zone of 120° E (cs2cs EPSG:4490 EPSG:4549).
EAST, NORTH = 414478.694, 3106504.688
ZONED = 40_000_000 + EAST


def located(
    *xy: tuple[float, float], declared: str | None = None, override: str | None = None
) -> tuple[Geometries, Tally]:
    x, y = (np.array(v, np.float64) for v in zip(*xy, strict=True))
    tally = Tally()
    locator = Locator("roads.shp", declared, override)
    return locator.locate(points(x, y, np.ones(len(x), np.bool_)), tally, lambda row: f"row {row}"), tally


def refused(*xy: tuple[float, float], declared: str | None = None, override: str | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        located(*xy, declared=declared, override=override)
    error = caught.value
    assert error.where and "roads.shp" in error.where
    assert error.message and error.expected and error.hint
    return error


def test_the_meridian_by_hand() -> None:
    """On its central meridian Gauss–Krüger is the arc of the ellipse: integrated here, without PROJ."""
    a, f = 6378137.0, 1 / 298.257222101
    e2 = f * (2 - f)
    arc, _ = quad(lambda lat: a * (1 - e2) / (1 - e2 * math.sin(lat) ** 2) ** 1.5, 0, math.radians(28.07))
    found, tally = located((500_000, arc), declared="EPSG:4549")
    assert found.x[0] == pytest.approx(120, abs=1e-9)
    assert found.y[0] == pytest.approx(28.07, abs=1e-8)
    assert tally.counts == {}


WKT = pyproj.CRS("EPSG:4549").to_wkt("WKT1_ESRI")


@pytest.mark.parametrize(
    ("declared", "x", "y"),
    [
        ("EPSG:4549", EAST, NORTH),
        (WKT, EAST, NORTH),
        ("EPSG:4528", ZONED, NORTH),
        ("EPSG:3857", 13261490.938, 3257802.058),
        ("EPSG:32650", 709318.541, 3106788.012),
        ("EPSG:4490+5737", 119.13, 28.07),
        ("EPSG:4490", 119.13, 28.07),
        ("EPSG:4326", 119.13, 28.07),
        ("OGC:CRS84", 119.13, 28.07),
        ("EPSG:4610", 119.13, 28.07),
    ],
)
def test_the_same_place(declared: str, x: float, y: float) -> None:
    for found, tally in (located((x, y), declared=declared), located((x, y), declared="EPSG:27700", override=declared)):
        assert (found.x[0], found.y[0]) == pytest.approx((119.13, 28.07), abs=2e-8)
        assert tally.counts == {}


def test_degrees_stay_bit_for_bit() -> None:
    x, y = 119.123456789012345, 28.0712345678901234
    found, _ = located((x, y), (-180, -90), (180, 90), declared="EPSG:4490")
    assert found.x.tolist() == [x, -180, 180] and found.y.tolist() == [y, -90, 90]


def test_missing_crs_is_assumed_and_counted() -> None:
    found, tally = located((119.13, 28.07))
    assert (found.x[0], found.y[0]) == (119.13, 28.07)
    assert (tally.counts, tally.samples) == ({"crs-assumed": 1}, {"crs-assumed": "roads.shp: EPSG:4326"})
    found, tally = located((ZONED, NORTH), (ZONED + 10, NORTH))
    assert (found.x[0], found.y[0]) == pytest.approx((119.13, 28.07), abs=2e-8)
    assert tally.samples == {"crs-assumed": "roads.shp: EPSG:4528"}
    found, tally = located((20_414_478.694, NORTH))
    assert tally.samples == {"crs-assumed": "roads.shp: EPSG:4498"}  # 6° zone 20, central meridian 117°
    undefined = (
        'ENGCRS["Undefined",EDATUM["Unknown"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'
    )
    assert located((ZONED, NORTH), declared=undefined)[1].counts == {"crs-assumed": 1}


def test_missing_crs_that_digits_cannot_tell() -> None:
    ambiguous = refused((EAST, NORTH))
    assert "6-digit" in str(ambiguous.expected) and "EPSG:4549" in str(ambiguous.hint)
    assert "414478.694" in ambiguous.message and "3106504.688" in ambiguous.message
    quoted = refused((11_000, 34_000), (12_000, 39_000)).message
    assert "11000" in quoted and "34000" in quoted  # numbers of the file, not a mean of two
    local = refused((12_000, 34_000))
    assert "local" in str(local.hint) and "--s-srs" in str(local.hint)


@pytest.mark.parametrize(
    ("x", "y", "declared"),
    [
        (NORTH, EAST, "EPSG:4549"),
        (NORTH, EAST, WKT),
        (NORTH, ZONED, "EPSG:4528"),
        (NORTH, ZONED, "EPSG:4549"),
        (NORTH, ZONED, None),
        (NORTH, EAST, None),
        (28.07, 119.13, None),
        (28.07, 119.13, "EPSG:4490"),
        (28.07, 119.13, "EPSG:4326"),
    ],
)
def test_exchanged_axes_are_refused_not_repaired(x: float, y: float, declared: str | None) -> None:
    assert "wrong order" in refused((x, y), declared=declared).message


@pytest.mark.parametrize(
    ("x", "y", "declared", "fits"),
    [
        (ZONED, NORTH, "EPSG:4549", "EPSG:4528"),
        (ZONED, NORTH, WKT, "EPSG:4528"),
        (ZONED, NORTH, "EPSG:4326", "EPSG:4528"),
        (EAST, NORTH, "EPSG:4528", "EPSG:4549"),
        (119.13, 28.07, "EPSG:4549", "EPSG:4490"),
        (39_500_000, NORTH, "EPSG:4549", "EPSG:4527"),
        (ZONED, NORTH, "EPSG:3857", "EPSG:4528"),
    ],
)
def test_contradicted_declarations(x: float, y: float, declared: str, fits: str | None) -> None:
    error = refused((x, y), declared=declared)
    assert "do not fit" in error.message
    if fits:
        assert f'crs = "{fits}"' in str(error.hint)
    assert refused((x, y), override=declared).message == error.message


def test_one_wrong_vertex_does_not_decide() -> None:
    found, tally = located((EAST, NORTH), (EAST, NORTH), (1e12, NORTH), declared="EPSG:4549")
    assert found.kinds.tolist() == [POINT, POINT, NONE]
    assert found.part_offsets.tolist() == [0, 1, 2, 2] and len(found.x) == 2
    assert (tally.counts, tally.samples) == ({"outside-crs": 1}, {"outside-crs": "row 2"})


def test_far_from_the_area_of_use_is_noted() -> None:
    _, tally = located((-71.1, 42.37), declared="EPSG:4214")  # Beijing 1954, used in Massachusetts
    assert tally.counts == {"outside-crs-area": 1}


@pytest.mark.parametrize("text", ["EPSG:99999", "nonsense", "EPSG:4978", "EPSG:5737"])
def test_what_is_no_plane_crs(text: str) -> None:
    error = refused((119.13, 28.07), override=text)
    assert "--s-srs" in str(error.hint)

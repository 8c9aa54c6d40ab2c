"""GCJ-02 and BD-09: published pairs, there and back; refused where it says so, moved where asked for; suspicions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, read_batches
from pipeline.sources.crs import Locator
from pipeline.sources.detective import suspect
from pipeline.sources.gcj02 import EAST, NORTH, SOUTH, WEST, System, displaced, from_displaced, to_displaced
from pipeline.sources.ragged import points
from pipeline.types import Geometries, Tally
from tests.sources.made import places, write

# WGS 84 → GCJ-02: the test pairs of eviltransform (Shanghai, Shenzhen, Beijing) and of coordtransform.
PAIRS = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
]
# GCJ-02 → BD-09, coordtransform.
BAIDU = ((116.404, 39.915), (116.41036949371029, 39.92133699351021))


def arrays(*places: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.array(places, float).T
    return x.copy(), y.copy()


def test_published_pairs() -> None:
    x, y = to_displaced("GCJ-02", *arrays(*(wgs for wgs, _gcj in PAIRS)))
    assert np.abs(np.column_stack((x, y)) - [gcj for _wgs, gcj in PAIRS]).max() < 1e-12
    x, y = from_displaced("GCJ-02", *arrays(*(gcj for _wgs, gcj in PAIRS)))
    assert np.abs(np.column_stack((x, y)) - [wgs for wgs, _gcj in PAIRS]).max() < 1e-9
    x, y = to_displaced("BD-09", *from_displaced("GCJ-02", *arrays(BAIDU[0])))
    assert (x[0], y[0]) == pytest.approx(BAIDU[1], abs=1e-9)


def test_at_longquan() -> None:
    """About 500 m east and 346 m south there, says the design."""
    x, y = to_displaced("GCJ-02", *arrays((119.13, 28.07)))
    assert (x[0] - 119.13) * 98_200 == pytest.approx(500, abs=5)
    assert (y[0] - 28.07) * 110_800 == pytest.approx(-346, abs=5)


@given(st.sampled_from(["GCJ-02", "BD-09"]), st.floats(WEST + 0.02, EAST - 0.02), st.floats(SOUTH + 0.02, NORTH - 0.02))
def test_there_and_back(system: System, lng: float, lat: float) -> None:
    x, y = from_displaced(system, *to_displaced(system, *arrays((lng, lat))))
    assert abs(x[0] - lng) < 1e-9 and abs(y[0] - lat) < 1e-9


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09"])
def test_unchanged_outside_china(system: System) -> None:
    x, y = arrays((-71.1, 42.4), (0, 0), (139.7, 35.7), (72.0, 30), (119, 56), (np.nan, 30), (np.inf, 30), (180, -90))
    for move in (to_displaced, from_displaced):
        found = move(system, x, y)
        assert np.array_equal(found[0], x, equal_nan=True) and np.array_equal(found[1], y, equal_nan=True)
    for each in arrays((119.0, 28.0), (0, 0)):  # nothing is written into what is given
        each.flags.writeable = False
    assert from_displaced(system, np.empty(0), np.empty(0))[0].shape == (0,)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("GCJ-02", "GCJ-02"), ("gcj02", "GCJ-02"), ("GCJ_02", "GCJ-02"), ("GCJ 02", "GCJ-02"),
        ("poi_gcj02.csv", "GCJ-02"), ("火星坐标系", "GCJ-02"), ('GEOGCS["GCS_GCJ_02",DATUM["D_GCJ_02"]]', "GCJ-02"),
        ("BD-09", "BD-09"),
        ("BD09", "BD-09"), ("bd09ll", "BD-09"), ("医院_BD09.shp", "BD-09"), ("EPSG:4490", None), ("gcj0219.shp", None),
        ("bd_09.shp", None), ("BD09MC", None), ("abd09", None), ("", None),
    ],
)  # fmt: skip
def test_names(text: str, system: System | None) -> None:
    assert displaced(text) == system


def located(source: str, declared: str | None, override: str | None) -> tuple[Geometries, Tally]:
    tally = Tally()
    x, y = arrays(*(gcj for _wgs, gcj in PAIRS))
    shapes = points(x, y, np.ones(len(x), bool))
    return Locator(source, declared, override).locate(shapes, tally, str), tally


@pytest.mark.parametrize("asked", ["GCJ-02", "gcj02"])
def test_moved_back_when_asked(asked: str) -> None:
    for source, declared in (("roads.shp", "EPSG:4326"), ("roads_gcj02.shp", None), ("a.gpkg", 'GEOGCS["GCJ02"]')):
        found, tally = located(source, declared, asked)
        assert found.x == pytest.approx([wgs[0] for wgs, _ in PAIRS], abs=1e-9)
        assert found.y == pytest.approx([wgs[1] for wgs, _ in PAIRS], abs=1e-9)
        assert (tally.counts, tally.samples) == ({"displaced": 4}, {"displaced": f"{source}: GCJ-02"})


@pytest.mark.parametrize(
    ("source", "declared"),
    [("roads_GCJ-02.shp", "EPSG:4326"), ("roads.shp", 'GEOGCS["GCS_GCJ_02"]'), ("加油站_火星坐标.csv", None)],
)
def test_refused_when_it_says_so_and_nobody_asked(source: str, declared: str | None) -> None:
    with pytest.raises(InputError) as caught:
        located(source, declared, None)
    error = caught.value
    assert "GCJ-02" in error.message and error.where == source
    assert "--s-srs GCJ-02" in str(error.hint) and "--s-srs EPSG:4490" in str(error.hint)
    found, tally = located(source, declared, "EPSG:4490")  # somebody knows better
    assert found.x[0] == PAIRS[0][1][0] and tally.counts == {}


def test_metres_are_not_gcj02() -> None:
    tally = Tally()
    shapes = points(np.array([414_478.7]), np.array([3_106_504.7]), np.ones(1, bool))
    with pytest.raises(InputError) as caught:
        Locator("a.shp", None, "GCJ-02").locate(shapes, tally, str)
    assert "GCJ-02" in caught.value.message and "414478.7" in caught.value.message


def test_files(tmp_path: Path) -> None:
    path = places(tmp_path / "p.shp", crs="EPSG:4326")
    prj = path.with_suffix(".prj")
    prj.write_text(
        'GEOGCS["GCS_GCJ_02",DATUM["D_GCJ_02",SPHEROID["Krasovsky_1940",6378245.0,298.3]],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
    )
    with pytest.raises(InputError) as caught:
        list(read_batches(path, ReadOptions(), Tally()))
    assert "displaced" in caught.value.message
    (batch,) = read_batches(path, ReadOptions(crs="GCJ-02"), Tally())
    expected = from_displaced("GCJ-02", *arrays(*((119.13, 28.07), (119.15, 28.10), (119.20, 28.12))))
    assert batch.geometries.x.tolist() == expected[0].tolist()
    # a window is asked for where the features come to lie
    x, y = float(expected[0][0]), float(expected[1][0])
    (batch,) = read_batches(path, ReadOptions(crs="GCJ-02", areas=((x - 1e-4, y - 1e-4, x + 1e-4, y + 1e-4),)), Tally())
    assert batch.geometries.features == 1
    path = write(tmp_path / "市_bd09.geojson", [shapely.Point(119, 28)], {"A": [1]}, crs="EPSG:4326")
    with pytest.raises(InputError):
        list(read_batches(path, ReadOptions(), Tally()))


def town(seed: int, count: int, apart: float) -> tuple[np.ndarray, np.ndarray]:
    """Places at random, on average `apart` metres from each other."""
    half = apart * count**0.5 / 2
    rng = np.random.default_rng(seed)
    return 119.13 + rng.uniform(-half, half, count) / 98_200, 28.07 + rng.uniform(-half, half, count) / 110_800


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09"])
@pytest.mark.parametrize("apart", [25.0, 200.0, 2000.0])
def test_suspicion(system: System, apart: float) -> None:
    known = town(1, 4000, apart)
    rng = np.random.default_rng(2)
    some = rng.choice(4000, 300, replace=False)
    there = known[0][some] + rng.normal(0, 2e-5, 300), known[1][some] + rng.normal(0, 2e-5, 300)  # 2 m
    assert suspect(*there, *known) is None
    found = suspect(*to_displaced(system, *there), *known)
    assert found is not None and found.system == system and found.points == 300
    assert found.offset == pytest.approx(found.expected, abs=2)
    assert found.near < 5 < found.apart
    if system == "GCJ-02" and apart < 1000:
        assert found.expected == pytest.approx((500, -346), abs=8)


def test_no_suspicion_without_reason() -> None:
    known = town(1, 4000, 100)
    assert suspect(*town(3, 500, 100), *known) is None  # of another kind: near nothing in particular
    assert suspect(known[0] + 0.003, known[1] + 0.003, *known) is None  # displaced, but not so
    assert suspect(known[0][:9], known[1][:9], *known) is None  # too few to say
    assert suspect(known[0] + 40, known[1], known[0] + 40, known[1]) is None  # outside China

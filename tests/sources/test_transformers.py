"""What is made of a line of text does what PROJ's own search does, bit by bit."""

from __future__ import annotations

import threading

import numpy as np
import pyproj
import pytest

from pipeline.sources import transformers
from pipeline.sources.transformers import transformer_between

# Near Longquan, in the units of each system; EPSG:4267 (NAD27) has several ways to WGS 84, by the place.
PLACES = {
    "EPSG:4549": (414_513.25, 3_106_021.5), "EPSG:4528": (40_414_513.25, 3_106_021.5), "EPSG:4490": (119.13, 28.07),
    "EPSG:32650": (709_000.5, 3_106_000.5), "EPSG:3857": (13_261_000.0, 3_255_000.0), "EPSG:4267": (-100.1, 40.1),
    "+proj=tmerc +lat_0=0 +lon_0=119.25 +k=1 +x_0=500000 +y_0=-3000000 +ellps=GRS80 +units=m": (488_000.0, 106_000.0),
}  # fmt: skip


@pytest.mark.parametrize("crs", PLACES)
@pytest.mark.parametrize("target", ["EPSG:4326", "EPSG:3857"])
def test_it_is_the_same(crs: str, target: str) -> None:
    x, y = (np.linspace(value, value * 1.0001, 50) for value in PLACES[crs])
    for source, end, a, b in ((crs, target, x, y), (target, crs, *transformer_between(crs, target).transform(x, y))):
        expected = pyproj.Transformer.from_crs(source, end, always_xy=True).transform(a, b)
        found = transformer_between(source, end).transform(a, b)
        assert np.isfinite(expected).all() and (np.asarray(found) == np.asarray(expected)).all()
        back = transformer_between(source, end).transform(*found, direction="INVERSE")
        assert np.allclose(back, (a, b), rtol=1e-9)


def test_the_database_is_searched_once_for_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    transformers._steps.cache_clear()
    transformer_between("EPSG:4549", "EPSG:4326")
    monkeypatch.setattr(pyproj.Transformer, "from_crs", lambda *_a, **_k: pytest.fail("it was searched again"))
    found: list[tuple[float, float]] = []
    other = threading.Thread(
        target=lambda: found.append(transformer_between("EPSG:4549", "EPSG:4326").transform(414_500.0, 3_106_000.0))
    )
    other.start()
    other.join()
    assert found == [pytest.approx((119.1302534, 28.0654478), abs=1e-7)]  # PROJ's cct of the same place


def test_what_has_several_ways_is_left_to_proj() -> None:
    nad27 = pyproj.CRS("EPSG:4267")
    assert transformers._steps(nad27, pyproj.CRS("EPSG:4326")) is None

"""Heights of colours, by the examples that those who made the encodings publish."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.raster.unpack import heights_of, metres, step_of

# encoding, red, green, blue, metres; by hand from the formulas
TABLE = [
    ("terrarium", 128, 0, 0, 0.0),
    ("terrarium", 128, 0, 128, 0.5),
    ("terrarium", 0, 0, 0, -32768.0),
    ("terrarium", 255, 255, 255, 32767.99609375),
    ("terrarium", 162, 144, 219, 8848.85546875),
    ("mapbox", 0, 0, 0, -10000.0),
    ("mapbox", 1, 134, 160, 0.0),  # 100,000 tenths above −10,000
    ("mapbox", 2, 224, 74, 8849.0),  # 188,490 tenths
    ("mapbox", 255, 255, 255, 1667721.5),
]


@pytest.mark.parametrize(("encoding", "red", "green", "blue", "height"), TABLE)
@pytest.mark.parametrize("bands", [3, 4])
def test_heights(encoding: str, red: int, green: int, blue: int, height: float, bands: int) -> None:
    pixels = np.array([[[red, green, blue, 7][:bands]]], dtype=np.uint8)
    assert heights_of(pixels, encoding)[0, 0] == pytest.approx(height, abs=1e-9)


def test_a_step_is_what_one_more_blue_is_worth() -> None:
    for encoding, step in (("terrarium", 1 / 256), ("mapbox", 0.1)):
        assert metres(12346, encoding) - metres(12345, encoding) == pytest.approx(step, abs=1e-9)
        assert step_of(encoding) == step

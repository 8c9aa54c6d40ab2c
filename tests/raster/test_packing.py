"""Packed pixels come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ArchiveError
from pipeline.raster.packing import pack_pixels, unpack_pixels
from pipeline.raster.pixels import HEIGHTS, RGBA, PixelKind, Pixels

COUNTED = PixelKind("counted", "float32", (2,), float("nan"), HEIGHTS.reduce)


@given(st.sampled_from([RGBA, HEIGHTS, COUNTED]), st.integers(0, 2**32 - 1))
def test_there_and_back(kind: PixelKind, seed: int) -> None:
    draw = np.random.default_rng(seed)
    pixels: Pixels = draw.integers(0, 256, (8, 8, *kind.bands), np.uint8) if kind is RGBA else kind.empty(8, 8)
    if kind is not RGBA:
        pixels[2:, 1:] = draw.normal(500, 300, pixels[2:, 1:].shape)
    back = unpack_pixels(pack_pixels(pixels), kind, 8)
    assert back.dtype == pixels.dtype and back.shape == pixels.shape
    assert back.tobytes() == pixels.tobytes()


def test_smooth_is_small() -> None:
    y, x = np.mgrid[:256, :256]
    picture = np.stack([x, y, x + y, np.full_like(x, 255)], 2).astype(np.uint8)
    assert len(pack_pixels(picture)) < picture.nbytes / 40
    heights = (1000 + x * 0.25 + y * 0.5).astype(np.float32)
    assert len(pack_pixels(heights)) < heights.nbytes / 10


@pytest.mark.parametrize("data", [b"", b"nothing", pack_pixels(np.zeros((4, 4, 4), np.uint8))])
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises((ArchiveError, ValueError)):
        unpack_pixels(data, RGBA, 8)

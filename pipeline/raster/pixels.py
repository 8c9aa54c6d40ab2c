"""The two kinds of pixels that pyramids are made of: colours and heights, and how four become one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]  # uint8 [rows, columns, 4] red, green, blue, alpha; or float32 [rows, columns], NaN = not known


@dataclass(frozen=True, slots=True)
class PixelKind:
    """What an array of pixels is made of."""

    name: str
    dtype: str  # numpy's name
    bands: tuple[int, ...]  # shape of one pixel
    nothing: float  # the value of a pixel of which nothing is known
    reduce: Callable[[Pixels], Pixels]  # [2n, 2m, …] → [n, m, …]; both sides even

    def empty(self, rows: int, columns: int) -> Pixels:
        """Pixels of which nothing is known."""
        return np.full((rows, columns, *self.bands), self.nothing, self.dtype)

    def is_empty(self, pixels: Pixels) -> bool:
        """Whether nothing is known of any of them."""
        return bool(np.isnan(pixels).all()) if self.dtype == "float32" else not pixels[..., 3].any()

    @property
    def bytes(self) -> int:
        """Of one pixel."""
        return int(np.dtype(self.dtype).itemsize * np.prod(self.bands, dtype=np.int64))


def _reduce_rgba(pixels: Pixels) -> Pixels:
    from pipeline.kernels.reduce import reduce_rgba

    out = _half(pixels)
    reduce_rgba(pixels, out)
    return out


def _reduce_light(pixels: Pixels) -> Pixels:
    from pipeline.kernels.reduce import reduce_rgba_linear

    out = _half(pixels)
    reduce_rgba_linear(pixels, *_light(), out)
    return out


def _reduce_heights(pixels: Pixels) -> Pixels:
    from pipeline.kernels.reduce import reduce_heights

    out = _half(pixels)
    reduce_heights(pixels, out)
    return out


def _half(pixels: Pixels) -> Pixels:
    rows, columns = pixels.shape[:2]
    return np.empty((rows // 2, columns // 2, *pixels.shape[2:]), pixels.dtype)


@lru_cache
def _light() -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """The light of every grey value, of 65535, and the nearest grey value of every light (IEC 61966-2-1, sRGB)."""
    grey = np.arange(256) / 255
    light = np.rint(65535 * np.where(grey <= 0.04045, grey / 12.92, ((grey + 0.055) / 1.055) ** 2.4))
    all_light = np.arange(65536) / 65535
    curve = np.where(all_light <= 0.0031308, all_light * 12.92, 1.055 * all_light ** (1 / 2.4) - 0.055)
    return light.astype(np.uint16), np.rint(255 * curve).astype(np.uint8)


RGBA: Final = PixelKind("rgba", "uint8", (4,), 0, _reduce_rgba)
RGBA_LINEAR: Final = PixelKind("rgba-linear", "uint8", (4,), 0, _reduce_light)  # means of light instead of grey values
HEIGHTS: Final = PixelKind("heights", "float32", (), float("nan"), _reduce_heights)

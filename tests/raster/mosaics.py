"""A mosaic in memory: rectangles of world pixels, each a formula of the place and of a salt."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.raster.grid import HALF
from pipeline.raster.plan import SourceFact
from pipeline.raster.state import Origin
from pipeline.types import Bounds, PixelWindow
from tests.raster.formula import coordinates, noise


@dataclass(frozen=True)
class Patch:
    """One picture: a rectangle of the pixels of `Patches.zoom`, with its own colours."""

    left: int
    top: int
    right: int
    bottom: int
    salt: int = 0
    alpha: int = 255

    def paint(self, canvas: NDArray[np.uint8], window: PixelWindow) -> None:
        """Onto a canvas, over what is there."""
        x, y = coordinates(window)
        inside = (x >= self.left) & (x < self.right) & (y >= self.top) & (y < self.bottom)
        canvas[inside] = np.stack(
            [(x // 2 + 31 * self.salt) & 255, (y // 2) & 255, noise(x, y, self.salt), np.full_like(x, self.alpha)], 2
        )[inside]


@dataclass(frozen=True)
class Patches:
    """Several of them, the first on top."""

    patches: tuple[Patch, ...]
    zoom: int
    tile_size: int = 256

    @property
    def bounds(self) -> Bounds:
        boxes = np.array([self.box(patch) for patch in self.patches])
        low, high = boxes.min(axis=0), boxes.max(axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])

    def max_zoom(self, tile_size: int) -> int:
        return self.zoom + round(math.log2(self.tile_size / tile_size))

    def read(self, window: PixelWindow) -> NDArray[np.uint8] | None:
        assert (window.zoom, window.tile_size) == (self.max_zoom(window.tile_size), window.tile_size)
        canvas = np.zeros((window.height, window.width, 4), np.uint8)
        for patch in reversed(self.patches):
            patch.paint(canvas, window)
        return canvas if canvas.any() else None

    def box(self, patch: Patch) -> Bounds:
        """West, south, east, north in metres."""
        metres = 2 * HALF / (self.tile_size << self.zoom)
        return (
            patch.left * metres - HALF, HALF - patch.bottom * metres, patch.right * metres - HALF,
            HALF - patch.top * metres,
        )  # fmt: skip

    @property
    def origins(self) -> list[Origin]:
        return [
            Origin(
                SourceFact(f"{patch.salt}.tif", 1, hashlib.sha256(repr(patch).encode()).hexdigest()), (self.box(patch),)
            )
            for patch in self.patches
        ]

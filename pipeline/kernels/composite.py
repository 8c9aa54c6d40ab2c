"""Pictures under one another, and values of any type as bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel


@kernel
def lay_under(picture: NDArray[np.uint8], canvas: NDArray[np.uint8]) -> int:
    """Lay a picture under what a canvas shows already; returns how many pixels became opaque.

    Both [rows, columns, 4] red, green, blue, alpha, not premultiplied; of the canvas 0 where there is nothing.
    Source: Porter & Duff, Compositing digital images (1984), "over".
    """
    rows, columns, _bands = picture.shape
    filled = 0
    for i in range(rows):
        for j in range(columns):
            above, below = int(canvas[i, j, 3]), int(picture[i, j, 3])
            if above == 255 or below == 0:
                continue
            if above == 0:
                for c in range(4):
                    canvas[i, j, c] = picture[i, j, c]
            else:
                share = below * (255 - above)  # of 255², as is the whole
                whole = above * 255 + share
                for c in range(3):
                    mixed = int(canvas[i, j, c]) * above * 255 + int(picture[i, j, c]) * share
                    canvas[i, j, c] = (mixed + whole // 2) // whole
                canvas[i, j, 3] = (whole + 127) // 255
            filled += canvas[i, j, 3] == 255
    return filled


@kernel
def stretch(
    values: NDArray[Any],
    alpha: NDArray[np.uint8],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    out: NDArray[np.uint8],
) -> None:
    """Values [rows, columns, bands] as bytes `out`: `low` [bands] becomes 0 and `high` 255, what is beyond is cut off.

    Where `alpha` [rows, columns] is 0 the bytes are 0.
    """
    rows, columns, bands = values.shape
    for i in range(rows):
        for j in range(columns):
            for band in range(bands):
                if alpha[i, j] == 0:
                    out[i, j, band] = 0
                    continue
                share = (values[i, j, band] - low[band]) / (high[band] - low[band])
                out[i, j, band] = int(min(max(share, 0.0), 1.0) * 255.0 + 0.5)

"""Where the pixels of one grid lie in another: a lattice of exact places and the bicubic between them.

Nodes stand every `spacing` target pixels; a cell of 3 × 3 spacings has the bicubic through its 4 × 4 nodes, taken at
pixel centres. Cells are aligned to the target grid, so a place does not depend on the window that asks for it.
Source coordinates count whole pixels from the raster's corner: the centre of its first pixel is (0.5, 0.5).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel


class Places(NamedTuple):
    """Source coordinates at the nodes, and where a window begins among them."""

    x: NDArray[np.float64]  # [node rows, node columns]
    y: NDArray[np.float64]  # [node rows, node columns]
    spacing: int  # target pixels between nodes
    skip_x: int  # target pixels from the first node to the window's western edge, less than three spacings
    skip_y: int  # the same to its northern edge


@helper
def line_of_cell(values: Any, row: int, column: int, v: float) -> Any:
    """Newton's coefficients over u = 0, 1, 2, 3 of the cell's bicubic at the line v (0…3, in spacings)."""
    v1, v2, v3 = v - 1.0, v - 2.0, v - 3.0
    w0, w1, w2, w3 = v1 * v2 * v3 / -6.0, v * v2 * v3 / 2.0, v * v1 * v3 / -2.0, v * v1 * v2 / 6.0
    a0 = w0 * values[row, column] + w1 * values[row + 1, column]
    a1 = w0 * values[row, column + 1] + w1 * values[row + 1, column + 1]
    a2 = w0 * values[row, column + 2] + w1 * values[row + 1, column + 2]
    a3 = w0 * values[row, column + 3] + w1 * values[row + 1, column + 3]
    a0 += w2 * values[row + 2, column] + w3 * values[row + 3, column]
    a1 += w2 * values[row + 2, column + 1] + w3 * values[row + 3, column + 1]
    a2 += w2 * values[row + 2, column + 2] + w3 * values[row + 3, column + 2]
    a3 += w2 * values[row + 2, column + 3] + w3 * values[row + 3, column + 3]
    return a0, a1 - a0, (a2 - 2.0 * a1 + a0) / 2.0, (a3 - 3.0 * a2 + 3.0 * a1 - a0) / 6.0


@helper
def along(c0: float, c1: float, c2: float, c3: float, u: float) -> float:
    """The coordinate at u of a cell's line."""
    return c0 + u * (c1 + (u - 1.0) * (c2 + (u - 2.0) * c3))


@helper
def breadth(values: Any, row: int, column: int, cell: int) -> Any:
    """Source pixels along one axis that a target pixel of the cell measures.

    Those of a rectangle as large as the parallelogram that the pixel becomes, and turned back to the source's axes.
    """
    across = (values[row, column + 3] - values[row, column] + values[row + 3, column + 3] - values[row + 3, column]) / 2
    down = (values[row + 3, column] - values[row, column] + values[row + 3, column + 3] - values[row, column + 3]) / 2
    return np.hypot(across, down) / cell


@kernel
def extent_of(places: Places, rows: int, columns: int) -> tuple[float, float, float, float]:
    """West, north, east and south of where a window's pixels lie in the source; west > east where none does.

    Looked at along the window's edges, and inside at every eighth pixel.
    """
    cell = 3 * places.spacing
    west, north, east, south = np.inf, np.inf, -np.inf, -np.inf
    for i in range(rows):
        line = (i + places.skip_y) // cell
        v = (i + places.skip_y - line * cell + 0.5) / places.spacing
        step = 1 if i in (0, rows - 1) else (8 if i % 8 == 0 else max(1, columns - 1))
        j = 0
        while j < columns:
            column = (j + places.skip_x) // cell
            u = (j + places.skip_x - column * cell + 0.5) / places.spacing
            x0, x1, x2, x3 = line_of_cell(places.x, 3 * line, 3 * column, v)
            y0, y1, y2, y3 = line_of_cell(places.y, 3 * line, 3 * column, v)
            x, y = along(x0, x1, x2, x3, u), along(y0, y1, y2, y3, u)
            if math.isfinite(x) and math.isfinite(y):
                west, east, north, south = min(west, x), max(east, x), min(north, y), max(south, y)
            # The last of the line, too.
            j = j + step if j + step < columns or j == columns - 1 else columns - 1
    return west, north, east, south

"""The city's plane as a raster: one frame, any cell size, and the few operations terrain needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]  # [rows, columns], row 0 in the south

# A square of 70.08 km inside 118.70–119.42° E, 27.70–28.34° N in EPSG:4549: divisible by 480, 240, 120, 60 and 30 m.
WEST: Final = 372_600.0
SOUTH: Final = 3_066_000.0
SIDE: Final = 70_080.0
SEED: Final = 331_181


def stream(*key: int) -> np.random.Generator:
    """A random stream of its own for one purpose, so that adding one purpose does not shift the others."""
    return np.random.Generator(np.random.PCG64((SEED, *key)))


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells of `step` metres over the city's plane; row 0 is the southernmost."""

    step: float

    @property
    def n(self) -> int:
        """Cells per side."""
        return round(SIDE / self.step)

    def axes(self) -> tuple[Field, Field]:
        """Eastings of the columns and northings of the rows (cell centres)."""
        along: Field = (np.arange(self.n, dtype=np.float64) + 0.5) * self.step
        return WEST + along, SOUTH + along

    def mesh(self) -> tuple[Field, Field]:
        """Eastings [1, n] and northings [n, 1] of the cell centres, to be broadcast."""
        x, y = self.axes()
        return x[None, :], y[:, None]

    def cell(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.int64]:
        """Flat number of the cell each point lies in; points outside go to the nearest edge cell."""
        column = np.clip(np.floor((np.asarray(x) - WEST) / self.step), 0, self.n - 1).astype(np.int64)
        row = np.clip(np.floor((np.asarray(y) - SOUTH) / self.step), 0, self.n - 1).astype(np.int64)
        return row * self.n + column

    def centre(self, cell: NDArray[np.int64]) -> tuple[Field, Field]:
        """Easting and northing of cells given by flat number."""
        x: Field = WEST + ((cell % self.n).astype(np.float64) + 0.5) * self.step
        y: Field = SOUTH + ((cell // self.n).astype(np.float64) + 0.5) * self.step
        return x, y

    def sample(self, values: Field, x: NDArray[Any], y: NDArray[Any]) -> Field:
        """Values between cell centres, bilinear; constant beyond the outermost centres."""
        u = np.clip((np.asarray(x) - WEST) / self.step - 0.5, 0.0, self.n - 1.000001)
        v = np.clip((np.asarray(y) - SOUTH) / self.step - 0.5, 0.0, self.n - 1.000001)
        i, j = u.astype(np.int64), v.astype(np.int64)
        u, v = u - i, v - j
        low = values[j, i] * (1 - u) + values[j, i + 1] * u
        high = values[j + 1, i] * (1 - u) + values[j + 1, i + 1] * u
        return np.asarray(low * (1 - v) + high * v)


def _box(values: Field, radius: int) -> Field:
    """Mean over 2·radius+1 cells along the rows, edges repeated."""
    padded = np.pad(values, ((0, 0), (radius + 1, radius)), mode="edge")
    total = np.cumsum(padded, axis=1)
    return np.asarray((total[:, 2 * radius + 1 :] - total[:, : -(2 * radius + 1)]) / (2 * radius + 1))


def blur(values: Field, radius: int) -> Field:
    """Three box means in both directions: close to a Gaussian of σ ≈ radius + ½ cells."""
    if radius < 1:
        return values
    for _ in range(3):
        values = _box(_box(values, radius).T, radius).T
    return np.ascontiguousarray(values)


def refine(values: Field, factor: int) -> Field:
    """The same surface on cells `factor` times smaller, by cubic (Catmull–Rom) interpolation."""

    def along(v: Field) -> Field:
        n = v.shape[1]
        at = (np.arange(n * factor) + 0.5) / factor - 0.5
        i = np.floor(at).astype(np.int64)
        t = at - i
        weights = (
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        )
        out = np.zeros((v.shape[0], n * factor))
        for k, weight in enumerate(weights):
            out += v[:, np.clip(i + k - 1, 0, n - 1)] * weight
        return out

    return np.ascontiguousarray(along(along(values).T).T)


def slope(values: Field, step: float) -> Field:
    """Steepness of a surface in m/m (central differences)."""
    dy, dx = np.gradient(values, step)
    return np.asarray(np.hypot(dx, dy))


@cache
def _gradients(key: int, octave: int, cells: int) -> tuple[Field, Field]:
    """Random unit vectors on a square lattice, as (x, y) parts."""
    angle = stream(900, key, octave).uniform(0.0, 2.0 * np.pi, (cells, cells))
    return np.cos(angle), np.sin(angle)


def noise(key: int, x: NDArray[Any], y: NDArray[Any], wavelength: float, octaves: int = 4, gain: float = 0.5) -> Field:
    """Gradient noise summed over octaves, about −1…1, the same at a place whatever the grid (Perlin 2002).

    `x`, `y` in metres of the plane, any one shape, or a row [1, n] and a column [m, 1] for a mesh, which is much
    cheaper; `wavelength` in metres of the first octave.
    """
    x, y = np.asarray(x), np.asarray(y)
    mesh = x.ndim == 2 and x.shape[0] == 1 and y.shape == (y.size, 1)
    total = np.zeros(np.broadcast(x, y).shape)
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        cells = int(np.ceil(SIDE / wavelength)) + 3
        gx, gy = _gradients(key, octave, cells)
        u = np.clip((x - WEST) / wavelength + 1.0, 0.0, cells - 1.000001)
        v = np.clip((y - SOUTH) / wavelength + 1.0, 0.0, cells - 1.000001)
        i, j = u.astype(np.int64), v.astype(np.int64)
        u, v = u - i, v - j
        fu, fv = u * u * u * (u * (u * 6 - 15) + 10), v * v * v * (v * (v * 6 - 15) + 10)
        total += 1.5 * weight * (_meshed if mesh else _scattered)(gx, gy, i, j, u, v, fu, fv)
        norm += weight
        weight *= gain
        wavelength *= 0.5
    return np.asarray(total / norm)


def _scattered(gx: Field, gy: Field, i: Any, j: Any, u: Any, v: Any, fu: Any, fv: Any) -> Field:
    """One octave at single points: lattice cell (i, j), place in it (u, v), eased place (fu, fv)."""
    low = gx[j, i] * u + gy[j, i] * v
    low = low + fu * (gx[j, i + 1] * (u - 1) + gy[j, i + 1] * v - low)
    high = gx[j + 1, i] * u + gy[j + 1, i] * (v - 1)
    high = high + fu * (gx[j + 1, i + 1] * (u - 1) + gy[j + 1, i + 1] * (v - 1) - high)
    return np.asarray(low + fv * (high - low))


def _meshed(gx: Field, gy: Field, i: Any, j: Any, u: Any, v: Any, fu: Any, fv: Any) -> Field:
    """One octave on a mesh: along a lattice row the noise is linear in v, so rows are made once and mixed."""
    i, u, fu, j = i[0], u[0], fu[0], j[:, 0]
    across = gx[:, i] * u
    across += fu * (gx[:, i + 1] * (u - 1) - across)
    up = gy[:, i] + fu * (gy[:, i + 1] - gy[:, i])
    out = across[j] + v * up[j]
    out *= 1.0 - fv
    high = across[j + 1] + (v - 1) * up[j + 1]
    high *= fv
    out += high
    return np.asarray(out)

"""Lines that look drawn by hand or by water: smoothing, rounding, resampling, offsetting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]  # [vertices, 2 or 3], x, y(, z)


def stations(line: Line) -> NDArray[np.float64]:
    """Distance along a line at each vertex, in the plane."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(line[:, 0]), np.diff(line[:, 1])))])


def resample(line: Line, spacing: float) -> Line:
    """Vertices at equal distances close to `spacing`, both ends kept."""
    s = stations(line)
    n = max(2, round(s[-1] / spacing) + 1)
    at = np.linspace(0.0, s[-1], n)
    return np.column_stack([np.interp(at, s, line[:, k]) for k in range(line.shape[1])])


def relax(line: Line, rounds: int) -> Line:
    """Smooth a line by repeated ¼ ½ ¼ means; both ends stay (a closed ring keeps its first vertex)."""
    out = line.copy()
    for _ in range(rounds):
        out[1:-1] = 0.25 * out[:-2] + 0.5 * out[1:-1] + 0.25 * out[2:]
    return out


def rounded(line: Line, pieces: int) -> Line:
    """A Catmull–Rom curve through all vertices, `pieces` spans between two; each vertex stays exactly.

    Vertex i of the input is vertex i·pieces of the result.
    """
    if len(line) < 3 or pieces < 2:
        return line.copy()
    padded = np.vstack([2 * line[0] - line[1], line, 2 * line[-1] - line[-2]])
    a, b, c, d = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (np.arange(pieces) / pieces)[None, :, None]
    a, b, c, d = (p[:, None, :] for p in (a, b, c, d))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.vstack([curve.reshape(-1, line.shape[1]), line[-1:]])


def normals(line: Line) -> Line:
    """Unit normals to the left of a line at its vertices, [vertices, 2]."""
    tangent = np.gradient(line[:, :2], axis=0)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    return np.column_stack([-tangent[:, 1], tangent[:, 0]])


def at_station(line: Line, s: NDArray[Any] | float) -> Line:
    """Points at given distances along a line, [k, columns]."""
    along = stations(line)
    return np.column_stack([np.interp(s, along, line[:, k]) for k in range(line.shape[1])])


def gaussian(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Smooth a series [n] or [n, k] with a Gaussian of `sigma` samples, mirrored through its end points."""
    radius = min(int(3 * sigma), len(values) - 1)
    if radius < 1:
        return values.copy()
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    table = values.reshape(len(values), -1)
    head = 2 * table[:1] - table[radius:0:-1]
    tail = 2 * table[-1:] - table[-2 : -radius - 2 : -1]
    padded = np.vstack([head, table, tail])
    out = np.column_stack([np.convolve(padded[:, k], weights, "valid") for k in range(table.shape[1])])
    return out.reshape(values.shape)

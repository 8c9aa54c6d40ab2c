"""A street plan's frame: distances along and across a valley that bend with its river."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.demo.curves import Line, gaussian, normals, resample, stations
from pipeline.demo.hydrology import River, width


@dataclass(frozen=True, slots=True)
class Frame:
    """Curved coordinates: `s` metres along the valley, `t` metres across it (left of downstream positive).

    Lines of equal `t` follow the river's swings near the bank and straighten away from it.
    """

    axis: Line  # [n, 2], vertices about every 20 m
    side: Line  # [n, 2] unit normals
    along: NDArray[np.float64]  # [n] distance of each vertex from the town's centre
    swing: NDArray[np.float64]  # [n] offset of the river's middle line from the axis
    bank: NDArray[np.float64]  # [n] half the river's width
    flare: NDArray[np.float64]  # [n] how much wider the river is across the axis than across itself, where it swings

    def place(self, s: NDArray[Any], t: NDArray[Any]) -> Line:
        """Points of the plane, [..., 2]."""
        s, t = np.broadcast_arrays(np.asarray(s, np.float64), np.asarray(t, np.float64))
        axis = np.stack([np.interp(s, self.along, self.axis[:, k]) for k in (0, 1)], axis=-1)
        side = np.stack([np.interp(s, self.along, self.side[:, k]) for k in (0, 1)], axis=-1)
        swing = np.interp(s, self.along, self.swing) + np.sign(t) * np.interp(s, self.along, self.flare)
        return np.asarray(axis + side * (t + swing * np.exp(-((t / 650.0) ** 2)))[..., None])


def frame_at(river: River, vertex: int, half: float, stiffness: float) -> Frame:
    """The frame of a town at a vertex of its river, `half` metres up and down the valley.

    `stiffness` (m) is the σ over which bends of the river are ironed out to get the valley's axis.
    """
    s = stations(river.line)
    low, high = np.searchsorted(s, [s[vertex] - half - 3 * stiffness, s[vertex] + half + 3 * stiffness])
    part = np.column_stack([river.line[:, :2], river.area])[max(low - 1, 0) : high + 1]
    here = river.line[vertex, :2]
    part = resample(part, 20.0)
    axis = gaussian(part[:, :2], stiffness / 20.0)
    side = normals(axis)
    swing = ((part[:, :2] - axis) * side).sum(axis=1)
    along = stations(axis)
    centre = along[np.argmin(np.hypot(axis[:, 0] - here[0], axis[:, 1] - here[1]))]
    bank = width(part[:, 2]) / 2
    flare = (bank + 30.0) * np.minimum(np.hypot(1.0, np.gradient(swing, along)) - 1.0, 1.3)
    return Frame(axis, side, along - centre, swing, bank, gaussian(flare, 2.0))

"""What range of values becomes black to white, the same for all files of a mosaic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.composite import stretch
from pipeline.sources.raster import RasterInfo, RasterOptions
from pipeline.sources.raster_windows import open_windows

_SQUARES: Final = 256  # of 128 × 128 pixels, over all files of a mosaic: four million values


@dataclass(frozen=True, slots=True)
class Stretch:
    """From what to what: values, or percentiles of all values of a mosaic."""

    low: float = 2.0
    high: float = 98.0
    percentiles: bool = True


class Limits(NamedTuple):
    """The values that become 0 and 255, by band."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def apply(self, values: NDArray[np.generic], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Values [rows, columns, bands] as bytes, 0 where `alpha` [rows, columns] is."""
        out = np.empty(values.shape, np.uint8)
        stretch(values, alpha, self.low, self.high, out)
        return out


def find_limits(files: Sequence[tuple[RasterInfo, RasterOptions | None]], bands: int, rule: Stretch) -> Limits:
    """The limits for files of so many bands; percentiles from squares spread evenly over them, as their areas are.

    The same for the same files in the same order. Raises InputError where there is no value to go by.
    """
    if not rule.percentiles:
        return _limits(np.full(bands, rule.low), np.full(bands, rule.high))
    areas = np.array([(i.bounds[2] - i.bounds[0]) * (i.bounds[3] - i.bounds[1]) for i, _options in files])
    shares = np.maximum(1, np.round(_SQUARES * areas / areas.sum())).astype(int)
    found = []
    for (info, options), squares in zip(files, shares.tolist(), strict=True):
        with open_windows(info, options) as windows:
            found.append(windows.sampled(squares))
    values = np.concatenate(found)
    if not len(values):
        raise InputError(
            _("No pixel holds a value, so none can be told apart from another."),
            where=files[0][0].path.name,
            expected=_("values other than nodata"),
            hint=_("look whether nodata is declared rightly, or give the range of values"),
        )
    low, high = np.percentile(values, [rule.low, rule.high], axis=0, method="inverted_cdf")
    return _limits(low, high)


def _limits(low: NDArray[np.float64], high: NDArray[np.float64]) -> Limits:
    """Limits that differ: one value everywhere becomes black."""
    return Limits(np.asarray(low, np.float64), np.where(high > low, high, low + 1.0))

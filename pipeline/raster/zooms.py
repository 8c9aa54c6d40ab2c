"""At which zooms files are tiled: as was said, else by their ground resolution and their extent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Protocol

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.raster.grid import HALF, Grid, count_tiles, make_grid
from pipeline.raster.plan import LAST_ZOOM
from pipeline.raster.state import Origin
from pipeline.types import Bounds

MOST: Final = 1 << 24  # tiles of the last zoom: what is known of each takes 0.3 kB, and drawing all of them days


class Zooms(Protocol):
    """What a plan says of zooms."""

    @property
    def min_zoom(self) -> int | None:
        """None: the last one at which everything is no larger than a tile."""

    @property
    def max_zoom(self) -> int | None:
        """None: by the finest file."""

    @property
    def tile_size(self) -> int:
        """Pixels."""


class Extent(Protocol):
    """All files together."""

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north in metres of EPSG:3857."""

    def max_zoom(self, tile_size: int) -> int:
        """The first zoom that shows everything that the finest file shows."""


def plan_grid(plan: Zooms, extent: Extent, origins: Sequence[Origin]) -> Grid:
    """The tiles that the boxes of files meet, at the zooms of a plan.

    Raises UsageError for zooms that are no range or more tiles than anybody could draw, InputError for files beyond
    the map.
    """
    highest = plan.max_zoom
    if highest is None:
        highest = max(extent.max_zoom(plan.tile_size), plan.min_zoom or 0)
    lowest = plan.min_zoom
    if lowest is None:
        lowest = min(whole_zoom(extent.bounds), highest)
    if not 0 <= lowest <= highest <= LAST_ZOOM:
        raise UsageError(
            _("Zooms {low} to {high} are no range.").format(low=lowest, high=highest),
            expected=_("0 ≤ minimum ≤ maximum ≤ {last}").format(last=LAST_ZOOM),
            hint=_("Correct -Z and -z."),
        )
    boxes = [box for each in origins for box in each.boxes]
    if (count := count_tiles(highest, boxes)) > MOST:
        raise UsageError(
            _("At zoom {zoom} these files are {n:,} tiles.").format(zoom=highest, n=count),
            expected=_("{most:,} at most").format(most=MOST),
            hint=_("Their own ground resolution is that of zoom {zoom}: correct -z, or tile parts of them.").format(
                zoom=extent.max_zoom(plan.tile_size)
            ),
        )
    grid = make_grid(plan.tile_size, lowest, highest, boxes)
    if not grid.tiles:
        raise InputError(_("The input lies beyond the map."), expected=_("latitudes from 85.05° south to 85.05° north"))
    return grid


def tell_zooms(plan: Zooms, extent: Extent, grid: Grid, progress: Progress) -> None:
    """Say so where zooms show no more than the files hold."""
    finest = extent.max_zoom(plan.tile_size)
    if grid.max_zoom <= finest:
        return
    if plan.max_zoom is None:
        progress.note(
            _("the ground resolution is that of zoom {finest}; the last zoom is {zoom} because of -Z").format(
                finest=finest, zoom=grid.max_zoom
            )
        )
    else:
        progress.note(
            _("the ground resolution is that of zoom {finest}; zooms beyond, up to {zoom}, only enlarge").format(
                finest=finest, zoom=grid.max_zoom
            )
        )


def whole_zoom(bounds: Bounds) -> int:
    """The last zoom at which bounds in metres of EPSG:3857 are no larger than a tile."""
    west, south, east, north = bounds
    side = max(east - west, north - south, 2 * HALF / 2**LAST_ZOOM)
    return max(0, math.floor(math.log2(2 * HALF / side) + 1e-9))

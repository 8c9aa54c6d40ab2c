"""Are the heights of a terrain pyramid the means of those below? A sample of every zoom is decoded and compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.reader import Archive
from pipeline.archive.rules import Finding
from pipeline.archive.tileids import FIRST_IDS, columns_rows, zxy_of
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.raster.look import pixels_of
from pipeline.raster.nature import Nature
from pipeline.raster.pyramid_rules import Runs
from pipeline.raster.unpack import code_of, heights_of, metres, step_of

SAMPLE: Final = 64  # parents of one zoom
TOLERANCE: Final = 0.1  # metres, above what rounding explains
_SHARE: Final = 0.05  # of the pixels: where unknown heights cannot be told from 0 m, means at their edge are of a part
_FEWEST: Final = 64  # pixels of a quadrant with a known height; fewer do not tell


def strange_means(archive: Archive, runs: Runs, nature: Nature) -> Iterator[Finding]:
    """Parents of which more than 5 % of the heights in a quadrant differ from the mean of the four below them.

    A parent's rounding and its children's explain one step of the encoding, or of the rounding that the metadata tells;
    beyond, 0.1 m are allowed. Heights that stand for nothing known are passed over; so are children that the archive
    does not have, and tiles that cannot be decoded: other rules tell of them.
    """
    encoding = nature.encoding
    if encoding is None or not nature.readable:
        return
    allowed = TOLERANCE + max(step_of(encoding), nature.rounding or 0.0)
    for zoom in range(int(runs.zooms.min(initial=0)), int(runs.zooms.max(initial=0))):
        for parent in _sample(runs, zoom):
            heights = _decoded(archive, parent, nature)
            if heights is None:
                continue
            heights[_beside(np.isnan(heights))] = np.nan  # they are means of a part
            worst, child_worst = 0.0, -1
            for child, north, west in _children(zoom, parent):
                below = _decoded(archive, child, nature)
                if below is None or below.shape != heights.shape:
                    continue
                rows, cols = (side // 2 for side in heights.shape)
                quadrant = heights[rows * (1 - north) :, cols * (1 - west) :][:rows, :cols]
                apart = np.abs(_means(below) - quadrant)
                known = apart[~np.isnan(apart)]
                typical = float(np.quantile(known, 1 - _SHARE)) if len(known) >= _FEWEST else 0.0
                if typical > allowed and typical > worst:
                    worst, child_worst = typical, child
            if child_worst >= 0:
                yield Finding(
                    _("its heights and the means of {tile} below it are {apart:.1f} m apart").format(
                        tile="/".join(map(str, zxy_of(child_worst))), apart=worst
                    ),
                    zxy_of(parent),
                )


def _sample(runs: Runs, zoom: int) -> list[int]:
    """Up to `SAMPLE` tiles of a zoom, evenly spread over its runs, the same ones every time."""
    here = np.flatnonzero(runs.zooms == zoom)
    if not len(here):
        return []
    chosen = np.unique(np.linspace(0, len(here) - 1, min(SAMPLE, len(here))).round().astype(np.int64))
    return [int(runs.starts[i]) for i in here[chosen]]


def _children(zoom: int, parent: int) -> Iterator[tuple[int, int, int]]:
    """Ids of the four children, each with whether it is a northern and a western one."""
    first = 4 * (parent - FIRST_IDS[zoom])
    positions = np.arange(first, first + 4, dtype=np.int64)
    x, y = columns_rows(zoom + 1, positions)
    for position, column, row in zip(positions.tolist(), x.tolist(), y.tolist(), strict=True):
        yield position + FIRST_IDS[zoom + 1], 1 - (row & 1), 1 - (column & 1)


def _decoded(archive: Archive, tile_id: int, nature: Nature) -> NDArray[np.float64] | None:
    """Heights [rows, cols] in metres, NaN where none is known; None for a tile that is not there or damaged."""
    encoding = str(nature.encoding)
    try:
        body = archive.tile(*zxy_of(tile_id))
        if body is None:
            return None
        heights = heights_of(pixels_of(body), encoding)
    except ArchiveError:
        return None
    if nature.unknown is not None:
        heights[heights == metres(code_of(nature.unknown, encoding), encoding)] = np.nan
    return heights


def _beside(unknown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels have one that is marked among their eight neighbours, or are marked."""
    wide = np.pad(unknown, 1)
    rows = wide[:-2] | wide[1:-1] | wide[2:]
    found: NDArray[np.bool_] = rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]
    return found


def _means(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, cols = (side // 2 for side in heights.shape)
    means: NDArray[np.float64] = heights[: rows * 2, : cols * 2].reshape(rows, 2, cols, 2).mean(axis=(1, 3))
    return means

"""What a layer may take of a tile: the least important features give way until it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import gzip_bytes
from pipeline.vector.drawn import Drawn, Loss
from pipeline.vector.generalise import importance
from pipeline.vector.plan import LayerPlan

Assemble = Callable[[LayerPlan, Drawn], Iterator[tuple[int, NDArray[np.uint8]]]]


def within_budget(
    plan: LayerPlan, zoom: int, found: Drawn, assemble: Assemble, budget: int
) -> tuple[Drawn, tuple[Loss, ...]]:
    """The records of which every tile's compressed layer takes at most `budget` bytes, and those left out.

    A tile keeps the n most important of its records, n as large as bisection finds it: what fits does not depend on
    other tiles. Where not even the most important fits, the layer is not in the tile.
    """
    kept = np.ones(len(found.tile_ids), bool)
    for tile, body in assemble(plan, found):
        size = len(gzip_bytes(body.tobytes()))
        if size <= budget:
            continue
        at = slice(*(int(i) for i in np.searchsorted(found.tile_ids, (tile, tile + 1))))
        here = np.zeros(len(kept), bool)
        here[at] = True
        order = np.argsort(importance(found.only(here)))
        low, high = 0, len(order)  # low fits, high does not
        while high - low > 1:
            middle = (low + high) // 2
            some = np.zeros(len(order), bool)
            some[order[:middle]] = True
            here[at] = some
            ((_tile, smaller),) = assemble(plan, found.only(here))
            if len(gzip_bytes(smaller.tobytes())) <= budget:
                low = middle
            else:
                high = middle
        kept[at] = False
        kept[at.start + order[:low]] = True
    if bool(kept.all()):
        return found, ()
    ids = found.ids[found.rows[found.order[~kept]]]
    tiles = found.tile_ids[~kept].astype(np.uint64)
    return found.only(kept), (Loss("over-budget", zoom, ids, tiles=tiles),)

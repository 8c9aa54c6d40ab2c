"""What a layer may take of a tile: the least important features give way until it fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pipeline.archive.gzip_many import gzip_many
from pipeline.vector.drawn import Drawn, Loss
from pipeline.vector.generalise import importance
from pipeline.vector.plan import LayerPlan

if TYPE_CHECKING:
    from pipeline.vector.render import Bodies

Assemble = Callable[[LayerPlan, Drawn], "Bodies"]


def within_budget(
    plan: LayerPlan, zoom: int, found: Drawn, assemble: Assemble, budget: int
) -> tuple[Drawn, tuple[Loss, ...]]:
    """The records of which every tile's compressed layer takes at most `budget` bytes, and those left out.

    A tile keeps the n most important of its records, n as large as bisection finds it: what fits does not depend on
    other tiles. Where not even the most important fits, the layer is not in the tile.
    """
    kept = np.ones(len(found.tile_ids), bool)
    for tile in _over(assemble(plan, found), budget):
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
            if _over(assemble(plan, found.only(here)), budget):
                high = middle
            else:
                low = middle
        kept[at] = False
        kept[at.start + order[:low]] = True
    if bool(kept.all()):
        return found, ()
    ids = found.ids[found.rows[found.order[~kept]]]
    tiles = found.tile_ids[~kept].astype(np.uint64)
    return found.only(kept), (Loss("over-budget", zoom, ids, tiles=tiles),)


def _over(bodies: Bodies, budget: int) -> list[int]:
    """The tiles that take more than `budget` bytes once compressed."""
    _packed, ends = gzip_many(bodies.data, bodies.offsets)
    over: list[int] = bodies.tile_ids[np.diff(ends) > budget].tolist()
    return over

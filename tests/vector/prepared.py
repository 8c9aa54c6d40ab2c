"""Layers ready to be tiled, all in memory: what `tile_layers` does before it cuts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.progress import Silent
from pipeline.types import FeatureBatch, Tally
from pipeline.vector.layer import Layer
from pipeline.vector.plan import LayerPlan
from pipeline.vector.prepare import add_detail, prepare_layer
from pipeline.vector.shards import Ledger, Prepared

_LEDGER = 1 << 40  # bytes that no test fills


def prepared(plan: LayerPlan, *batches: FeatureBatch, tally: Tally | None = None) -> Prepared:
    """The layer in drawing order, without importance."""
    with ThreadPoolExecutor(1) as pool:
        tally = Tally() if tally is None else tally
        return prepare_layer(plan, batches, tally, pool, Ledger(_LEDGER, Path("nowhere")), Silent())


def held(layer: Prepared) -> Layer:
    """The one shard of a layer that is in memory."""
    (shard,) = layer.shards
    return shard.load()


def ready(plan: LayerPlan, *batches: FeatureBatch, tally: Tally | None = None) -> Layer:
    """The features of a layer with the importance of every vertex."""
    with ThreadPoolExecutor(1) as pool:
        (layer, *_labels) = add_detail([prepared(plan, *batches, tally=tally)], pool, Ledger(_LEDGER, Path("nowhere")))
    return held(layer)

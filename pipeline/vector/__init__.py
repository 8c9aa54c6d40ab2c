"""Feature batches → vector tiles."""

from pipeline.vector.plan import ArchivePlan, ArchiveResult, LayerInput, LayerPlan, LayerResult, ZoomByField
from pipeline.vector.tiles import tile_layers

__all__ = ["ArchivePlan", "ArchiveResult", "LayerInput", "LayerPlan", "LayerResult", "ZoomByField", "tile_layers"]

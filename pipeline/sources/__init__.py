"""Files in and out: any vector file or table → FeatureBatches in longitude and latitude."""

from __future__ import annotations

from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.sources.read import list_layers, read_batches

__all__ = ["ReadOptions", "SourceLayer", "list_layers", "read_batches"]

"""Files and databases in: any vector file, table or PostGIS layer → FeatureBatches in longitude and latitude."""

from __future__ import annotations

from pipeline.sources.database import Database, Source, is_database, open_source
from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.sources.read import list_layers, read_batches

__all__ = [
    "Database",
    "ReadOptions",
    "Source",
    "SourceLayer",
    "is_database",
    "list_layers",
    "open_source",
    "read_batches",
]

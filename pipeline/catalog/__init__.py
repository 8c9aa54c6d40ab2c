"""What is published and how to reach it: catalog.json and TileJSON."""

from __future__ import annotations

from pipeline.catalog.catalog import STYLES, build_catalog
from pipeline.catalog.facts import ArchiveFacts, LayerFacts, RasterFacts
from pipeline.catalog.tilejson import build_tilejson

__all__ = ["STYLES", "ArchiveFacts", "LayerFacts", "RasterFacts", "build_catalog", "build_tilejson"]

"""What is published and how to reach it: catalog.json and TileJSON."""

from __future__ import annotations

from pipeline.catalog.catalog import build_catalog
from pipeline.catalog.faces import face_files
from pipeline.catalog.facts import (
    ArchiveFacts,
    ChangeFacts,
    LayerFacts,
    RasterFacts,
    SequenceFacts,
    TileCopy,
    VersionFacts,
)
from pipeline.catalog.history import version_facts
from pipeline.catalog.tilejson import build_tilejson

__all__ = [
    "ArchiveFacts",
    "ChangeFacts",
    "LayerFacts",
    "RasterFacts",
    "SequenceFacts",
    "TileCopy",
    "VersionFacts",
    "build_catalog",
    "build_tilejson",
    "face_files",
    "version_facts",
]

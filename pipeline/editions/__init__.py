"""What an edition may show: the policy, which is pure, and its execution on batches before anything is rendered."""

from __future__ import annotations

from pipeline.editions.gate import Breach
from pipeline.editions.policy import DatasetView, Denial, EditionView, view_edition
from pipeline.editions.raster import RasterPolicy, raster_policy, told_rules
from pipeline.editions.redact import Redaction, admits, placed, redact
from pipeline.editions.vector_policy import VectorPolicy, told_policy

__all__ = [
    "Breach",
    "DatasetView",
    "Denial",
    "EditionView",
    "RasterPolicy",
    "Redaction",
    "VectorPolicy",
    "admits",
    "placed",
    "raster_policy",
    "redact",
    "told_policy",
    "told_rules",
    "view_edition",
]

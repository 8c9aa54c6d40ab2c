"""What makes one release out of the one before it, file by file and byte for byte."""

from __future__ import annotations

from pipeline.release.delta.apply import Applied, apply_delta
from pipeline.release.delta.chain import Step, choose_chain
from pipeline.release.delta.check import CheckedDelta, check_delta
from pipeline.release.delta.listing import LISTING, Listing, read_listing
from pipeline.release.delta.make import DeltaFacts, make_delta

__all__ = [
    "LISTING",
    "Applied",
    "CheckedDelta",
    "DeltaFacts",
    "Listing",
    "Step",
    "apply_delta",
    "check_delta",
    "choose_chain",
    "make_delta",
    "read_listing",
]

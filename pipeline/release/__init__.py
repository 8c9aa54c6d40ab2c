"""What a published folder is: its files and their hashes, its id, and the copies for other origins.

Names are imported when they are first used: whoever verifies a folder needs nothing of what makes one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipeline.release.change_making import MadeChanges, change_archives, make_changes, told_changes
    from pipeline.release.contour_making import make_contours
    from pipeline.release.coverage_making import KnownCoverage, workspace_coverages, write_coverages
    from pipeline.release.files import sha256_of
    from pipeline.release.gate import (
        Gate,
        let_through,
        marks,
        record_confirmed,
        record_overrides,
        refuse_breaches,
        rules_in_force,
    )
    from pipeline.release.hotlink import write_hotlink
    from pipeline.release.inputs import InputFile, database_input, input_files
    from pipeline.release.made import MadeArchive, recipe_of, remember, told_path
    from pipeline.release.making import Making, make_archive
    from pipeline.release.manifest import MANIFEST, SM3_SUMS, SUMS, read_manifest, release_id, write_manifest
    from pipeline.release.raster_inputs import RasterFile, raster_inputs
    from pipeline.release.raster_kept import KeptRaster, forget_others
    from pipeline.release.raster_making import make_raster
    from pipeline.release.raster_plan import PlannedRaster, area_digest, area_reader, plan_raster
    from pipeline.release.raster_products import drawn_words
    from pipeline.release.reuse import take_over, unchanged
    from pipeline.release.review_record import covers, likely_number, reviews_of
    from pipeline.release.review_scope import folder_scope
    from pipeline.release.search_making import write_search
    from pipeline.release.software import code_digest, software_versions
    from pipeline.release.stage import Stage, exclusive, place_file
    from pipeline.release.telling import tell_idle_overrides, tell_rules, tell_unknown
    from pipeline.release.unfinished import Unfinished, forget_all
    from pipeline.release.verifier import write_verifier

__all__ = [
    "MANIFEST",
    "SM3_SUMS",
    "SUMS",
    "Gate",
    "InputFile",
    "KeptRaster",
    "KnownCoverage",
    "MadeArchive",
    "MadeChanges",
    "Making",
    "PlannedRaster",
    "RasterFile",
    "Stage",
    "Unfinished",
    "area_digest",
    "area_reader",
    "change_archives",
    "code_digest",
    "covers",
    "database_input",
    "drawn_words",
    "exclusive",
    "folder_scope",
    "forget_all",
    "forget_others",
    "input_files",
    "let_through",
    "likely_number",
    "make_archive",
    "make_changes",
    "make_contours",
    "make_raster",
    "marks",
    "place_file",
    "plan_raster",
    "raster_inputs",
    "read_manifest",
    "recipe_of",
    "record_confirmed",
    "record_overrides",
    "refuse_breaches",
    "release_id",
    "remember",
    "reviews_of",
    "rules_in_force",
    "sha256_of",
    "software_versions",
    "take_over",
    "tell_idle_overrides",
    "tell_rules",
    "tell_unknown",
    "told_changes",
    "told_path",
    "unchanged",
    "workspace_coverages",
    "write_coverages",
    "write_hotlink",
    "write_manifest",
    "write_search",
    "write_verifier",
]

_HOMES: Final = {
    "change_making": (
        "MadeChanges",
        "change_archives",
        "make_changes",
        "told_changes",
    ),
    "contour_making": ("make_contours",),
    "coverage_making": (
        "KnownCoverage",
        "workspace_coverages",
        "write_coverages",
    ),
    "files": ("sha256_of",),
    "gate": (
        "Gate",
        "let_through",
        "marks",
        "record_confirmed",
        "record_overrides",
        "refuse_breaches",
        "rules_in_force",
    ),
    "hotlink": ("write_hotlink",),
    "inputs": (
        "InputFile",
        "database_input",
        "input_files",
    ),
    "made": (
        "MadeArchive",
        "recipe_of",
        "remember",
        "told_path",
    ),
    "making": (
        "Making",
        "make_archive",
    ),
    "manifest": (
        "MANIFEST",
        "SM3_SUMS",
        "SUMS",
        "read_manifest",
        "release_id",
        "write_manifest",
    ),
    "raster_inputs": (
        "RasterFile",
        "raster_inputs",
    ),
    "raster_kept": (
        "KeptRaster",
        "forget_others",
    ),
    "raster_making": ("make_raster",),
    "raster_plan": (
        "PlannedRaster",
        "area_digest",
        "area_reader",
        "plan_raster",
    ),
    "raster_products": ("drawn_words",),
    "reuse": (
        "take_over",
        "unchanged",
    ),
    "review_record": (
        "covers",
        "likely_number",
        "reviews_of",
    ),
    "review_scope": ("folder_scope",),
    "search_making": ("write_search",),
    "software": (
        "code_digest",
        "software_versions",
    ),
    "stage": (
        "Stage",
        "exclusive",
        "place_file",
    ),
    "telling": (
        "tell_idle_overrides",
        "tell_rules",
        "tell_unknown",
    ),
    "unfinished": (
        "Unfinished",
        "forget_all",
    ),
    "verifier": ("write_verifier",),
}  # module → its names


def __getattr__(name: str) -> object:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)

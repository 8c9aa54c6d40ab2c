"""What a published folder is: its files and their hashes, its id, and the copies for other origins."""

from __future__ import annotations

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
from pipeline.release.reuse import take_over
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
    "Making",
    "PlannedRaster",
    "RasterFile",
    "Stage",
    "Unfinished",
    "area_digest",
    "area_reader",
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
    "told_path",
    "workspace_coverages",
    "write_coverages",
    "write_hotlink",
    "write_manifest",
    "write_search",
    "write_verifier",
]

"""What a published folder is: its files and their hashes, its id, and the copies for other origins."""

from __future__ import annotations

from pipeline.release.files import sha256_of
from pipeline.release.hotlink import write_hotlink
from pipeline.release.inputs import InputFile, database_input, input_files
from pipeline.release.made import MadeArchive, recipe_of, remember, told_path
from pipeline.release.making import Making, make_archive
from pipeline.release.manifest import MANIFEST, SUMS, read_manifest, release_id, write_manifest
from pipeline.release.reuse import take_over
from pipeline.release.software import code_digest, software_versions
from pipeline.release.stage import Stage, exclusive, place_file
from pipeline.release.unfinished import Unfinished, forget_all

__all__ = [
    "MANIFEST",
    "SUMS",
    "InputFile",
    "MadeArchive",
    "Making",
    "Stage",
    "Unfinished",
    "code_digest",
    "database_input",
    "exclusive",
    "forget_all",
    "input_files",
    "make_archive",
    "place_file",
    "read_manifest",
    "recipe_of",
    "release_id",
    "remember",
    "sha256_of",
    "software_versions",
    "take_over",
    "told_path",
    "write_hotlink",
    "write_manifest",
]

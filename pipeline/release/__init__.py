"""What a published folder is: its files and their hashes, its id, and the copies for other origins."""

from __future__ import annotations

from pipeline.release.hotlink import write_hotlink
from pipeline.release.inputs import InputFile, input_files
from pipeline.release.manifest import MANIFEST, SUMS, read_manifest, release_id, write_manifest

__all__ = [
    "MANIFEST",
    "SUMS",
    "InputFile",
    "input_files",
    "read_manifest",
    "release_id",
    "write_hotlink",
    "write_manifest",
]

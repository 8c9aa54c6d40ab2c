"""Is this file a sound PMTiles v3 archive? Structure only: bytes, directories, counters, metadata.

`STAGES` names every rule in the order in which they make sense. What lies inside tiles is for `vector/verify.py`.
Source: PMTiles v3 specification, revision 3.1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.archive import checks_claims as claims
from pipeline.archive import checks_entries as entries
from pipeline.archive import checks_layout as layout
from pipeline.archive.rules import Findings, Report, Rule, Severity, check
from pipeline.archive.source import FileSource, Source
from pipeline.archive.survey import Survey

_WRONG_FILE: Final = "Check that the right file was given and that it was not changed on the way."
_COPY_AGAIN: Final = "Copy or download the file again; if that does not help, build it again."
_REWRITE: Final = "Write the archive again with a tool that follows the specification, such as this one."
_HEADER: Final = "Write the header again from the facts: build the archive again."

E, W = Severity.ERROR, Severity.WARNING

STAGES: Final[tuple[tuple[Rule[Survey], ...], ...]] = (
    (
        Rule("magic", E, "A file begins with “PMTiles”.", _WRONG_FILE, layout.magic),
        Rule(
            "version",
            E,
            "The version is 3.",
            "Convert the archive with the tool that wrote it, or with `pmtiles convert`.",
            layout.version,
        ),
    ),
    (Rule("header-whole", E, "The header has 127 bytes.", _COPY_AGAIN, layout.header_whole),),
    (
        Rule("compression-known", E, "Compression codes are 0 to 4.", _REWRITE, layout.compression_known),
        Rule("tile-type-known", E, "The tile type is a code from 0 to 6.", _REWRITE, layout.tile_type_known),
        Rule("clustered-boolean", E, "The clustered flag is 0 or 1.", _REWRITE, layout.clustered_boolean),
    ),
    (
        Rule(
            "compression-readable",
            E,
            "Directories and metadata are compressed with gzip or not at all.",
            "Convert the archive to gzip with the tool that wrote it.",
            layout.compression_readable,
        ),
        Rule("sections-inside", E, "Every section lies inside the file.", _COPY_AGAIN, layout.sections_inside),
        Rule("sections-apart", E, "Sections do not overlap.", _REWRITE, layout.sections_apart),
        Rule(
            "root-early",
            E,
            "Header and root directory are smaller than 16,384 bytes together.",
            "Write the archive again with larger leaf directories.",
            layout.root_early,
        ),
    ),
    (
        Rule("directory-readable", E, "Every directory can be read.", _COPY_AGAIN, entries.met("directory-readable")),
        Rule("directory-filled", E, "No directory is empty.", _REWRITE, entries.met("directory-filled")),
        Rule("directory-depth", E, "Leaf directories are not nested deeply.", _REWRITE, entries.met("directory-depth")),
        Rule("leaf-inside", E, "Leaves lie inside the leaf section.", _COPY_AGAIN, entries.met("leaf-inside")),
        Rule("leaf-start", E, "A leaf begins with the tile it is announced with.", _REWRITE, entries.met("leaf-start")),
        Rule("leaf-once", E, "A leaf is pointed at once.", _REWRITE, entries.met("leaf-once")),
    ),
    (
        Rule("ids-exist", E, "Tile ids are of zooms 0 to 31.", _REWRITE, entries.ids_exist),
        Rule("numbers-narrow", E, "Lengths and run lengths fit 32 bits.", _REWRITE, entries.numbers_narrow),
        Rule("ascending", E, "Tile ids ascend strictly.", _REWRITE, entries.ascending),
        Rule("runs-apart", E, "Runs of tiles do not overlap.", _REWRITE, entries.runs_apart),
        Rule("entries-filled", E, "No entry has length 0.", _REWRITE, entries.entries_filled),
        Rule("entries-inside", E, "Entries lie inside the tile data.", _COPY_AGAIN, entries.entries_inside),
    ),
    (
        Rule(
            "contents-apart",
            E,
            "Two entries share a tile body whole or not at all.",
            _REWRITE,
            entries.contents_apart,
        ),
        Rule(
            "clustered-true",
            E,
            "In a clustered archive tile bodies lie in the order of the tiles.",
            "Rewrite it with `pmtiles cluster`, or build it again.",
            entries.clustered_true,
        ),
        Rule(
            "all-referenced",
            W,
            "Every byte belongs to something.",
            "Build the archive again: unused bytes may hold what should have been removed.",
            entries.all_referenced,
        ),
        Rule("addressed-true", E, "The number of tiles in the header is right.", _HEADER, claims.addressed_true),
        Rule("entries-true", E, "The number of entries in the header is right.", _HEADER, claims.entries_true),
        Rule("contents-true", E, "The number of contents in the header is right.", _HEADER, claims.contents_true),
        Rule("zooms-true", E, "The zooms in the header are those of the tiles.", _HEADER, claims.zooms_true),
        Rule(
            "bounds-plausible",
            E,
            "Bounds are west, south, east, north in degrees.",
            _HEADER,
            claims.bounds_plausible,
        ),
        Rule("bounds-fit", W, "The bounds are those of the tiles, to within a tile.", _HEADER, claims.bounds_fit),
        Rule("center-inside", W, "The centre lies inside the bounds.", _HEADER, claims.center_inside),
        Rule("metadata-object", E, "The metadata is a JSON object.", _REWRITE, claims.metadata_object),
        Rule(
            "vector-layers",
            E,
            "The metadata of vector tiles lists every layer once, with its id and fields.",
            "Add `vector_layers` to the metadata (TileJSON 3.0), or build the archive again.",
            claims.vector_layers,
        ),
    ),
)


def verify_archive(path: Path | str) -> Report:
    """Put a local file to every structural rule; raises InputError when it cannot be opened."""
    return verify_source(FileSource(Path(path)))


def verify_source(source: Source) -> Report:
    """Put an archive to every structural rule and close it; a stage begins when the one before found no error."""
    findings = Findings()
    try:
        survey = Survey(source)
        for stage in STAGES:
            check(survey, stage, findings)
            if findings.errors:
                break
    finally:
        source.close()
    return findings.report()

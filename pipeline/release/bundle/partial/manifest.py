"""release.json of a part: the whole's, less what it does not have, and where it was cut from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.making.files import digests_of
from pipeline.making.finished import MANIFEST
from pipeline.portal.files import json_bytes, write_file
from pipeline.release.bundle.partial.archives import CutArchive
from pipeline.release.bundle.partial.cut import Cut
from pipeline.release.manifest import describe_files, release_id, write_sums


def write_part_manifest(
    out: Path,
    whole: Mapping[str, Any],
    cut: Cut,
    archives: Sequence[CutArchive],
    datasets: Collection[str],
    manifest_sha256: str,
) -> str:
    """Write release.json and the sums of the part in `out`; returns its release id. Raises OutputError.

    `whole` is the release.json that the part was cut from, `manifest_sha256` its hash; `datasets` are those that stay.
    """
    made = {archive.id: archive for archive in archives}
    owners = {file: list(each.datasets) for each in archives for file in (each.file, each.explanation) if file}
    files, digests = describe_files(out, owners)
    id = release_id((file["path"], file["sha256"]) for file in files)
    told = {
        **whole,
        "release": id,
        "previous": None,
        "derived": {
            "release": whole["release"],
            "manifest_sha256": manifest_sha256,
            "cut": dict(cut.asked),
            "software": {"longquan": __version__},
        },
        "overrides": [each for each in whole["overrides"] if each.get("dataset") in (None, *datasets)],
        "datasets": [each for each in whole["datasets"] if each["id"] in datasets],
        "archives": [
            {
                **each,
                "file": made[each["id"]].file,
                "sha256": made[each["id"]].sha256,
                "explanation": made[each["id"]].explanation,
            }
            for each in whole["archives"]
            if each["id"] in made
        ],
        "allowed": _allowed(whole["allowed"], made, datasets),
        "files": files,
        "inputs": [each for each in whole["inputs"] if each["dataset"] in datasets],
    }
    write_file(out / MANIFEST, json_bytes(told))
    write_sums(out, {**digests, MANIFEST: digests_of(out / MANIFEST)})
    return id


def _allowed(
    allowed: Mapping[str, Any], archives: Mapping[str, CutArchive], datasets: Collection[str]
) -> dict[str, Any]:
    """What may be inside: of what is there, as it was."""
    kept = []
    for each in allowed["archives"]:
        if each["id"] not in archives:
            continue
        part = {**each, "file": archives[each["id"]].file, "datasets": list(archives[each["id"]].datasets)}
        if "layers" in each:
            part["layers"] = [layer for layer in each["layers"] if layer["dataset"] in (None, *datasets)]
        kept.append(part)
    return {"datasets": [each for each in allowed["datasets"] if each["id"] in datasets], "archives": kept}

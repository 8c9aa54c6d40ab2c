"""Small releases by hand, through the functions that write real ones: a few files, release.json and the sums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.making.files import digests_of
from pipeline.portal.files import json_bytes
from pipeline.release.manifest import MANIFEST, in_release, release_id, write_sums
from pipeline.release.media import media_type

ARCHIVE = b"PMTiles\x03 of roads"


def hashed(id: str, data: bytes, suffix: str = "pmtiles") -> str:
    """The path of an archive with that content."""
    return f"tiles/{id}-{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"


def files_of(page: str = "one", roads: bytes = ARCHIVE) -> dict[str, bytes]:
    """The files of a release that differs from others by its page and its archive."""
    return {
        "index.html": f"<!doctype html><p>{page}".encode(),
        "assets/site-0123456789.js": b"",
        "data/龙泉.html": b"x",
        hashed("roads", roads): roads,
    }


def write_release(folder: Path, files: Mapping[str, bytes] | None = None, **said: Any) -> str:
    """Write a release into a folder; `said` goes into release.json. Returns its id."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (files_of() if files is None else files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    names = sorted(
        (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()), key=str.encode
    )
    digests = {name: digests_of(folder / name) for name in names if in_release(name)}
    id = release_id((name, each.sha256) for name, each in digests.items())
    archives = [name for name in digests if name.endswith(".pmtiles")]
    manifest = {
        "version": 1, "release": id, "city": "331181", "edition": "public", "sample": False, "previous": None,
        "review": {"number": "浙S(2026)1号", "scope": None}, "as_of": "2026-11-22", "rules": {},
        "overrides": [], "datasets": [],
        "archives": [
            {"id": name[6:-21], "file": name, "sha256": digests[name].sha256, "recipe": "", "explanation": None}
            for name in archives
        ],
        "allowed": {"datasets": [], "archives": []},
        "files": [
            {"path": name, "bytes": (folder / name).stat().st_size, "sha256": each.sha256, "type": media_type(name)}
            for name, each in digests.items()
        ],
        "inputs": [], "software": {}, **said,
    }  # fmt: skip
    (folder / MANIFEST).write_bytes(json_bytes(manifest))
    write_sums(folder, {**digests, MANIFEST: digests_of(folder / MANIFEST)})
    return id


def manifest_of(folder: Path) -> dict[str, Any]:
    """The release.json of a folder."""
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    return found

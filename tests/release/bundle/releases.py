"""Small release folders, written by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.release.manifest import release_id

FILES: Mapping[str, bytes] = {
    "index.html": b"<!doctype html><title>map</title>\n",
    "assets/a-1.js": b"export {}\n",
    "tilejson/roads.json": b"{}\n",
}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_release(folder: Path, files: Mapping[str, bytes] = FILES, **told: Any) -> Path:
    """A folder with these files, release.json and SHA256SUMS; archives are `tiles/<id>-<hash12>.pmtiles` of `files`."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    digests = {path: sha256(data) for path, data in files.items()}
    manifest = {
        "version": 1,
        "release": release_id(digests.items()),
        "city": "331181",
        "edition": "public",
        "sample": True,
        "review": {"number": None},
        "as_of": "2026-11-22",
        "archives": [{"file": path, "sha256": digests[path]} for path in sorted(files) if path.endswith(".pmtiles")],
        "files": [
            {"path": path, "bytes": len(files[path]), "sha256": digests[path]} for path in sorted(files, key=str.encode)
        ],
        **told,
    }
    data = json.dumps(manifest).encode()
    (folder / "release.json").write_bytes(data)
    digests["release.json"] = sha256(data)
    lines = "".join(f"{digests[path]}  {path}\n" for path in sorted(digests, key=str.encode))
    (folder / "SHA256SUMS").write_bytes(lines.encode())
    return folder


def archive(id: str, data: bytes) -> dict[str, bytes]:
    """An archive under its hashed name; nothing here looks into it."""
    return {f"tiles/{id}-{sha256(data)[:12]}.pmtiles": data}


def tree(folder: Path) -> dict[str, bytes]:
    """Path → bytes of every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

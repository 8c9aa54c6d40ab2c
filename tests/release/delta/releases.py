"""Small release folders, written by hand as `verify.py` accepts them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.release.manifest import release_id
from pipeline.standalone.verify import check


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_release(folder: Path, files: Mapping[str, bytes], **said: Any) -> Path:
    """A whole release of these files; archives by their ids: `tiles/<id>-#.pmtiles` gets its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {path.replace("#", sha(data)[:12]): data for path, data in files.items()}
    for path, data in named.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    listed = sorted(named, key=str.encode)
    manifest = {
        "version": 1,
        "release": release_id((path, sha(named[path])) for path in listed),
        "city": "331181",
        "edition": "public",
        "sample": True,
        "archives": [
            {"id": Path(path).name.rsplit("-", 1)[0], "file": path, "sha256": sha(named[path])}
            for path in listed
            if path.endswith(".pmtiles")
        ],
        "files": [{"path": path, "bytes": len(named[path]), "sha256": sha(named[path])} for path in listed],
        **said,
    }
    text = json.dumps(manifest).encode()
    (folder / "release.json").write_bytes(text)
    digests = {path: sha(named[path]) for path in listed} | {"release.json": sha(text)}
    sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items(), key=lambda each: each[0].encode()))
    (folder / "SHA256SUMS").write_text(sums)
    assert not check(str(folder)).faults
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }

"""Small releases written by hand, and disks that hold them, as an office gets them."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.standalone import verify
from tests.standalone.test_verify import put, write_sums


def archive(text: bytes) -> bytes:
    """A PMTiles v3 archive of one picture: 127 bytes of header, a directory of one entry, metadata, the tile."""
    directory = gzip.compress(bytes([1, 0, 1, len(text), 1]), mtime=0)  # count, id, run length, length, offset + 1
    metadata = gzip.compress(b"{}", mtime=0)
    at = 127
    sections = []
    for size in (len(directory), len(metadata), 0, len(text)):
        sections += [at, size]
        at += size
    counts = (1, 1, 1)
    head = b"PMTiles\x03" + struct.pack("<8Q", *sections) + struct.pack("<3Q", *counts)
    head += bytes([1, 2, 1, 2, 0, 0]) + struct.pack("<4i", 0, 0, 10_000_000, 10_000_000) + bytes([0])
    head += struct.pack("<2i", 5_000_000, 5_000_000)
    assert len(head) == 127 and len(text) < 128
    return head + directory + metadata + text


def write_release(dist: Path, text: str, number: int, **about: Any) -> Path:
    """A whole release with one archive that depends on `text`, one that does not, and something like signatures."""
    own, shared = archive(f"tile {text}".encode()), archive(b"imagery" * 16)
    names = {
        "framework": f"tiles/framework-{hashlib.sha256(own).hexdigest()[:12]}.pmtiles",
        "imagery": f"tiles/imagery-{hashlib.sha256(shared).hexdigest()[:12]}.pmtiles",
    }
    script = f"assets/index-{hashlib.sha256(text.encode()).hexdigest()[:12]}.js"
    files: dict[str, bytes] = {
        "index.html": f'<!doctype html><script src="{script}"></script><title>{text}</title>'.encode(),
        "catalog.json": json.dumps({"text": text, "styles": [{"href": "styles/light.json"}]}).encode(),
        "styles/light.json": json.dumps(
            {"sources": {"f": {"type": "vector", "url": "../tilejson/framework.json"}}}
        ).encode(),
        "data/龙泉.html": "龙泉".encode(),
        "assets/Noto Sans/0-255.pbf": b"\n",
        script: f"export const text = '{text}';".encode(),
        "verify.py": Path(verify.__file__).read_bytes(),
        names["framework"]: own,
        names["imagery"]: shared,
    }
    for id, file in names.items():
        files[f"tilejson/{id}.json"] = json.dumps({"tiles": [f"pmtiles://../{file}/{{z}}/{{x}}/{{y}}"]}).encode()
    for path, data in files.items():
        put(dist, path, data)
    seal_release(dist, **about)
    put(dist, f"metadata/{number}.targets.json", b'{"signed": {}}')
    put(dist, "metadata/timestamp.json", b'{"signed": {}}')
    return dist


def seal_release(dist: Path, **about: Any) -> None:
    """release.json and the sums for what lies there."""
    paths = sorted((path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file()), key=str.encode)
    paths = [path for path in paths if verify.in_release(path)]
    sums = {path: hashlib.sha256((dist / path).read_bytes()).hexdigest() for path in paths}
    manifest = {
        "version": 1,
        "release": verify.release_id(sums),
        "city": "331181",
        "edition": "public",
        "sample": True,
        "as_of": "2026-11-22",
        "archives": [{"file": path, "sha256": sums[path]} for path in paths if path.endswith(".pmtiles")],
        "files": [{"path": path, "sha256": sums[path], "bytes": (dist / path).stat().st_size} for path in paths],
        **about,
    }
    (dist / "release.json").write_text(json.dumps(manifest), "utf-8")
    write_sums(dist, [*paths, "release.json"])


def write_disk(release: Path, disk: Path, volume: int | None = None) -> Path:
    """A bundle that holds a release, its archives in volumes of so many bytes where that is given."""
    shutil.copytree(release, disk / "data/release")
    split = []
    for file in sorted((disk / "data/release/tiles").iterdir()) if volume else ():
        data, path = file.read_bytes(), f"release/tiles/{file.name}"
        parts = []
        for at in range(0, len(data), volume or 1):
            piece, name = data[at : at + (volume or 1)], f"{path}.vol{len(parts) + 1:03d}"
            put(disk / "data", name, piece)
            parts.append({"path": name, "bytes": len(piece), "sha256": hashlib.sha256(piece).hexdigest()})
        split.append({"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "parts": parts})
        file.unlink()
    about = {"version": 1, "kind": "full", "split": split}
    put(disk, "data/bundle.json", json.dumps(about).encode())
    return disk


def id_of(release: Path) -> str:
    """The release id that release.json states."""
    return str(json.loads((release / "release.json").read_bytes())["release"])


def contents(folder: Path) -> Mapping[str, bytes]:
    """Path → bytes of every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def runs_whole(home: Path, ids: Mapping[str, Path]) -> str:
    """The release that an install folder runs, each of whose files was compared with the one that was published."""
    pointer = json.loads((home / "current.json").read_bytes())
    wanted = contents(ids[pointer["release"]])
    found = contents(home / "releases" / pointer["release"][:12])
    assert found == wanted
    return str(pointer["release"])

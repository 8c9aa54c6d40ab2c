"""Small releases, made by hand through the real functions, and a reader who trusts nothing."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path

from pipeline.catalog import ArchiveFacts
from pipeline.editions import view_edition
from pipeline.framework import load_workspace
from pipeline.making.made import MadeArchive
from pipeline.publish.shipment import Shipment, read_shipment
from pipeline.release.manifest import SUMS, write_manifest
from tests.framework.workspaces import write_workspace

NAMED = re.compile(r"(?:tiles|assets|search|downloads)/[\w./-]*-([0-9a-f]{8,12})\.\w+")
"""Hashed names in a pointer; in these releases every one of them tells the sha256."""


def write_release(
    folder: Path,
    number: int,
    *,
    edition: str = "public",
    sample: bool = True,
    review: str | None = None,
    archive_bytes: int = 3000,
    as_of: date | None = None,
    extra: Mapping[str, bytes] | None = None,
) -> Path:
    """A release folder like those that a build writes; another `number` has other content, only a font is the same."""
    workspace = folder.parent / f".{folder.name}-workspace"
    if not workspace.is_dir():
        write_workspace(workspace)
        place = workspace / "framework.toml"
        place.write_text(place.read_text().replace("sample = true", f"sample = {str(sample).lower()}"))
    made: dict[str, bytes] = {}

    def hashed(name: str, data: bytes, digits: int = 12) -> str:
        stem, _dot, suffix = name.partition(".")
        path = f"{stem}-{hashlib.sha256(data).hexdigest()[:digits]}.{suffix}"
        made[path] = data
        return path

    noise = random.Random(number)
    tiles = hashed("tiles/framework.pmtiles", b"PMTiles\3" + noise.randbytes(archive_bytes))
    more = hashed("downloads/roads.gpkg", noise.randbytes(200))
    font = hashed("assets/fonts/regular.woff2", b"the same in every release", 10)
    script = hashed("assets/app.js", f"// {number}\n".encode(), 8)
    search = hashed("search/index.bin", noise.randbytes(50))
    made["assets/glyphs/Noto Sans/0-255.pbf"] = noise.randbytes(20)
    made["coverage/roads.json"] = json.dumps({"n": number}).encode()
    made["tilejson/framework.json"] = json.dumps({"tiles": [f"pmtiles://../{tiles}"]}).encode()
    made["styles/light.json"] = json.dumps(
        {"version": 8, "sources": {"a": {"type": "vector", "url": f"pmtiles://../{tiles}"}}, "name": str(number)}
    ).encode()
    made["data/roads.html"] = f"<a href='../{more}'>{number}</a>".encode()
    made["index.html"] = f"<script src='{script}'></script>{font} {search} {tiles} {more} {number}".encode()
    made[f"data/only-{number}.html"] = f"<a href='../{tiles}'>".encode()  # gone in the next release
    made.update(extra or {})
    for path, data in made.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    facts = [
        ArchiveFacts(
            id=Path(path).name.rpartition("-")[0],
            file=path,
            bytes=len(made[path]),
            sha256=hashlib.sha256(made[path]).hexdigest(),
            min_zoom=6,
            max_zoom=14,
            bounds=(118.8, 27.8, 119.3, 28.2),
            center=(119.05, 28.0, 6),
            vector_layers=(),
            layers=(),
            features={"roads": 12},
        )
        for path in (tiles,)
    ]
    framework = load_workspace(workspace)
    write_manifest(
        folder,
        framework,
        view_edition(framework, edition),
        archives={each.id: MadeArchive("recipe", each, 9, 0, {}, {}, {}, None) for each in facts},
        inputs=[],
        software={},
        as_of=as_of or date(2026, 1, number),
        review_number=review,
    )
    write_signatures(folder, number)
    return folder


def write_signatures(folder: Path, number: int) -> None:
    """Files named and numbered as signatures are, without any: what publishing itself looks at."""
    manifest = (folder / "release.json").read_bytes()

    def put(name: str, **signed: object) -> None:
        place = folder / "metadata" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps({"signatures": [], "signed": {"version": number, **signed}}))

    put("1.root.json", version=1)
    put("root.json", version=1)
    put(f"{number}.targets.json", release=json.loads(manifest)["release"], sha256=hashlib.sha256(manifest).hexdigest())
    put(f"{number}.snapshot.json", meta={"targets.json": number})
    put("timestamp.json", meta={"snapshot.json": number})


def shipment(folder: Path, number: int, **wishes: object) -> Shipment:
    """The same, ready to go."""
    return read_shipment(write_release(folder, number, **wishes))  # type: ignore[arg-type]


def sums_of(folder: Path) -> dict[str, str]:
    """Path → sha256 of everything that the release lists."""
    lines = (line.split("  ", 1) for line in (folder / SUMS).read_text().splitlines())
    return {path: digest for digest, path in lines}


def find_fault(read: Callable[[str], bytes | None], releases: Iterable[Mapping[str, str]]) -> str | None:
    """What a reader of a target would miss: a file that a pointer names, or one that is of no complete release.

    `read` returns the bytes at a path, `releases` are the sums of every release that may be seen.
    """
    releases = list(releases)
    pointers = sorted({path for sums in releases for path in sums if not NAMED.fullmatch(path)})
    for pointer in pointers:
        data = read(pointer)
        if data is None:
            continue
        digest = hashlib.sha256(data).hexdigest()
        if digest not in {sums.get(pointer) for sums in releases}:
            return f"{pointer} is of no release"
        for found in NAMED.finditer(data.decode("utf-8", "replace") if pointer != "release.json" else ""):
            named = read(found[0])
            if named is None:
                return f"{pointer} names {found[0]}, which is missing"
            if not hashlib.sha256(named).hexdigest().startswith(found[1]):
                return f"{pointer} names {found[0]}, which is another file"
        if pointer == "release.json":
            for entry in json.loads(data)["files"]:
                fault = _listed(read, entry["path"], entry["sha256"], releases)
                if fault:
                    return fault
    return _signatures(read)


def _listed(
    read: Callable[[str], bytes | None], path: str, digest: str, releases: Iterable[Mapping[str, str]]
) -> str | None:
    """Hashed files are as listed; pointers may be those of another release, a page load later."""
    data = read(path)
    if data is None:
        return f"release.json lists {path}, which is missing"
    found = hashlib.sha256(data).hexdigest()
    allowed = {digest} if NAMED.fullmatch(path) else {sums.get(path) for sums in releases}
    return None if found in allowed else f"release.json lists {path}, which is another file"


def _signatures(read: Callable[[str], bytes | None]) -> str | None:
    """timestamp.json leads to release.json of the same release, over the copy that stays."""
    timestamp = read("metadata/timestamp.json")
    if timestamp is None:
        return None
    number = json.loads(timestamp)["signed"]["meta"]["snapshot.json"]
    snapshot = read(f"metadata/{number}.snapshot.json")
    if snapshot is None:
        return f"timestamp.json names {number}.snapshot.json, which is missing"
    number = json.loads(snapshot)["signed"]["meta"]["targets.json"]
    targets = read(f"metadata/{number}.targets.json")
    if targets is None:
        return f"the snapshot names {number}.targets.json, which is missing"
    signed = json.loads(targets)["signed"]
    copy = read(f"metadata/release-{signed['release'][:12]}.json")
    if copy is None or hashlib.sha256(copy).hexdigest() != signed["sha256"]:
        return f"{number}.targets.json names a release whose list is missing"
    return None


def trusting(_shipment: Shipment, _root: bytes | None, _now: object) -> None:
    """Judges nothing: what has to be signed is tested elsewhere."""

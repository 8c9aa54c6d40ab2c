"""A bureau that published two releases with a leak in both, at a store; and its offices' orders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.portal.files import json_bytes
from pipeline.publish.records import PUBLISHED, Publication, Published, record_of
from pipeline.publish.shipment import made
from pipeline.publish.store import MemoryStore, Store
from pipeline.release.manifest import release_id
from pipeline.release.trust.signing import append_signature
from pipeline.release.trust.verify import Withdrawn
from pipeline.release.withdrawal import entries_for, new_order
from tests.release.trust import bureau as bureaus
from tests.release.trust.bureau import NOW, YEAR, Bureau, sha

DATASETS = {"framework": ("roads", "rivers"), "pipes": ("pipes",), "schools": ("schools",)}


def files_of_release(number: int) -> dict[str, bytes]:
    """Schools are the same in every release; everything else is not."""
    files: dict[str, bytes] = {}
    for archive in DATASETS:
        data = f"PMTiles {archive} {0 if archive == 'schools' else number}".encode()
        files[f"tiles/{archive}-{sha(data)[:12]}.pmtiles"] = data
        files[f"tiles/{archive}-{sha(data)[:12]}.explain.parquet"] = b"why " + data
    for dataset in ("roads", "rivers", "pipes", "schools"):
        files[f"coverage/{dataset}.json"] = f"{dataset} {number}".encode()
        gpkg = f"gpkg {dataset} {number}".encode()
        files[f"downloads/{dataset}-{sha(gpkg)[:10]}.gpkg"] = gpkg
    index = f"names of everything {number}".encode()
    files[f"search/index-{sha(index)[:12]}.bin"] = index
    files["offline.html"] = f"everything in one page {number}".encode()
    files["index.html"] = f"the map {number}".encode()
    files["catalog.json"] = f"the catalogue {number}".encode()
    return files


def manifest_of(files: Mapping[str, bytes]) -> dict[str, Any]:
    """release.json as builds write it, but for what nobody here asks."""
    of = {path: name for path in files for name in DATASETS if path.startswith(f"tiles/{name}-")}
    entries = [
        {"path": path, "bytes": len(data), "sha256": sha(data), "type": "application/octet-stream"}
        | ({"datasets": list(DATASETS[of[path]])} if path in of else {})
        for path, data in sorted(files.items())
    ]
    archives = [
        {"id": name, "file": path, "explanation": path.replace(".pmtiles", ".explain.parquet")}
        for path, name in of.items()
        if path.endswith(".pmtiles")
    ]
    return {
        "version": 1,
        "release": release_id((entry["path"], entry["sha256"]) for entry in entries),
        "city": "331181",
        "edition": "public",
        "sample": True,
        "review": {"number": None, "scope": None},
        "as_of": "2026-11-23",
        "archives": archives,
        "files": entries,
    }


@dataclass
class Leaky:
    """Two releases at a store, the second is the current one."""

    folder: Path
    store: Store = field(default_factory=MemoryStore)
    bureau: Bureau = field(default_factory=lambda: Bureau().found())
    manifests: list[bytes] = field(default_factory=list)
    files: list[dict[str, bytes]] = field(default_factory=list)

    @property
    def root(self) -> bytes:
        return self.bureau.roots[0]

    def put(self, path: str, data: bytes) -> None:
        item = made(path, data)
        self.store.write(path, data, item.about)

    def publish(self, number: int, monkeypatch: Any) -> None:
        """A release and its signatures; files with hashed names of those before it stay."""
        files = files_of_release(number)
        manifest = manifest_of(files)
        monkeypatch.setattr(bureaus, "manifest_of", lambda *_a, **_k: manifest)
        self.bureau.release(self.folder / f"signing-{number}", files)
        self.manifests.append(json_bytes(manifest))
        self.files.append(files)
        for path, data in files.items():
            self.put(path, data)
        self.put(record_of(manifest["release"]), json_bytes(manifest))
        self.put("SHA256SUMS", b"sums")
        for name, data in self.bureau.files.items():
            self.put(f"metadata/{name}", data)
        self.put("release.json", json_bytes(manifest))
        before = Published() if number == 1 else self.published(number - 1)
        self.put(PUBLISHED, before.with_newest(manifest["release"], NOW).bytes())

    def published(self, n: int) -> Published:
        import json

        return Published(None, tuple(Publication(json.loads(m)["release"], NOW) for m in self.manifests[:n]))

    def order(self, what: str, *, office: str | None = "survey", before: bytes | None = None) -> bytes:
        """An order to withdraw, signed by an office."""
        entries = entries_for(what, self.manifests, reason="a pipeline was in it", date="2026-11-23")
        order = new_order(entries, before, city="331181", edition="public", expires=NOW + YEAR)
        if office is None:
            return order
        return append_signature(order, self.bureau.key(office), office, self.bureau.roots[-1], targets=self.targets)

    @property
    def targets(self) -> bytes:
        return self.bureau.files[f"{self.bureau.n}.targets.json"]

    def paths(self) -> set[str]:
        return {entry.path for entry in self.store.list()}


def hashes(entries: tuple[Withdrawn, ...]) -> set[str]:
    return {each.sha256 for each in entries}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

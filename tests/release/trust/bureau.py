"""A bureau with its keys in memory: small signed releases for tests, made by the real functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Snapshot, Timestamp

from pipeline.portal.files import json_bytes
from pipeline.release.manifest import release_id
from pipeline.release.trust.keys import PublicKey
from pipeline.release.trust.root import change_root, new_root, sign_root
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.signing import append_signature, finish, new_department, new_targets
from pipeline.release.trust.source import MemorySource, Source
from pipeline.release.trust.targets import Delegation, department_delegations
from pipeline.release.trust.verify import Trusted, verify_trust

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
YEAR = timedelta(days=365)
PARTS = {"root": ("root-a", "root-b"), "survey": ("survey",), "secrecy": ("secrecy",), "publish": ("publish",)}
ROADS = "tiles/roads-0123456789ab.pmtiles"
BASE = "tiles/base-0123456789ab.pmtiles"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest_of(files: Mapping[str, bytes], *, edition: str = "public", city: str = "331181") -> dict[str, Any]:
    """A release.json as small as one can be; `tiles/roads-…` is made of the dataset roads."""
    entries = [
        {"path": path, "bytes": len(data), "sha256": sha(data), "type": "application/octet-stream"}
        | ({"datasets": [path.removeprefix("tiles/").rsplit("-", 1)[0]]} if path.startswith("tiles/") else {})
        for path, data in sorted(files.items())
    ]
    return {
        "version": 1,
        "release": release_id((entry["path"], entry["sha256"]) for entry in entries),
        "city": city,
        "edition": edition,
        "sample": True,
        "review": {"number": None, "scope": None},
        "as_of": "2026-11-23",
        "files": entries,
    }


@dataclass(repr=False)
class Bureau:
    """Keys by name, the roots so far, and the metadata that were published last."""

    city: str = "331181"
    sample: bool = True
    parts: Mapping[str, Sequence[str]] = field(default_factory=lambda: PARTS)
    keys: dict[str, CryptoSigner] = field(default_factory=dict)
    roots: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    manifest_bytes: bytes = b""
    departments: dict[str, str] = field(default_factory=dict)  # department → name of its key
    n: int = 0

    def key(self, name: str) -> CryptoSigner:
        return self.keys.setdefault(name, CryptoSigner.generate_ed25519())

    def public(self, name: str) -> PublicKey:
        return PublicKey(self.key(name).public_key.keyval["public"], name)

    def found(self) -> Bureau:
        """Make and sign the first root."""
        held = {part: [self.public(name) for name in names] for part, names in self.parts.items()}
        root = new_root(city=self.city, sample=self.sample, keys=held, expires=NOW + 3 * YEAR)
        for name in self.parts["root"]:
            root = sign_root(root, self.key(name))
        self.roots = [root]
        return self

    def delegations(self, manifest: Mapping[str, Any]) -> tuple[Delegation, ...]:
        keys = {department: self.public(name) for department, name in self.departments.items()}
        return department_delegations(manifest, {"roads": "transport", "base": "bureau"}, keys)

    def draft(self, folder: Path, files: Mapping[str, bytes], *, edition: str = "public") -> dict[str, Any]:
        """The unsigned signing folder of a release of these files."""
        self.n += 1
        manifest = manifest_of(files, edition=edition, city=self.city) | {"sample": self.sample}
        self.manifest_bytes = json_bytes(manifest)
        delegations = self.delegations(manifest)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "release.json").write_bytes(self.manifest_bytes)
        (folder / "root.json").write_bytes(self.roots[-1])
        listed = files_of(manifest) | {"release.json": sha(self.manifest_bytes)}
        sums = "".join(f"{listed[path]}  {path}\n" for path in sorted(listed)).encode()
        (folder / "SHA256SUMS").write_bytes(sums)
        (folder / "targets.json").write_bytes(
            new_targets(
                manifest,
                self.manifest_bytes,
                sums_sha256=sha(sums),
                root=self.roots[-1],
                delegations=delegations,
                version=self.n,
                expires=NOW + YEAR,
            )
        )
        for each in delegations:
            data = new_department(manifest, each, version=self.n, expires=NOW + YEAR)
            (folder / f"department-{each.department}.json").write_bytes(data)
        return manifest

    def sign(self, folder: Path, role: str, name: str, file: str = "targets.json") -> None:
        path = folder / file
        targets = (folder / "targets.json").read_bytes()
        path.write_bytes(append_signature(path.read_bytes(), self.key(name), role, self.roots[-1], targets=targets))

    def release(self, folder: Path, files: Mapping[str, bytes], *, edition: str = "public") -> Bureau:
        """Draft, have everybody sign, finish; the metadata are then in `files`."""
        self.draft(folder, files, edition=edition)
        for office in ("survey", "secrecy"):
            self.sign(folder, office, self.parts[office][0])
        for path in sorted(folder.glob("department-*.json")):
            department = path.stem.removeprefix("department-")
            self.sign(folder, f"department:{department}", self.departments[department], path.name)
        self.files |= finish(
            folder,
            self.key(self.parts["publish"][0]),
            self.roots,
            now=NOW,
            previous=MemorySource(self.files) if self.files else None,
        )
        return self

    def verify(self, files: Mapping[str, bytes] | None = None, **changes: Any) -> Trusted:
        source: Source = MemorySource(self.files if files is None else files)
        given: dict[str, Any] = {"root": self.roots[0], "seen": Seen.none(), "now": NOW, "online": True} | changes
        return verify_trust(source, given.pop("root"), **given)

    def resigned(self, data: bytes, change: Callable[[dict[str, Any]], object], *names: str) -> bytes:
        """What is signed, changed in place by `change`, and signed by those keys alone."""
        value = json.loads(data)
        change(value["signed"])
        document: Metadata[Any] = Metadata.from_dict({"signatures": [], "signed": value["signed"]})
        for name in names:
            document.sign(self.key(name), append=True)
        return document.to_bytes()

    def bound(
        self, documents: Mapping[str, bytes], *, by: str = "publish", version: int = 2, holds: timedelta = YEAR
    ) -> dict[str, bytes]:
        """metadata/ with these documents (role → bytes), bound by a snapshot and a timestamp of one key."""
        files = {name: data for name, data in self.files.items() if name.endswith("root.json")}
        meta = {}
        for role, data in documents.items():
            n = json.loads(data)["signed"]["version"]
            meta[f"{role}.json"] = MetaFile(n, len(data), {"sha256": sha(data)})
            files[f"{n}.{role}.json"] = data
        snapshot = Metadata(Snapshot(version, None, NOW + YEAR, meta))
        snapshot.sign(self.key(by))
        data = files[f"{version}.snapshot.json"] = snapshot.to_bytes()
        listed = MetaFile(version, len(data), {"sha256": sha(data)})
        timestamp = Metadata(Timestamp(version, None, NOW + holds, listed))
        timestamp.sign(self.key(by))
        return files | {"timestamp.json": timestamp.to_bytes()}

    def change_root(self, *signers: str, add: Any = None, remove: Any = None, **more: Any) -> bytes:
        """The root after the newest, signed; it is not yet among the roots."""
        root = change_root(
            self.roots[-1],
            add={part: [self.public(name) for name in names] for part, names in (add or {}).items()},
            remove={part: [self.public(name).keyid for name in names] for part, names in (remove or {}).items()},
            expires=NOW + 3 * YEAR,
            **more,
        )
        for name in signers:
            root = sign_root(root, self.key(name), self.roots[-1])
        return root


def files_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {entry["path"]: entry["sha256"] for entry in manifest["files"]}

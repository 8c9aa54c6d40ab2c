"""Small signed releases and the bureau that signs them, by the real functions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.release.install.arrival import Imported, Trust, import_bundle
from pipeline.release.trust.signing import append_signature, finish, new_targets
from pipeline.release.trust.source import FolderSource, MemorySource
from tests.release.trust.bureau import NOW, YEAR, Bureau, sha
from tests.standalone.disks import seal_release, write_release


@dataclass
class Press:
    """A bureau that publishes one edition, release after release."""

    root: Path
    city: str = "331181"
    edition: str = "public"
    bureau: Bureau = field(init=False)
    number: int = 0
    published: dict[str, Path] = field(default_factory=dict)  # id → folder, as it was published

    def __post_init__(self) -> None:
        self.bureau = Bureau(city=self.city).found()
        self.root.mkdir(parents=True, exist_ok=True)
        self.root_file.write_bytes(self.bureau.roots[0])

    @property
    def root_file(self) -> Path:
        """The root as an office got it otherwise."""
        return self.root / "root.json"

    def release(self, text: str, *, catalog: bool = True) -> Path:
        """Build, sign by both offices and the publisher."""
        dist = write_release(self.root / text, text, 1, city=self.city, edition=self.edition)
        shutil.rmtree(dist / "metadata")
        if not catalog:
            (dist / "catalog.json").unlink()
            seal_release(dist, city=self.city, edition=self.edition)
        return self.sign(dist)

    def sign(self, dist: Path, offices: Sequence[str] = ("survey", "secrecy")) -> Path:
        """Put metadata/ beside a release."""
        self.number += 1
        bureau, signing = self.bureau, self.root / f"signing-{self.number}"
        signing.mkdir()
        data = (dist / "release.json").read_bytes()
        manifest = json.loads(data)
        targets = new_targets(
            manifest,
            data,
            sums_sha256=sha((dist / "SHA256SUMS").read_bytes()),
            root=bureau.roots[-1],
            delegations=(),
            version=self.number,
            expires=NOW + YEAR,
        )
        for office in offices:
            targets = append_signature(targets, bureau.key(bureau.parts[office][0]), office, bureau.roots[-1])
        (signing / "targets.json").write_bytes(targets)
        (signing / "release.json").write_bytes(data)
        previous = MemorySource(bureau.files) if bureau.files else None
        made = finish(signing, bureau.key("publish"), bureau.roots, now=NOW, previous=previous)
        bureau.files |= made
        (dist / "metadata").mkdir()
        for name, content in made.items():
            (dist / "metadata" / name).write_bytes(content)
        self.published[str(manifest["release"])] = dist
        return dist


def take(press: Press, home: Path, bundle: Path, now: datetime = NOW, **trust: object) -> Imported:
    """Import as `longquan import` does."""
    given = Trust(**trust) if trust else Trust(press.root_file)  # type: ignore[arg-type]
    return import_bundle(bundle, home, trust=given, now=now)


def source(dist: Path) -> FolderSource:
    """The metadata of a release folder."""
    return FolderSource(dist / "metadata")

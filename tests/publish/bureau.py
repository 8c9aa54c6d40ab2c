"""Small releases that two offices and a publisher really signed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.release.manifest import SUMS
from pipeline.release.trust.root import new_root, sign_root
from pipeline.release.trust.signing import append_signature, finish, new_targets, write_metadata
from pipeline.release.trust.source import FolderSource
from tests.publish.releases import write_release
from tests.release.trust.bureau import PARTS, Bureau


def new_bureau(sample: bool = True) -> Bureau:
    """Keys and a root that hold for years from today, as the command line asks the clock."""
    bureau = Bureau(sample=sample)
    held = {part: [bureau.public(name) for name in names] for part, names in PARTS.items()}
    expires = datetime.now(UTC) + timedelta(days=900)
    root = new_root(city=bureau.city, sample=sample, keys=held, expires=expires)
    for name in PARTS["root"]:
        root = sign_root(root, bureau.key(name))
    bureau.roots = [root]
    return bureau


def write_signed(
    bureau: Bureau,
    folder: Path,
    number: int,
    *,
    previous: Path | None = None,
    offices: Sequence[str] = ("survey", "secrecy"),
    holds: timedelta | None = None,
    **wishes: object,
) -> Path:
    """A release as `write_release` makes it, signed; its numbers go on from those of `previous`."""
    write_release(folder, number, **wishes)  # type: ignore[arg-type]
    shutil.rmtree(folder / "metadata")
    now = datetime.now(UTC)
    data = (folder / "release.json").read_bytes()
    targets = new_targets(
        json.loads(data),
        data,
        sums_sha256=hashlib.sha256((folder / SUMS).read_bytes()).hexdigest(),
        root=bureau.roots[-1],
        delegations=(),
        version=number,
        expires=now + timedelta(days=300),
    )
    for office in offices:
        targets = append_signature(targets, bureau.key(office), office, bureau.roots[-1])
    signing = folder.parent / f".{folder.name}-signing"
    signing.mkdir()
    (signing / "release.json").write_bytes(data)
    (signing / "targets.json").write_bytes(targets)
    before = None if previous is None else FolderSource(previous / "metadata")
    files = finish(
        signing,
        bureau.key("publish"),
        bureau.roots,
        now=now if holds is None else now - timedelta(days=10),
        previous=before,
        expires=None if holds is None else now + holds,
    )
    write_metadata(folder / "metadata", files)
    return folder

"""Signs release folders that are there, with the keys of a bureau."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.release.trust.signing import finish, new_department, new_targets, write_metadata
from pipeline.release.trust.source import FolderSource
from pipeline.release.trust.targets import Target, department_delegations, new_delegated
from tests.release.trust.bureau import NOW, YEAR, Bureau


def sign_release(
    bureau: Bureau,
    folder: Path,
    signing: Path,
    previous: Path | None = None,
    owners: Mapping[str, str] | None = None,
) -> Path:
    """Have everybody sign the release in a folder; its metadata/ is written. `owners`: dataset → department."""
    bureau.n += 1
    data = (folder / "release.json").read_bytes()
    manifest = json.loads(data)
    keys = {department: bureau.public(name) for department, name in bureau.departments.items()}
    delegations = department_delegations(manifest, owners or {}, keys)
    signing.mkdir(parents=True, exist_ok=True)
    (signing / "release.json").write_bytes(data)
    unsigned = new_targets(
        manifest,
        data,
        sums_sha256=hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest(),
        root=bureau.roots[-1],
        delegations=delegations,
        version=bureau.n,
        expires=NOW + YEAR,
    )
    (signing / "targets.json").write_bytes(unsigned)
    for office in ("survey", "secrecy"):
        bureau.sign(signing, office, office)
    for each in delegations:
        file = f"department-{each.department}.json"
        (signing / file).write_bytes(new_department(manifest, each, version=bureau.n, expires=NOW + YEAR))
        bureau.sign(signing, f"department:{each.department}", bureau.departments[each.department], file)
    before = None if previous is None else FolderSource(previous / "metadata")
    write_metadata(folder / "metadata", finish(signing, bureau.key("publish"), bureau.roots, now=NOW, previous=before))
    return folder


def withdraw(bureau: Bureau, folder: Path, files: Mapping[str, str], signing: Path) -> None:
    """An order of the surveying office to take files (path → sha256) back, put beside the release's signatures."""
    signing.mkdir(parents=True, exist_ok=True)
    targets = next((folder / "metadata").glob("*.targets.json")).read_bytes()
    (signing / "targets.json").write_bytes(targets)
    listed = {
        f"withdrawn/{digest}": Target(
            1, digest, {"kind": "archive", "path": path, "release": None, "reason": "leak", "date": "2026-11-23"}
        )
        for path, digest in files.items()
    }
    order = new_delegated("withdrawals", "331181", "public", listed, version=1, expires=NOW + YEAR)
    (signing / "withdrawn.json").write_bytes(order)
    bureau.sign(signing, "survey", "survey", "withdrawn.json")
    (folder / "metadata/withdrawn.json").write_bytes((signing / "withdrawn.json").read_bytes())

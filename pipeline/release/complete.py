"""A signed release becomes a completed one: metadata beside its files, kept whole, told in the feed and the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, PolicyRefusal
from pipeline.framework import Framework, pinned_files
from pipeline.i18n import _
from pipeline.intake.ledger import append, entries
from pipeline.making.finished import MANIFEST, read_manifest
from pipeline.portal.files import write_file
from pipeline.progress import Progress, Silent
from pipeline.release.feed import FEED, release_feed
from pipeline.release.kept import METADATA, Kept, keep_release, kept_releases, prune
from pipeline.release.manifest import SM3_SUMS, SUMS
from pipeline.release.prepare import KIND, require_whole
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.signer import Signer
from pipeline.release.trust.signing import finish, write_metadata
from pipeline.release.trust.source import FolderSource, MemorySource
from pipeline.release.trust.verify import SignedBy, Trusted, check_manifest, verify_trust
from pipeline.release.workspace_root import workspace_roots


@dataclass(frozen=True, slots=True)
class Completed:
    """A release that may be published and bundled."""

    edition: str
    release: str
    version: int
    dist: Path
    folder: Path  # where it is kept
    signed_by: tuple[SignedBy, ...]
    expires: datetime  # when the first signature does
    pruned: tuple[str, ...]  # releases that are not kept any longer

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "edition": self.edition,
            "release": self.release,
            "version": self.version,
            "dist": str(self.dist),
            "folder": str(self.folder),
            "signed_by": [{"role": each.role, "name": each.name, "keyid": each.keyid} for each in self.signed_by],
            "expires": self.expires.isoformat(),
            "pruned": list(self.pruned),
        }


def complete_release(
    framework: Framework,
    edition: str,
    signing: Path,
    signer: Signer,
    *,
    now: datetime,
    held: Collection[str] = (),
    progress: Progress | None = None,
) -> Completed:
    """Sign snapshot and timestamp over a signing folder that both offices have signed, and install the release.

    `signer` is the publisher's. ``dist/<edition>/`` gets metadata/ and feed.atom, ``releases/<edition>/`` keeps it
    whole, the oldest go (not those in `held`), the ledger tells who signed. Done again it does the same.

    Raises PolicyRefusal where signatures are missing or the folder waits for another release, TrustError where one does
    not hold, InputError where dist/ is not what was signed, OutputError.
    """
    root, dist = framework.root, framework.root / "dist" / edition
    roots = workspace_roots(root, framework.city.code, sample=framework.city.sample)
    kept = kept_releases(root, edition)
    last = FolderSource(kept[-1].folder / METADATA) if kept else None
    files = finish(
        signing, signer, roots, now=now, previous=last, expires=now + timedelta(days=framework.release.refresh)
    )
    trusted = verify_trust(MemorySource(files), roots[-1], seen=Seen.none(), now=now, online=True, edition=edition)
    _is_newest(kept, trusted, signing)
    manifest_bytes = _manifest_bytes(dist, trusted)
    check_manifest(trusted, manifest_bytes)
    sums = require_whole(dist, progress or Silent())
    if hashlib.sha256((dist / SUMS).read_bytes()).hexdigest() != trusted.sums_sha256:
        raise InputError(_("SHA256SUMS is not the list whose fingerprint was signed"), where=str(dist / SUMS))

    _install(dist / METADATA, files)
    manifest = json.loads(manifest_bytes)
    this = Kept(dist, trusted.release, trusted.seen.targets, manifest)
    write_file(dist / FEED, release_feed([*(each for each in kept if each.release != trusted.release), this]))
    lists = [name for name in (SUMS, SM3_SUMS, FEED) if (dist / name).is_file()]
    folder = keep_release(root, edition, dist, [*sums, *lists])
    pins = pinned_files(framework.applications, now.date())
    gone = prune(root, edition, framework.release.keep, held=held, files=pins)
    _tell(root, trusted, now)
    return Completed(
        edition=edition,
        release=trusted.release,
        version=trusted.seen.targets,
        dist=dist,
        folder=folder,
        signed_by=trusted.signed_by,
        expires=trusted.expires,
        pruned=tuple(each.release for each in gone),
    )


def _manifest_bytes(dist: Path, trusted: Trusted) -> bytes:
    manifest = read_manifest(dist)
    if manifest is None or manifest.get("release") != trusted.release:
        raise InputError(
            _("what was signed is not what lies in the folder: it was built anew since"),
            where=str(dist),
            expected=trusted.release,
            hint=_("prepare it again with: longquan release {edition}").format(edition=trusted.edition),
        )
    return (dist / MANIFEST).read_bytes()


def _is_newest(kept: tuple[Kept, ...], trusted: Trusted, signing: Path) -> None:
    """Nothing that was prepared before the last release was completed may follow it."""
    if not kept or trusted.seen.targets > kept[-1].version:
        return
    if trusted.seen.targets == kept[-1].version and trusted.release == kept[-1].release:
        return  # completed before; now again
    raise PolicyRefusal(
        _("a later release was completed since this one was prepared"),
        where=str(signing),
        expected=_("a version above {n}").format(n=kept[-1].version),
        hint=_("prepare it again with: longquan release {edition}").format(edition=trusted.edition),
    )


def _install(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write metadata/, pointers last; then take away what belongs to an earlier signing."""
    write_metadata(folder, files)
    for path in sorted(folder.iterdir()):
        if path.name not in files:
            path.unlink()


def _tell(root: Path, trusted: Trusted, now: datetime) -> None:
    """One entry for a signed release, however often it is completed."""
    facts = {
        "edition": trusted.edition,
        "release": trusted.release,
        "version": trusted.seen.targets,
        "manifest_sha256": trusted.manifest_sha256,
        "sums_sha256": trusted.sums_sha256,
        "signed_by": [f"{each.role}: {each.name}" for each in trusted.signed_by if each.role != "root"],
    }
    if not any(entry.kind == KIND and entry.facts == facts for entry in entries(root, naming=[trusted.release])):
        append(root, KIND, facts, now)

"""From a built edition to the signing folder: what two offices look at and sign, small enough for a USB stick.

    signing/<edition>/targets.json            what is signed: the hash of release.json, and whose archives are whose
                      department-<id>.json    what a department signs; as signed before where nothing of it changed
                      release.json            every file of the release with its hash
                      SHA256SUMS              the same for people without this tool; its hash is the fingerprint
                      sheet.html              the review sheet, to be printed
                      root.json               the root of trust, whose keys may sign

Nothing may leave that has not passed: lists and files agree, a map review covers what a public edition shows, and the
audit finds no leak. The release id stays what `build` made it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline.audit import AuditResult, Machine, audit_folder
from pipeline.errors import InputError, PolicyRefusal
from pipeline.framework import Framework
from pipeline.i18n import _, language, ngettext, speaking
from pipeline.intake.ledger import entries
from pipeline.making.finished import MANIFEST, read_manifest
from pipeline.making.stage import Stage
from pipeline.portal.files import write_file
from pipeline.progress import Progress, Silent
from pipeline.release.kept import Kept, kept_releases
from pipeline.release.manifest import SUMS, resume_statement, state_release
from pipeline.release.sheet import SheetFacts, review_sheet
from pipeline.release.signing_folder import (
    DEPARTMENT,
    ROOT,
    SHEET,
    SIGNING,
    TARGETS,
    department_documents,
    kept_targets,
)
from pipeline.release.trust.keys import public_key
from pipeline.release.trust.root import RootFacts, read_root
from pipeline.release.trust.signing import missing_signatures, new_targets
from pipeline.release.trust.targets import department_delegations
from pipeline.release.workspace_root import workspace_roots
from pipeline.review.changes import Change, content_changes
from pipeline.review.content import content_list
from pipeline.review.samples import Place, draw_samples, sample_places
from pipeline.review.status import review_standing
from pipeline.standalone.verify import check

KIND: Final = "release"  # in the ledger: a completed one
_PICTURES: Final = 6  # sample maps on a sheet


@dataclass(frozen=True, slots=True)
class Prepared:
    """A release that waits for its signatures."""

    edition: str
    folder: Path  # the signing folder
    release: str
    previous: str | None
    number: str | None  # of the map review
    version: int  # of targets.json
    manifest_sha256: str
    fingerprint: str  # of SHA256SUMS
    root_fingerprint: str
    expires: datetime
    changes: tuple[Change, ...]
    audit: AuditResult
    missing: tuple[str, ...]  # who has to sign: survey, secrecy, department:ID

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "edition": self.edition,
            "folder": str(self.folder),
            "release": self.release,
            "previous": self.previous,
            "review": self.number,
            "version": self.version,
            "manifest_sha256": self.manifest_sha256,
            "fingerprint": self.fingerprint,
            "root_fingerprint": self.root_fingerprint,
            "expires": self.expires.isoformat(),
            "changes": [
                {"kind": each.kind, "subject": each.subject, "what": each.what, "before": each.before,
                 "after": each.after}
                for each in self.changes
            ],
            "audit": {
                "files": self.audit.files,
                "tiles": self.audit.measure.tiles,
                "notices": self.audit.report.notices,
            },
            "missing": list(self.missing),
        }  # fmt: skip


def prepare_release(
    framework: Framework,
    edition: str,
    *,
    now: datetime,
    machine: Machine,
    against_workspace: bool = True,
    pictures: int = _PICTURES,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Write ``signing/<edition>/`` for what lies in ``dist/<edition>/``, replaced as a whole.

    Prepared once more, signatures stay under a document that would say the same. `against_workspace`: whether the
    audit also looks for what the workspace denies; `pictures`: sample maps at most.

    Raises PolicyRefusal where no map review covers a public edition or the audit finds a leak, InputError where the
    folder is not what was built or there is no root of trust, OutputError.
    """
    progress = progress or Silent()
    root, dist = framework.root, framework.root / "dist" / edition
    roots = workspace_roots(root, framework.city.code, sample=framework.city.sample)
    number, scope = _reviewed(framework, edition)
    resume_statement(dist)
    require_whole(dist, progress)
    kept = kept_releases(root, edition)
    manifest_bytes = state_release(
        dist, previous=_previous(kept, dist), review={"number": number, "scope": scope if number else None}
    )
    audit = audit_folder(dist, root if against_workspace else None, machine=machine, threads=threads, progress=progress)
    if not audit.clean:
        raise PolicyRefusal(
            ngettext(
                "the audit found {n} leak in {edition}", "the audit found {n} leaks in {edition}", audit.report.leaks
            ).format(n=audit.report.leaks, edition=edition),
            where=str(dist),
            hint=_("look at them with: longquan audit {folder} -w {workspace}").format(folder=dist, workspace=root),
        )
    return _write(framework, roots[-1], dist, manifest_bytes, kept, audit, now, pictures, progress)


def require_whole(dist: Path, progress: Progress) -> Mapping[str, str]:
    """The hashes of every file of a folder that is just what its lists say. Raises InputError."""
    if not (dist / SUMS).is_file():
        raise InputError(
            _("this edition has not been built: {name} is missing").format(name=SUMS),
            where=str(dist),
            hint=_("run: longquan build"),
        )
    progress.start(_("hashing"), None, _("bytes"))
    told = 0

    def tell(done: int, _total: int) -> None:
        nonlocal told
        progress.advance(done - told)
        told = done

    result = check(str(dist), tell)
    progress.done()
    if result.faults:
        first = result.faults[0]
        raise InputError(
            ngettext(
                "the folder is not what was built: {n} fault", "the folder is not what was built: {n} faults",
                len(result.faults),
            ).format(n=len(result.faults)),
            where=f"{dist}: {first.path}: {first.text(language())}",
            hint=_("find out who changed it (longquan verify {folder}), then build again").format(folder=dist),
        )  # fmt: skip
    return result.sums


def _reviewed(framework: Framework, edition: str) -> tuple[str | None, str]:
    """The map review number that covers the edition, as its pages show it, and the hash of what it covers."""
    dist = framework.root / "dist" / edition
    standing = review_standing(framework, edition)
    manifest = read_manifest(dist) or {}
    public = next(each.public for each in framework.editions if each.id == edition)
    printed = (manifest.get("review") or {}).get("number")
    if public and not framework.city.sample and not standing.covered:
        raise PolicyRefusal(
            _("no map review number (审图号) covers what {edition} shows, so it may not leave").format(edition=edition),
            where=str(dist),
            hint=_("prepare the review with: longquan review pack {edition}; attach the number: longquan review record")
            .format(edition=edition),
        )  # fmt: skip
    if printed != standing.number:
        raise PolicyRefusal(
            _("the pages of {edition} show the map review number {printed}, and {number} is what covers it").format(
                edition=edition, printed=printed or "–", number=standing.number or "–"
            ),
            where=str(dist),
            hint=_("run: longquan build"),
        )
    return standing.number, standing.scope


def _previous(kept: tuple[Kept, ...], dist: Path) -> dict[str, str] | None:
    """What stands beside the id: the last completed release; of one that is signed again, what stood there before."""
    release = (read_manifest(dist) or {}).get("release")
    if kept and kept[-1].release == release:
        before: dict[str, str] | None = kept[-1].manifest["previous"]
        return before
    return {"release": kept[-1].release, "manifest_sha256": kept[-1].manifest_sha256} if kept else None


def _write(
    framework: Framework,
    root: bytes,
    dist: Path,
    manifest_bytes: bytes,
    kept: tuple[Kept, ...],
    audit: AuditResult,
    now: datetime,
    pictures: int,
    progress: Progress,
) -> Prepared:
    manifest = json.loads(manifest_bytes)
    edition, rules = manifest["edition"], framework.release
    expires = (now + timedelta(days=rules.expires)).replace(microsecond=0)
    sums = (dist / SUMS).read_bytes()
    owners = {dataset.id: department.id for department, dataset in framework.datasets}
    keys = {
        each.id: public_key(each.public_key, each.name.zh, framework.root)
        for each in framework.departments
        if each.public_key is not None
    }
    delegations = department_delegations(manifest, owners, keys)
    targets = new_targets(
        manifest,
        manifest_bytes,
        sums_sha256=hashlib.sha256(sums).hexdigest(),
        root=root,
        delegations=delegations,
        version=next_version(framework.root, edition, kept),
        expires=expires,
    )
    folder = framework.root / SIGNING / edition
    targets = kept_targets(folder, targets, root, now)
    last = kept[-1].folder / "metadata" if kept else None
    documents = department_documents(
        manifest, delegations, folder, last, targets, root, now=now, expires=expires, renew=rules.expires / 4
    )
    missing = [*missing_signatures(targets, root)]
    for data in documents.values():
        missing += missing_signatures(data, root, targets=targets)

    before = next((each for each in kept if each.release == (manifest["previous"] or {}).get("release")), None)
    content = content_list(dist)
    with speaking("zh"):
        changes = content_changes(content_list(before.folder), content) if before else ()
    facts, held = read_root(root), json.loads(targets)["signed"]
    sheet = review_sheet(
        SheetFacts(
            content=content,
            manifest=manifest,
            manifest_sha256=hashlib.sha256(manifest_bytes).hexdigest(),
            sums_sha256=hashlib.sha256(sums).hexdigest(),
            root_fingerprint=facts.fingerprint,
            version=held["version"],
            expires=held["expires"][:10],
            offices=_offices(facts),
            changes=changes,
            overrides=_overrides(framework.root, manifest),
            audit=audit,
            samples=tuple(draw_samples(dist, _places(dist, changes, pictures), progress)) if pictures else (),
            departments=[
                (each, next(d.name.zh for d in framework.departments if each == f"department:{d.id}"))
                for each in missing
                if each.startswith("department:")
            ],
            fates=_fates(manifest, before.manifest) if before else {},
        )
    )
    with Stage(folder) as stage:
        files = {TARGETS: targets, MANIFEST: manifest_bytes, SUMS: sums, SHEET: sheet, ROOT: root}
        for name, data in {**files, **{DEPARTMENT.format(id=id): data for id, data in documents.items()}}.items():
            write_file(stage.folder / name, data)
        stage.commit()
    if before:
        changes = content_changes(content_list(before.folder), content)  # now in the language of the terminal
    return Prepared(
        edition=edition,
        folder=folder,
        release=manifest["release"],
        previous=(manifest["previous"] or {}).get("release"),
        number=manifest["review"]["number"],
        version=held["version"],
        manifest_sha256=hashlib.sha256(manifest_bytes).hexdigest(),
        fingerprint=hashlib.sha256(sums).hexdigest(),
        root_fingerprint=facts.fingerprint,
        expires=datetime.fromisoformat(held["expires"].replace("Z", "+00:00")),
        changes=changes,
        audit=audit,
        missing=tuple(missing),
    )


def next_version(root: Path, edition: str, kept: tuple[Kept, ...]) -> int:
    """The version of the next targets metadata: above all that were ever completed, kept still or not."""
    told = (entry.facts for entry in entries(root, naming=[KIND]) if entry.kind == KIND)
    versions = [facts.get("version", 0) for facts in told if facts.get("edition") == edition]
    return max((*versions, *(each.version for each in kept)), default=0) + 1


def _offices(facts: RootFacts) -> list[tuple[str, str]]:
    return [(office, "、".join(key.name for key in facts.keys_of(office))) for office in ("survey", "secrecy")]


def _overrides(root: Path, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was let through into this release, with who answers for it and why, as the ledger has it."""
    said = [
        entry.facts
        for entry in entries(root, naming=[manifest["release"]])
        if entry.kind == "override" and entry.facts.get("edition") == manifest["edition"]
    ]
    told = []
    for each in manifest["overrides"]:
        same = (f for f in said if all(f.get(key) == each[key] for key in ("rule", "dataset", "field")))
        facts = next(same, {})
        told.append({**each, "reason": facts.get("reason", "–"), "by": facts.get("by", "–")})
    return told


def _places(dist: Path, changes: tuple[Change, ...], at_most: int) -> list[Place]:
    """Where sample maps are taken: half of them of the city, the rest of datasets and imagery that changed."""
    places = sample_places(dist)
    general = [each for each in places if each.dataset is None and each.archive is None]
    changed = {change.subject.rpartition(" ")[2].partition(".")[0] for change in changes}
    touched = [each for each in places if (each.dataset or each.archive) in changed]
    return [*general[: at_most - min(len(touched), at_most // 2)], *touched][:at_most]


def _fates(manifest: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, int]:
    had = {(entry["path"], entry["sha256"]) for entry in before["files"]}
    new = [entry for entry in manifest["files"] if (entry["path"], entry["sha256"]) not in had]
    return {
        "new_files": len(new),
        "new_bytes": sum(entry["bytes"] for entry in new),
        "kept_files": len(manifest["files"]) - len(new),
    }

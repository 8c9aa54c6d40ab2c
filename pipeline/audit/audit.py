"""The whole audit: a published folder, from its finished files alone.

What may be inside is taken from release.json, or, with a workspace, from the workspace's own rules; then the values,
features and areas that those rules deny are looked for as well. Nothing that the build kept is believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipeline.audit.against import Against
from pipeline.audit.allowed import Allowed, allowed_of_manifest, beyond
from pipeline.audit.archives import ARCHIVE_RULES, BROKEN_RULE, Measure
from pipeline.audit.databases import DATABASE_RULES
from pipeline.audit.denied import Denied, denied_by
from pipeline.audit.document import value_document
from pipeline.audit.document_rules import DOCUMENT_RULES
from pipeline.audit.examine import Desk, examine
from pipeline.audit.file_rules import RASTER_RULE, RAW_RULES, TYPE_RULE, VALUE_RULE
from pipeline.audit.folder import FOLDER_RULES, MANIFEST, SUMS, Entry, Folder, entries_of
from pipeline.audit.fonts import FONT_RULE
from pipeline.audit.images import PICTURE_RULE
from pipeline.audit.one_page import PAGE_RULE
from pipeline.audit.policy import admitted, allowed_by
from pipeline.audit.raster_tiles import IMAGE_RULES
from pipeline.audit.rules import Finding, Findings, Report, Rule, Severity, check
from pipeline.audit.search_index import SEARCH_RULE
from pipeline.audit.secrets import no_secrets
from pipeline.audit.software import software_files, software_scripts
from pipeline.audit.tables import BATCH_RULES, EXPLAINED_RULE, LAYER_RULES, UNREADABLE_RULE
from pipeline.audit.tile_copies import COPY_RULE, Copied
from pipeline.audit.tile_rules import CONTOUR_RULE, TILE_RULES
from pipeline.audit.traces import Machine
from pipeline.audit.values import places_of
from pipeline.errors import InputError
from pipeline.framework import Edition, load_workspace
from pipeline.i18n import _
from pipeline.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit came to."""

    folder: Path
    edition: str
    release: str
    workspace: Path | None  # held against its rules and its data, or against release.json alone
    files: int
    bytes: int
    measure: Measure
    report: Report

    @property
    def clean(self) -> bool:
        """Whether nothing was found that may not be inside."""
        return not self.report.leaks

    def as_json(self) -> dict[str, Any]:
        """The result as a JSON object; a rule that is not in `counts` was not broken."""
        return {
            "clean": self.clean,
            "folder": str(self.folder),
            "edition": self.edition,
            "release": self.release,
            "against": "workspace" if self.workspace else MANIFEST,
            "files": self.files,
            "bytes": self.bytes,
            "tiles": self.measure.tiles,
            "features": self.measure.features,
            "tile_bytes": self.measure.bytes,
            "leaks": self.report.leaks,
            "notices": self.report.notices,
            "rules": [rule.id for rule in EVERY_RULE],
            "counts": dict(self.report.counts),
            "faults": [fault.as_json() for fault in self.report.faults],
        }


@dataclass(frozen=True, slots=True)
class Stated:
    """What release.json allows, and what the rules of the workspace do."""

    stated: Allowed
    right: Allowed


def audit_folder(
    folder: Path,
    workspace: Path | None = None,
    *,
    machine: Machine | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> AuditResult:
    """Audit a published folder; with the workspace that it was built from also against what that does not let out.

    `machine` names what must not occur of the machine that the folder was made on. Raises InputError for a folder
    without a release.json that can be read, ConfigError for a workspace with faults or without the edition.
    """
    progress = progress or Silent()
    manifest = _manifest(folder)
    stated = allowed_of_manifest(manifest, str(folder / MANIFEST))
    findings = Findings()
    known = machine or Machine()
    allowed, denied = stated, None
    if workspace is not None:
        framework = load_workspace(workspace)
        edition = _edition(framework.editions, stated.edition)
        rules = admitted(framework, edition)
        allowed = allowed_by(rules, stated)
        denied = denied_by(rules, manifest, progress)
        check(Stated(stated, allowed), STATED_RULES, findings)
        check(denied, DENIED_RULES, findings)
        known = Machine(known.names, (*known.folders, str(workspace.resolve())))
    entries = entries_of(folder)
    digests = _digests(entries, progress)
    sums = folder / SUMS
    text = sums.read_text("utf-8", "replace") if sums.is_file() else None
    check(Folder(entries, manifest, digests, allowed, text), FOLDER_RULES, findings)

    secrets = denied.secrets if denied else no_secrets()
    scripts = places_of(pa.array(list(software_scripts()), pa.large_string()), secrets) if denied else {}
    against = Against(
        allowed,
        secrets,
        denied.ids if denied else {},
        denied.shapes if denied else np.zeros(1, np.uint64),
        denied.mask if denied else None,
        known.pattern(),
        software_files(),
        frozenset(scripts),
    )
    archives = {str(each.get("file")): str(each.get("id")) for each in manifest.get("archives", ())}
    measure = Measure()
    with Copied(folder) as copied:
        desk = Desk(against, findings, archives, threads, progress, folder, copied)
        desk.read(value_document([entry.name for entry in entries], _("(names of files)")))
        for entry in entries:
            if entry.regular:
                measure += examine(entry, digests[entry.name], desk)
    return AuditResult(
        folder,
        stated.edition,
        str(manifest.get("release")),
        workspace,
        len(entries),
        sum(entry.bytes for entry in entries),
        measure,
        findings.report(),
    )


def _manifest(folder: Path) -> Mapping[str, Any]:
    where = folder / MANIFEST
    hint = _("name the folder of an edition, such as dist/public")
    try:
        manifest = json.loads(where.read_bytes())
    except OSError as error:
        raise InputError(
            _("There is no release.json: {reason}.").format(reason=error.strerror or error),
            where=str(where),
            expected=_("a folder that `longquan build` wrote"),
            hint=hint,
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(_("release.json cannot be read: {reason}.").format(reason=error), where=str(where)) from error
    if not isinstance(manifest, dict):
        raise InputError(_("release.json is no JSON object."), where=str(where), hint=hint)
    return manifest


def _edition(editions: tuple[Edition, ...], id: str) -> Edition:
    for edition in editions:
        if edition.id == id:
            return edition
    raise InputError(
        _("the workspace has no edition {id}, of which the folder is one").format(id=id),
        expected=", ".join(edition.id for edition in editions),
        hint=_("name the workspace that the folder was built from"),
    )


def _digests(entries: tuple[Entry, ...], progress: Progress) -> dict[str, str]:
    progress.start(_("hashing"), len(entries), _("files"))
    out = {}
    for entry in entries:
        if entry.regular:
            with entry.path.open("rb") as file:
                out[entry.name] = hashlib.file_digest(file, "sha256").hexdigest()
        progress.advance()
    progress.done()
    return out


def too_much(lists: Stated) -> list[Finding]:
    """What release.json allows beyond the rules of the workspace."""
    return [Finding(_("it allows {what}").format(what=what), MANIFEST) for what in beyond(lists.stated, lists.right)]


def unread_sources(denied: Denied) -> tuple[Finding, ...]:
    """Datasets that could not be read: that nothing of them is inside is not proved."""
    return denied.unread


STATED_RULES: Final[tuple[Rule[Stated], ...]] = (
    Rule(
        "release-allows",
        Severity.LEAK,
        "release.json allows what the rules of the workspace allow.",
        "Build the edition again by the rules of today.",
        too_much,
    ),
)
DENIED_RULES: Final[tuple[Rule[Denied], ...]] = (
    Rule(
        "data-readable",
        Severity.LEAK,
        "Every dataset of the workspace can be read.",
        "Put the file back, or correct its entry in departments/*.toml.",
        unread_sources,
    ),
)
EVERY_RULE: Final[tuple[Rule[Any], ...]] = (
    *STATED_RULES,
    *DENIED_RULES,
    *FOLDER_RULES,
    TYPE_RULE,
    *DOCUMENT_RULES,
    PAGE_RULE,
    PICTURE_RULE,
    FONT_RULE,
    *ARCHIVE_RULES,
    BROKEN_RULE,
    *TILE_RULES,
    CONTOUR_RULE,
    *IMAGE_RULES,
    EXPLAINED_RULE,
    COPY_RULE,
    *DATABASE_RULES,
    VALUE_RULE,
    *LAYER_RULES,
    *BATCH_RULES,
    UNREADABLE_RULE,
    SEARCH_RULE,
    RASTER_RULE,
    *RAW_RULES,
)

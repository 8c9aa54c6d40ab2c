"""Is this server fit to serve a release? Every check in turn, and what came of it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.publish import check_archive, check_files, check_origin, check_range, check_server
from pipeline.publish.client import Client, Unanswered
from pipeline.publish.finding import Finding
from pipeline.publish.fixes import fixes_of
from pipeline.publish.subject import ORIGIN, Listed, Visit, arrive

State = Literal["ok", "notice", "fault", "skipped"]
# What a check needs: an archive, one whose parts can be read, a list of files, or nothing but the server.
ARCHIVE: dict[str, Callable[[Visit, Listed], list[Finding]]] = {
    "range": check_range.check_range,
    "head": check_archive.check_head,
    "packing": check_archive.check_packing,
    "etag": check_archive.check_etag,
    "modified": check_archive.check_modified,
    "preflight": check_origin.check_preflight,
    "origin": check_origin.check_origin,
    "exposed": check_origin.check_exposed,
    "stranger": check_origin.check_stranger,
}
# What is asked of a server that lets in only those who say who they are.
KNOWN: dict[str, Callable[[Visit, Listed], list[Finding]]] = {"closed": check_origin.check_closed}
PARTS: dict[str, Callable[[Visit, Listed], list[Finding]]] = {
    "suffix": check_range.check_suffix,
    "several": check_range.check_several,
    "beyond": check_range.check_beyond,
    "if-range": check_range.check_if_range,
}
FILES: dict[str, Callable[[Visit], list[Finding]]] = {
    "types": check_files.check_types,
    "sizes": check_files.check_sizes,
    "pointers": check_files.check_pointers,
    "kept": check_files.check_kept,
    "absent": check_files.check_absent,
}
SERVER: dict[str, Callable[[Visit], list[Finding]]] = {
    "http": check_server.check_http,
    "clock": check_server.check_clock,
    "tls": check_server.check_tls,
    "redirects": check_server.check_redirects,
}
CHECKS = ("release", *SERVER, *KNOWN, *ARCHIVE, *PARTS, *FILES)
# What a server calls itself, and which of ours that is.
NAMES = {
    "nginx": "nginx",
    "caddy": "caddy",
    "apache": "apache",
    "microsoft-iis": "iis",
    "minio": "s3",
    "amazons3": "s3",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: how it went, what it found, and why it was skipped, if it was."""

    id: str
    state: State
    findings: tuple[Finding, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a server was found to be: `server` as it calls itself, `kind` one of SERVERS or None."""

    address: str
    server: str
    kind: str | None
    files: int
    archive: str | None
    checks: tuple[Checked, ...]

    def count(self, severity: str) -> int:
        """How many findings are of this severity."""
        return sum(finding.severity == severity for check in self.checks for finding in check.findings)

    @property
    def fit(self) -> bool:
        """Whether no fault was found."""
        return self.count("fault") == 0

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines; the fixes of all servers."""
        findings = [
            {
                "check": check.id,
                "severity": finding.severity,
                "address": finding.address,
                "seen": finding.seen,
                "expected": finding.expected,
                "remedy": finding.remedy,
            }
            for check in self.checks
            for finding in check.findings
        ]
        remedies = sorted({str(finding["remedy"]) for finding in findings})
        return {
            "address": self.address,
            "server": self.server,
            "kind": self.kind,
            "fit": self.fit,
            "files": self.files,
            "archive": self.archive,
            "checks": [{"check": check.id, "state": check.state, "why": check.why} for check in self.checks],
            "findings": findings,
            "fixes": {remedy: fixes_of(remedy) for remedy in remedies},
        }


def diagnose(client: Client, address: str, progress: Progress | None = None, *, origin: str = ORIGIN) -> Diagnosis:
    """Run every check against the release, or the one archive, at an address, as pages of `origin` would.

    A server that does not answer at all is a diagnosis too, with the fault ``missing``.
    """
    progress = progress or Silent()
    visit: Visit | None = None
    try:
        visit = arrive(client, address, origin)
    except Unanswered as error:
        reason: Unanswered = error
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            try:  # the check of TLS tells; the others can be made all the same
                visit = arrive(replace(client, lenient=True), address, origin)
            except Unanswered as second:
                reason = second
        if visit is None:
            remedy = "tls" if isinstance(reason.__cause__, ssl.SSLError) else "missing"
            fault = Finding("fault", address, str(reason), _("an answer"), remedy)
            return Diagnosis(address, "", None, 0, None, (Checked("release", "fault", (fault,)),))
    progress.start(_("checks"), total=len(CHECKS), unit="")
    checks: list[Checked] = []
    for id in CHECKS:
        checks.append(_checked(id, visit, checks))
        progress.advance()
    progress.done()
    name = visit.steps[-1].header("Server") or ""
    kind = next((NAMES[each] for each in NAMES if name.lower().startswith(each)), None)
    archive = visit.archive.path if visit.archive is not None else None
    return Diagnosis(visit.base if visit.manifest else address, name, kind, len(visit.files), archive, tuple(checks))


def _checked(id: str, visit: Visit, before: list[Checked]) -> Checked:
    try:
        found = _run(id, visit, before)
    except Unanswered as error:
        found = [Finding("fault", visit.steps[-1].address, str(error), _("an answer"), "missing")]
    if isinstance(found, str):
        return Checked(id, "skipped", (), found)
    severities = {finding.severity for finding in found}
    state: State = "fault" if "fault" in severities else "notice" if severities else "ok"
    return Checked(id, state, tuple(found))


def _run(id: str, visit: Visit, before: list[Checked]) -> list[Finding] | str:
    """What a check found, or why it was not made."""
    if id == "release":
        return _release(visit)
    if id in SERVER:
        return SERVER[id](visit)
    if id in FILES:
        return FILES[id](visit) if visit.files else _("no list of files")
    if visit.archive is None:
        return _("no archive to read")
    if id in KNOWN:
        return KNOWN[id](visit, visit.archive) if visit.client.known else _("open to everybody")
    if id in ARCHIVE:
        return ARCHIVE[id](visit, visit.archive)
    if any(check.id == "range" and check.state == "fault" for check in before):
        return _("no parts of archives")
    return PARTS[id](visit, visit.archive)


def _release(visit: Visit) -> list[Finding]:
    """Whether there is a release at the address, or else the archive asked for."""
    if visit.manifest is None or visit.files:
        return []
    answer = visit.manifest
    seen = (
        _("status {status} for release.json").format(status=answer.status)
        if answer.status != 200
        else _("a release.json that lists no files")
    )
    return [Finding("fault", answer.address, seen, _("the release.json of a release"), "missing")]

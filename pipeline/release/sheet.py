"""The review sheet of a release: what is about to be signed, on paper, so that two offices can look before they sign.

One HTML file without references, Chinese first, for A4. The first page is what a person signs: what is released, the
fingerprint to compare with one's own machine, the findings in a line each, the places for two signatures. What stands
behind these lines follows: changes, overrides, numbers of the gate, the audit, sample maps. The same facts give the
same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipeline.audit import AuditResult
from pipeline.framework import read_map_rules
from pipeline.i18n import _, speaking
from pipeline.review.changes import Change
from pipeline.review.samples import Sample

TEMPLATE: Final = Path(__file__).parent / "templates" / "sheet.html"


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What a sheet tells."""

    content: Mapping[str, Any]  # the content list of the edition
    manifest: Mapping[str, Any]  # release.json
    manifest_sha256: str
    sums_sha256: str  # the fingerprint
    root_fingerprint: str
    version: int  # of the targets metadata
    expires: str  # ISO date
    offices: Sequence[tuple[str, str]]  # role, and the names of its keys
    changes: Sequence[Change]  # since the previous release, told in Chinese
    overrides: Sequence[Mapping[str, Any]]  # rule, dataset, field, reason, by, date
    audit: AuditResult
    samples: Sequence[Sample] = ()
    departments: Sequence[tuple[str, str]] = ()  # of those that have to sign as well: role and name
    fates: Mapping[str, int] = field(default_factory=dict)  # files and bytes: new, kept


def review_sheet(facts: SheetFacts) -> bytes:
    """The sheet as HTML."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["groups"] = _groups
    with speaking("zh"):
        page = environment.from_string(TEMPLATE.read_text("utf-8")).render(
            facts=facts,
            content=facts.content,
            manifest=facts.manifest,
            changes=_by_subject(facts.changes, facts.content),
            numbers=_numbers(facts.manifest.get("rules") or {}),
            audit=facts.audit.as_json(),
            bytes=sum(entry["bytes"] for entry in facts.manifest["files"]),
            pictures=[(sample, base64.b64encode(sample.png).decode()) for sample in facts.samples],
        )
    return page.encode()


def _groups(digest: str) -> list[str]:
    """A hash in groups of four digits, as `sign` shows it: the eye can hold them."""
    return [digest[at : at + 4] for at in range(0, len(digest), 4)]


def _by_subject(changes: Sequence[Change], content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What changed, by its title too, and everything about it in one cell."""
    titles = {each["id"]: each["title"]["zh"] for each in (*content["archives"], *content["datasets"])}
    told: dict[str, list[str]] = {}
    for change in changes:
        if change.kind == "changed":
            words = f"{change.what}：{change.before} → {change.after}"
        else:
            words = _("new") if change.kind == "added" else _("gone")
        told.setdefault(change.subject, []).append(words)
    named = {subject: titles.get(subject.rpartition(" ")[2].partition(".")[0]) for subject in told}
    return [
        (f"{subject}（{named[subject]}）" if named[subject] else subject, "；".join(words))
        for subject, words in told.items()
    ]


def _numbers(rules: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The numbers of the gate that the release was judged by, with their titles."""
    known = read_map_rules().numbers
    return [
        {
            "title": known[rule].title.zh if rule in known else rule,
            "unit": known[rule].unit if rule in known else "",
            "value": number["value"],
            "confirmed": number["confirmed"],
        }
        for rule, number in sorted((rules.get("numbers") or {}).items())
    ]

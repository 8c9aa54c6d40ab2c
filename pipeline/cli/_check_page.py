"""What `longquan check` says of one source, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.cli._format import wrap
from pipeline.cli._table import count_text
from pipeline.i18n import _, language, ngettext

if TYPE_CHECKING:
    from pipeline.intake.checks import Finding, Report

_NAMED: Final = 8  # features and places
_WIDTH: Final = 100  # columns
_INDENT: Final = "      "


def report_text(report: Report) -> str:
    """The verdict, every fault with its class, where it is and what to do, and how many rules were applied."""
    from pipeline.intake.checks.sayings import grade_name

    facts = [ngettext("{n} feature", "{n} features", report.features).format(n=count_text(report.features))]
    facts += [report.crs] if report.crs else []
    facts += [report.dataset] if report.dataset else []
    verdict = _("score {score}: {grade}").format(score=f"{report.score:g}", grade=grade_name(report.grade))
    lines = [f"{report.source} · {' · '.join(facts)}", f"  {verdict}"]
    for finding in report.findings:
        lines += _fault(finding)
    applied = [rule for rule in report.rules if rule.state != "skipped"]
    lines.append(
        "  "
        + _("{n} of {all} rules were applied").format(n=len(applied), all=len(report.rules))
        + (_("; the others need more: see --report or --json") if len(applied) < len(report.rules) else "")
    )
    return "\n".join(lines)


def _fault(finding: Finding) -> list[str]:
    lines = [f"  {finding.severity}  {finding.rule} · {count_text(finding.count)}"]
    lines += [f"{_INDENT}{line}" for line in wrap(finding.message, _WIDTH - len(_INDENT))]
    where = []
    if finding.features:
        more = " …" if finding.count > _NAMED else ""
        where.append(_("features {names}").format(names=", ".join(map(str, finding.features[:_NAMED])) + more))
    if (place := _place(finding)) is not None:
        where.append(place)
    if where:
        lines += [f"{_INDENT}{line}" for line in wrap(_("where:") + " " + "; ".join(where), _WIDTH - len(_INDENT))]
    advice = _("what to do:") + " " + finding.suggestion
    return [*lines, *(f"{_INDENT}{line}" for line in wrap(advice, _WIDTH - len(_INDENT)))]


def _place(finding: Finding) -> str | None:
    """The first place, in longitude and latitude."""
    if finding.geometry is None or not len(finding.geometry):
        return None
    point = finding.geometry[0].point_on_surface()
    told = finding.labels[0].said(language()) if finding.labels else ""
    text = f"{point.x:.6f}, {point.y:.6f}"
    return _("first at {place}").format(place=text) + (f" ({told})" if told else "")

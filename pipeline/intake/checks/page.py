"""The report as a page to be read, printed and stamped: a certificate, or a notice of what has to be put right."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

import shapely

from pipeline.intake.checks.fault_map import fault_map
from pipeline.intake.checks.map_of_faults import COLOURS
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import Element, Finding, Report
from pipeline.intake.checks.sayings import ELEMENTS, SEVERITIES, element_name, grade_name, severity_name
from pipeline.intake.checks.score import COST, EXCELLENT, GOOD, PASS

_STYLE: Final = Path(__file__).with_name("page.css")
_NAMED: Final = 12  # features and places that the page lists of each rule; the GeoPackage has them all


def report_html(report: Report, lang: str = "zh") -> str:
    """One page in Chinese ("zh") or English ("en"), whole in itself: no script, no picture, no font from elsewhere."""
    return _Page(report, lang).written()


class _Page:
    """Puts a report into words of one language."""

    def __init__(self, report: Report, language: str) -> None:
        self.report = report
        self.language = language

    def say(self, message: Message) -> str:
        """A message, safe between tags."""
        return escape(message.said(self.language), quote=True)

    def pick(self, pair: tuple[str, str] | None) -> str:
        return "" if pair is None else escape(pair[0] if self.language == "zh" else pair[1])

    def written(self) -> str:
        report = self.report
        title = _("Certificate of quality") if report.passed else _("Notice of rectification")
        heading = " · ".join(part for part in (self._subject(), self.say(title)) if part)
        body = "".join(
            [
                self._head(title),
                self._verdict(),
                self._about(),
                self._elements(),
                self._map(),
                self._findings(),
                self._signatures(),
                self._skipped(),
                self._notes(),
            ]
        )
        language = "zh-CN" if self.language == "zh" else "en"
        style, verdict = _STYLE.read_text("utf-8"), "pass" if report.passed else "fail"
        return (
            f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{heading}</title>\n'
            f'<style>{style}</style>\n</head>\n<body class="{verdict}">\n'
            f"<main>{body}</main>\n</body>\n</html>\n"
        )

    def _subject(self) -> str:
        """What was checked, in words."""
        return self.pick(self.report.title) or escape(self.report.source)

    def _head(self, title: Message) -> str:
        city = self.pick(self.report.city)
        above = self.say(_("Quality check of geographic data"))
        return (
            f"<header><p class='above'>{f'{city} · ' if city else ''}{above}</p>"
            f"<h1>{self.say(title)}</h1><p class='subject'>{self._subject()}</p></header>"
        )

    def _verdict(self) -> str:
        report = self.report
        faults = sum(finding.count for finding in report.findings)
        fatal = sum(1 for finding in report.findings if finding.severity == "A")
        if report.passed and not faults:
            text = _("No fault was found. The data may be handed in.")
        elif report.passed:
            text = _("The data may be handed in. What is listed below should be put right with the next version.")
        elif fatal:
            text = _(
                "The data cannot be accepted: {n} of the rules that must hold are broken. Put right what is listed "
                "below, and hand it in again."
            ).format(n=fatal)
        else:
            text = _(
                "The data cannot be accepted: the score is below {n}. Put right what is listed below, and hand it in "
                "again."
            ).format(n=f"{PASS:g}")
        counts = "".join(
            f"<li><b style='color:{COLOURS[severity]}'>{severity}</b> {self._total(severity):,}</li>"
            for severity in SEVERITIES
        )
        grade = f"<p class='grade'>{self.say(grade_name(report.grade))}</p>"
        return (
            f"<section class='verdict'><div class='score'><strong>{report.score:g}</strong>"
            f"<span>{self.say(_('points of 100'))}</span></div><div>{grade}"
            f"<p>{self.say(text)}</p><ul class='counts' aria-label='{self.say(_('Faults by class'))}'>{counts}</ul>"
            "</div></section>"
        )

    def _total(self, severity: str) -> int:
        return sum(finding.count for finding in self.report.findings if finding.severity == severity)

    def _about(self) -> str:
        report = self.report
        bounds = ""
        if report.bounds is not None:
            west, south, east, north = report.bounds
            bounds = f"<span>{west:.4f} – {east:.4f}° E</span> <span>{south:.4f} – {north:.4f}° N</span>"
        rows = [
            (
                _("Dataset"),
                f"{self.pick(report.title)} {f'({escape(report.dataset)})' if report.dataset else ''}".strip(),
            ),
            (_("Department"), self.pick(report.department)),
            (_("Period"), escape(report.period or "")),
            (_("Currency"), report.currency.isoformat() if report.currency else ""),
            (_("File"), escape(report.source)),
            (_("Features"), f"{report.features:,}"),
            (_("Coordinates"), escape(report.crs or "")),
            (_("Extent"), bounds),
            (_("Checked on"), report.as_of.isoformat()),
        ]
        cells = "".join(f"<div><dt>{self.say(name)}</dt><dd>{value}</dd></div>" for name, value in rows if value)
        return f"<dl class='about'>{cells}</dl>"

    def _elements(self) -> str:
        head = "".join(
            f"<th scope='col' class='{kind}'>{text}</th>"
            for text, kind in (
                (self.say(_("Quality element")), ""),
                (self.say(_("Rules checked")), "n"),
                *((severity, "n") for severity in SEVERITIES),
                (self.say(_("Outcome")), "r"),
            )
        )
        rows = "".join(self._element_row(element) for element in ELEMENTS)
        return (
            f"<section><h2>{self.say(_('Quality elements'))}</h2><table class='elements'>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>"
        )

    def _element_row(self, element: Element) -> str:
        rules = [rule for rule in self.report.rules if rule.element == element]
        ran = [rule for rule in rules if rule.state != "skipped"]
        cells = ""
        for severity in SEVERITIES:
            n = sum(rule.count for rule in ran if rule.severity == severity)
            cells += f"<td class='n'>{f'{n:,}' if n else '<span class=none>–</span>'}</td>"
        if not ran:
            state, words = "skipped", _("not checked")
        elif any(rule.count for rule in ran):
            state, words = "failed", _("faults")
        else:
            state, words = "passed", _("no fault")
        name = self.say(element_name(element))
        return (
            f"<tr><th scope='row'>{name}</th><td class='n'>{len(ran)} / {len(rules)}</td>{cells}"
            f"<td class='r {state}'>{self.say(words)}</td></tr>"
        )

    def _map(self) -> str:
        drawn = fault_map(self.report, self.language)
        if not drawn or not any(f.geometry is not None and len(f.geometry) for f in self.report.findings):
            return ""
        key = "".join(
            f"<li><i style='background:{COLOURS[severity]}'></i>{severity} {self.say(severity_name(severity))}</li>"
            for severity in SEVERITIES
            if self._total(severity)
        )
        if self.report.frame is not None:
            key += f"<li><i class='city'></i>{self.say(_('bounds of the city'))}</li>"
        key += f"<li><i class='extent'></i>{self.say(_('extent of the data'))}</li>"
        caption = self.say(_("Numbers are those of the list of faults."))
        return (
            f"<section class='where'><h2>{self.say(_('Where the faults are'))}</h2><figure>{drawn}"
            f"<figcaption><ul>{key}</ul><p>{caption}</p></figcaption></figure></section>"
        )

    def _findings(self) -> str:
        if not self.report.findings:
            return ""
        items = "".join(self._finding(number, finding) for number, finding in enumerate(self.report.findings, 1))
        return f"<section><h2>{self.say(_('List of faults'))}</h2><ol class='faults'>{items}</ol></section>"

    def _finding(self, number: int, finding: Finding) -> str:
        names = [escape(str(name)) for name in finding.features[:_NAMED]]
        more = " …" if names and len(names) < finding.count else ""
        count = self.say(_("{n} faults").format(n=f"{finding.count:,}"))
        lines = ""
        if names:
            lines += f"<dt>{self.say(_('Features'))}</dt><dd class='ids'>{', '.join(names)}{more}</dd>"
        if places := list(self._places(finding)):
            rest = " …" if finding.geometry is not None and len(finding.geometry) > len(places) else ""
            lines += f"<dt>{self.say(_('Places'))}</dt><dd class='ids'>{'; '.join(places)}{rest}</dd>"
        lines += f"<dt>{self.say(_('What to do'))}</dt><dd>{self.say(finding.advice)}</dd>"
        return (
            f"<li class='{finding.severity}'><h3><span class='no'>{number}</span>"
            f"<span class='class' style='background:{COLOURS[finding.severity]}'>{finding.severity}</span>"
            f"<span class='title'>{self.say(_('Not met: {title}').format(title=finding.title))}</span>"
            f"<span class='count'>{count}</span></h3>"
            f"<p>{self.say(finding.words)}</p><dl>{lines}</dl>"
            f"<p class='rule'>{self.say(element_name(finding.element))} · <code>{escape(finding.rule)}</code></p></li>"
        )

    def _places(self, finding: Finding) -> Iterator[str]:
        if finding.geometry is None:
            return
        few = finding.geometry[: _NAMED // 2]
        for shape, label in zip(shapely.point_on_surface(few), finding.labels, strict=False):
            if shape.is_empty:
                continue
            told = label._replace(feature="").said(self.language)
            place = f"{shape.x:.6f}, {shape.y:.6f}"
            yield place + (f" ({escape(told)})" if told else "")

    def _skipped(self) -> str:
        skipped = [(rule.title, rule.reason) for rule in self.report.rules if rule.state == "skipped"]
        if not skipped:
            return ""
        rows = "".join(
            f"<tr><td>{self.say(title)}</td><td>{self.say(reason or _('not checked'))}</td></tr>"
            for title, reason in skipped
        )
        return (
            f"<section class='skipped'><h2>{self.say(_('Rules that were not applied'))}</h2>"
            f"<table><tbody>{rows}</tbody></table></section>"
        )

    def _signatures(self) -> str:
        names = (_("Checked by"), _("Reviewed by"), _("Received by the department"), _("Date"))
        cells = "".join(f"<div><dt>{self.say(name)}</dt><dd></dd></div>" for name in names)
        return f"<dl class='sign'>{cells}</dl>"

    def _notes(self) -> str:
        cost = "; ".join(f"{s} −{COST[s]:g}{'' if s == 'A' else '/t'}" for s in SEVERITIES)
        text = _(
            "Score: 100 less what each fault costs ({cost}), where t is the number of units of data; of class A once "
            "for each rule. Passed from {passed}, good from {good}, excellent from {excellent}, and only without a "
            "fault of class A. Elements after GB/T 18316, scores after GB/T 24356."
        ).format(cost=cost, passed=f"{PASS:g}", good=f"{GOOD:g}", excellent=f"{EXCELLENT:g}")
        return f"<footer><p>{self.say(text)}</p></footer>"

"""One source through all rules."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError, InputError
from pipeline.framework.faults import choices, did_you_mean
from pipeline.i18n import _
from pipeline.intake.checks.layer import Layer, read_layer
from pipeline.intake.checks.message import Message, verbatim
from pipeline.intake.checks.pixels import APPLICABLE, is_raster_file, read_rasters
from pipeline.intake.checks.registry import OF_PIXELS, RULES, UNREADABLE, of_pixels, rules_for, unread
from pipeline.intake.checks.report import PLACES, SHOWN, Finding, Label, Report, RuleResult, State
from pipeline.intake.checks.rule import Found, Outcome, Rule, Skipped
from pipeline.intake.checks.score import grade_of, score_of, unit_products
from pipeline.intake.checks.subject import Subject
from pipeline.progress import Progress
from pipeline.sources.database import Database, Source
from pipeline.types import Bounds


def check_source(source: Source, subject: Subject, progress: Progress) -> Report:
    """Look at one layer of a file, table or database by every rule; of a raster dataset at all rasters at a path.

    A source that cannot be read gives a report that says so. Raises ConfigError where `limits.skip` names a rule that
    does not exist; InputError only where the source is missing.
    """
    _check_skips(subject)
    if isinstance(source, Database):
        return _check(source, subject, progress, partial(_read_layer, source))
    _check_there(source)
    if _of_pixels(source, subject):
        return check_rasters([source], subject, progress)
    return _check(source, subject, progress, partial(_read_layer, source))


def check_rasters(sources: Sequence[Path], subject: Subject, progress: Progress) -> Report:
    """Look at all rasters at some files, folders or zips, which together are one dataset. Raises as `check_source`."""
    _check_skips(subject)
    for source in sources:
        _check_there(source)
    return _check(sources[0], subject, progress, partial(read_rasters, sources))


def _read_layer(source: Source, subject: Subject, progress: Progress) -> tuple[Layer, str | None]:
    layer = read_layer(source, subject, progress)
    return layer, layer.placing.crs


def _check_there(source: Path) -> None:
    if not source.exists():
        raise InputError(_("The file does not exist."), where=str(source), hint=_("check the path and its spelling"))


def _of_pixels(source: Path, subject: Subject) -> bool:
    """Whether a source holds rasters: its dataset says so, else its name."""
    return subject.dataset.kind == "raster" if subject.dataset is not None else is_raster_file(source)


def _check(
    source: Source,
    subject: Subject,
    progress: Progress,
    read: Callable[[Subject, Progress], tuple[Layer, str | None]],
) -> Report:
    began = time.process_time()
    try:
        layer, crs = read(subject, progress)
    except InputError as error:
        return _unreadable(source, subject, error)
    reading = time.process_time() - began
    results = [
        RuleResult(
            UNREADABLE.id, UNREADABLE.element, UNREADABLE.severity, UNREADABLE.title(), "passed", seconds=reading
        )
    ]
    findings: list[Finding] = []
    rules = rules_for(layer.pixels)
    progress.start(_("checking"), len(rules), _("rules"))
    for rule in rules:
        result, finding = _apply(rule, layer, subject)
        results.append(result)
        if finding is not None:
            findings.append(finding)
        progress.advance()
    progress.done()
    return replace(_report(layer.source, layer.name, subject, layer, results, findings), crs=crs)


def _apply(rule: Rule, layer: Layer, subject: Subject) -> tuple[RuleResult, Finding | None]:
    began = time.process_time()
    why = subject.limits.skip.get(rule.id)
    outcome: Outcome
    if layer.pixels and rule.id not in APPLICABLE | OF_PIXELS:
        outcome = Skipped(of_pixels())
    else:
        outcome = Skipped(verbatim(why)) if why else rule(layer, subject)
    finding = _finding(rule, outcome, layer) if isinstance(outcome, Found) and outcome.faults else None
    seconds = time.process_time() - began
    title = rule.title()
    if isinstance(outcome, Skipped):
        return RuleResult(
            rule.id, rule.element, rule.severity, title, "skipped", reason=outcome.reason, seconds=seconds
        ), None
    state: State = "passed" if finding is None else "failed"
    count = 0 if finding is None else finding.count
    return RuleResult(rule.id, rule.element, rule.severity, title, state, count, seconds=seconds), finding


def _finding(rule: Rule, found: Found, layer: Layer) -> Finding:
    """A rule's faults with names and places."""
    rows, places, remarks = found.rows, found.places, found.remarks
    names: tuple[str | int, ...] = ()
    if rows is not None:
        names = layer.names(np.unique(rows)[:SHOWN])
        if places is None and layer.shapes_wkb is not None:
            places = layer.shapes(rows[:PLACES])
    labels: tuple[Label, ...] = ()
    geometry: NDArray[np.object_] | None = None
    if places is not None and layer.placing.crs is not None:
        geometry = layer.degrees(places[:PLACES])
        n = len(geometry)
        whose = layer.names(rows[:n]) if rows is not None and len(rows) >= n else ("",) * n
        why = (*remarks[:n], *("",) * (n - len(remarks[:n])))
        there = [at for at, shape in enumerate(geometry) if shape is not None and not shape.is_empty]
        labels = tuple(Label(whose[at], why[at]) for at in there)
        geometry = geometry[there]
    return Finding(
        rule=rule.id,
        element=rule.element,
        severity=rule.severity,
        count=found.faults,
        title=rule.title(),
        words=found.words,
        advice=found.advice,
        features=names,
        geometry=geometry,
        labels=labels,
    )


def _report(
    source: str,
    name: str | None,
    subject: Subject,
    layer: Layer | None,
    results: Sequence[RuleResult],
    findings: Sequence[Finding],
) -> Report:
    features = layer.features if layer is not None and not layer.pixels else 0
    sheets = len(layer.sheets) if layer is not None else 0
    score = score_of(findings, unit_products(features, sheets, subject.limits.unit))
    dataset, department, city = subject.dataset, subject.department, subject.city
    return Report(
        source=source,
        layer=name,
        dataset=dataset.id if dataset else None,
        title=(dataset.title.zh, dataset.title.en) if dataset else None,
        department=(department.name.zh, department.name.en) if department else None,
        city=(city.name.zh, city.name.en) if city else None,
        period=subject.package.period if subject.package is not None else None,
        currency=subject.currency,
        as_of=subject.as_of,
        features=features,
        crs=layer.placing.crs if layer is not None else None,
        bounds=_bounds(layer) if layer is not None else None,
        frame=city.bounds if city else None,
        rules=tuple(results),
        findings=tuple(sorted(findings, key=lambda finding: finding.severity)),
        score=score,
        grade=grade_of(score, findings),
        sheets=sheets,
    )


def _bounds(layer: Layer) -> Bounds | None:
    """The box of all features in degrees."""
    there = np.isfinite(layer.measures.box).all(1)
    if layer.placing.crs is None or not there.any():
        return None
    import shapely

    box = layer.measures.box[there]
    corners = shapely.box(*box[:, :2].min(0), *box[:, 2:].max(0))
    found = shapely.bounds(layer.degrees(np.array([corners], object)))[0]
    return (float(found[0]), float(found[1]), float(found[2]), float(found[3])) if np.isfinite(found).all() else None


def _unreadable(source: Source, subject: Subject, error: InputError) -> Report:
    """The report of a source that could not be read: no rule but one has been applied."""
    name = source.name
    told, advice = [error.message, error.where or ""], [error.hint or "", error.expected or ""]
    if isinstance(source, Path):  # where it lies is nobody's business
        told = [text.replace(f"{source.parent}{os.sep}", "") for text in told]
    finding = Finding(
        rule=UNREADABLE.id,
        element=UNREADABLE.element,
        severity=UNREADABLE.severity,
        count=1,
        title=UNREADABLE.title(),
        words=verbatim(" · ".join(part for part in told if part)),
        advice=verbatim(" · ".join(part for part in advice if part)),
    )
    first = RuleResult(UNREADABLE.id, UNREADABLE.element, UNREADABLE.severity, UNREADABLE.title(), "failed", 1)
    reason = unread()
    rest = [RuleResult(r.id, r.element, r.severity, r.title(), "skipped", reason=reason) for r in _meant(subject)]
    return _report(name, subject.read.layer, subject, None, [first, *rest], [finding])


def unchecked(name: str, subject: Subject, reason: Message) -> Report:
    """The report of what no rule was applied to."""
    every = (UNREADABLE, *_meant(subject))
    rules = [RuleResult(r.id, r.element, r.severity, r.title(), "skipped", reason=reason) for r in every]
    return _report(name, subject.read.layer, subject, None, rules, ())


def _meant(subject: Subject) -> tuple[Rule, ...]:
    """The rules that would have been applied."""
    return rules_for(subject.dataset is not None and subject.dataset.kind == "raster")


def _check_skips(subject: Subject) -> None:
    known = [rule.id for rule in RULES]
    for name in subject.limits.skip:
        if name not in known:
            raise ConfigError(
                _('There is no rule "{name}".').format(name=name) + did_you_mean(name, known),
                where="[checks] skip",
                expected=choices(known, limit=60),
            )

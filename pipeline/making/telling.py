"""What a build tells its operator of rules: what they take, what nobody declared, what no rule needs any more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.editions import Breach, EditionView, told_policy, told_rules
from pipeline.framework import Framework
from pipeline.i18n import _
from pipeline.intake.opened import OpenSources
from pipeline.intake.unknown import unknown_columns, unknown_datasets
from pipeline.making.gate import let_through
from pipeline.progress import Progress


def tell_rules(view: EditionView, progress: Progress) -> None:
    """What stays out although its audiences would let it in, what is taken, and public rules that hold unsaid."""
    for denial in view.denied:
        if not denial.plain:
            reason = _("{name}: {text}").format(name=denial.subject, text=denial.reason)
            progress.note(_("{name}: {text}").format(name=view.edition.id, text=reason))
    if any(shown.dataset.kind == "raster" for shown in view.datasets):
        for rule in told_rules(view.edition, view.confirmed):
            progress.note(_("{name}: {text}").format(name=view.edition.id, text=rule))
    for shown in view.datasets:
        for rule in told_policy(shown.policy):
            progress.note(_("{name}: {text}").format(name=f"{view.edition.id}/{shown.dataset.id}", text=rule))


def tell_unknown(framework: Framework, sources: OpenSources, views: Sequence[EditionView], progress: Progress) -> None:
    """What stays out because nobody declares it: nothing is published that no rule lets in."""
    for id in unknown_datasets(framework):
        progress.note(_("{dataset}: the store has it, and no department declares it: it stays out").format(dataset=id))
    seen = {shown.dataset.id: shown.dataset for view in views for shown in view.datasets}
    for id, dataset in seen.items():
        source = sources.of(dataset)
        if dataset.kind == "raster" or not isinstance(source, Path):
            continue
        if names := unknown_columns(source, dataset, framework.schema_of(dataset)):
            text = _("{dataset}: columns in no field of its schema stay out: {names}")
            progress.note(text.format(dataset=id, names=", ".join(names)))


def tell_idle_overrides(framework: Framework, breaches: Sequence[Sequence[Breach]], progress: Progress) -> None:
    """Overrides that let nothing through any more, where `breaches` are those of all editions."""
    if len(breaches) < len(framework.editions):
        return
    used = [breach.override for found in breaches for breach in let_through(found)]
    for override in framework.overrides:
        if override not in used:
            text = _("the override of {rule} for {dataset} lets nothing through")
            progress.note(text.format(rule=override.rule, dataset=override.dataset))

"""Which datasets, fields and layers an edition may show; what no rule lets in stays out.

A dataset enters an edition when it lists the edition in its `audiences` *and* its share class is among the edition's
`shares`. A field enters where its dataset does, unless it lists audiences of its own that leave the edition out. The
edition's own rules only ever take more: datasets, fields, features, zooms, exact places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.editions.rules import admitted_rules
from pipeline.editions.vector_policy import AS_IT_IS, VectorPolicy, limited, vector_policy
from pipeline.errors import UsageError
from pipeline.framework import (
    ArchiveSpec,
    Confirmed,
    Dataset,
    Department,
    Edition,
    Framework,
    LayerSpec,
    SchemaField,
    Theme,
    did_you_mean,
)
from pipeline.i18n import _


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A dataset that an edition may show, its owner, and the fields of it that it may show."""

    department: Department
    dataset: Dataset
    fields: tuple[SchemaField, ...]
    policy: VectorPolicy = AS_IT_IS
    judged: tuple[SchemaField, ...] = ()  # decide which features enter; shown only when they are among `fields`

    def may_show(self, name: str) -> bool:
        """Whether the field of that name is among them."""
        return any(field.name == name for field in self.fields)

    @property
    def key(self) -> str | None:
        """The field that identifies a feature, where the edition may show it (an id can give its key away)."""
        key = self.dataset.key
        return key if key is not None and self.may_show(key) else None


@dataclass(frozen=True, slots=True)
class Denial:
    """Something that stays out and the rule that keeps it out: for the operator's eyes, never for a file."""

    subject: str
    reason: str
    plain: bool = True  # as the audiences say; False where other rules overrule what they say


@dataclass(frozen=True, slots=True)
class EditionView:
    """All that an edition may show, and nothing else, except `denied`, which is for the operator only."""

    edition: Edition
    themes: tuple[Theme, ...]  # those with a dataset, as declared
    datasets: tuple[DatasetView, ...]
    archives: tuple[ArchiveSpec, ...]  # without what is made of other datasets; none is empty
    denied: tuple[Denial, ...]
    confirmed: Mapping[str, Confirmed] = field(default_factory=dict)  # numbers of the rules of maps

    def dataset(self, id: str) -> DatasetView:
        """The view of the dataset of that id; KeyError when the edition may not show it."""
        for view in self.datasets:
            if view.dataset.id == id:
                return view
        raise KeyError(id)


def view_edition(framework: Framework, edition_id: str) -> EditionView:
    """What the rules of `framework` let into one edition.

    Raises UsageError when there is no such edition.
    """
    known = {edition.id: edition for edition in framework.editions}
    if edition_id not in known:
        raise UsageError(
            _('there is no edition "{id}"').format(id=edition_id) + did_you_mean(edition_id, known),
            expected=", ".join(known),
        )
    edition = known[edition_id]
    denied: list[Denial] = []
    views: dict[str, DatasetView] = {}
    for department, dataset in framework.datasets:
        if denial := _keeps_out(dataset, edition):
            denied.append(denial)
            continue
        policy = vector_policy(dataset, edition.rules_of(dataset.id))
        schema = framework.schema_of(dataset)
        let_in = tuple(field for field in schema.entries if field.audiences is None or edition.id in field.audiences)
        denied.extend(
            Denial(f"{dataset.id}.{field.name}", _("the field's audiences do not list the edition"))
            for field in schema.entries
            if field not in let_in
        )
        shown = tuple(field for field in let_in if policy.fields is None or field.name in policy.fields)
        denied.extend(
            Denial(f"{dataset.id}.{field.name}", _("a rule of the edition leaves it out"), plain=False)
            for field in let_in
            if field not in shown
        )
        judged = tuple(field for name in policy.judges if (field := schema.get(name)) is not None)
        views[dataset.id] = DatasetView(department, dataset, shown, policy, judged)
    for id, view in list(views.items()):
        if reason := _tells_of_others(view, views):
            denied.append(Denial(id, reason, plain=False))
            del views[id]
    for id, view in list(views.items()):
        if (join := view.dataset.join) is not None:
            views[id] = replace(view, policy=view.policy.with_places_of(views[join.dataset].policy))
    archives = tuple(_archives(framework.archives, views, denied))
    themes = {view.dataset.theme for view in views.values()}
    return EditionView(
        edition=edition,
        themes=tuple(theme for theme in framework.themes if theme.id in themes),
        datasets=tuple(views.values()),
        archives=archives,
        denied=tuple(denied),
        confirmed=framework.confirmed,
    )


def _keeps_out(dataset: Dataset, edition: Edition) -> Denial | None:
    """The rule that keeps a dataset out of an edition."""
    if edition.id not in dataset.audiences:
        return Denial(dataset.id, _("its audiences do not list the edition"))
    if dataset.share not in edition.shares:
        reason = _('its share class "{share}" is not among those of the edition').format(share=dataset.share)
        return Denial(dataset.id, reason, plain=False)
    if not all(rule.show for rule in edition.rules_of(dataset.id)):
        return Denial(dataset.id, _("a rule of the edition leaves it out"), plain=False)
    return None


def _tells_of_others(view: DatasetView, views: dict[str, DatasetView]) -> str | None:
    """Why a table that is located by another dataset would give that one's places away."""
    join = view.dataset.join
    if join is None:
        return None
    target = views.get(join.dataset)
    if target is None or not target.may_show(join.on.target_field):
        return _("it is located by {dataset}.{field}, which stays out").format(
            dataset=join.dataset, field=join.on.target_field
        )
    return None


def _archives(
    archives: Sequence[ArchiveSpec], views: dict[str, DatasetView], denied: list[Denial]
) -> list[ArchiveSpec]:
    """The archives with what is made of admitted datasets only; those left without any are gone."""
    kept: list[ArchiveSpec] = []
    for archive in archives:
        if archive.kind != "vector":
            if admitted := tuple(id for id in archive.datasets if id in views):
                kept.append(archive.model_copy(update={"datasets": admitted}))
            continue
        layers: list[LayerSpec] = []
        for layer in archive.layers:
            view = views.get(layer.dataset)
            if view is None:
                continue
            rules, taken = admitted_rules(layer, view.may_show)
            denied.extend(Denial(f"{archive.id}/{layer.name}: {what}", reason) for what, reason in taken)
            if rules is None:
                continue
            within = limited(rules, view.policy.max_zoom)
            if within is None or within is not rules:
                reason = _("a rule of the edition ends it at zoom {zoom}").format(zoom=view.policy.max_zoom)
                denied.append(Denial(f"{archive.id}/{layer.name}", reason, plain=False))
            if within is not None:
                layers.append(within)
        if layers:
            kept.append(archive.model_copy(update={"layers": tuple(layers)}))
    return kept

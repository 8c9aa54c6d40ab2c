"""What the rules of a workspace let into an edition, read once more from its files.

Apart from `editions`, which the build follows: a fault of the one should not be in the other. Where the rules leave
something to the build (the last zoom of pixels, layers that are drawn of heights) it is as release.json states it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pipeline.audit.allowed import Allowed, AllowedArchive, AllowedField, AllowedLayer, before
from pipeline.framework import ArchiveSpec, Dataset, Edition, Framework, LayerSpec, SchemaField
from pipeline.framework.archive import LABEL_SUFFIX

COUNT: Final = "point_count"  # of the points that a cluster stands for

Fields = Mapping[str, SchemaField]


@dataclass(frozen=True, slots=True)
class Admitted:
    """The datasets that an edition may show, and their fields."""

    framework: Framework
    edition: Edition
    fields: Mapping[str, Fields]  # by dataset and name

    def columns(self, dataset: Dataset) -> frozenset[str]:
        """The columns of a dataset's source that may be shown; none of a dataset that may not."""
        return frozenset(field.column for field in self.fields.get(dataset.id, {}).values())


def admitted(framework: Framework, edition: Edition) -> Admitted:
    """A dataset enters when it lists the edition, its share class may, and no rule keeps it out.

    A field enters with its dataset when it lists the edition or nothing, and no rule leaves it out. A table that is
    located by another dataset enters only with the field that locates it.
    """
    fields: dict[str, Fields] = {}
    for _department, dataset in framework.datasets:
        rules = edition.rules_of(dataset.id)
        if edition.id not in dataset.audiences or dataset.share not in edition.shares:
            continue
        if all(rule.show for rule in rules):
            named = [rule.fields for rule in rules if rule.fields is not None]
            fields[dataset.id] = {
                field.name: field
                for field in framework.schema_of(dataset).entries
                if (field.audiences is None or edition.id in field.audiences) and all(field.name in n for n in named)
            }
    for _department, dataset in framework.datasets:
        join = dataset.join
        if join is not None and join.on.target_field not in fields.get(join.dataset, {}):
            fields.pop(dataset.id, None)
    return Admitted(framework, edition, fields)


def allowed_by(rules: Admitted, stated: Allowed) -> Allowed:
    """What may be inside the edition's files."""
    datasets = {id: {f.name: _known(f) for f in fields.values()} for id, fields in rules.fields.items()}
    archives = {}
    for spec in rules.framework.archives:
        if any(id in datasets for id in spec.made_of):
            archives[spec.id] = _archive(spec, rules, datasets, stated.archives.get(spec.id))
    archives.update((archive.id, archive) for archive in _changes(rules, datasets))
    return Allowed(rules.edition.id, datasets, archives)


def _known(field: SchemaField) -> AllowedField:
    return AllowedField(field.name, field.type, None if field.domain is None else frozenset(field.domain))


def _archive(
    spec: ArchiveSpec,
    rules: Admitted,
    datasets: Mapping[str, Mapping[str, AllowedField]],
    stated: AllowedArchive | None,
) -> AllowedArchive:
    from pipeline.editions import raster_policy

    if spec.kind == "vector":
        layers = {
            found.name: found
            for layer in spec.layers
            if layer.dataset in datasets
            for found in _layers(layer, rules.edition, datasets[layer.dataset])
        }
        return AllowedArchive(spec.id, "vector", layers)
    policy = raster_policy(rules.edition, rules.framework.confirmed)
    product = stated.product if stated else spec.kind
    return AllowedArchive(
        spec.id,
        product,
        stated.layers if stated else {},
        spec.max_zoom if spec.max_zoom is not None else stated.max_zoom if stated else None,
        policy.ground_resolution if product == "imagery" else None,
        policy.contour_interval if product == "contours" else None,
        policy.dem_grid if product != "imagery" else None,
    )


def _layers(layer: LayerSpec, edition: Edition, fields: Mapping[str, AllowedField]) -> Iterator[AllowedLayer]:
    derived = (COUNT, *(f"{name}_sum" for name in layer.clusters.sums)) if layer.clusters else ()
    kept = _kept(fields, layer.fields)
    last = min((layer.max_zoom, *(r.max_zoom for r in edition.rules_of(layer.dataset) if r.max_zoom is not None)))
    yield AllowedLayer(layer.name, layer.dataset, layer.min_zoom, last, kept, frozenset(derived))
    if layer.labels:
        named = kept if layer.label_fields is None else _kept(fields, layer.label_fields)
        yield AllowedLayer(layer.name + LABEL_SUFFIX, layer.dataset, layer.min_zoom, last, named, frozenset())


def _changes(rules: Admitted, datasets: Mapping[str, Mapping[str, AllowedField]]) -> Iterator[AllowedArchive]:
    """Archives of what changed, of datasets of which the edition leaves out and moves no feature."""
    edition = rules.edition
    known = {dataset.id: dataset for _department, dataset in rules.framework.datasets}
    for id, fields in datasets.items():
        layers = [layer for spec in rules.framework.archives for layer in spec.layers if layer.dataset == id]
        dataset = known[id]
        judged = (id, dataset.join.dataset) if dataset.join is not None else (id,)
        rules_of = [rule for name in judged for rule in edition.rules_of(name)]
        if len(layers) != 1 or any(r.where or r.interval or r.grid_m or r.masks for r in rules_of):
            continue
        whole = next(_layers(layers[0], edition, fields))
        now = tuple(field for field in fields.values() if field in whole.fields or field.name == dataset.key)
        changed = replace(whole, name=f"{id}-changed", fields=(*now, *map(before, now)), derived=frozenset({"changed"}))
        plain = [replace(whole, name=f"{id}-{kind}", fields=now, derived=frozenset()) for kind in ("added", "removed")]
        for number in range(1, edition.changes + 1):
            yield AllowedArchive(f"{id}-changes-{number}", "vector", {each.name: each for each in (*plain, changed)})


def _kept(fields: Mapping[str, AllowedField], names: Iterable[str] | None) -> tuple[AllowedField, ...]:
    return tuple(fields.values()) if names is None else tuple(fields[name] for name in names if name in fields)

"""What editions say of datasets, what was confirmed and what is let through, beside the rest of the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.framework.archive import ArchiveSpec
from pipeline.framework.check_rules import check_fields, check_filter, unknown_word
from pipeline.framework.city import Edition, FrameworkFile
from pipeline.framework.department import Dataset
from pipeline.framework.edition_rules import BREAKABLE, FIELD_RULE, EditionRule
from pipeline.framework.faults import Fault, shown
from pipeline.framework.lines import Path
from pipeline.framework.map_rules import read_map_rules
from pipeline.framework.read import Source
from pipeline.framework.schema import Schema
from pipeline.i18n import _


def check_editions(
    main: Source[FrameworkFile], datasets: Mapping[str, Dataset], schemas: Mapping[str, Schema]
) -> Iterator[Fault]:
    """Every fault of ``[[edition.rule]]``, ``[rules.confirmed]`` and ``[[override]]``."""
    for e, edition in enumerate(main.read.editions):
        for n, rule in enumerate(edition.rules):
            yield from _rule(main, ("edition", e, "rule", n), rule, datasets, schemas)
        yield from _coverages(main, ("edition", e), edition, main.read.archives)
        yield from _services(main, ("edition", e, "services", "archives"), edition, main.read.archives)
    known = read_map_rules().numbers
    for id in main.read.rules.confirmed:
        if id not in known:
            yield unknown_word(main, ("rules", "confirmed", id), id, known, _("the rule file has no such number"))
    yield from _overrides(main, datasets, schemas)


def _rule(
    main: Source[FrameworkFile],
    path: Path,
    rule: EditionRule,
    datasets: Mapping[str, Dataset],
    schemas: Mapping[str, Schema],
) -> Iterator[Fault]:
    for id in rule.datasets:
        dataset = datasets.get(id)
        if dataset is None:
            yield unknown_word(main, (*path, "datasets"), id, datasets, _("no dataset has this id"))
            continue
        if dataset.kind == "raster" and rule.model_fields_set - {"datasets", "show"}:
            yield main.fault(
                (*path, "datasets"),
                _("{id}: rasters have limits of their own").format(id=shown(id)),
                _("raster = { … } of the edition, or show = false"),
            )
            continue
        schema = schemas.get(dataset.schema_name)
        if schema is None:
            continue  # told at the dataset
        yield from check_fields(main, (*path, "fields"), rule.fields or (), schema)
        if rule.filter is not None:
            yield from check_filter(main, (*path, "where"), rule.filter, schema)
        if rule.interval is not None:
            yield from check_fields(main, (*path, "interval", "field"), (rule.interval.field,), schema, numbers=True)


def _coverages(
    main: Source[FrameworkFile], path: Path, edition: Edition, archives: Sequence[ArchiveSpec]
) -> Iterator[Fault]:
    """Layers that share borders and would be rounded to different grids: their borders would part."""
    for archive in archives:
        grids: dict[str, dict[str, tuple[float, ...]]] = {}
        for layer in archive.layers:
            if layer.coverage is not None:
                rules = edition.rules_of(layer.dataset)
                if all(rule.show for rule in rules):
                    grid = tuple(sorted({rule.grid_m for rule in rules if rule.grid_m is not None})[-1:])
                    grids.setdefault(layer.coverage, {})[layer.dataset] = grid
        for coverage, found in sorted(grids.items()):
            if len(set(found.values())) > 1:
                told = ", ".join(f"{id} {grid[0]:g} m" if grid else f"{id} –" for id, grid in sorted(found.items()))
                yield main.fault(
                    path,
                    _("layers of the coverage {coverage} get different grids: {told}").format(
                        coverage=coverage, told=told
                    ),
                    _("one grid_m for all of them, so that they still share their borders"),
                )


def _services(
    main: Source[FrameworkFile], path: Path, edition: Edition, archives: Sequence[ArchiveSpec]
) -> Iterator[Fault]:
    known = [archive.id for archive in archives]
    for id in edition.services.archives if edition.services else ():
        if id not in known:
            yield unknown_word(main, path, id, known, _("no archive has this id"))


def _overrides(
    main: Source[FrameworkFile], datasets: Mapping[str, Dataset], schemas: Mapping[str, Schema]
) -> Iterator[Fault]:
    editions = [edition.id for edition in main.read.editions]
    for n, override in enumerate(main.read.overrides):
        path: Path = ("override", n)
        if override.rule not in BREAKABLE:
            yield unknown_word(main, (*path, "rule"), override.rule, BREAKABLE, _("the gate has no such rule"))
        dataset = datasets.get(override.dataset)
        if dataset is None:
            yield unknown_word(main, (*path, "dataset"), override.dataset, datasets, _("no dataset has this id"))
        if override.edition is not None and override.edition not in editions:
            yield unknown_word(main, (*path, "edition"), override.edition, editions, _("no [[edition]] has this id"))
        if (override.rule == FIELD_RULE) != (override.field is not None):
            yield main.fault(
                (*path, "field"),
                _("only {rule} is about a field, and always about one").format(rule=FIELD_RULE),
                _("field = … with {rule}, and with no other rule").format(rule=FIELD_RULE),
            )
        elif override.field is not None and (schema := schemas.get(dataset.schema_name) if dataset else None):
            yield from check_fields(main, (*path, "field"), (override.field,), schema)

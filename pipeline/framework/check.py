"""References between workspace files: every one must lead somewhere, every name must be taken once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.framework.archive import LayerSpec
from pipeline.framework.check_editions import check_editions
from pipeline.framework.check_rasters import check_rasters, check_series
from pipeline.framework.check_rules import check_rules, unknown_word
from pipeline.framework.city import FrameworkFile
from pipeline.framework.department import Dataset, Department
from pipeline.framework.faults import Fault, choices, did_you_mean, shown
from pipeline.framework.lines import Path
from pipeline.framework.read import Source
from pipeline.framework.schema import Schema
from pipeline.i18n import _


def cross_check(
    main: Source[FrameworkFile], departments: Sequence[Source[Department]], schemas: Sequence[Source[Schema]]
) -> Iterator[Fault]:
    """Every fault that only shows when the files are seen together."""
    datasets = {dataset.id: dataset for source in departments for dataset in source.read.datasets}
    known_schemas = {source.read.id: source.read for source in schemas}
    editions = [edition.id for edition in main.read.editions]
    yield from _city_file(main, datasets, known_schemas)
    yield from _unique_datasets(departments)
    for source in departments:
        for number, dataset in enumerate(source.read.datasets):
            yield from _dataset(source, ("dataset", number), dataset, main.read, datasets, known_schemas)
    for schema in schemas:
        yield from _schema(schema, editions)
    yield from check_editions(main, datasets, known_schemas)


def _city_file(
    main: Source[FrameworkFile], datasets: Mapping[str, Dataset], schemas: Mapping[str, Schema]
) -> Iterator[Fault]:
    file = main.read
    yield from _unique(main, "theme", [theme.id for theme in file.themes])
    yield from _unique(main, "edition", [edition.id for edition in file.editions])
    yield from _unique(main, "archive", [archive.id for archive in file.archives])
    gathered = {dataset for archive in file.archives for dataset in archive.made_of}
    for a, archive in enumerate(file.archives):
        if archive.id in datasets and archive.id not in gathered:
            yield main.fault(
                ("archive", a, "id"),
                _("{id}: a dataset of this id gets an archive of its own").format(id=shown(archive.id)),
                _("another id, or the dataset as a layer of this archive"),
            )
        yield from check_rasters(main, ("archive", a), archive, datasets)
        taken: set[str] = set()
        for n, layer in enumerate(archive.layers):
            path: Path = ("archive", a, "layer", n)
            for name in layer.names:
                if name in taken:
                    yield main.fault((*path, "name"), _("{name}: taken twice").format(name=shown(name)))
                taken.add(name)
            yield from _layer(main, path, layer, datasets, schemas)

    yield from check_series(main, datasets)


def _layer(
    main: Source[FrameworkFile],
    path: Path,
    layer: LayerSpec,
    datasets: Mapping[str, Dataset],
    schemas: Mapping[str, Schema],
) -> Iterator[Fault]:
    dataset = datasets.get(layer.dataset)
    if dataset is None:
        yield unknown_word(main, (*path, "dataset"), layer.dataset, datasets, _("no dataset has this id"))
        return
    if dataset.kind == "raster":
        yield main.fault(
            (*path, "dataset"),
            _('{id}: a raster dataset is no vector layer; its contours are an archive of kind = "contours"').format(
                id=shown(dataset.id)
            ),
            choices(d.id for d in datasets.values() if d.kind == "vector"),
        )
    schema = schemas.get(dataset.schema_name)
    if schema is None:
        return  # told at the dataset
    yield from check_rules(main, path, layer, schema)


def _unique_datasets(departments: Sequence[Source[Department]]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for source in departments:
        for number, dataset in enumerate(source.read.datasets):
            if dataset.id in owners:
                yield source.fault(
                    ("dataset", number, "id"),
                    _("{name}: taken twice").format(name=shown(dataset.id)),
                    _("an id that {owner} does not use").format(owner=owners[dataset.id]),
                )
            owners.setdefault(dataset.id, source.name)


def _dataset(
    source: Source[Department],
    path: Path,
    dataset: Dataset,
    file: FrameworkFile,
    datasets: Mapping[str, Dataset],
    schemas: Mapping[str, Schema],
) -> Iterator[Fault]:
    themes, editions = [t.id for t in file.themes], [e.id for e in file.editions]
    if dataset.theme not in themes:
        yield unknown_word(source, (*path, "theme"), dataset.theme, themes, _("no [[theme]] has this id"))
    for edition in dataset.audiences:
        if edition not in editions:
            yield unknown_word(source, (*path, "audiences"), edition, editions, _("no [[edition]] has this id"))
    schema = schemas.get(dataset.schema_name)
    if schema is None and (dataset.kind == "vector" or dataset.schema_id):
        yield source.fault(
            (*path, "schema"),
            _("the file schemas/{id}.toml is missing").format(id=dataset.schema_name)
            + did_you_mean(dataset.schema_name, schemas),
            _("a schema; an empty file publishes geometry without attributes"),
        )
    if schema is not None and dataset.key is not None and dataset.key not in schema.names:
        text = _("not a field of schema {id}").format(id=schema.id)
        yield unknown_word(source, (*path, "key"), dataset.key, schema.names, text)
    if schema is not None:
        yield from check_rules(source, (*path, "tiles"), dataset.tiles, schema)
    if dataset.join is not None:
        target = datasets.get(dataset.join.dataset)
        at = (*path, "join", "dataset")
        if target is None:
            yield unknown_word(source, at, dataset.join.dataset, datasets, _("no dataset has this id"))
        elif target.join is not None or target.kind == "raster" or target.id == dataset.id:
            yield source.fault(
                at, _("{id}: has no points of its own").format(id=shown(target.id)), _("a point dataset")
            )
        elif (table := schemas.get(target.schema_name)) and dataset.join.on.target_field not in table.names:
            field = dataset.join.on.target_field
            text = _("not a field of schema {id}").format(id=table.id)
            yield unknown_word(source, (*path, "join", "on", "target_field"), field, table.names, text)


def _schema(source: Source[Schema], editions: Sequence[str]) -> Iterator[Fault]:
    yield from _unique(source, "field", source.read.names, key="name")
    for number, field in enumerate(source.read.entries):
        for edition in field.audiences or ():
            if edition not in editions:
                at = ("field", number, "audiences")
                yield unknown_word(source, at, edition, editions, _("no [[edition]] has this id"))


def _unique(source: Source[Any], table: str, names: Iterable[str], key: str = "id") -> Iterator[Fault]:
    taken: set[str] = set()
    for number, name in enumerate(names):
        if name in taken:
            yield source.fault((table, number, key), _("{name}: taken twice").format(name=shown(name)))
        taken.add(name)

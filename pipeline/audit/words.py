"""The names in a workspace's own files: those that an edition may say, and those that tell of something denied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.audit.policy import Admitted
from pipeline.framework import Dataset, Department, SchemaField
from pipeline.framework.base import Model
from pipeline.i18n import _


def denied_names(rules: Admitted) -> Iterator[tuple[str, list[str]]]:
    """Origin and names of what stays out: datasets, fields, owners, themes, layers and archives with nothing else."""
    framework = rules.framework
    for department, dataset in framework.datasets:
        fields = rules.fields.get(dataset.id)
        if fields is None:
            yield _("the description of dataset {id}").format(id=dataset.id), _about(dataset)
        entries = framework.schema_of(dataset).entries
        for field in entries:
            if fields is None or field.name not in fields:
                origin = _("the name of field {name} of dataset {id}").format(name=field.name, id=dataset.id)
                yield origin, _about_field(field)
        if not any(each.id in rules.fields for each in department.datasets):
            yield _("department {id}").format(id=department.id), _owner(department)
    shown = {dataset.theme for _department, dataset in framework.datasets if dataset.id in rules.fields}
    for theme in framework.themes:
        if theme.id not in shown:
            yield _("theme {id}").format(id=theme.id), [theme.id, theme.title.zh, theme.title.en]
    for archive in framework.archives:
        if not any(id in rules.fields for id in archive.made_of):
            yield _("archive {id}").format(id=archive.id), [archive.id, archive.title.zh, archive.title.en]
        for layer in archive.layers:
            if layer.dataset not in rules.fields:
                yield _("layer {name}").format(name=layer.name), list(layer.names)
    yield from _masks(rules)


def _masks(rules: Admitted) -> Iterator[tuple[str, list[str]]]:
    """Files of areas that are not shown: that there are any is not to be told."""
    edition = rules.edition
    files = [edition.raster.masks, *(rule.masks for rule in edition.rules)]
    if named := [file for file in files if file is not None]:
        yield _("the files of masks"), named


def _about(dataset: Dataset) -> list[str]:
    texts = [dataset.title, dataset.description, dataset.lineage]
    words = [word for text in texts if text is not None for word in (text.zh, text.en)]
    path = [dataset.source, dataset.source.rpartition("/")[2]] if dataset.source else []
    return [dataset.id, *words, *path, *([dataset.layer] if dataset.layer else [])]


def _about_field(field: SchemaField) -> list[str]:
    return [field.name, field.title.zh, field.title.en, *([field.source] if field.source else [])]


def _owner(department: Department) -> list[str]:
    contact = department.contact
    return [department.name.zh, department.name.en, contact.person, contact.phone, contact.email]


def allowed_texts(rules: Admitted, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Everything in a workspace's files that an edition may say."""
    framework, edition = rules.framework, rules.edition
    yield from _strings(framework.city)
    yield from _strings(framework.publish)
    yield from (edition.id, edition.title.zh, edition.title.en, *edition.shares)
    for department, dataset in framework.datasets:
        if dataset.id in rules.fields:
            yield from _strings(dataset)
            yield from _strings([department.id, department.name, department.contact, department.calendar])
            yield from _strings(list(rules.fields[dataset.id].values()))
            yield dataset.source.rpartition("/")[2]
            yield from _strings([theme for theme in framework.themes if theme.id == dataset.theme])
    for archive in framework.archives:
        if any(id in rules.fields for id in archive.made_of):
            yield from _strings([archive.id, archive.title, archive.series])
            yield from (name for layer in archive.layers if layer.dataset in rules.fields for name in layer.names)
    yield from _strings([manifest.get("as_of"), manifest.get("software")])


def _strings(value: Any) -> Iterator[str]:
    """All texts, keys and dates of models and whatever they are made of."""
    if isinstance(value, Model):
        value = value.model_dump(mode="json")
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key)
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)

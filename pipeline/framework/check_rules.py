"""A layer's rules beside the schema of its dataset: every field they name is there and holds what they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.framework.faults import Fault, choices, did_you_mean, shown
from pipeline.framework.filter import Filter, FilterError, Kind, check_kinds
from pipeline.framework.lines import Path
from pipeline.framework.read import Source
from pipeline.framework.rules import LayerRules, Where, filter_fault
from pipeline.framework.schema import FieldType, Schema, SchemaField
from pipeline.i18n import _

_PYTHON_TYPES: Mapping[FieldType, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "date": (str,),
}
_KINDS: Mapping[FieldType, Kind] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "text",  # ISO 8601, which a filter reads as a date where it is compared with one
}


def check_rules(source: Source[Any], path: Path, rules: LayerRules, schema: Schema) -> Iterator[Fault]:
    """Every fault of the rules written at `path` of a file."""
    if isinstance(rules.where, Where):
        yield from _table(source, (*path, "where"), rules.where, schema)
    elif filter := rules.filter:
        yield from check_filter(source, (*path, "where"), filter, schema)
    if rules.zoom_by is not None:
        at = (*path, "zoom_by")
        if field := schema.get(rules.zoom_by.field):
            yield from _codes(source, (*at, "zooms"), field, rules.zoom_by.zooms)
        else:
            yield _no_field(source, (*at, "field"), rules.zoom_by.field, schema)
    if rules.priority is not None:
        yield from check_fields(source, (*path, "priority"), (rules.priority,), schema, numbers=True)
    if rules.clusters is not None:
        yield from check_fields(source, (*path, "clusters", "sums"), rules.clusters.sums, schema, numbers=True)
    for key in ("fields", "merge_lines", "dissolve", "label_fields"):
        yield from check_fields(source, (*path, key), getattr(rules, key) or (), schema)


def unknown_word(source: Source[Any], path: Path, word: str, known: Iterable[str], message: str) -> Fault:
    """A word that should be one of those `known`."""
    words = tuple(known)
    return source.fault(path, f"{shown(word)}: {message}{did_you_mean(word, words)}", choices(words))


def _no_field(source: Source[Any], path: Path, name: str, schema: Schema) -> Fault:
    return unknown_word(source, path, name, schema.names, _("not a field of schema {id}").format(id=schema.id))


def check_fields(
    source: Source[Any], path: Path, names: Iterable[str], schema: Schema, *, numbers: bool = False
) -> Iterator[Fault]:
    """Fields that a schema does not have or, where `numbers` are needed, that hold something else."""
    for name in names:
        field = schema.get(name)
        if field is None:
            yield _no_field(source, path, name, schema)
        elif numbers and _KINDS[field.type] != "number":
            yield source.fault(
                path,
                _("{value}: the field {field} is of type {type}").format(
                    value=shown(name), field=field.name, type=field.type
                ),
                "integer, number",
            )


def check_filter(source: Source[Any], path: Path, filter: Filter, schema: Schema) -> Iterator[Fault]:
    """The fault of a filter that asks fields of what they are not; at most one."""
    try:
        check_kinds(filter, {field.name: _KINDS[field.type] for field in schema.entries})
    except FilterError as error:
        yield source.fault(path, filter_fault(error), error.expected or "")


def _table(source: Source[Any], path: Path, where: Where, schema: Schema) -> Iterator[Fault]:
    field = schema.get(where.field)
    if field is None:
        yield _no_field(source, (*path, "field"), where.field, schema)
        return
    wrong = [value for value in where.values if not _has_type(value, field.type)]
    for value in wrong:
        yield source.fault(
            (*path, "in"),
            _("{value}: the field {field} is of type {type}").format(
                value=shown(value), field=field.name, type=field.type
            ),
        )
    yield from _codes(source, (*path, "in"), field, [str(v) for v in where.values if v not in wrong])


def _has_type(value: Any, type: FieldType) -> bool:
    """Whether a TOML value can be a value of a field of that type (in Python a bool is an int, in TOML it is not)."""
    return isinstance(value, _PYTHON_TYPES[type]) and (isinstance(value, bool) == (type == "boolean"))


def _codes(source: Source[Any], path: Path, field: SchemaField, codes: Iterable[str]) -> Iterator[Fault]:
    """Codes that the field's code table does not hold."""
    for code in codes:
        if field.domain is not None and code not in field.domain:
            yield unknown_word(
                source, path, code, field.domain, _("not a code of field {name}").format(name=field.name)
            )

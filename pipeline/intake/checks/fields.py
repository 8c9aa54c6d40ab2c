"""逻辑一致性, 完整性: the columns are those of the schema, keys identify, and what must be there is there."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.framework.faults import did_you_mean
from pipeline.intake.checks.attributes import no_schema
from pipeline.intake.checks.layer import Layer, Rows
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.values import flags, quoted
from pipeline.sources.arrow import whole


@rule("field-missing", "logic", "A", lambda: _("Every field that is required has a column"))
def field_missing(layer: Layer, subject: Subject) -> Outcome:
    """A required field of the schema, or the key."""
    if layer.schema is None:
        return Skipped(no_schema())
    gone = [field.column for field in layer.schema if field.required and layer.field(field) is None]
    if (key := _key_name(subject)) and layer.key is None and key not in gone:
        gone.append(key)
    if not gone:
        return None
    guesses = [did_you_mean(name, layer.table.column_names) for name in gone]
    return Found(
        _("Columns are missing that are required: {names}.").format(
            names=", ".join(f"{name}{guess}" for name, guess in zip(gone, guesses, strict=True))
        ),
        _("add these columns, spelled as the schema has them"),
        count=len(gone),
    )


@rule("field-absent", "logic", "C", lambda: _("Every field of the schema has a column"))
def field_absent(layer: Layer, subject: Subject) -> Outcome:
    """A field that may be empty, but should be there."""
    if layer.schema is None:
        return Skipped(no_schema())
    gone = [field.column for field in layer.schema if not field.required and layer.field(field) is None]
    gone = [name for name in gone if name != _key_name(subject)]
    if not gone:
        return None
    return Found(
        _("Columns of the schema are not there: {names}.").format(names=", ".join(gone)),
        _("add them, empty where nothing is known"),
        count=len(gone),
    )


@rule("field-unknown", "logic", "D", lambda: _("Every column is a field of the schema"))
def field_unknown(layer: Layer, subject: Subject) -> Outcome:
    """Columns that nobody asked for are not published."""
    if layer.schema is None:
        return Skipped(no_schema())
    known = {name for field in layer.schema for name in (field.column, field.name)}
    known |= {name for name in (subject.read.x, subject.read.y, _key_name(subject), *_joined(subject)) if name}
    odd = [name for name in layer.table.column_names if name not in known]
    if not odd:
        return None
    return Found(
        _("Columns are not in the schema: {names}.").format(
            names=", ".join(odd[:12]) + (" …" if len(odd) > 12 else "")
        ),
        _("leave them out, or propose them for the schema; until then they are not published"),
        count=len(odd),
    )


@rule("mandatory-empty", "completeness", "B", lambda: _("Fields that are required are filled"))
def mandatory_empty(layer: Layer, subject: Subject) -> Outcome:
    """Nothing and blanks count as empty. Of the key another rule tells."""
    if layer.schema is None:
        return Skipped(no_schema())
    columns = [(field, layer.field(field)) for field in layer.schema if field.required]
    required = [(field, column) for field, column in columns if column is not None and field.column != layer.key]
    if not required:
        return Skipped(_("the schema requires no field that is there"))
    rows: list[Rows] = []
    told: list[str] = []
    why: list[str] = []
    for field, column in required:
        empty = np.flatnonzero(flags(_nothing(column)))
        if len(empty):
            rows.append(empty)
            told.append(f"{field.column} {len(empty)}")
            why += [field.column] * min(len(empty), PLACES)
    if not rows:
        return None
    together = np.concatenate(rows)
    return Found(
        _("{n} values are missing that are required: {fields}.").format(n=len(together), fields=", ".join(told)),
        _("fill them in"),
        rows=together,
        remarks=tuple(why[:PLACES]),
    )


@rule("duplicate-key", "completeness", "B", lambda: _("No two features have the same key"))
def duplicate_key(layer: Layer, subject: Subject) -> Outcome:
    """Every feature after the first with a key counts."""
    if layer.key is None:
        return Skipped(no_key())
    texts = layer.texts(layer.key)
    rows = _repeated(texts)
    if not len(rows):
        return None
    return Found(
        _("{n} features have the key of another: {values}.").format(n=len(rows), values=quoted(texts, rows)),
        _("give each feature a number of its own, and keep it from one version to the next"),
        rows=rows,
    )


@rule("key-empty", "completeness", "B", lambda: _("Every feature has a key"))
def key_empty(layer: Layer, subject: Subject) -> Outcome:
    """Without one its history is lost: it counts as removed and added each time it changes."""
    if layer.key is None:
        return Skipped(no_key())
    rows = np.flatnonzero(flags(_nothing(layer.table.column(layer.key))))
    if not len(rows):
        return None
    return Found(
        _("{n} features have no key in column {name}.").format(n=len(rows), name=layer.key),
        _("give each feature a number of its own, and keep it from one version to the next"),
        rows=rows,
    )


def no_key() -> Message:
    """Why rules on keys do not apply."""
    return _("no key is declared, or its column is missing")


def _key_name(subject: Subject) -> str | None:
    name = subject.limits.key or (subject.dataset.key if subject.dataset is not None else None)
    field = subject.schema.get(name) if name and subject.schema is not None else None
    return field.column if field is not None else name


def _joined(subject: Subject) -> tuple[str, ...]:
    """The column that locates a table by its addresses."""
    join = subject.dataset.join if subject.dataset is not None else None
    return (join.on.source_field,) if join is not None else ()


def _nothing(column: pa.ChunkedArray) -> pa.Array:
    """Which values are not there."""
    from pipeline.editions.cast import cast

    return pc.is_null(whole(cast(column, "string")[0]))


def _repeated(texts: pa.Array) -> Rows:
    """The rows whose text an earlier row has."""
    coded = texts.dictionary_encode()
    there = np.flatnonzero(flags(coded.indices.is_valid()))
    codes = np.asarray(coded.indices.drop_null().to_numpy(zero_copy_only=False), np.int64)
    _codes, first = np.unique(codes, return_index=True)
    later = np.ones(len(codes), np.bool_)
    later[first] = False
    return np.asarray(there[later], np.int64)

"""属性精度: codes are in their tables, values of their types, road numbers look like road numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.framework.check_tables import feature_codes, field_roles
from pipeline.intake.checks.layer import Layer, Rows
from pipeline.intake.checks.message import Either, Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.traits import layer_kind
from pipeline.intake.checks.values import flags, quoted, remarks, unlike


@rule("code-unknown", "attributes", "B", lambda: _("Feature codes are of GB/T 13923 and of the layer's class"))
def code_unknown(layer: Layer, subject: Subject) -> Outcome:
    """Six digits, the first that of a class that the layer holds."""
    column = layer.role("GB")
    if column is None:
        return Skipped(no_column("GB"))
    texts, table, kind = layer.texts(column), feature_codes(), layer_kind(layer, subject)
    classes = kind.classes if kind is not None and kind.classes else tuple(major.code for major in table.classes)
    rows = unlike(texts, f"[{''.join(classes)}]\\d{{5}}")
    if not len(rows):
        return None
    allowed = [major for major in table.classes if major.code in classes]
    return Found(
        _("{n} feature codes are none of GB/T 13923, class {classes}: {values}.").format(
            n=len(rows),
            classes=tuple(Either(f"{m.code} {m.name.zh}", f"{m.code} {m.name.en}") for m in allowed),
            values=quoted(texts, rows),
        ),
        _("give each feature its six-digit code, or hand it in with the layer where it belongs"),
        rows=rows,
        remarks=remarks(texts, rows, column, PLACES),
    )


@rule("code-not-in-domain", "attributes", "B", lambda: _("Coded values are in their field's code table"))
def code_not_in_domain(layer: Layer, subject: Subject) -> Outcome:
    """Every field of the schema that has a `domain`."""
    if layer.schema is None:
        return Skipped(no_schema())

    def strays(name: str, type: str) -> tuple[Rows, pa.Array] | None:
        field = next(field for field in layer.schema or () if field.name == name)
        column = layer.field(field)
        if field.domain is None or column is None:
            return None
        texts = _cast(column, "integer" if type == "integer" else "string").cast(pa.large_string())
        codes = pa.array(list(field.domain), pa.large_string())
        there = pc.and_(pc.is_valid(texts), pc.invert(pc.is_in(texts, codes)))
        return np.flatnonzero(flags(there)), texts

    return _each_field(
        layer,
        strays,
        _("{n} values are not in their code table: {fields}."),
        _("use the codes of the schema; propose a new code to the platform if one is missing"),
    )


@rule("value-type", "attributes", "B", lambda: _("Values are of their field's type"))
def value_type(layer: Layer, subject: Subject) -> Outcome:
    """Texts where numbers are wanted, days that do not exist."""
    if layer.schema is None:
        return Skipped(no_schema())

    def strays(name: str, type: str) -> tuple[Rows, pa.Array] | None:
        from pipeline.editions.cast import cast

        field = next(field for field in layer.schema or () if field.name == name)
        column = layer.field(field)
        if column is None or type == "string":  # which every value can be
            return None
        return np.flatnonzero(flags(cast(column, type)[1])), column.combine_chunks()

    return _each_field(
        layer,
        strays,
        _("{n} values are not of their field's type: {fields}."),
        _("write whole numbers, numbers, days (2026-09-30) and yes/no as such, and nothing else into these fields"),
    )


@rule("road-number", "attributes", "C", lambda: _("Road numbers are a letter and digits"))
def road_number(layer: Layer, subject: Subject) -> Outcome:
    """G national, S provincial, X county, Y township, C village roads."""
    column = layer.role("RN")
    if column is None:
        return Skipped(no_column("RN"))
    texts = layer.texts(column)
    pattern = field_roles().role("RN").pattern or ""
    rows = unlike(texts, pattern)
    if not len(rows):
        return None
    return Found(
        _("{n} road numbers are not like {pattern}: {values}.").format(
            n=len(rows), pattern=pattern, values=quoted(texts, rows)
        ),
        _("write the number as on the sign, such as G322 or S228, and leave it empty where there is none"),
        rows=rows,
        remarks=remarks(texts, rows, column, PLACES),
    )


def no_schema() -> Message:
    """Why rules on fields do not apply."""
    return _("the fields are not known: no schema was given")


def no_column(role: str) -> Message:
    """Why rules on a role do not apply."""
    return _("no column is called {role}, or as that is called").format(role=role)


def _each_field(
    layer: Layer, strays: Callable[[str, str], tuple[Rows, pa.Array] | None], words: Message, advice: Message
) -> Outcome:
    """Ask of every field of the schema and put together what is wrong with them."""
    rows: list[Rows] = []
    told: list[str] = []
    why: list[str] = []
    for field in layer.schema or ():
        found = strays(field.name, field.type)
        if found is not None and len(found[0]):
            rows.append(found[0])
            told.append(f"{field.column} {len(found[0])} ({quoted(found[1], found[0])})")
            why += remarks(found[1], found[0], field.column, PLACES)
    if not rows:
        return None
    together = np.concatenate(rows)
    return Found(
        words.format(n=len(together), fields=_listed(told)), advice, rows=together, remarks=tuple(why[:PLACES])
    )


def _listed(parts: Sequence[str]) -> str:
    return "; ".join(parts[:6]) + (" …" if len(parts) > 6 else "")


def _cast(column: pa.ChunkedArray, type: str) -> pa.Array:
    from pipeline.editions.cast import cast

    values = cast(column, type)[0].combine_chunks()
    return values.chunk(0) if isinstance(values, pa.ChunkedArray) else values

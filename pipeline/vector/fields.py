"""Which fields a layer keeps, under which names, as which types: ``NAME``, ``NEW=OLD``, ``NEW=OLD:TYPE``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.types import FeatureBatch, Tally

TYPES: Final = ("string", "integer", "number", "boolean", "date")  # those of schemas


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One field of a layer: its name, the column it comes from, and its type; None keeps the source's."""

    name: str
    source: str
    type: str | None = None


def read_fields(texts: Iterable[str]) -> tuple[FieldChoice, ...]:
    """The fields as written on the command line or in a rules file, in order. Raises UsageError."""
    choices = tuple(_read(text) for text in texts)
    twice = [name for name, n in Counter(choice.name for choice in choices).items() if n > 1]
    if twice:
        raise UsageError(
            _("Two fields would have the name {name}.").format(name=twice[0]),
            hint=_("Give one of them another: --field NEW=OLD."),
        )
    return choices


def choose_fields(
    batch: FeatureBatch, choices: Sequence[FieldChoice], beside: Sequence[str], layer: str, tally: Tally
) -> FeatureBatch:
    """The batch with the fields chosen, then the columns `beside` them that rules look at.

    Values that their field's type cannot hold become null and are counted. A column that this source does not have is
    left out: another source of the layer has it.
    """
    table = batch.attributes
    columns: dict[str, pa.ChunkedArray] = {}
    for choice in choices:
        if choice.source in table.column_names:
            column = table.column(choice.source)
            if choice.type is not None:
                from pipeline.editions.cast import convert  # with it come the framework's models, 0.2 s

                column, _lost = convert(column, choice.type, f"{layer}.{choice.name}", tally)
            columns[choice.name] = column
    for name in beside:
        if name in table.column_names:
            columns.setdefault(name, table.column(name))
    if not columns:  # a table without columns would forget how many rows it has
        columns[""] = pa.chunked_array([pa.nulls(batch.geometries.features)])
    return batch._replace(attributes=pa.Table.from_arrays(list(columns.values()), names=list(columns)))


def _read(text: str) -> FieldChoice:
    name, equals, source = text.partition("=")
    if not equals:
        source = name
    whole, colon, type = source.rpartition(":")
    if not colon or type not in TYPES:  # OpenStreetMap's names have colons: addr:street
        whole, type = source, ""
    name = name if equals else whole
    if not name or not whole:
        raise UsageError(
            _("{text} names no field.").format(text=repr(text)),
            expected="NAME, NAME:TYPE, NEW=OLD, NEW=OLD:TYPE",
            hint=_("Types are: {types}.").format(types=", ".join(TYPES)),
        )
    return FieldChoice(name, whole, type or None)

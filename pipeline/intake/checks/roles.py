"""Which column plays which role: by the schema, else by the names that columns have all over China."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pipeline.framework.check_tables import field_names

if TYPE_CHECKING:
    from pipeline.framework.schema import SchemaField

Role = Literal["GB", "NAME", "PINYIN", "PAC", "RN"]


def field_in_role(role: Role, columns: Sequence[str], schema: tuple[SchemaField, ...] | None) -> str | None:
    """The column of a role; of a schema's fields the name in archives decides, as layers' fields are named there."""
    for field in schema or ():
        if field.name.upper() == role:
            return next((name for name in (field.column, field.name) if name in columns), None)
    known = {name.strip().casefold(): name for name in reversed(columns)}
    for name in field_names(role):
        if name.casefold() in known:
            return known[name.casefold()]
    return None

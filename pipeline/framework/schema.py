"""schemas/<id>.toml: the fields of a dataset, their types, code tables and audiences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from pipeline.framework.base import Id, Model, NonEmpty, Text, refuse
from pipeline.i18n import _

FieldType = Literal["string", "integer", "number", "boolean", "date"]


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()


class SchemaField(Model):
    """One field as it appears in the archive."""

    name: Annotated[str, StringConstraints(pattern=r"^[\w:.-]+$")]
    source: NonEmpty | None = None  # column name in the source, where it differs
    type: FieldType
    title: Text
    unit: NonEmpty | None = None
    required: bool = False
    audiences: tuple[Id, ...] | None = None  # None: wherever the dataset may go
    domain: Mapping[str, Text] | None = None  # code → meaning

    @model_validator(mode="after")
    def _domain_fits_type(self) -> SchemaField:
        if self.domain is None:
            return self
        if self.type not in ("string", "integer"):
            raise refuse(_("a field of type {type} cannot have a code table").format(type=self.type), "string, integer")
        if self.type == "integer" and (wrong := [code for code in self.domain if not _is_integer(code)]):
            raise refuse(_("codes that are not integers: {codes}").format(codes=", ".join(wrong)), _("integers"))
        return self

    @property
    def column(self) -> str:
        """The name of its column in the source."""
        return self.source or self.name


class Schema(Model):
    """schemas/<id>.toml; the id is the stem of its file. No field at all means geometry without attributes."""

    id: Id
    entries: tuple[SchemaField, ...] = Field(alias="field", default=())

    def get(self, name: str) -> SchemaField | None:
        """The field of that name, or None."""
        return next((f for f in self.entries if f.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields, in order."""
        return tuple(f.name for f in self.entries)

"""Code tables that checks draw on, as the files in standards/ hold them, each entry with its source and confidence."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field, StringConstraints

from pipeline.framework.base import Model, NonEmpty, Text

STANDARDS: Final = Path(__file__).parent / "standards"

Read = Literal["text", "hearsay"]  # read in a source, or known but read by nobody here
Geometry = Literal["point", "line", "polygon"]
M = TypeVar("M", bound=Model)


class MajorClass(Model):
    """A major class (大类) of GB/T 13923: the first digit of a feature's code."""

    code: Annotated[str, StringConstraints(pattern=r"^\d$")]
    name: Text
    read: Read


class LayerKind(Model):
    """A layer's short name: which classes it holds, of what geometry, and what its geometries promise."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}[ALP]$")]
    classes: tuple[str, ...]  # first digits of GB
    geometry: Geometry
    coverage: bool = False  # areas that share borders without gap or overlap
    network: bool = False  # lines that are joined at their ends
    everywhere: bool = False  # every town has such features
    borders: NonEmpty | None = None  # its lines are the borders of that layer's areas
    read: Read


class FeatureCodes(Model):
    """standards/feature-codes.toml."""

    version: NonEmpty
    classes: tuple[MajorClass, ...] = Field(alias="class")
    layers: tuple[LayerKind, ...] = Field(alias="layer")

    def layer(self, name: str) -> LayerKind | None:
        """The layer of a short name, whatever its case."""
        return next((layer for layer in self.layers if layer.name == name.upper()), None)


class Division(Model):
    """A code of GB/T 2260 and when it was in force; `until` is the first day on which it was not."""

    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    name: Text
    since: date | None = None
    until: date | None = None
    read: Read

    def in_force(self, day: date) -> bool:
        """Whether the code was valid on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Divisions(Model):
    """standards/divisions.toml."""

    version: NonEmpty
    provinces: Mapping[str, NonEmpty]  # two digits → name
    divisions: tuple[Division, ...] = Field(alias="division")


class FieldRole(Model):
    """What a column is called that plays a role, and what its texts look like."""

    role: NonEmpty
    names: tuple[NonEmpty, ...]
    pattern: NonEmpty | None = None  # of the whole text


class FieldRoles(Model):
    """standards/check-fields.toml."""

    version: NonEmpty
    roles: tuple[FieldRole, ...] = Field(alias="role")

    def role(self, name: str) -> FieldRole:
        """The role of that name; KeyError where there is none."""
        for role in self.roles:
            if role.role == name:
                return role
        raise KeyError(name)


def field_names(role: str) -> tuple[str, ...]:
    """What a column is called that plays a role."""
    return field_roles().role(role).names


@lru_cache
def feature_codes() -> FeatureCodes:
    """Classes and layers of GB/T 13923."""
    return _read("feature-codes.toml", FeatureCodes)


@lru_cache
def divisions() -> Divisions:
    """Administrative codes of GB/T 2260, as far as they are known here."""
    return _read("divisions.toml", Divisions)


@lru_cache
def field_roles() -> FieldRoles:
    """Roles of columns."""
    return _read("check-fields.toml", FieldRoles)


def _read(name: str, model: type[M]) -> M:
    data = tomllib.loads((STANDARDS / name).read_text("utf-8"))
    return model.model_validate_json(json.dumps(data, default=str), strict=True)

"""The rules of a layer, as written in a workspace's files and in the file of `tile --rules`: the same names, one model.

What each rule does: docs/layers.md. Amounts are in tile units, 4096 to a tile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from pipeline.framework.base import Model, NonEmpty, Scalar, Zoom, refuse
from pipeline.framework.filter import Filter, FilterError, compile_filter
from pipeline.i18n import _

EXTENT = 4096
WHERE_TABLE, WHERE_TEXT = "where:table", "where:text"  # the two ways to write `where`; never part of a key


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        raise refuse(_("not a power of two"), "1, 2, 4, 8 … 4096")
    return value


def _readable(text: str) -> str:
    try:
        compile_filter(text)
    except FilterError as error:
        raise refuse(filter_fault(error), error.expected or "") from error
    return text


def filter_fault(error: FilterError) -> str:
    """A filter's fault in one line, with the place marked."""
    return f"{error.message} {error.where}" if error.where else error.message


def _kind_of_where(value: Any) -> str:
    return WHERE_TABLE if isinstance(value, Mapping | Where) else WHERE_TEXT


Amount = Annotated[float, Field(ge=0, le=EXTENT * EXTENT)]
Tolerance = Annotated[float, Field(ge=0, le=EXTENT)]
Cell = Annotated[int, Field(ge=1, le=EXTENT), AfterValidator(_power_of_two)]
FilterText = Annotated[str, StringConstraints(min_length=1), AfterValidator(_readable)]
Names = tuple[NonEmpty, ...]


class ZoomBy(Model):
    """A feature's first zoom, looked up by the text of one field."""

    field: NonEmpty
    default: Zoom
    zooms: Mapping[str, Zoom]


class Where(Model):
    """Only features whose field has one of these values."""

    field: NonEmpty
    values: tuple[Scalar, ...] = Field(alias="in", min_length=1)

    @property
    def text(self) -> str:
        """The same as CQL2 text."""
        values = ("'" + v.replace("'", "''") + "'" if isinstance(v, str) else str(v).upper() for v in self.values)
        name = self.field.replace('"', '""')
        return f'"{name}" IN ({", ".join(values)})'


class ClusterRule(Model):
    """Points of one cell are drawn as one, below the last zoom."""

    cell: Cell = 256
    max_zoom: Zoom | None = None  # the last zoom with clusters; without it all below the layer's last
    sums: Names = ()  # number fields added up as `<field>_sum`


Choice = Annotated[
    Annotated[Where, Tag(WHERE_TABLE)] | Annotated[FilterText, Tag(WHERE_TEXT)], Discriminator(_kind_of_where)
]


class LayerRules(Model):
    """How features become one layer."""

    min_zoom: Zoom = 0
    max_zoom: Zoom | None = None
    fields: Names | None = None  # kept, in this order; without it all
    where: Choice | None = None
    zoom_by: ZoomBy | None = None
    min_length: Amount = 0.0
    min_area: Amount = 0.0
    tiny_area: Amount = 3.0
    rate: Annotated[float, Field(ge=1, le=1e6)] = 1.0
    density: Cell | None = None
    clusters: ClusterRule | None = None
    priority: NonEmpty | None = None
    budget: Annotated[int, Field(ge=1)] | None = None  # bytes, compressed
    simplify: Literal["distance", "area", "right-angle"] = "distance"
    simplification: Tolerance = 1.0
    simplification_by_zoom: Mapping[Zoom, Tolerance] = Field(default_factory=dict)
    coverage: NonEmpty | None = None  # layers that name the same coverage share their borders exactly
    merge_lines: Names | None = None
    dissolve: Names | None = None
    merge_near: Annotated[float, Field(ge=0, le=EXTENT)] = 0.0
    buffer: Annotated[int, Field(ge=0, le=EXTENT)] = 80
    labels: bool = False
    label_fields: Names | None = None

    @model_validator(mode="after")
    def _zooms_in_order(self) -> LayerRules:
        high = self.max_zoom
        if high is None:
            return self
        if self.min_zoom > high:
            raise refuse(
                _("min_zoom {low} is above max_zoom {high}").format(low=self.min_zoom, high=high),
                _("min_zoom ≤ max_zoom"),
            )
        if self.zoom_by:
            late = {key: z for key, z in self.zoom_by.zooms.items() if z > high}
            if self.zoom_by.default > high:
                late["default"] = self.zoom_by.default
            if late:
                raise refuse(
                    _("zoom_by would hide features for good: {late}").format(
                        late=", ".join(f"{key} = {z}" for key, z in late.items())
                    ),
                    _("zooms up to max_zoom ({high})").format(high=high),
                )
        if outside := [str(z) for z in self.simplification_by_zoom if not self.min_zoom <= z <= high]:
            raise refuse(
                _("simplification_by_zoom names zooms that the layer does not have: {zooms}").format(
                    zooms=", ".join(outside)
                ),
                _("zooms from {low} to {high}").format(low=self.min_zoom, high=high),
            )
        last = self.clusters.max_zoom if self.clusters else None
        if last is not None and not self.min_zoom <= last < high:
            raise refuse(
                _("clusters.max_zoom {zoom} is not below the layer's last zoom").format(zoom=last),
                _("zooms from {low} to {high}").format(low=self.min_zoom, high=high - 1),
            )
        return self

    @property
    def filter(self) -> Filter | None:
        """The CQL2 text of `where`, read; None where there is none or it is a table."""
        return compile_filter(self.where) if isinstance(self.where, str) else None

    @property
    def used_fields(self) -> Iterator[tuple[str, str]]:
        """The fields that rules look at, though tiles need not hold them: (rule, field), in order."""
        if isinstance(self.where, Where):
            yield "where", self.where.field
        elif found := self.filter:
            yield from (("where", name) for name in sorted(found.fields))
        if self.zoom_by:
            yield "zoom_by", self.zoom_by.field
        if self.priority:
            yield "priority", self.priority
        if self.clusters:
            yield from (("clusters", name) for name in self.clusters.sums)
        yield from (("merge_lines", name) for name in self.merge_lines or ())
        yield from (("dissolve", name) for name in self.dissolve or ())
        yield from (("label_fields", name) for name in self.label_fields or ())


class NamedRules(LayerRules):
    """One ``[[layer]]`` of a rules file."""

    name: NonEmpty


class RulesFile(Model):
    """The file of ``tile --rules``."""

    layers: tuple[NamedRules, ...] = Field(alias="layer", min_length=1)

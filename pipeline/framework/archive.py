"""Archives that gather several datasets, and the layers in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from pipeline.framework.base import Id, Model, NonEmpty, Scalar, Text, Zoom, refuse
from pipeline.i18n import _

LABEL_SUFFIX = "_label"


class ZoomBy(Model):
    """A feature's first zoom, looked up by the text of one field."""

    field: NonEmpty
    default: Zoom
    zooms: Mapping[str, Zoom]


class Where(Model):
    """Only features whose field has one of these values."""

    field: NonEmpty
    values: tuple[Scalar, ...] = Field(alias="in", min_length=1)


class LayerSpec(Model):
    """What one dataset becomes inside an archive."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    dataset: Id
    min_zoom: Zoom = 0
    max_zoom: Zoom = 14
    zoom_by: ZoomBy | None = None
    coverage: NonEmpty | None = None  # layers that name the same coverage share their borders exactly
    labels: bool = False
    simplification: Annotated[float, Field(ge=0, le=100)] = 1.0  # tile units
    where: Where | None = None

    @model_validator(mode="after")
    def _zooms_in_order(self) -> LayerSpec:
        if self.min_zoom > self.max_zoom:
            raise refuse(
                _("min_zoom {low} is above max_zoom {high}").format(low=self.min_zoom, high=self.max_zoom),
                _("min_zoom ≤ max_zoom"),
            )
        if self.zoom_by:
            late = {key: z for key, z in self.zoom_by.zooms.items() if z > self.max_zoom}
            if self.zoom_by.default > self.max_zoom:
                late["default"] = self.zoom_by.default
            if late:
                raise refuse(
                    _("zoom_by would hide features for good: {late}").format(
                        late=", ".join(f"{key} = {z}" for key, z in late.items())
                    ),
                    _("zooms up to max_zoom ({high})").format(high=self.max_zoom),
                )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The layer names it takes in the archive."""
        return (self.name, self.name + LABEL_SUFFIX) if self.labels else (self.name,)


class ArchiveSpec(Model):
    """One PMTiles file and its layers."""

    id: Id
    title: Text
    layers: tuple[LayerSpec, ...] = Field(alias="layer", min_length=1)

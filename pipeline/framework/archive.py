"""Archives that gather several datasets, and the layers in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from pipeline.framework.base import Id, Model, Text, Zoom
from pipeline.framework.rules import LayerRules

LABEL_SUFFIX = "_label"


class LayerSpec(LayerRules):
    """What one dataset becomes inside an archive."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    dataset: Id
    max_zoom: Zoom = 14

    @property
    def names(self) -> tuple[str, ...]:
        """The layer names it takes in the archive."""
        return (self.name, self.name + LABEL_SUFFIX) if self.labels else (self.name,)


class ArchiveSpec(Model):
    """One PMTiles file and its layers."""

    id: Id
    title: Text
    layers: tuple[LayerSpec, ...] = Field(alias="layer", min_length=1)

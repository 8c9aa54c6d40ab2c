"""Archives that gather several datasets, and the layers in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from pipeline.framework.base import Id, Text, Zoom, refuse
from pipeline.framework.raster import APPLICABLE, ArchiveKind, RasterChoices
from pipeline.framework.rules import LayerRules
from pipeline.i18n import _

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


class ArchiveSpec(RasterChoices):
    """One PMTiles file: of layers of vector datasets, or one product of raster datasets with its choices."""

    id: Id
    title: Text
    kind: ArchiveKind = "vector"
    layers: tuple[LayerSpec, ...] = Field(alias="layer", default=())
    datasets: tuple[Id, ...] = ()  # raster datasets; the first lies on top
    series: Id | None = None  # archives of one series are epochs of one dated mosaic

    @model_validator(mode="after")
    def _fits_its_kind(self) -> ArchiveSpec:
        if self.kind == "vector":
            if self.datasets or self.series:
                raise refuse(
                    _("an archive of raster datasets must say what is made of them"),
                    _("kind = one of {names}").format(names=", ".join(name for name in APPLICABLE if name != "vector")),
                )
            if not self.layers:
                raise refuse(_("an archive without layers"), _("at least one [[archive.layer]]"))
        elif self.layers:
            raise refuse(
                _("an archive of kind {kind} has no layers").format(kind=self.kind),
                _("datasets = [ … ], and no [[archive.layer]]"),
            )
        elif not self.datasets:
            raise refuse(_("an archive without datasets"), _("datasets = [ … ], raster datasets"))
        allowed = APPLICABLE[self.kind]
        if odd := [name for name in self.said if name not in allowed]:
            raise refuse(
                _("{keys}: this does not apply to an archive of kind {kind}").format(
                    keys=", ".join(odd), kind=self.kind
                ),
                ", ".join(allowed) or _("rules in its layers"),
            )
        if self.series is not None and self.kind == "contours":
            raise refuse(_("contours are no epochs of a mosaic"), _("no series"))
        return self

    @model_validator(mode="after")
    def _choices_agree(self) -> ArchiveSpec:
        if self.min_zoom is not None and self.max_zoom is not None and self.min_zoom > self.max_zoom:
            raise refuse(
                _("min_zoom {low} is above max_zoom {high}").format(low=self.min_zoom, high=self.max_zoom),
                _("min_zoom ≤ max_zoom"),
            )
        form = self.format or "webp"
        if self.lossless is not None and form != "webp":
            raise refuse(_("only WebP may be lossless or not"), _("PNG always is, JPEG never: no lossless"))
        if form == "jpeg" and self.effort is not None:
            raise refuse(_("JPEG knows no effort"), _("no effort"))
        if form == "jpeg" and self.kind == "terrain":
            raise refuse(_("heights in JPEG would be lost"), "webp, png")
        if form == "jpeg" and self.kind == "hillshade" and self.style != "grey":
            raise refuse(_("a veil needs transparency, which JPEG does not have"), _('webp, png, or style = "grey"'))
        return self

    @property
    def made_of(self) -> tuple[str, ...]:
        """The datasets in it, each once, in order."""
        return tuple(dict.fromkeys((*(layer.dataset for layer in self.layers), *self.datasets)))

"""What an archive of raster datasets may be told, by the names of the command line, and which product takes what.

What each choice does: docs/raster.md and `longquan tile --help`. Without one, what suits the product is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from pipeline.framework.base import Model, WorkspacePath, refuse
from pipeline.i18n import _

ArchiveKind = Literal[
    "vector", "raster", "imagery", "terrain", "contours", "hillshade", "tint", "slope", "aspect"
]  # raster: terrain where the files are elevations, else imagery

_ANY: Final = ("min_zoom", "max_zoom", "top")
_PIXELS: Final = (*_ANY, "tile_size", "format", "effort")
_HEIGHTS: Final = ("plausible", "fill_voids")
_LOSS: Final = ("quality", "lossless")
_PICTURES: Final = (*_PIXELS, *_HEIGHTS, *_LOSS)
_LIGHT: Final = ("light", "azimuth", "altitude", "exaggeration", "growth")
APPLICABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "vector": (),
    "raster": _PIXELS,
    "imagery": (*_PIXELS, *_LOSS, "linear_light", "resampling", "feather"),
    "terrain": (*_PIXELS, *_HEIGHTS, "encoding", "rounding", "outside"),
    "contours": (*_ANY, *_HEIGHTS, "interval", "smooth", "refine", "smallest_ring", "feet", "peaks"),
    "hillshade": (*_PICTURES, *_LIGHT, "style", "shadow", "shine"),
    "tint": (*_PICTURES, *_LIGHT, "ramp", "shading"),
    "slope": (*_PICTURES, "ramp"),
    "aspect": (*_PICTURES, "ramp"),
}
RAMPS: Final = ("celadon", "slope", "aspect")  # those that come along; any other name is a file of the workspace
INTERVAL, INTERVALS = "interval:number", "interval:table"  # the two ways to write `interval`; never part of a key
_LAST_VECTOR_ZOOM: Final = 22


def _kind_of_interval(value: Any) -> str:
    return INTERVALS if isinstance(value, Mapping) else INTERVAL


def _plausible(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] < value[1]:
        raise refuse(_("the lowest height is not below the highest"), _("[lowest, highest] in metres"))
    return value


Share = Annotated[float, Field(ge=0, le=1)]
RasterZoom = Annotated[int, Field(ge=0, le=26)]
Interval = Annotated[float, Field(ge=0.001, le=10_000)]  # metres
IntervalByZoom = Annotated[Mapping[Annotated[int, Field(ge=0, le=_LAST_VECTOR_ZOOM)], Interval], Field(min_length=1)]
Intervals = Annotated[
    Annotated[Interval, Tag(INTERVAL)] | Annotated[IntervalByZoom, Tag(INTERVALS)], Discriminator(_kind_of_interval)
]


class RasterChoices(Model):
    """Every choice there is; None where nothing is said."""

    min_zoom: RasterZoom | None = None
    max_zoom: RasterZoom | None = None  # without it by the ground resolution
    tile_size: Literal[256, 512] | None = None
    top: Literal["first", "last", "newest", "finest"] | None = None  # among the files of one dataset
    format: Literal["webp", "jpeg", "png"] | None = None
    effort: Annotated[int, Field(ge=0, le=6)] | None = None
    quality: Annotated[int, Field(ge=1, le=100)] | None = None
    lossless: bool | None = None
    # imagery
    linear_light: bool | None = None
    resampling: Literal["nearest", "bilinear", "cubic", "lanczos", "average"] | None = None
    feather: Annotated[int, Field(ge=0, le=4096)] | None = None
    # whatever is made of heights
    plausible: Annotated[tuple[float, float], AfterValidator(_plausible)] | None = None
    fill_voids: Annotated[int, Field(ge=0, le=512)] | None = None
    # terrain
    encoding: Literal["terrarium", "mapbox"] | None = None
    rounding: Annotated[float, Field(gt=0, le=100)] | None = None
    outside: Annotated[float, Field(ge=-500, le=9000)] | None = None
    # pictures with light on them
    light: Literal["multi", "single"] | None = None
    azimuth: Annotated[float, Field(ge=0, le=360)] | None = None
    altitude: Annotated[float, Field(gt=0, lt=90)] | None = None
    exaggeration: Annotated[float, Field(gt=0, le=100)] | None = None
    growth: Share | None = None
    style: Literal["veil", "grey"] | None = None
    shadow: Share | None = None
    shine: Share | None = None
    ramp: WorkspacePath | None = None
    shading: Share | None = None
    # contours
    interval: Intervals | None = None
    smooth: Annotated[float, Field(ge=0, le=32)] | None = None
    refine: Annotated[int, Field(ge=1, le=8)] | None = None
    smallest_ring: Annotated[float, Field(ge=0)] | None = None
    feet: bool | None = None
    peaks: Annotated[float, Field(gt=0)] | None = None  # prominence, metres

    @property
    def said(self) -> Mapping[str, Any]:
        """The choices that were made, in the order above."""
        names = RasterChoices.model_fields
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class RasterLimits(Model):
    """What an edition may show of rasters; a number that is left out is the public rule's in a public edition.

    0 lifts a limit knowingly.
    """

    min_ground_resolution_m: Annotated[float, Field(ge=0, le=10_000)] | None = None
    min_contour_interval_m: Annotated[float, Field(ge=0, le=10_000)] | None = None
    min_dem_grid_m: Annotated[float, Field(ge=0, le=10_000)] | None = None
    masks: WorkspacePath | None = None  # a vector file: what lies inside its areas is not shown
    mask_mode: Literal["remove", "blur"] = "remove"
    blur_m: Annotated[float, Field(gt=0, le=10_000)] = 20.0

    @model_validator(mode="after")
    def _masks_are_named(self) -> RasterLimits:
        if self.masks is None and not {"mask_mode", "blur_m"}.isdisjoint(self.model_fields_set):
            raise refuse(_("it does not say what is masked"), _("masks = a vector file of areas, or neither key"))
        return self

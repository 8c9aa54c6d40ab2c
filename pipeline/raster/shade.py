"""Shaded relief as pictures, for clients that cannot shade terrain by themselves."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import partial
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.raster.height_tiles import HeightTiles
from pipeline.raster.plan import ImageFormat
from pipeline.raster.product import Picture, Product

PIVOT: Final = 11  # the zoom (of 512 px) from which on heights are not stretched: cells of 38 m at the equator
_LEVELS: Final = 8  # of 255: opacities are its multiples, 33 in all
VEIL: Final = ImageFormat("webp", lossless=True)  # few shades of two tones: smaller than lossy, and without seams


@dataclass(frozen=True, slots=True)
class Light:
    """Where light comes from, and how much heights are stretched under it."""

    direction: Literal["multi", "single"] = "multi"
    azimuth: float = 315.0  # degrees clockwise from north, of a single light
    altitude: float = 45.0  # degrees above the horizon
    exaggeration: float = 1.0  # of heights, at zoom 11 and above
    growth: float = 0.25  # doublings of it with every lower zoom, where slopes of wide cells are gentle

    def __post_init__(self) -> None:
        """Raises UsageError for what is no light."""
        if not (0 < self.altitude < 90 and 0 <= self.azimuth <= 360):
            raise UsageError(
                _("There is no light from {azimuth}° at {altitude}° above the horizon.").format(
                    azimuth=self.azimuth, altitude=self.altitude
                ),
                expected=_("an azimuth from 0 to 360 and an altitude between 0 and 90 degrees"),
                hint=_("Correct the direction of the light."),
            )
        if not (0 < self.exaggeration <= 100 and 0 <= self.growth <= 1):
            raise UsageError(
                _("Heights cannot be stretched {factor} times, growing by {growth}.").format(
                    factor=self.exaggeration, growth=self.growth
                ),
                expected=_("an exaggeration above 0 up to 100, and a growth from 0 to 1"),
                hint=_("Correct the exaggeration."),
            )

    @property
    def flat(self) -> float:
        """The light on flat ground."""
        return math.sin(math.radians(self.altitude))

    def factor(self, zoom: int, tile_size: int) -> float:
        """How much heights are stretched at a zoom; tiles of 256 px are a zoom behind."""
        behind = max(0.0, PIVOT - (zoom - math.log2(512 / tile_size)))
        return float(self.exaggeration * 2.0 ** (self.growth * behind))


def light_of(light: Light, tiles: HeightTiles, zoom: int, x: int, y: int) -> NDArray[np.float32] | None:
    """The light on a tile: 0 … 1 [rows, columns], NaN where the height is unknown; None where it is everywhere."""
    from pipeline.kernels.hillshade import hillshade_multi, hillshade_single

    heights = tiles.padded(zoom, x, y)
    if heights is None:
        return None
    out = np.empty((tiles.tile_size, tiles.tile_size), np.float32)
    ground, factor = tiles.ground(zoom, y), light.factor(zoom, tiles.tile_size)
    if light.direction == "multi":
        hillshade_multi(heights, ground, factor, light.altitude, out)
    else:
        hillshade_single(heights, ground, factor, light.azimuth, light.altitude, out)
    return out


def hillshade(
    light: Light | None = None,
    *,
    style: Literal["veil", "grey"] = "veil",
    shadow: float = 0.6,
    shine: float = 0.35,
    form: ImageFormat | None = None,
) -> Product:
    """Shaded relief: a veil of black and white to lay over any map, or opaque greys.

    `shadow` and `shine` are the opacities of full shade and full light of a veil. Raises UsageError for opacities
    beyond 0 … 1 and for a veil in JPEG, which has no transparency.
    """
    light = light or Light()
    form = form or (VEIL if style == "veil" else ImageFormat())
    if not (0 <= shadow <= 1 and 0 <= shine <= 1):
        raise UsageError(
            _("Opacities of {shadow} and {shine} are none.").format(shadow=shadow, shine=shine),
            expected=_("from 0 to 1"),
            hint=_("Correct the opacity of shadow and shine."),
        )
    if style == "veil" and form.kind == "jpeg":
        raise UsageError(
            _("A veil needs transparency, which JPEG does not have."),
            expected=_("WebP or PNG"),
            hint=_("Choose another format, or opaque greys."),
        )
    facts: dict[str, object] = {"light": asdict(light), "style": style}
    if style == "veil":
        facts |= {"shadow": shadow, "shine": shine}
        draw = partial(_veil, light=light, shadow=float(shadow), shine=float(shine))
    else:
        draw = partial(_grey, light=light)
    return Product("hillshade", form, draw, reach=1, facts=facts)


def _veil(
    tiles: HeightTiles, zoom: int, x: int, y: int, *, light: Light, shadow: float, shine: float
) -> Picture | None:
    from pipeline.kernels.hillshade import shade_alpha

    found = light_of(light, tiles, zoom, x, y)
    if found is None:
        return None
    out = np.empty((*found.shape, 4), np.uint8)
    shade_alpha(found, light.flat, shadow, shine, _LEVELS, out)
    return out


def _grey(tiles: HeightTiles, zoom: int, x: int, y: int, *, light: Light) -> Picture | None:
    from pipeline.kernels.hillshade import shade_grey

    found = light_of(light, tiles, zoom, x, y)
    if found is None:
        return None
    out = np.empty((*found.shape, 4), np.uint8)
    shade_grey(found, out)
    return out

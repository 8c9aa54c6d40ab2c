"""Heights, slopes and aspects in colours, by a ramp."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.raster.height_tiles import HeightTiles
from pipeline.raster.plan import ImageFormat
from pipeline.raster.product import Picture, Product
from pipeline.raster.ramp import Ramp, read_ramp
from pipeline.raster.shade import Light, light_of

COLOURS: Final = ImageFormat("webp", quality=85)
CLASSES: Final = ImageFormat("webp", quality=80)


def tint(
    ramp: Ramp | None = None, *, light: Light | None = None, strength: float = 0.0, form: ImageFormat = COLOURS
) -> Product:
    """Heights in colours, by a ramp of metres; with a `strength` above 0, up to 1, shaded as well.

    Raises UsageError for a strength beyond 0 … 1.
    """
    ramp = ramp or read_ramp("celadon")
    if not 0 <= strength <= 1:
        raise UsageError(
            _("Shading of strength {strength} is none.").format(strength=strength),
            expected=_("from 0 to 1"),
            hint=_("Correct the strength of the shading."),
        )
    light = light or Light()
    facts = _facts(ramp) | ({"light": asdict(light), "strength": strength} if strength else {})
    draw = partial(_tint, ramp=ramp, light=light, strength=float(strength))
    return Product("tint", form, draw, reach=1 if strength else 0, kind="baselayer", facts=facts)


def slope(ramp: Ramp | None = None, *, form: ImageFormat = CLASSES) -> Product:
    """Steepness on the ground in colours, by a ramp of degrees."""
    ramp = ramp or read_ramp("slope")
    return Product("slope", form, partial(_gradient, what="slope", ramp=ramp), reach=1, facts=_facts(ramp))


def aspect(ramp: Ramp | None = None, *, form: ImageFormat = CLASSES) -> Product:
    """The direction in which the ground falls in colours, by a ramp of degrees clockwise from north; -1 is flat."""
    ramp = ramp or read_ramp("aspect")
    return Product("aspect", form, partial(_gradient, what="aspect", ramp=ramp), reach=1, facts=_facts(ramp))


def _facts(ramp: Ramp) -> dict[str, object]:
    """The ramp, for a legend."""
    legend = [[stop, *colour] for stop, colour in zip(ramp.stops, ramp.colours, strict=True)]
    return {"ramp": {"name": ramp.name, "stops": legend}}


def _tint(
    tiles: HeightTiles, zoom: int, x: int, y: int, *, ramp: Ramp, light: Light, strength: float
) -> Picture | None:
    from pipeline.kernels.tint import shade_colours

    heights = tiles.tile(zoom, x, y)
    if heights is None:
        return None
    out = _coloured(heights, ramp)
    if strength and (found := light_of(light, tiles, zoom, x, y)) is not None:
        shade_colours(found, light.flat, strength, out)
    return out


def _gradient(
    tiles: HeightTiles, zoom: int, x: int, y: int, *, what: Literal["slope", "aspect"], ramp: Ramp
) -> Picture | None:
    from pipeline.kernels import slope as kernels

    heights = tiles.padded(zoom, x, y)
    if heights is None:
        return None
    values = np.empty((tiles.tile_size, tiles.tile_size), np.float32)
    if what == "slope":
        kernels.slope(heights, tiles.ground(zoom, y), values)
    else:
        kernels.aspect(heights, 0.0, values)
    return _coloured(values, ramp)


def _coloured(values: NDArray[np.float32], ramp: Ramp) -> Picture:
    from pipeline.kernels.tint import tint as colour

    out = np.empty((*values.shape, 4), np.uint8)
    colour(values, *ramp.arrays(), out)
    return out

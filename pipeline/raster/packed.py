"""Heights as pictures, for 3D terrain and shading in the browser: Terrarium and Mapbox Terrain-RGB.

The lowest byte of a height is noise to a compressor: rounding to 1/8 m instead of 1/256 m makes archives a third to a
half smaller. So heights are rounded, to 1/8 m (Terrarium, wrong by 0.0625 m at most) or 0.1 m (Mapbox, 0.05 m); what
the interpolation adds is below a millimetre. Every zoom is rounded by itself, from means that were not.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Final, Literal, NamedTuple

import numpy as np

from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.raster.height_tiles import HeightTiles
from pipeline.raster.plan import ImageFormat
from pipeline.raster.product import Picture, Product

Encoding = Literal["terrarium", "mapbox"]

LOSSLESS: Final = ImageFormat("webp", lossless=True)


class _Code(NamedTuple):
    units: int  # in a metre
    zero: int  # the number of height 0
    step: float  # metres that heights are rounded to


ENCODINGS: Final[dict[Encoding, _Code]] = {
    "terrarium": _Code(256, 32768 * 256, 1 / 8),
    "mapbox": _Code(10, 100_000, 1 / 10),
}


def packed_heights(
    encoding: Encoding = "terrarium", *, step: float | None = None, outside: float = 0.0, form: ImageFormat = LOSSLESS
) -> Product:
    """Heights as red, green and blue; `outside` metres where none is known in a tile that has others.

    `step` is a whole number of the encoding's units (1/256 m, 0.1 m), for Terrarium a power of two. Raises UsageError
    for another step, a format that loses, and a height outside that the encoding does not have.
    """
    code = ENCODINGS[encoding]
    step = code.step if step is None else step
    units = round(step * code.units) if math.isfinite(step) else 0
    if not (units >= 1 and math.isclose(units, step * code.units, rel_tol=1e-9)) or (
        encoding == "terrarium" and units & (units - 1)
    ):
        raise UsageError(
            _("Heights cannot be rounded to {step} m in {encoding}.").format(step=step, encoding=encoding),
            expected=_("a power of two, from 1/256 m on") if encoding == "terrarium" else _("a multiple of 0.1 m"),
            hint=_("Leave it out: the default keeps heights within 0.1 m."),
        )
    if form.kind == "jpeg" or (form.kind == "webp" and not form.lossless):
        raise UsageError(
            _("Heights cannot be kept in {format}, which changes colours.").format(format=form.kind),
            expected=_("lossless WebP, or PNG"),
            hint=_("Leave the quality out, or choose PNG."),
        )
    if not -code.zero / code.units <= outside <= ((1 << 24) - 1 - code.zero) / code.units:  # NaN is not
        raise UsageError(
            _("The height {height} m cannot be written in {encoding}.").format(height=outside, encoding=encoding),
            hint=_("Choose another height for what is not known; 0 is sea level."),
        )
    return Product(
        "terrain",
        form,
        partial(_draw, inverse=code.units / units, units=units, zero=code.zero, outside=float(outside)),
        kind="baselayer",
        encoding=encoding,
        facts={"rounding": units / code.units, "unknown": float(outside), "vertical_unit": "m"},
    )


def _draw(
    tiles: HeightTiles, zoom: int, x: int, y: int, *, inverse: float, units: int, zero: int, outside: float
) -> Picture | None:
    from pipeline.kernels.pack_heights import pack_heights

    heights = tiles.tile(zoom, x, y)
    if heights is None:
        return None
    out = np.empty((*heights.shape, 4), np.uint8)
    pack_heights(heights, inverse, units, zero, outside, out)
    return out

"""What an archive of heights is told → how its tiles are drawn; what is not said is what suits the product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.framework import ArchiveSpec
from pipeline.framework.raster import RAMPS
from pipeline.raster.packed import packed_heights
from pipeline.raster.plan import ImageFormat
from pipeline.raster.product import Product
from pipeline.raster.ramp import Ramp, read_ramp
from pipeline.raster.shade import Light, hillshade
from pipeline.raster.tint import CLASSES, COLOURS, aspect, slope, tint


def product_of(spec: ArchiveSpec, product: str, root: Path) -> Product:
    """The product of heights that an archive is. Raises ConfigError for a ramp that cannot be read, UsageError."""
    if product == "terrain":
        form = _form(spec, lossless=True)
        return packed_heights(
            spec.encoding or "terrarium", form=form, **_given({"step": spec.rounding, "outside": spec.outside})
        )
    if product == "hillshade":
        said: dict[str, Any] = {"style": spec.style, "shadow": spec.shadow, "shine": spec.shine}
        form = _form(spec, lossless=spec.style != "grey")
        return hillshade(_light(spec), form=form, **_given(said))
    if product == "tint":
        form = _form(spec, quality=COLOURS.quality)
        return tint(_ramp(spec, "celadon", root), light=_light(spec), strength=spec.shading or 0.0, form=form)
    draw = slope if product == "slope" else aspect
    return draw(_ramp(spec, product, root), form=_form(spec, quality=CLASSES.quality))


def drawn_words(spec: ArchiveSpec, product: str, root: Path) -> str:
    """What decides over how pixels are drawn, as text: also what stands in a file of colours."""
    if product == "contours":
        return ""
    if product == "imagery":
        return repr(image_format(spec))
    drawn = product_of(spec, product, root)
    return repr((drawn.name, drawn.form, drawn.encoding, sorted(drawn.facts.items())))


def image_format(spec: ArchiveSpec) -> ImageFormat:
    """The format of pictures that are taken as they are."""
    return _form(spec)


def _form(spec: ArchiveSpec, *, lossless: bool = False, quality: int = 75) -> ImageFormat:
    kind = spec.format or "webp"
    if spec.lossless is not None:
        lossless = spec.lossless
    elif spec.quality is not None:
        lossless = False  # whoever speaks of quality takes the loss
    quality = quality if spec.quality is None else spec.quality
    return ImageFormat(kind, quality, lossless and kind == "webp", spec.effort)


def _light(spec: ArchiveSpec) -> Light:
    said = {
        "direction": spec.light,
        "azimuth": spec.azimuth,
        "altitude": spec.altitude,
        "exaggeration": spec.exaggeration,
        "growth": spec.growth,
    }
    return Light(**_given(said))


def _ramp(spec: ArchiveSpec, usual: str, root: Path) -> Ramp:
    name = spec.ramp or usual
    return read_ramp(name if name in RAMPS else root / name)


def _given(said: dict[str, Any]) -> dict[str, Any]:
    """What was said."""
    return {name: value for name, value in said.items() if value is not None}

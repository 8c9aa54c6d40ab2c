"""Options of `tile` that say how rasters become archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.cli._options import all_of
from pipeline.i18n import _


class Bands(click.ParamType):  # type: ignore[type-arg]
    """``3,2,1`` as numbers."""

    name = "bands"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            bands = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            bands = ()
        if not bands or min(bands) < 1:
            self.fail(_("{value} are no bands; write 1 or 4,3,2.").format(value=repr(value)), param, ctx)
        return bands


# All options of rasters, passed by name; those of which nothing was said do not count.
raster_options = all_of((
    click.option(
        "--as",
        "product",
        metavar="PRODUCT",
        help="Rasters: imagery, or of elevations terrain, hillshade, tint, slope, aspect, contours; by default imagery "
        "of pictures and terrain of elevations.",
    ),
    click.option(
        "--tile-size", type=click.Choice(["256", "512"]), show_default="512", help="Rasters: pixels of a tile."
    ),
    click.option(
        "--format", type=click.Choice(["webp", "jpeg", "png"]), show_default="webp", help="Rasters: kind of image."
    ),
    click.option(
        "--quality", type=click.IntRange(1, 100), show_default="75", help="Rasters: of WebP and JPEG; more is larger."
    ),
    click.option("--lossless", is_flag=True, default=None, help="Rasters: WebP without loss."),
    click.option(
        "--effort", type=click.IntRange(0, 6), help="Rasters: smaller files in more time; WebP 4 (2 takes half), PNG 2."
    ),
    click.option("--nodata", type=float, metavar="VALUE", help="Rasters: the value that means nothing."),
    click.option(
        "--bands", type=Bands(), metavar="LIST", help="Rasters: bands to show, as 4,3,2; without it red, green, blue."
    ),
    click.option(
        "--stretch",
        metavar="LOW,HIGH",
        help="Rasters: what becomes black and white, as 0,4000 or 2%,98%; the latter for all but bytes.",
    ),
    click.option(
        "--resampling",
        type=click.Choice(["nearest", "bilinear", "cubic", "lanczos", "average"]),
        show_default="bilinear",
        help="Rasters: between pixels of the input; where tiles are coarser, areas are averaged.",
    ),
    click.option("--linear-light", is_flag=True, default=None, help="Rasters: average light, not grey values."),
    click.option(
        "--top",
        type=click.Choice(["first", "last", "newest", "finest"]),
        show_default="first",
        help="Rasters: which one lies on top where several overlap, in the order given.",
    ),
    click.option(
        "--cutline",
        metavar="FILE",
        type=click.Path(path_type=Path, exists=True),
        help="Rasters: show only what lies in the areas of this vector file.",
    ),
    click.option(
        "--feather", type=click.IntRange(0, 4096), metavar="PIXELS", help="Rasters: fade each into those below it."
    ),
    click.option("--date", metavar="DATE", help="Rasters: the day, month or year shown, as 2026-09."),
))  # fmt: skip


def raster_choices(given: dict[str, Any]) -> dict[str, Any]:
    """What was said, as choices of `pipeline.api.tile`."""
    size = given.get("tile_size")
    return {**given, "tile_size": None if size is None else int(size)}

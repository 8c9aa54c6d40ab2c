"""Options of `tile` for what is made of elevations: heights, light, colours, slopes, aspects."""

from __future__ import annotations

from typing import Any

import click

from pipeline.cli._options import all_of
from pipeline.i18n import _


class Plausible(click.ParamType):  # type: ignore[type-arg]
    """``-500,9000`` as two numbers."""

    name = "heights"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        if isinstance(value, tuple):
            return value
        try:
            low, high = (float(part) for part in str(value).split(","))
        except ValueError:
            low = high = 0.0
        if not low < high:
            self.fail(_("{value} are no two heights; write -500,9000.").format(value=repr(value)), param, ctx)
        return low, high


# All options of elevations, passed by name; those of which nothing was said do not count.
terrain_options = all_of((
    click.option(
        "--unit", metavar="NAME", help="Elevations: the unit of the heights, as metre, foot, us-foot, decimetre."
    ),
    click.option(
        "--plausible",
        type=Plausible(),
        metavar="LOW,HIGH",
        show_default="-500,9000",
        help="Elevations: heights beyond are counted and left out.",
    ),
    click.option(
        "--fill-voids",
        type=click.IntRange(0, 512),
        metavar="PIXELS",
        show_default="32",
        help="Elevations: fill voids up to this width and height, in pixels of the last zoom.",
    ),
    click.option(
        "--height-encoding",
        type=click.Choice(["terrarium", "mapbox"]),
        show_default="terrarium",
        help="Terrain: how heights are written as colours.",
    ),
    click.option(
        "--rounding",
        type=click.FloatRange(0, min_open=True),
        metavar="METRES",
        help="Terrain: round heights; 0.125 for terrarium, 0.1 for mapbox unless said.",
    ),
    click.option(
        "--outside", type=float, metavar="METRES", show_default="0", help="Terrain: the height where none is known."
    ),
    click.option(
        "--light",
        type=click.Choice(["multi", "single"]),
        show_default="multi",
        help="Hillshade, tint: light from four directions, or from one.",
    ),
    click.option(
        "--azimuth",
        type=click.FloatRange(0, 360),
        metavar="DEGREES",
        show_default="315",
        help="Hillshade, tint: where a single light comes from, clockwise from north.",
    ),
    click.option(
        "--altitude",
        type=click.FloatRange(0, 90, min_open=True, max_open=True),
        metavar="DEGREES",
        show_default="45",
        help="Hillshade, tint: how high the light stands.",
    ),
    click.option(
        "--exaggeration",
        type=click.FloatRange(0, 100, min_open=True),
        metavar="FACTOR",
        show_default="1",
        help="Hillshade, tint: how many times heights are stretched under the light, from zoom 11 on.",
    ),
    click.option(
        "--growth",
        type=click.FloatRange(0, 1),
        metavar="DOUBLINGS",
        show_default="0.25",
        help="Hillshade, tint: how much more with every zoom below 11; 0 stretches all zooms alike.",
    ),
    click.option(
        "--style",
        type=click.Choice(["veil", "grey"]),
        show_default="veil",
        help="Hillshade: black and white to lay over a map, or opaque grey.",
    ),
    click.option(
        "--shadow",
        type=click.FloatRange(0, 1),
        metavar="OPACITY",
        show_default="0.6",
        help="Hillshade: of a veil where it is darkest.",
    ),
    click.option(
        "--shine",
        type=click.FloatRange(0, 1),
        metavar="OPACITY",
        show_default="0.35",
        help="Hillshade: of a veil where it is brightest.",
    ),
    click.option(
        "--ramp",
        metavar="NAME|FILE",
        help="Tint, slope, aspect: colours by value, one that comes along or a text file as gdaldem reads it.",
    ),
    click.option(
        "--shading",
        type=click.FloatRange(0, 1),
        metavar="STRENGTH",
        show_default="0",
        help="Tint: how strong light and shade on the colours are.",
    ),
))  # fmt: skip

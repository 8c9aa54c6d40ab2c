"""Options of `tile --as contours`."""

from __future__ import annotations

from typing import Any

import click

from pipeline.cli._options import all_of
from pipeline.i18n import _


class Interval(click.ParamType):  # type: ignore[type-arg]
    """``20`` as metres, ``9=200,11=100,13=20`` as a table by zoom."""

    name = "interval"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | dict[int, float]:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        pairs = [part.partition("=") for part in value.split(",")]
        try:
            if len(pairs) == 1 and not pairs[0][1]:
                return float(value)
            table = {int(zoom): float(metres) for zoom, _equals, metres in pairs}
        except ValueError:
            table = {}
        if len(table) < len(pairs):
            self.fail(
                _("{value} is no interval, such as 20 or 9=200,11=100,13=20.").format(value=repr(value)), param, ctx
            )
        return table


# All options of contours, passed by name; those of which nothing was said do not count.
contour_options = all_of((
    click.option(
        "--interval",
        type=Interval(),
        metavar="METRES",
        show_default="20",
        help="Contours: from one to the next, at the last zoom; or from zooms on, as 9=200,11=100,12=50,13=20.",
    ),
    click.option(
        "--smooth",
        type=click.FloatRange(0, 32),
        metavar="SAMPLES",
        show_default="1",
        help="Contours: smooth the heights by a Gaussian of this sigma; 0 leaves them as they are.",
    ),
    click.option(
        "--refine",
        type=click.IntRange(1, 8),
        metavar="N",
        show_default="2",
        help="Contours: bend lines through N places for each sample of the heights.",
    ),
    click.option(
        "--smallest-ring",
        type=click.FloatRange(0),
        metavar="SAMPLES",
        show_default="2",
        help="Contours: leave out rings around less than so many samples.",
    ),
    click.option("--feet", is_flag=True, default=None, help="Contours: also tell heights in feet, as ele_ft."),
    click.option(
        "--peaks",
        type=click.FloatRange(0, min_open=True),
        metavar="METRES",
        help="Contours: also a layer of peaks that stand out by at least this prominence.",
    ),
))  # fmt: skip

"""Options of `tile` that say how features become layers: the rules of docs/layers.md, in its order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline.cli._size import Size
from pipeline.errors import UsageError
from pipeline.i18n import _

F = TypeVar("F", bound=Callable[..., Any])


class Fields(click.ParamType):  # type: ignore[type-arg]
    """``A,B`` as field names; with `star`, ``*`` as none, which the rule takes for all."""

    name = "fields"

    def __init__(self, *, star: bool = False) -> None:
        self._star = star

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        if self._star and value == "*":
            return ()
        names = tuple(str(value).split(","))
        if not all(names):
            all_fields = _("NAME or A,B, or * for all fields") if self._star else _("NAME or A,B")
            self.fail(
                _("{value} holds an empty field name; write {form}.").format(value=repr(value), form=all_fields),
                param,
                ctx,
            )
        return names


class Budget(Size):
    """A size that a tile can have."""

    def __init__(self) -> None:
        super().__init__()
        self._least = 0  # what is too little is said below

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        size = super().convert(value, param, ctx)
        if size < 1:
            self.fail(_("{value} leaves no room for a feature; write 200KB.").format(value=repr(value)), param, ctx)
        return size


class ZoomAmount(click.ParamType):  # type: ignore[type-arg]
    """``Z=AMOUNT`` as a pair."""

    name = "zoom-amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, float]:
        if isinstance(value, tuple):
            return value
        zoom, _equals, amount = str(value).partition("=")
        try:
            return int(zoom), float(amount)
        except ValueError:
            self.fail(_("{value} is no zoom with an amount, such as 6=2.0.").format(value=repr(value)), param, ctx)


AMOUNT = click.FloatRange(0)
CELL = click.IntRange(1, 4096)

# Which features, at which zoom; then how they look.
_OPTIONS = (
    click.option(
        "--rules",
        metavar="FILE",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="TOML file of [[layer]] tables, each a layer's name and its rules; options here override it.",
    ),
    click.option(
        "-Z",
        "--min-zoom",
        type=click.IntRange(0, 26),
        help="First zoom: 0, of rasters the one at which the whole is about a tile.",
    ),
    click.option(
        "-z", "--max-zoom", type=click.IntRange(0, 26), help="Last zoom; without it from the data's own precision."
    ),
    click.option(
        "--field",
        "fields",
        multiple=True,
        metavar="FIELD",
        help="Keep only this field; NEW=OLD renames, NAME:TYPE converts (string, integer, number, boolean, date). "
        "May be repeated.",
    ),
    click.option(
        "--key", metavar="FIELD", help="Field that identifies a feature; without it ids come from the content."
    ),
    click.option("--where", metavar="CQL2", help='Only these features, such as "POP > 1000 OR zoom >= 10".'),
    click.option("--min-length", type=AMOUNT, metavar="UNITS", help="Leave out shorter lines below the last zoom."),
    click.option("--min-area", type=AMOUNT, metavar="UNITS", help="Leave out smaller areas below the last zoom."),
    click.option(
        "--tiny-area",
        type=AMOUNT,
        show_default="3",
        metavar="UNITS",
        help="Gather areas smaller than this many square units into squares below the last zoom; 0 keeps all.",
    ),
    click.option(
        "--rate", type=click.FloatRange(1), metavar="N", help="Points: each lower zoom keeps one in N of the next."
    ),
    click.option(
        "--density",
        type=CELL,
        metavar="UNITS",
        help="Points: at most one in each cell this wide, a power of two, below the last zoom.",
    ),
    click.option(
        "--clusters",
        "cluster_cell",
        type=CELL,
        metavar="UNITS",
        help="Points: draw those of a cell this wide, a power of two, as one.",
    ),
    click.option(
        "--clusters-max-zoom", "cluster_max_zoom", type=click.IntRange(0, 22), help="Last zoom with clusters."
    ),
    click.option(
        "--clusters-sums", "cluster_sums", type=Fields(), metavar="FIELDS", help="Number fields added up in clusters."
    ),
    click.option(
        "--priority", metavar="FIELD", help="Number field; where something must give way, the smallest goes first."
    ),
    click.option(
        "--budget", type=Budget(), metavar="SIZE", help="What a layer may take in a tile, compressed (200KB)."
    ),
    click.option(
        "--simplify",
        type=click.Choice(["distance", "area", "right-angle"]),
        show_default="distance",
        help="By distance (Douglas–Peucker), by area, or keeping the right angles of buildings.",
    ),
    click.option(
        "--simplification",
        type=AMOUNT,
        show_default="1",
        metavar="UNITS",
        help="Tolerance below the last zoom, in tile units (4096 to a tile); 0 keeps every vertex.",
    ),
    click.option(
        "--simplification-by-zoom",
        multiple=True,
        type=ZoomAmount(),
        metavar="Z=UNITS",
        help="Tolerance of one zoom; may be repeated.",
    ),
    click.option(
        "--coverage", is_flag=True, default=None, help="The areas share borders: keep them shared at every zoom."
    ),
    click.option(
        "--merge-lines",
        type=Fields(star=True),
        metavar="FIELDS",
        help="Join lines equal in A,B where they meet; * in all.",
    ),
    click.option(
        "--dissolve",
        type=Fields(star=True),
        metavar="FIELDS",
        help="Join areas equal in A,B below the last zoom; * in all.",
    ),
    click.option(
        "--merge-near", type=AMOUNT, metavar="UNITS", help="Draw areas nearer than this as one below the last zoom."
    ),
    click.option("--buffer", type=click.IntRange(0, 4096), show_default="80", help="Tile units kept around each tile."),
    click.option("--labels", is_flag=True, default=None, help="Also write LAYER_label, one label point per feature."),
    click.option("--label-fields", type=Fields(), metavar="FIELDS", help="Fields of the label layer; without it all."),
)


def layer_options(function: F) -> F:
    """All rules of a layer, passed by name; `layer_rules` makes options of them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def layer_rules(given: dict[str, Any]) -> dict[str, Any]:
    """What the options said, as fields of `TileOptions`."""
    cell, max_zoom, sums = (given.pop(f"cluster_{part}") for part in ("cell", "max_zoom", "sums"))
    if cell is None and (max_zoom is not None or sums is not None):
        raise UsageError(
            _("--clusters-max-zoom and --clusters-sums say how to cluster, but not that."), expected="--clusters 256"
        )
    clusters = {"cell": cell, "max_zoom": max_zoom, "sums": sums}
    return {
        **given,
        "fields": given["fields"] or None,
        "simplification_by_zoom": dict(given["simplification_by_zoom"]) or None,
        "clusters": None if cell is None else {key: value for key, value in clusters.items() if value is not None},
    }

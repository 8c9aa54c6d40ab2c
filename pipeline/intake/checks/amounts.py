"""完整性: about as many features as last time, and some in every town."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from pipeline.intake.checks.layer import Layer, portions_of
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.reference import no_coordinates, not_placed
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.shelf import no_sibling
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.traits import is_everywhere
from pipeline.sources.options import ReadOptions
from pipeline.sources.written import open_written
from pipeline.types import Tally

_STEP: Final = 4096  # features that are looked at in a town before it is known to have one


@rule("count-change", "completeness", "C", lambda: _("There are about as many features as in the last version"))
def count_change(layer: Layer, subject: Subject) -> Outcome:
    """Data that lost a tenth of its features without a word probably lost a town."""
    if subject.previous is None:
        return Skipped(no_previous())
    before = rows_in(subject.previous)
    change = 100.0 * (layer.features - before) / max(before, 1)
    if abs(change) <= subject.limits.count_percent:
        return None
    return Found(
        _("{now} features; the last version had {before} ({change} %, expected within {limit} %).").format(
            now=layer.features, before=before, change=f"{change:+.1f}", limit=f"{subject.limits.count_percent:g}"
        ),
        _("see whether a part is missing or there twice; if the change is right, say why in the lineage"),
        count=1,
    )


@rule("town-empty", "completeness", "C", lambda: _("Every town has features"))
def town_empty(layer: Layer, subject: Subject) -> Outcome:
    """Of layers that are expected everywhere, such as roads and buildings."""
    if layer.shapes_wkb is None:
        return Skipped(no_coordinates())
    if not is_everywhere(layer, subject):
        return Skipped(_("such features are not expected in every town"))
    if layer.placing.crs is None:
        return Skipped(not_placed())
    towns = layer.shelf.areas("BOUA")
    if towns is None:
        return Skipped(no_sibling("BOUA"))
    shapes = layer.plane(towns.shapes)
    shapely.prepare(shapes)
    empty = [at for at, shape in enumerate(shapes) if not _has_any(layer, shape)]
    if not empty:
        return None
    names = [towns.names[at] for at in empty]
    return Found(
        _("{n} towns have no feature: {names}.").format(n=len(empty), names=", ".join(names[:12])),
        _("see whether their part is missing; if there is nothing in these towns, say so in the lineage"),
        places=shapes[empty],
        remarks=tuple(names),
    )


def rows_in(path: Path) -> int:
    """How many features an earlier version has. Raises InputError where it cannot be read."""
    if path.suffix == ".parquet" and path.is_file():
        try:
            return int(pq.read_metadata(path).num_rows)
        except (pa.ArrowException, OSError):
            pass  # reading it says what is wrong
    with open_written(path, ReadOptions(), Tally()) as written:
        return sum(portion.attributes.num_rows for portion in written.rows)


def no_previous() -> Message:
    """Why rules on the last version do not apply."""
    return _("there is no earlier version")


def _has_any(layer: Layer, town: shapely.Geometry) -> bool:
    west, south, east, north = shapely.bounds(town)
    box = layer.measures.box
    with np.errstate(invalid="ignore"):
        near = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
    near &= layer.measures.finite
    pieces = portions_of(np.flatnonzero(near & layer.measures.finite), _STEP)
    return any(bool(shapely.intersects(town, layer.shapes(rows)).any()) for rows in pieces)

"""After a change of files: which tiles are rendered anew. The others are the previous archive's, byte for byte.

A tile depends on the files whose footprint it meets, in their order, and on nothing else. So those under the
footprints of files that came, went, changed or took another place in the order, before and after, are made anew with
all tiles above them; the other tiles that these are made of come out of the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from pipeline.archive.tileids import FIRST_IDS
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.raster.grid import Grid, ancestors, cover
from pipeline.raster.pixels import PixelKind, Pixels
from pipeline.raster.pyramid import Anew
from pipeline.raster.state import Origin, State, StateWriter, load_state
from pipeline.raster.work import MARGIN, Work
from pipeline.types import Bounds


class Scratch(Exception):
    """Everything has to be built; the message says why."""


@dataclass(frozen=True, slots=True)
class Update:
    """What there is to do."""

    state: State
    anew: Anew
    ids: tuple[int, ...]  # of all tiles under what changed, ascending: made anew, or gone
    changed: int  # files


def plan_update(
    previous: Path, grid: Grid, kind: PixelKind, origins: Sequence[Origin], print_: str, *, margin: int = MARGIN
) -> Update:
    """Compare the files with those of the previous archive; `margin` is how far a file reaches beyond its boxes.

    Raises Scratch where the archive does not help: it has no state or a damaged one, is not the one that its state
    tells of, or was made by other rules.
    """
    try:
        state = load_state(previous)
        if state.print != print_:
            raise Scratch(_("the previous archive has other zooms or tiles, or was made by another version"))
        state.check(previous)
    except InputError as err:
        raise Scratch(err.message.rstrip(".")) from err
    boxes, changed = _changed(state.origins, origins)
    dirty = cover(grid.tile_size, grid.max_zoom, boxes, margin)
    zooms = range(min(grid.min_zoom, grid.block_zoom), grid.max_zoom + 1)
    below = {zoom: ancestors(dirty, grid.max_zoom - zoom) for zoom in zooms}

    def known(zoom: int, position: int) -> Pixels | None:
        return state.pixels(zoom, position, kind, grid.tile_size)

    ids = np.concatenate([FIRST_IDS[zoom] + below[zoom] for zoom in range(grid.min_zoom, grid.max_zoom + 1)])
    return Update(state, Anew(below, known), tuple(ids.tolist()), changed)


def find_update(work: Work, grid: Grid, kind: PixelKind, origins: Sequence[Origin], print_: str) -> Update | None:
    """What there is to do after the previous archive of some work; None where all is built, and why is told."""
    if work.previous is None:
        return None
    work.progress.start(_("finding what changed"))
    try:
        return plan_update(work.previous, grid, kind, origins, print_, margin=work.margin)
    except Scratch as why:
        work.progress.note(_("everything is built: {why}").format(why=why))
        return None


def keep_others(update: Update, writer: StateWriter) -> None:
    """Copy what the state remembers of tiles that were not made anew."""
    anew = set(update.ids)
    for zoom, position in update.state.places:
        packed = update.state.packed(zoom, position)
        if FIRST_IDS[zoom] + position not in anew and packed is not None:
            writer.copy(zoom, position, packed)


def _changed(before: Sequence[Origin], after: Sequence[Origin]) -> tuple[list[Bounds], int]:
    """The footprints of files that are not in both in the same order, and how many these are."""

    def keys(origins: Sequence[Origin]) -> list[tuple[str, str, tuple[Bounds, ...]]]:
        return [(each.fact.sha256, each.said, each.boxes) for each in origins]

    boxes: list[Bounds] = []
    changed = 0
    for word, i, j, k, n in SequenceMatcher(None, keys(before), keys(after), autojunk=False).get_opcodes():
        if word != "equal":
            boxes += [box for each in (*before[i:j], *after[k:n]) for box in each.boxes]
            changed += max(j - i, n - k)
    return boxes, changed

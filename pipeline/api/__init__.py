"""The public Python interface: `tile` files into an archive, `open_archive` to read one.

from pipeline import tile, open_archive

tile(["roads.gpkg"], "roads.pmtiles", max_zoom=14)
with open_archive("roads.pmtiles") as archive:
    archive.tile(14, 13612, 6862)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.api.check import check
from pipeline.api.inputs import Found, find_layers, read_layer
from pipeline.api.layers import choose_layers
from pipeline.api.options import TileOptions
from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.types import FeatureBatch, Tally

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive
    from pipeline.vector import ArchiveResult

__all__ = ["TileOptions", "Tiled", "open_archive", "tile"]


@dataclass(frozen=True, slots=True)
class Tiled:
    """What became of the inputs."""

    archive: ArchiveResult
    max_zoom_guessed: bool
    without_geometry: tuple[str, ...]  # input layers that hold no geometry


def open_archive(path: str | Path) -> Archive:
    """Open a PMTiles archive for reading; a context manager.

    Raises ArchiveError when it is not a PMTiles v3 archive, InputError when it cannot be read.
    """
    from pipeline.archive.reader import open_archive as opened

    return opened(path)


def tile(
    inputs: Iterable[str | Path] | str | Path,
    out: str | Path,
    options: TileOptions | None = None,
    *,
    threads: int | None = None,
    no_clobber: bool = False,
    progress: Progress | None = None,
    **choices: object,
) -> Tiled:
    """Tile vector files into one PMTiles archive, replaced atomically.

    `choices` are fields of `TileOptions` by name and override `options`. Input layers of the same name become one
    layer. Raises UsageError, InputError, OutputError; no file is left half-written.
    """
    options = replace(options or TileOptions(), **choices)  # type: ignore[arg-type]
    paths = [Path(inputs)] if isinstance(inputs, (str, Path)) else [Path(each) for each in inputs]
    target = Path(out)
    check(options, paths, target, no_clobber)
    from pipeline.vector import ArchivePlan, LayerInput, tile_layers
    from pipeline.vector.precision import guess_max_zoom

    progress = progress or Silent()
    found, empty = find_layers(paths, options)
    chosen = choose_layers(options, {each.name: each.fields for each in found})
    held: dict[str, tuple[list[FeatureBatch], Tally]] = {}
    unsaid = [each for each in found if chosen[each.name].max_zoom is None]
    guessed = 0
    if unsaid:
        progress.start(_("finding the maximum zoom"), len(unsaid), _("layers"))
        for each in unsaid:
            tally = Tally()
            held[each.name] = (list(read_layer(each, chosen[each.name], tally)), tally)
            progress.advance()
        guessed = max(guess_max_zoom(batches) for batches, _tally in held.values())
        told = max(guessed, *(chosen[each.name].min_zoom for each in unsaid))
        progress.note(_("maximum zoom {zoom}, from the data's own precision").format(zoom=told))

    def read(each: Found, tally: Tally) -> Iterator[FeatureBatch]:
        if each.name not in held:
            yield from read_layer(each, chosen[each.name], tally)
            return
        batches, faults = held.pop(each.name)
        tally.merge(faults)
        while batches:
            yield batches.pop(0)

    result = tile_layers(
        ArchivePlan(options.name or target.stem, options.description, options.attribution),
        [LayerInput(chosen[each.name].plan(guessed), partial(read, each)) for each in found],
        target,
        threads=threads,
        no_clobber=no_clobber,
        progress=progress,
    )
    without = [layer.name for layer in result.layers if not layer.features]
    return Tiled(result, bool(unsaid), tuple(sorted({*empty, *without})))

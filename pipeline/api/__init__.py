"""The public Python interface: `tile` files into an archive, `open_archive` to read one.

from pipeline import tile, open_archive

tile(["roads.gpkg"], "roads.pmtiles", max_zoom=14)
with open_archive("roads.pmtiles") as archive:
    archive.tile(14, 13612, 6862)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.api.check import check
from pipeline.api.inputs import Found, read_layer
from pipeline.api.layers import Chosen
from pipeline.api.options import TileOptions
from pipeline.api.reading import open_layers
from pipeline.api.recipe import code_digest, recipe
from pipeline.api.update import Update, read_changes
from pipeline.progress import Progress, Silent
from pipeline.types import Bounds, FeatureBatch, Tally

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive
    from pipeline.sources import Source
    from pipeline.vector import ArchiveResult
    from pipeline.vector.estimate import Estimate

__all__ = ["TileOptions", "Tiled", "estimate", "open_archive", "tile"]


@dataclass(frozen=True, slots=True)
class Tiled:
    """What became of the inputs."""

    archive: ArchiveResult
    max_zoom_guessed: bool
    without_geometry: tuple[str, ...]  # input layers that hold no geometry


@dataclass(frozen=True, slots=True)
class Run:
    """How the work is done; the archive's bytes do not depend on it."""

    explain: bool
    keep_state: bool
    update: Update | None
    threads: int | None
    memory: int | None
    no_clobber: bool
    progress: Progress


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
    explain: bool = False,
    keep_state: bool = False,
    previous: str | Path | None = None,
    changes: str | Path | None = None,
    threads: int | None = None,
    memory: int | None = None,
    no_clobber: bool = False,
    progress: Progress | None = None,
    **choices: object,
) -> Tiled:
    """Tile vector files into one PMTiles archive, replaced atomically.

    An input is a file's name, "-" for GeoJSON lines on standard input, or the address of a PostGIS database. `choices`
    are fields of `TileOptions` by name and override `options`. Input layers of the same name become one layer. With
    `explain` a Parquet file beside the archive tells what the rules left out. `memory` is in bytes; what does not fit
    goes through files beside the archive, and an interrupted build of the same files takes them up.

    `keep_state` writes a file beside the archive with which a later call can do only what changed: there `inputs` are
    the files as they are now, `previous` is the archive, and `changes` a vector file with the inputs' fields and a
    text field `change`: "removed" for features as they were, "added" for features as they are; where there are several
    layers, its layers have their names. The archive is the same as one built from scratch.

    Raises UsageError, ConfigError, InputError, OutputError; no file is left half-written under its own name.
    """
    options = replace(options or TileOptions(), **choices)  # type: ignore[arg-type]
    target = Path(out)
    from pipeline.sources import Database, open_source

    sources = [open_source(each) for each in ([inputs] if isinstance(inputs, (str, Path)) else inputs)]
    check(options, sources, target, no_clobber)
    with ExitStack() as stack:
        for source in sources:
            if isinstance(source, Database):
                stack.enter_context(source)
        update = read_changes(previous, changes, sources, explain)
        run = Run(explain, keep_state or update is not None, update, threads, memory, no_clobber, progress or Silent())
        return _tile(options, sources, target, run)


def estimate(
    inputs: Iterable[str | Path] | str | Path,
    options: TileOptions | None = None,
    *,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
    **choices: object,
) -> Estimate:
    """What `tile` would write of these inputs, and in what time: tiles, bytes and seconds by zoom; nothing is built.

    All features are read once and a sample of them is tiled (docs/engine.md). Arguments are those of `tile`.

    Raises UsageError, ConfigError, InputError.
    """
    options = replace(options or TileOptions(), **choices)  # type: ignore[arg-type]
    from pipeline.sources import Database, open_source

    sources = [open_source(each) for each in ([inputs] if isinstance(inputs, (str, Path)) else inputs)]
    check(options, sources, None, no_clobber=False)
    from pipeline.vector.estimate import estimate_layers

    with ExitStack() as stack:
        for source in sources:
            if isinstance(source, Database):
                stack.enter_context(source)
        progress = progress or Silent()
        layers = open_layers(options, sources, progress)
        return estimate_layers(layers.inputs, threads=threads, memory=memory, progress=progress)


def _tile(
    options: TileOptions,
    sources: Sequence[Source],
    target: Path,
    run: Run,
) -> Tiled:
    from pipeline.vector import ArchivePlan, tile_layers
    from pipeline.vector.plan import Previous, explained_path

    layers = open_layers(options, sources, run.progress)
    names = [each.name for each in layers.found]
    result = tile_layers(
        ArchivePlan(options.name or target.stem, options.description, options.attribution),
        [
            replace(
                item,
                read_near=partial(_read_near, each, layers.chosen[each.name]),
                changes=run.update.of(each.name, layers.chosen[each.name], names) if run.update else None,
            )
            for each, item in zip(layers.found, layers.inputs, strict=True)
        ],
        target,
        threads=run.threads,
        memory=run.memory,
        recipe=recipe(options, sources),
        explain=explained_path(target) if run.explain else None,
        keep_state=code_digest() if run.keep_state else None,
        previous=Previous(run.update.previous, code_digest()) if run.update else None,
        no_clobber=run.no_clobber,
        progress=run.progress,
    )
    without = [layer.name for layer in result.layers if not layer.features]
    return Tiled(result, layers.max_zoom_guessed, tuple(sorted({*layers.empty, *without})))


def _read_near(each: Found, chosen: Chosen, tally: Tally, areas: tuple[Bounds, ...]) -> Iterator[FeatureBatch]:
    parts = [replace(part, options=replace(part.options, areas=areas)) for part in each.parts]
    yield from read_layer(Found(each.name, parts), chosen, tally)

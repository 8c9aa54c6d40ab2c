"""The public Python interface: `tile` files into an archive, `open_archive` to read one.

from pipeline import tile, open_archive

tile(["roads.gpkg"], "roads.pmtiles", max_zoom=14)
with open_archive("roads.pmtiles") as archive:
    archive.tile(14, 13612, 6862)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.api.check import check
from pipeline.api.inputs import Found, read_layer
from pipeline.api.layers import Chosen
from pipeline.api.options import TileOptions
from pipeline.api.raster import (
    RasterChoices,
    RasterJob,
    are_rasters,
    describe_inputs,
    estimate_rasters,
    product_of,
    refuse_foreign,
    tell_notes,
    tile_rasters,
)
from pipeline.api.reading import open_layers
from pipeline.api.recipe import code_digest, recipe
from pipeline.api.update import Update, read_changes
from pipeline.progress import Progress, Silent
from pipeline.types import Bounds, FeatureBatch, Tally

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive
    from pipeline.raster.estimate import RasterEstimate
    from pipeline.raster.result import RasterResult
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
    options: TileOptions | RasterChoices | None = None,
    *,
    product: str | None = None,
    explain: bool = False,
    keep_state: bool = False,
    previous: str | Path | None = None,
    changes: str | Path | None = None,
    threads: int | None = None,
    memory: int | None = None,
    no_clobber: bool = False,
    progress: Progress | None = None,
    **choices: object,
) -> Tiled | RasterResult:
    """Tile vector files, or rasters, into one PMTiles archive, replaced atomically.

    An input is a file's name, "-" for GeoJSON lines on standard input, or the address of a PostGIS database. `choices`
    are fields of `TileOptions` by name and override `options`. Input layers of the same name become one layer. With
    `explain` a Parquet file beside the archive tells what the rules left out. `memory` is in bytes; what does not fit
    goes through files beside the archive, and an interrupted build of the same files takes them up.

    `keep_state` writes a file beside the archive with which a later call can do only what changed: there `inputs` are
    the files as they are now, `previous` is the archive, and `changes` a vector file with the inputs' fields and a
    text field `change`: "removed" for features as they were, "added" for features as they are; where there are several
    layers, its layers have their names. The archive is the same as one built from scratch.

    Where the inputs are rasters, folders or zips of rasters, `product` says what is made of them ("imagery", …; by
    default what suits them), and `choices` are fields of its options, such as `pipeline.api.imagery.ImageryOptions`.
    With `previous` only the tiles under files that changed are rendered; which these are is found out.

    Raises UsageError, ConfigError, InputError, OutputError; no file is left half-written under its own name.
    """
    listed = [inputs] if isinstance(inputs, (str, Path)) else list(inputs)
    if are_rasters(listed):
        told = _told(options) | choices
        spoken = told | ({"explain": True} if explain else {}) | ({"changes": changes} if changes is not None else {})
        job, chosen = _job(listed, Path(out), product, told, spoken, progress or Silent())
        job = replace(
            job, threads=threads, memory=memory, keep_state=keep_state or previous is not None,
            previous=None if previous is None else Path(previous), no_clobber=no_clobber,
        )  # fmt: skip
        return tile_rasters(job, chosen, told)
    plan = _vector_options(options, product, choices)
    target = Path(out)
    from pipeline.sources import Database, open_source

    sources = [open_source(each) for each in listed]
    check(plan, sources, target, no_clobber)
    with ExitStack() as stack:
        for source in sources:
            if isinstance(source, Database):
                stack.enter_context(source)
        update = read_changes(previous, changes, sources, explain)
        run = Run(explain, keep_state or update is not None, update, threads, memory, no_clobber, progress or Silent())
        return _tile(plan, sources, target, run)


def estimate(
    inputs: Iterable[str | Path] | str | Path,
    options: TileOptions | RasterChoices | None = None,
    *,
    product: str | None = None,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
    **choices: object,
) -> Estimate | RasterEstimate:
    """What `tile` would write of these inputs, and in what time: tiles, bytes and seconds by zoom; nothing is built.

    All features are read once and a sample of them is tiled (docs/engine.md); of rasters, some blocks are. Arguments
    are those of `tile`.

    Raises UsageError, ConfigError, InputError.
    """
    listed = [inputs] if isinstance(inputs, (str, Path)) else list(inputs)
    if are_rasters(listed):
        told = _told(options) | choices
        job, chosen = _job(listed, Path(), product, told, told, progress or Silent())
        return estimate_rasters(replace(job, threads=threads, memory=memory), chosen, told)
    plan = _vector_options(options, product, choices)
    from pipeline.sources import Database, open_source

    sources = [open_source(each) for each in listed]
    check(plan, sources, None, no_clobber=False)
    from pipeline.vector.estimate import estimate_layers

    with ExitStack() as stack:
        for source in sources:
            if isinstance(source, Database):
                stack.enter_context(source)
        progress = progress or Silent()
        layers = open_layers(plan, sources, progress)
        return estimate_layers(layers.inputs, threads=threads, memory=memory, progress=progress)


def _vector_options(options: object, product: str | None, choices: dict[str, object]) -> TileOptions:
    """Options for vector files. Raises UsageError for those of rasters."""
    foreign = {} if isinstance(options, TileOptions) else _told(options)
    if product is not None:
        foreign["as"] = product
    names = {field.name for field in fields(TileOptions)}
    refuse_foreign([name for name in (*foreign, *choices) if name not in names], None)
    return replace(options if isinstance(options, TileOptions) else TileOptions(**foreign), **choices)  # type: ignore[arg-type]


def _told(options: object) -> dict[str, Any]:
    """What was said: the fields of options that are not their defaults."""
    if options is None:
        return {}
    assert is_dataclass(options) and not isinstance(options, type)
    return {
        field.name: value
        for field in fields(options)
        if (value := getattr(options, field.name)) != field.default or field.default is MISSING
    }


def _job(
    listed: list[str | Path],
    target: Path,
    product: str | None,
    told: Mapping[str, Any],
    spoken: Mapping[str, Any],
    progress: Progress,
) -> tuple[RasterJob, str]:
    """The files of a product, and which one it is. Raises UsageError and InputError."""
    infos, reading = describe_inputs(listed, told)
    chosen = product_of(infos, product, progress)
    refuse_foreign(spoken, chosen)
    tell_notes(infos, progress)
    return RasterJob(infos, reading, target, progress=progress), chosen


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

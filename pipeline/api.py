"""The public Python interface: `tile` files into an archive, `open_archive` to read one.

from pipeline import tile, open_archive

tile(["roads.gpkg"], "roads.pmtiles", max_zoom=14)
with open_archive("roads.pmtiles") as archive:
    archive.tile(14, 13612, 6862)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError, OutputError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.types import FeatureBatch, Tally

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive
    from pipeline.sources import ReadOptions
    from pipeline.vector import ArchiveResult

LAST_ZOOM = 22
_RASTERS = {".tif", ".tiff", ".vrt", ".jp2", ".img", ".png", ".jpg", ".jpeg", ".webp", ".asc", ".dem", ".hgt"}


@dataclass(frozen=True, slots=True)
class TileOptions:
    """How `tile` reads and tiles; the defaults suit most files."""

    min_zoom: int = 0
    max_zoom: int | None = None  # None: from the data's own precision
    layer: str | None = None  # one output layer of this name for everything
    select: tuple[str, ...] = ()  # input layers to take; none: all
    s_srs: str | None = None  # source CRS, overriding the file's
    encoding: str | None = None  # of texts where the format leaves it open
    x: str | None = None  # a table's columns of coordinates
    y: str | None = None
    fields: tuple[str, ...] | None = None  # kept; None: all
    key: str | None = None  # the field that identifies a feature
    coverage: bool = False  # areas that share borders: keep them shared
    labels: bool = False  # also write <layer>_label, one anchor per feature
    simplification: float = 1.0  # tile units, below the last zoom
    tiny_area: float = 4.0  # tile units², below the last zoom
    buffer: int = 80  # tile units
    name: str | None = None  # of the archive; None: the file's
    attribution: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Tiled:
    """What became of the inputs."""

    archive: ArchiveResult
    max_zoom_guessed: bool
    without_geometry: tuple[str, ...]  # input layers that hold no geometry


@dataclass(slots=True)
class _Found:
    """One output layer and the input layers that flow into it."""

    name: str
    sources: list[tuple[Path, ReadOptions]] = field(default_factory=list)


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
    _check(options, paths, target, no_clobber)
    from pipeline.vector import ArchivePlan, LayerInput, LayerPlan, tile_layers
    from pipeline.vector.precision import guess_max_zoom

    progress = progress or Silent()
    found, empty = _find_layers(paths, options)
    held: dict[str, tuple[list[FeatureBatch], Tally]] = {}
    max_zoom = options.max_zoom
    if max_zoom is None:
        progress.start(_("finding the maximum zoom"), len(found), _("layers"))
        for each in found:
            tally = Tally()
            held[each.name] = (list(_read(each, tally)), tally)
            progress.advance()
        guessed = max((guess_max_zoom(batches) for batches, _tally in held.values()), default=options.min_zoom)
        max_zoom = max(guessed, options.min_zoom)
        progress.note(_("maximum zoom {zoom}, from the data's own precision").format(zoom=max_zoom))

    def plan(each: _Found) -> LayerPlan:
        return LayerPlan(
            name=each.name,
            min_zoom=options.min_zoom,
            max_zoom=max_zoom,
            fields=options.fields,
            key=options.key,
            simplification=options.simplification,
            tiny_area=options.tiny_area,
            buffer=options.buffer,
            coverage=each.name if options.coverage else None,
            labels=options.labels,
        )

    def read(each: _Found, tally: Tally) -> Iterator[FeatureBatch]:
        if each.name not in held:
            yield from _read(each, tally)
            return
        batches, faults = held.pop(each.name)
        tally.merge(faults)
        while batches:
            yield batches.pop(0)

    result = tile_layers(
        ArchivePlan(options.name or target.stem, options.description, options.attribution),
        [LayerInput(plan(each), partial(read, each)) for each in found],
        target,
        threads=threads,
        no_clobber=no_clobber,
        progress=progress,
    )
    without = [layer.name for layer in result.layers if not layer.features]
    return Tiled(result, options.max_zoom is None, tuple(sorted({*empty, *without})))


def _check(options: TileOptions, paths: Sequence[Path], target: Path, no_clobber: bool) -> None:
    """Refuse what cannot work before anything is read."""
    if not paths:
        raise UsageError(_("No input file was given."), hint=_("Name at least one file before the archive."))
    last = LAST_ZOOM if options.max_zoom is None else options.max_zoom
    if not 0 <= options.min_zoom <= last <= LAST_ZOOM:
        raise UsageError(
            _("Zooms {low} to {high} are no range.").format(low=options.min_zoom, high=last),
            expected=_("0 ≤ minimum ≤ maximum ≤ {last}").format(last=LAST_ZOOM),
            hint=_("Correct -Z and -z."),
        )
    amounts = options.simplification, options.tiny_area
    if not 0 <= options.buffer <= 4096 or not all(0 <= amount < inf for amount in amounts):  # NaN is neither
        raise UsageError(
            _("Buffer, simplification and tiny area are amounts of tile units."),
            expected=_("a buffer from 0 to 4096, the others from 0"),
        )
    if options.layer == "":
        raise UsageError(
            _("The layer's name is empty."), hint=_("Give it a name, or leave -l out: layers keep their own names.")
        )
    if options.name is None and not _is_text(target.name):
        raise UsageError(
            _("The name is not text in the encoding of this system."),
            where=str(target),
            hint=_("Choose a name in UTF-8, or give the archive a --name."),
        )
    for text in (options.layer, options.name, options.attribution, options.description):
        if text is not None and not _is_text(text):
            raise UsageError(
                _("The name is not text in the encoding of this system."),
                where=text,
                hint=_("Type it on a terminal that is set to UTF-8."),
            )
    for path in paths:
        if not _is_text(str(path)):
            raise InputError(
                _("The name is not text in the encoding of this system."),
                where=str(path),
                hint=_("Rename the file or folder; a zip made on Windows often unpacks so."),
            )
        if not path.exists():
            raise InputError(_("The input does not exist."), where=str(path), hint=_("Check the name and the folder."))
        if path.suffix.lower() in _RASTERS:
            raise InputError(
                _("This is a raster, and only vector files are tiled so far."),
                where=str(path),
                hint=_("Leave it out, or use a raster tiler until imagery and terrain are supported."),
            )
        if target.exists() and target.samefile(path):
            raise UsageError(
                _("The archive would replace its own input."), where=str(path), hint=_("Name another output.")
            )
    if target.is_dir() or not target.parent.is_dir():
        raise OutputError(
            _("The archive cannot be written here."),
            where=str(target),
            expected=_("a file name in an existing folder"),
            hint=_("Create the folder first, or name another."),
        )
    if no_clobber:
        from pipeline.archive.staging import refuse_existing

        refuse_existing(target)


def _is_text(name: str) -> bool:
    """Whether it can be written as UTF-8: bytes that the system could not decode stand as lone surrogates (PEP 383)."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _find_layers(paths: Sequence[Path], options: TileOptions) -> tuple[list[_Found], list[str]]:
    """Output layers in order of appearance, and the names of input layers without a geometry."""
    from pipeline.sources import ReadOptions, list_layers

    found: dict[str, _Found] = {}
    empty: list[str] = []
    seen: list[str] = []
    for path in paths:
        for layer in list_layers(path):
            seen.append(layer.name)
            if options.select and layer.name not in options.select:
                continue
            located = options.x is not None and options.y is not None
            if layer.geometry == "none" and not located:
                empty.append(layer.name)
                continue
            name = options.layer or layer.name
            reading = ReadOptions(
                layer=layer.name, crs=options.s_srs, encoding=options.encoding, x=options.x, y=options.y
            )
            found.setdefault(name, _Found(name)).sources.append((path, reading))
    for name in options.select:
        if name not in seen:
            near = get_close_matches(name, seen, 3)
            raise InputError(
                _("No input has a layer {name}.").format(name=name),
                where=", ".join(str(path) for path in paths),
                expected=_("one of: {names}").format(names=", ".join(near or sorted(set(seen)))),
                hint=_("Correct --select."),
            )
    if not found:
        raise InputError(
            _("There is nothing to tile: no layer has a geometry."),
            where=", ".join(str(path) for path in paths),
            hint=_("For a table, name its columns of coordinates with -x and -y."),
        )
    return list(found.values()), empty


def _read(each: _Found, tally: Tally) -> Iterator[FeatureBatch]:
    from pipeline.sources import read_batches

    for path, options in each.sources:
        yield from read_batches(path, options, tally)

"""One archive of pixels of one edition, from the departments' files to a file named after its content."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.archive.reader import open_archive
from pipeline.catalog import ArchiveFacts, RasterFacts
from pipeline.catalog.tilejson import attribution_of, notice_of
from pipeline.editions.coarsen import coarsen
from pipeline.editions.raster_redact import RasterMask, RasterRules, ground_scale, redact_pixels
from pipeline.errors import InputError
from pipeline.framework import ArchiveSpec, Framework
from pipeline.i18n import _
from pipeline.intake.counts import DatasetCounts
from pipeline.making.archives import Making
from pipeline.making.files import sha256_of
from pipeline.making.made import MadeArchive
from pipeline.making.raster_kept import KeptRaster
from pipeline.making.raster_plan import PlannedRaster, area_reader, contour_pixel
from pipeline.making.raster_products import image_format, product_of
from pipeline.raster.grid import HALF
from pipeline.raster.heights import HeightRules, Heights, HeightSource, open_heights
from pipeline.raster.imagery import tile_imagery
from pipeline.raster.mosaic import Mosaic, MosaicRules, MosaicSource, open_mosaic
from pipeline.raster.pixels import HEIGHTS, RGBA
from pipeline.raster.plan import About, ImageryPlan, SourceFact
from pipeline.raster.result import RasterResult
from pipeline.raster.share import share
from pipeline.raster.state import Origin, state_path
from pipeline.raster.stretch import Stretch
from pipeline.raster.terrain import TerrainPlan, tile_terrain
from pipeline.raster.work import Work
from pipeline.sources.raster_open import raster_memory
from pipeline.types import Bounds, PixelWindow, Tally

ReadBlock = Callable[[PixelWindow], Any]

_REACH: Final = {"nearest": 1, "bilinear": 1, "average": 1, "cubic": 2, "lanczos": 3}  # source pixels
_INTERPOLATION: Final = 4  # pixels that a file may reach beyond its box: Lanczos looks at three
_BYTES: Final = {"uint8": 1, "int8": 1, "uint16": 1, "int16": 1}  # of a value, as memory is divided; others 2


def make_raster(
    framework: Framework, plan: PlannedRaster, recipe: str, folder: Path, *, kept: KeptRaster, code: str, how: Making
) -> MadeArchive:
    """Tile rasters into ``folder/tiles/<id>-<hash12>.pmtiles``, going on from what the last build kept.

    The bytes are those of a build from scratch. Whatever the edition does not show is taken out before the pyramid, so
    it is neither in the archive nor in what is kept. Where masks leave nothing there is no file, and the result has no
    facts. Raises InputError and OutputError.
    """
    unnamed = folder / "tiles" / f"{plan.spec.id}.pmtiles"
    unnamed.parent.mkdir(exist_ok=True)
    make = _imagery if plan.product == "imagery" else _heights
    seen = _Seen()
    try:
        result = make(framework, plan, unnamed, Frame(kept.previous, code, how), seen)
    except InputError:
        if plan.mask is None or seen.anything:
            raise
        how.progress.note(_("there is no pixel to show, so there is no archive"))
        return MadeArchive(recipe, None, 0, 0, {}, {}, tally_counts(plan, Tally()), None)
    facts = _facts(plan, result, unnamed)
    kept.keep(unnamed, state_path(unnamed))
    unnamed.rename(folder / facts.file)
    return MadeArchive(
        recipe=recipe,
        facts=facts,
        tiles=result.tiles,
        repairs=0,
        dropped={},
        characters={},
        datasets=tally_counts(plan, result.tally or Tally()),
        explanation=None,
    )


@dataclass(slots=True)
class _Seen:
    """Whether an edition shows any pixel at all. Threads only ever set what is false."""

    anything: bool = False  # was read

    def through(self, read: ReadBlock) -> ReadBlock:
        """The same reader, watched until it has given something."""

        def watched(window: PixelWindow) -> Any:
            pixels = read(window)
            if pixels is not None and not self.anything:
                shown = ~np.isnan(pixels) if pixels.ndim == 2 else pixels[..., 3]
                self.anything = bool(shown.any())
            return pixels

        return watched


@dataclass(frozen=True, slots=True)
class Frame:
    """How the work is done; no byte depends on it."""

    previous: Path | None
    code: str
    how: Making

    def work(self, threads: int, margin: int) -> Work:
        """The same for the room that makes tiles."""
        return Work(threads, True, self.previous, self.code, margin, False, self.how.progress)


def about(framework: Framework, plan: PlannedRaster) -> About:
    """What an archive says of itself."""
    notice = notice_of(framework)
    title = plan.spec.title
    description = " · ".join(part for part in (title.en, notice["zh"], notice["en"]) if part)
    return About(title.zh, description, attribution_of(framework), plan.date, archive_words(framework, plan.spec))


def archive_words(framework: Framework, spec: ArchiveSpec) -> dict[str, Any]:
    """What the metadata of every archive of a city hold."""
    city, notice = framework.city, notice_of(framework)
    return {
        "city": {"code": city.code, "name": city.name.model_dump()},
        "archive": spec.id,
        "title": spec.title.model_dump(),
        "sample": city.sample,
        **({"notice": notice} if notice["zh"] else {}),
    }


def tally_counts(plan: PlannedRaster, tally: Tally) -> dict[str, DatasetCounts]:
    """What was found in the pixels, told at the first dataset: pixels are filled or left out, none is at fault."""
    return {plan.datasets[0].id: DatasetCounts(0, {}, dict(sorted(tally.counts.items())), dict(tally.samples))}


@contextmanager
def opened_heights(plan: PlannedRaster) -> Iterator[tuple[Heights, ReadBlock]]:
    """The elevations of an archive, and what reads for contours what the edition shows of them.

    Raises InputError, UsageError.
    """
    spec = plan.spec
    said = {
        "void_span": spec.fill_voids,
        "lowest": (spec.plausible or (None,))[0],
        "highest": (spec.plausible or (None,))[-1],
    }
    rules = HeightRules(**{name: value for name, value in said.items() if value is not None})  # type: ignore[arg-type]
    units = {dataset.id: dataset.vertical_unit for dataset in plan.datasets}
    sources = [HeightSource(file.info, unit=units[file.dataset]) for file in plan.files]
    with open_heights(sources, rules) as heights:
        yield heights, limited_heights(plan, heights.read, contour_pixel(plan))


def limited_heights(plan: PlannedRaster, read: ReadBlock, grid: float | None = None) -> ReadBlock:
    """Heights without masked areas, then as means of cells: what is masked is in no mean.

    `grid` is the width of pixels in metres of EPSG:3857, without it that of the last zoom.
    """
    read = _masked(plan, read, reach=1, grid=grid)
    return read if plan.grid is None else coarsen(read, plan.grid, plan.latitude)


def _imagery(framework: Framework, plan: PlannedRaster, out: Path, frame: Frame, seen: _Seen) -> RasterResult:
    spec = plan.spec
    infos = [file.info for file in plan.files]
    allowed = share(RGBA, frame.how.threads, frame.how.memory, max(_BYTES.get(info.dtype, 2) for info in infos))
    tiling = ImageryPlan(
        about(framework, plan),
        spec.min_zoom,
        plan.max_zoom,
        plan.tile_size,
        image_format(spec),
        bool(spec.linear_light),
    )
    resampling = spec.resampling or "bilinear"
    with ExitStack() as stack:
        stack.enter_context(raster_memory(allowed.cache))
        mosaic = stack.enter_context(open_mosaic(_sources(framework, plan), _rules(plan)))
        read = seen.through(_masked(plan, mosaic.read, _REACH[resampling]))
        limits = sorted((key, each.low.tolist(), each.high.tolist()) for key, each in mosaic.limits.items())
        said = repr((_rules(plan), limits, plan.limits))
        origins = _origins(plan, list(mosaic.footprints), said)
        work = frame.work(allowed.threads, _INTERPOLATION + (spec.feather or 0))
        return tile_imagery(tiling, _Shown(mosaic, read), origins, out, work)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A mosaic of which not all may be read."""

    mosaic: Mosaic
    read: ReadBlock

    @property
    def bounds(self) -> Bounds:
        return self.mosaic.bounds

    def max_zoom(self, tile_size: int) -> int:
        return self.mosaic.max_zoom(tile_size)


def _sources(framework: Framework, plan: PlannedRaster) -> list[MosaicSource]:
    area_of = area_reader(framework.root)
    cutlines = {each.id: area_of(each.cutline) if each.cutline else None for each in plan.datasets}
    return [MosaicSource(file.info, cutline=cutlines[file.dataset]) for file in plan.files]


def _rules(plan: PlannedRaster) -> MosaicRules:
    told = plan.datasets[0].stretch
    stretch = Stretch(told.low, told.high, told.percent) if told else None
    return MosaicRules(plan.spec.resampling or "bilinear", plan.spec.feather or 0, stretch)


def _heights(framework: Framework, plan: PlannedRaster, out: Path, frame: Frame, seen: _Seen) -> RasterResult:
    spec = plan.spec
    allowed = share(HEIGHTS, frame.how.threads, frame.how.memory)
    tiling = TerrainPlan(about(framework, plan), spec.min_zoom, plan.max_zoom, plan.tile_size, plan.limits)
    product = product_of(spec, plan.product, framework.root)
    with ExitStack() as stack:
        stack.enter_context(raster_memory(allowed.cache))
        heights, _read = stack.enter_context(opened_heights(plan))
        origins = _origins(plan, [each.info.bounds for each in heights.sources], "")
        work = frame.work(allowed.threads, _INTERPOLATION)
        return tile_terrain(
            tiling, heights, origins, product, out, work, wrap=lambda read: seen.through(limited_heights(plan, read))
        )


def _origins(plan: PlannedRaster, boxes: list[Bounds], said: str) -> list[Origin]:
    """The files from the top, each with where its pixels may be: cells of the edition's limits reach beyond its box."""
    cells = 3 * (plan.grid or 0.0) + 2 * (plan.mask.blur or 0.0 if plan.mask else 0.0)
    reach = cells / ground_scale(plan.latitude)
    datasets = {dataset.id: dataset for dataset in plan.datasets}
    return [
        Origin(
            SourceFact(file.info.path.name, file.bytes, file.sha256),
            (_wider(box, reach),),
            repr((file.info.options, file.beside, datasets[file.dataset].vertical_unit, said)),
        )
        for file, box in zip(plan.files, boxes, strict=True)
    ]


def _wider(box: Bounds, metres: float) -> Bounds:
    west, south, east, north = box
    return west - metres, south - metres, east + metres, north + metres


def _masked(plan: PlannedRaster, read: ReadBlock, reach: int, grid: float | None = None) -> ReadBlock:
    """What reads without the masked areas and what interpolation mixed out of them, `reach` source pixels around."""
    if plan.mask is None:
        return read
    coarsest = max(file.info.pixel for file in plan.files)
    grid = 2 * HALF / (plan.tile_size << plan.max_zoom) if grid is None else grid
    margin = 1.0 + reach * max(1.0, math.ceil(coarsest / grid))
    return redact_pixels(read, RasterRules(masks=(RasterMask(plan.mask.area, plan.mask.blur, margin),)))


def _facts(plan: PlannedRaster, result: RasterResult, file: Path) -> ArchiveFacts:
    with open_archive(file) as opened:
        header, metadata = opened.header, opened.metadata
    digest = sha256_of(file)
    return ArchiveFacts(
        id=plan.spec.id,
        file=f"tiles/{plan.spec.id}-{digest[:12]}.pmtiles",
        bytes=file.stat().st_size,
        sha256=digest,
        min_zoom=header.min_zoom,
        max_zoom=header.max_zoom,
        bounds=header.bounds,
        center=header.center,
        vector_layers=(),
        layers=(),
        features={},
        raster=RasterFacts(
            product=plan.product,
            format=result.format,
            tile_size=result.tile_size,
            encoding=metadata.get("encoding"),
            date=plan.date,
            datasets=tuple(dataset.id for dataset in plan.datasets),
        ),
    )

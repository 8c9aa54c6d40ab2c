"""Pictures → one archive of imagery."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.api.raster import RasterChoices, RasterJob
from pipeline.api.raster_checks import TOPS, check_choices, check_image, check_one_of, check_target
from pipeline.api.raster_files import agreed_date, beside_words, file_facts, ordered, rooms_code, usable_previous
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.raster.estimate import RasterEstimate
    from pipeline.raster.mosaic import Mosaic, MosaicSource
    from pipeline.raster.plan import ImageFormat, ImageryPlan
    from pipeline.raster.result import RasterResult
    from pipeline.raster.state import Origin
    from pipeline.sources.raster import RasterInfo

RESAMPLING: Final = ("nearest", "bilinear", "cubic", "lanczos", "average")
_MARGIN: Final = 4  # pixels that a picture may reach beyond its box: Lanczos looks at three
_QUALITY: Final = 75
_FEATHER: Final = 4096  # pixels


@dataclass(frozen=True, slots=True)
class ImageryOptions(RasterChoices):
    """How imagery is tiled."""

    format: str = "webp"  # webp, jpeg or png
    quality: int | None = None  # 1 … 100, of what loses; None: 75
    lossless: bool = False  # of WebP
    effort: int | None = None  # 0 … 6: smaller files in more time
    linear_light: bool = False  # lower zooms are means of light instead of grey values
    resampling: str = "bilinear"  # where pixels are finer than the files'; where they are coarser, means of areas
    top: str = "first"  # which picture lies on top where several overlap: first, last, newest or finest
    cutline: Path | None = None  # a vector file; only what lies inside its areas is shown
    feather: int = 0  # pixels over which a picture fades into those below
    stretch: str | None = None  # "LOW,HIGH" values or "LOW%,HIGH%" percentiles that become black and white


def tile_files(job: RasterJob, options: ImageryOptions) -> RasterResult:
    """Tile pictures into one archive, replaced atomically. Raises UsageError, InputError, OutputError."""
    _check(options)
    check_target(job, options.cutline)
    from pipeline.raster.imagery import tile_imagery
    from pipeline.raster.pixels import RGBA
    from pipeline.raster.share import share
    from pipeline.raster.work import Work

    allowed = share(RGBA, job.threads, job.memory, heavy=_heavy(job.infos))
    plan = _plan(job, options)
    with ExitStack() as stack:
        mosaic, origins = _open(job, options, allowed.cache, stack)
        work = Work(
            threads=allowed.threads,
            keep_state=job.keep_state,
            previous=usable_previous(job),
            code=rooms_code() if job.keep_state or job.previous else "",
            margin=_MARGIN + options.feather,
            no_clobber=job.no_clobber,
            progress=job.progress,
        )
        return tile_imagery(plan, mosaic, origins, job.target, work)


def estimate_files(job: RasterJob, options: ImageryOptions) -> RasterEstimate:
    """What `tile_files` would write, from a sample of its blocks."""
    _check(options)
    from pipeline.raster.estimate import estimate_imagery
    from pipeline.raster.pixels import RGBA
    from pipeline.raster.share import share

    allowed = share(RGBA, job.threads, job.memory, heavy=_heavy(job.infos))
    with ExitStack() as stack:
        mosaic, origins = _open(job, options, allowed.cache, stack, facts=False)
        return estimate_imagery(_plan(job, options), mosaic, origins, *allowed, job.progress)


def _plan(job: RasterJob, options: ImageryOptions) -> ImageryPlan:
    from pipeline.raster.plan import About, ImageryPlan

    date = agreed_date(options.date, job.infos)
    about = About(options.name or job.target.stem, options.description, options.attribution, date)
    return ImageryPlan(
        about, options.min_zoom, options.max_zoom, options.tile_size, _format(options), options.linear_light
    )


def _format(options: ImageryOptions) -> ImageFormat:
    from pipeline.raster.plan import ImageFormat

    quality = _QUALITY if options.quality is None else options.quality
    return ImageFormat(options.format, quality, options.lossless, options.effort)  # type: ignore[arg-type]


def _open(
    job: RasterJob, options: ImageryOptions, cache: int, stack: ExitStack, *, facts: bool = True
) -> tuple[Mosaic, list[Origin]]:
    """The mosaic, and its files from the top with what decides over the pixels of each."""
    from pipeline.raster.mosaic import MosaicRules, open_mosaic
    from pipeline.raster.state import Origin
    from pipeline.sources.raster_open import raster_memory

    stack.enter_context(raster_memory(cache))
    sources = _sources(job, options)
    rules = MosaicRules(options.resampling, options.feather, _stretch(options.stretch))  # type: ignore[arg-type]
    mosaic = stack.enter_context(open_mosaic(sources, rules))
    if not any(west < east and south < north for west, south, east, north in mosaic.footprints):
        raise InputError(
            _("The areas of the cutline lie beside the input."),
            where=str(options.cutline),
            expected=_("areas that meet the pictures"),
            hint=_("Look at the coordinate reference system of the cutline, and at which pictures were named."),
        )
    infos = [each.info for each in sources]
    known = file_facts(infos, contents=facts)
    beside = beside_words(infos) if facts else [""] * len(infos)
    limits = sorted((key, limit.low.tolist(), limit.high.tolist()) for key, limit in mosaic.limits.items())
    said = repr((job.reading, rules, limits, _area_digest(sources[0].cutline)))
    return mosaic, [
        Origin(fact, (footprint,), said + near)
        for fact, near, footprint in zip(known, beside, mosaic.footprints, strict=True)
    ]


def _sources(job: RasterJob, options: ImageryOptions) -> list[MosaicSource]:
    from pipeline.raster.mosaic import MosaicSource

    cutline = None
    if options.cutline is not None:
        from pipeline.sources.area import read_area

        cutline = read_area(options.cutline)
    return [MosaicSource(info, job.reading, 0.0, cutline) for info in ordered(job.infos, options.top)]


def _stretch(text: str | None) -> Any:
    if text is None:
        return None
    from pipeline.raster.stretch import Stretch

    percent = text.count("%") == 2
    parts = [part.strip().removesuffix("%") for part in text.split(",")]
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        low = high = 0.0
    if not -math.inf < low < high < math.inf or ("%" in text) != percent or (percent and not 0 <= low < high <= 100):
        raise UsageError(
            _("{value} is no range of values.").format(value=repr(text)),
            expected=_("two numbers, as 0,4000, or two percentiles, as 2%,98%"),
            hint=_("Correct --stretch."),
        )
    return Stretch(low, high, percent)


def _check(options: ImageryOptions) -> None:
    check_choices(options)
    check_image(options.format, options.effort, options.quality, options.lossless)
    check_one_of("--resampling", options.resampling, RESAMPLING)
    check_one_of("--top", options.top, TOPS)
    if not 0 <= options.feather <= _FEATHER:
        raise UsageError(_("A feather is from 0 to {most} pixels.").format(most=_FEATHER), hint=_("Correct --feather."))
    _stretch(options.stretch)


def _heavy(infos: Sequence[RasterInfo]) -> int:
    """How many times as much memory as bytes the values of the files take."""
    sizes = {"uint8": 1, "int8": 1, "uint16": 1, "int16": 1}
    return max((sizes.get(info.dtype, 2) for info in infos), default=1)


def _area_digest(area: Any) -> str | None:
    if area is None:
        return None
    import shapely

    return hashlib.sha256(shapely.to_wkb(area)).hexdigest()

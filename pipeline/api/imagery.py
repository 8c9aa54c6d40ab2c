"""Pictures → one archive of imagery."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.api.raster import RasterChoices, RasterJob, check_target, check_zooms, file_facts
from pipeline.errors import UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.raster.estimate import RasterEstimate
    from pipeline.raster.mosaic import Mosaic, MosaicSource
    from pipeline.raster.plan import ImageFormat, ImageryPlan
    from pipeline.raster.result import RasterResult
    from pipeline.raster.state import Origin
    from pipeline.sources.raster import RasterInfo

FORMATS: Final = ("webp", "jpeg", "png")
RESAMPLING: Final = ("nearest", "bilinear", "cubic", "lanczos", "average")
TOPS: Final = ("first", "last", "newest", "finest")
_MARGIN: Final = 4  # pixels that a picture may reach beyond its box: Lanczos looks at three
_SIDECARS: Final = (".ovr", ".msk", ".aux.xml")
_REFERENCES: Final = (".tfw", ".tifw", ".jgw", ".pgw", ".wld", ".prj")
_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class ImageryOptions(RasterChoices):
    """How imagery is tiled."""

    format: str = "webp"  # webp, jpeg or png
    quality: int = 75  # 1 … 100
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
    check_target(job)
    from pipeline.raster.imagery import Work, tile_imagery
    from pipeline.raster.pixels import RGBA
    from pipeline.raster.share import share

    allowed = share(RGBA, job.threads, job.memory, heavy=_heavy(job.infos))
    plan = _plan(job, options)
    with ExitStack() as stack:
        mosaic, origins = _open(job, options, allowed.cache, stack)
        work = Work(
            threads=allowed.threads,
            keep_state=job.keep_state,
            previous=_previous(job),
            code=_code() if job.keep_state or job.previous else "",
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

    dates = {info.date for info in job.infos}
    date = options.date or (next(iter(dates)) if len(dates) == 1 else None)
    about = About(options.name or job.target.stem, options.description, options.attribution, date)
    return ImageryPlan(
        about, options.min_zoom, options.max_zoom, options.tile_size, _format(options), options.linear_light
    )


def _format(options: ImageryOptions) -> ImageFormat:
    from pipeline.raster.plan import ImageFormat

    return ImageFormat(options.format, options.quality, options.lossless, options.effort)  # type: ignore[arg-type]


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
    known = file_facts([each.info for each in sources], contents=facts)
    limits = sorted((key, limit.low.tolist(), limit.high.tolist()) for key, limit in mosaic.limits.items())
    said = repr((job.reading, rules, limits, _area_digest(sources[0].cutline)))
    return mosaic, [
        Origin(fact, (footprint,), said + (repr(_beside(each.info.path)) if facts else ""))
        for each, fact, footprint in zip(sources, known, mosaic.footprints, strict=True)
    ]


def _beside(path: Path) -> list[tuple[str, str]]:
    """Names and digests of files that GDAL reads with a raster: masks, overviews, references."""
    names = [path.name + suffix for suffix in _SIDECARS] + [path.with_suffix(suffix).name for suffix in _REFERENCES]
    there = [each for name in names if (each := path.with_name(name)).is_file()]
    return [(each.name, hashlib.sha256(each.read_bytes()).hexdigest()) for each in there]


def _previous(job: RasterJob) -> Path | None:
    """The previous archive, where its state can tell what changed: a virtual raster does not say what it refers to."""
    if job.previous is not None and any(info.driver == "VRT" for info in job.infos):
        why = _("the files behind a virtual raster may have changed")
        job.progress.note(_("everything is built: {why}").format(why=why))
        return None
    return job.previous


def _sources(job: RasterJob, options: ImageryOptions) -> list[MosaicSource]:
    from pipeline.raster.mosaic import MosaicSource

    infos = list(job.infos)
    if options.top == "last":
        infos.reverse()
    elif options.top == "newest":
        infos.sort(key=lambda info: info.date or "", reverse=True)
    elif options.top == "finest":
        infos.sort(key=lambda info: info.pixel)
    cutline = None
    if options.cutline is not None:
        from pipeline.sources.area import read_area

        cutline = read_area(options.cutline)
    return [MosaicSource(info, job.reading, 0.0, cutline) for info in infos]


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
    if not low < high or ("%" in text) != percent or (percent and not 0 <= low < high <= 100):
        raise UsageError(
            _("{value} is no range of values.").format(value=repr(text)),
            expected=_("two numbers, as 0,4000, or two percentiles, as 2%,98%"),
            hint=_("Correct --stretch."),
        )
    return Stretch(low, high, percent)


def _check(options: ImageryOptions) -> None:
    check_zooms(options)
    for value, allowed, option in (
        (options.format, FORMATS, "--format"),
        (options.resampling, RESAMPLING, "--resampling"),
        (options.top, TOPS, "--top"),
    ):
        if value not in allowed:
            raise UsageError(
                _("{option} cannot be {value}.").format(option=option, value=value),
                expected=_("one of: {names}").format(names=", ".join(allowed)),
            )
    if not 1 <= options.quality <= 100 or not 0 <= options.feather <= 4096:
        raise UsageError(
            _("Quality is from 1 to 100, and a feather from 0 to 4096 pixels."),
            hint=_("Correct --quality or --feather."),
        )
    if options.effort is not None and not 0 <= options.effort <= 6:
        raise UsageError(_("Effort is from 0 to 6."), hint=_("Correct --effort."))
    if options.lossless and options.format != "webp":
        raise UsageError(
            _("Only WebP may be lossless or not: PNG always is, JPEG never."), hint=_("Leave --lossless out.")
        )
    if options.format == "jpeg" and options.effort is not None:
        raise UsageError(_("JPEG knows no effort."), hint=_("Leave --effort out."))
    if options.date is not None and not _DATE.fullmatch(options.date):
        raise UsageError(
            _("{date} is no date.").format(date=options.date), expected=_("a year, month or day, as 2026-09-30")
        )


def _heavy(infos: Sequence[RasterInfo]) -> int:
    """How many times as much memory as bytes the values of the files take."""
    sizes = {"uint8": 1, "int8": 1, "uint16": 1, "int16": 1}
    return max((sizes.get(info.dtype, 2) for info in infos), default=1)


def _area_digest(area: Any) -> str | None:
    if area is None:
        return None
    import shapely

    return hashlib.sha256(shapely.to_wkb(area)).hexdigest()


def _code() -> str:
    from importlib.metadata import version

    from pipeline.api.recipe import RASTER_ROOMS, code_digest

    return f"{code_digest(RASTER_ROOMS)} rasterio {version('rasterio')}"  # which brings its GDAL

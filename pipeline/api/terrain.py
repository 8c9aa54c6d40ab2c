"""Elevation files → one archive of heights, light, colours, slopes or aspects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.api.raster import RasterChoices, RasterJob
from pipeline.api.raster_checks import TOPS, check_choices, check_image, check_one_of, check_target
from pipeline.api.raster_files import agreed_date, beside_words, file_facts, ordered, rooms_code, usable_previous

if TYPE_CHECKING:
    from pipeline.raster.estimate import RasterEstimate
    from pipeline.raster.heights import Heights, HeightSource
    from pipeline.raster.plan import ImageFormat
    from pipeline.raster.product import Product
    from pipeline.raster.result import RasterResult
    from pipeline.raster.shade import Light
    from pipeline.raster.share import Share
    from pipeline.raster.state import Origin
    from pipeline.raster.terrain import TerrainPlan
    from pipeline.sources.raster import RasterInfo, RasterOptions

ENCODINGS: Final = ("terrarium", "mapbox")
LIGHTS: Final = ("multi", "single")
STYLES: Final = ("veil", "grey")


@dataclass(frozen=True, slots=True)
class HeightOptions(RasterChoices):
    """How elevation files are read, whatever is made of them."""

    unit: str | None = None  # of the heights, overriding the files'
    plausible: tuple[float, float] = (-500.0, 9000.0)  # metres; heights beyond are voids
    fill_voids: int = 32  # pixels of the largest zoom: voids up to this width and height are filled; 0: none
    top: str = "first"  # which file says the height where several overlap: first, last, newest or finest
    format: str = "webp"  # webp, jpeg or png
    effort: int | None = None  # 0 … 6: smaller files in more time


@dataclass(frozen=True, slots=True)
class TerrainOptions(HeightOptions):
    """Heights as pictures, for 3D and shading in the browser."""

    height_encoding: str = "terrarium"  # or mapbox
    rounding: float | None = None  # metres; None: 1/8 m for terrarium, 0.1 m for mapbox
    outside: float = 0.0  # metres, written where no height is known in a tile that has others


@dataclass(frozen=True, slots=True)
class PictureOptions(HeightOptions):
    """Pictures for people."""

    quality: int | None = None  # 1 … 100; None: what suits the product
    lossless: bool | None = None  # of WebP; None: what suits the product


@dataclass(frozen=True, slots=True)
class LightOptions(PictureOptions):
    """Pictures with light on them."""

    light: str = "multi"  # from four directions, or single
    azimuth: float = 315.0  # degrees clockwise from north, of a single light
    altitude: float = 45.0  # degrees above the horizon
    exaggeration: float = 1.0  # of heights, at zoom 11 and above
    growth: float = 0.25  # doublings of it with every lower zoom


@dataclass(frozen=True, slots=True)
class HillshadeOptions(LightOptions):
    """Shaded relief."""

    style: str = "veil"  # black and white to lay over a map, or opaque grey
    shadow: float = 0.6  # opacity of full shade, of a veil
    shine: float = 0.35  # opacity of full light


@dataclass(frozen=True, slots=True)
class TintOptions(LightOptions):
    """Heights in colours."""

    ramp: str = "celadon"  # the name of one that comes along, or a text file
    shading: float = 0.0  # how strong light and shade are, 0 … 1


@dataclass(frozen=True, slots=True)
class SlopeOptions(PictureOptions):
    """Slopes in colours."""

    ramp: str = "slope"


@dataclass(frozen=True, slots=True)
class AspectOptions(PictureOptions):
    """Directions of slopes in colours."""

    ramp: str = "aspect"


def tile_files(job: RasterJob, options: HeightOptions) -> RasterResult:
    """Draw what the options are of into one archive, replaced atomically.

    Raises UsageError, ConfigError, InputError, OutputError.
    """
    product = _product(options)
    ramp = getattr(options, "ramp", None)
    check_target(job, None if ramp is None else Path(ramp))
    from pipeline.raster.terrain import tile_terrain
    from pipeline.raster.work import Work

    with _opened(job, options) as (plan, heights, origins, allowed):
        work = Work(
            threads=allowed.threads,
            keep_state=job.keep_state,
            previous=usable_previous(job),
            code=rooms_code() if job.keep_state or job.previous else "",
            no_clobber=job.no_clobber,
            progress=job.progress,
        )
        return tile_terrain(plan, heights, origins, product, job.target, work)


def estimate_files(job: RasterJob, options: HeightOptions) -> RasterEstimate:
    """What `tile_files` would write, from a sample of its blocks."""
    product = _product(options)
    from pipeline.raster.estimate import estimate_terrain

    with _opened(job, options, facts=False) as (plan, heights, origins, allowed):
        return estimate_terrain(plan, heights, origins, product, *allowed, job.progress)


def _product(options: HeightOptions) -> Product:
    """What is drawn. Raises UsageError for choices that cannot be, ConfigError for a ramp that cannot be read."""
    _check(options)
    if isinstance(options, TerrainOptions):
        check_one_of("--height-encoding", options.height_encoding, ENCODINGS)
        from pipeline.raster.packed import packed_heights

        form = _form(options, lossless=True)
        return packed_heights(options.height_encoding, step=options.rounding, outside=options.outside, form=form)  # type: ignore[arg-type]
    if isinstance(options, HillshadeOptions):
        check_one_of("--style", options.style, STYLES)
        from pipeline.raster.shade import hillshade

        form = _form(options, lossless=options.style == "veil" and options.format == "webp")
        light, style = _light(options), options.style
        return hillshade(light, style=style, shadow=options.shadow, shine=options.shine, form=form)  # type: ignore[arg-type]
    from pipeline.raster.ramp import read_ramp
    from pipeline.raster.tint import CLASSES, COLOURS, aspect, slope, tint

    if isinstance(options, TintOptions):
        form = _form(options, quality=COLOURS.quality)
        return tint(read_ramp(options.ramp), light=_light(options), strength=options.shading, form=form)
    assert isinstance(options, (SlopeOptions, AspectOptions))
    draw = slope if isinstance(options, SlopeOptions) else aspect
    return draw(read_ramp(options.ramp), form=_form(options, quality=CLASSES.quality))


def height_sources(
    infos: Sequence[RasterInfo], reading: RasterOptions | None, top: str, unit: str | None
) -> list[HeightSource]:
    """Elevation files in the order in which they say the heights."""
    from pipeline.raster.heights import HeightSource

    return [HeightSource(info, reading, unit=unit) for info in ordered(infos, top)]


@contextmanager
def _opened(
    job: RasterJob, options: HeightOptions, *, facts: bool = True
) -> Iterator[tuple[TerrainPlan, Heights, list[Origin], Share]]:
    """The plan, the files as one plane, each with what decides over its heights, and what the work may take."""
    from pipeline.raster.heights import HeightRules, open_heights
    from pipeline.raster.pixels import HEIGHTS
    from pipeline.raster.plan import About
    from pipeline.raster.share import share
    from pipeline.raster.state import Origin
    from pipeline.raster.terrain import TerrainPlan
    from pipeline.sources.raster_open import raster_memory

    allowed = share(HEIGHTS, job.threads, job.memory)
    date = agreed_date(options.date, job.infos)
    about = About(options.name or job.target.stem, options.description, options.attribution, date)
    plan = TerrainPlan(about, options.min_zoom, options.max_zoom, options.tile_size)
    rules = HeightRules(*options.plausible, void_span=options.fill_voids)
    sources = height_sources(job.infos, job.reading, options.top, options.unit)
    with raster_memory(allowed.cache), open_heights(sources, rules) as heights:
        infos = [each.info for each in heights.sources]
        known = file_facts(infos, contents=facts)
        beside = beside_words(infos) if facts else [""] * len(infos)
        said = repr((job.reading, options.unit))
        origins = [
            Origin(fact, (info.bounds,), said + near) for info, fact, near in zip(infos, known, beside, strict=True)
        ]
        yield plan, heights, origins, allowed


def _light(options: LightOptions) -> Light:
    check_one_of("--light", options.light, LIGHTS)
    from pipeline.raster.shade import Light

    facts = (options.azimuth, options.altitude, options.exaggeration, options.growth)
    return Light(options.light, *facts)  # type: ignore[arg-type]


def _form(options: HeightOptions, *, lossless: bool = False, quality: int = 75) -> ImageFormat:
    """The image format that was asked for, else what suits the product."""
    from pipeline.raster.plan import ImageFormat

    if isinstance(options, PictureOptions):
        if options.lossless is None and options.quality is not None:
            lossless = False  # whoever speaks of quality takes the loss
        elif options.lossless is not None:
            lossless = options.lossless
        quality = quality if options.quality is None else options.quality
    return ImageFormat(options.format, quality, lossless and options.format == "webp", options.effort)  # type: ignore[arg-type]


def _check(options: HeightOptions) -> None:
    check_choices(options)
    check_one_of("--top", options.top, TOPS)
    if isinstance(options, PictureOptions):
        check_image(options.format, options.effort, options.quality, options.lossless)
    else:
        check_image(options.format, options.effort)
    if options.unit is not None:
        from pipeline.sources.height_units import metres_of

        metres_of(options.unit)

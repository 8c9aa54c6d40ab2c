"""Elevation files → one archive of contours and, where they are asked for, peaks, through the vector engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pipeline.api.raster import RasterChoices, RasterJob
from pipeline.api.raster_checks import TOPS, check_choices, check_one_of, check_target
from pipeline.api.raster_files import agreed_date, file_facts
from pipeline.api.terrain import height_sources
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.types import FeatureBatch, Tally

if TYPE_CHECKING:
    from pipeline.api import Tiled
    from pipeline.raster.contour_lines import HeightGrid
    from pipeline.raster.contour_rules import ContourRules
    from pipeline.raster.contours import Drawn
    from pipeline.raster.heights import Heights
    from pipeline.vector import LayerInput
    from pipeline.vector.estimate import Estimate

CONTOURS: Final = "contours"
PEAKS: Final = "peaks"
_MIN_LENGTH: Final = 32.0  # tile units: four pixels of a tile drawn at 512
_PEAK_MIN_ZOOM: Final = 8
_FINER: Final = 2  # zooms beyond that of the interval which sharpen its lines; then clients enlarge well
_LAST_ZOOM: Final = 22  # of vector tiles
_CACHE: Final = 64 << 20  # bytes that GDAL keeps: a row of blocks of 512 source rows shares little with the next
_BESIDE: Final = 256 << 20  # bytes that heights, their lines and GDAL take beside the engine: a strip of 12,000 columns


@dataclass(frozen=True, slots=True)
class ContourOptions(RasterChoices):
    """How contours are drawn."""

    interval: float | Mapping[int, float] = 20.0  # metres at the last zoom, or a table zoom → metres
    smooth: float = 1.0  # sigma in samples: how much heights are smoothed; 0 not at all
    refine: int = 2  # how many times as close the surface is sampled for lines that bend
    smallest_ring: float = 2.0  # square samples; rings around less are left out
    feet: bool = False  # also tell ele_ft
    peaks: float | None = None  # also peaks of at least this prominence (m)
    unit: str | None = None  # of the heights, overriding the files'
    plausible: tuple[float, float] = (-500.0, 9000.0)  # metres; heights beyond are voids
    fill_voids: int = 32  # samples: voids up to this width and height are filled; 0: none
    top: str = "first"  # which file says the height where several overlap: first, last, newest or finest
    layer: str = CONTOURS
    minimum_interval: float | None = None  # metres that an edition allows
    coarsen: bool = False  # to that, where less is asked for


def tile_files(job: RasterJob, options: ContourOptions) -> Tiled:
    """Draw contours of elevation files into one archive, replaced atomically.

    Lines have `ele` (m) and `index` (2: every tenth,
    1: every fifth, 0: others, of the zoom's interval); the layer `<layer>_label` has one anchor for each.

    Raises UsageError, InputError, OutputError, and PolicyRefusal where `minimum_interval` forbids what is asked.
    """
    _check(options)
    check_target(job)
    from pipeline.api import Tiled
    from pipeline.vector import ArchivePlan, tile_layers

    with _opened(job, options) as (layers, rules, memory):
        result = tile_layers(
            ArchivePlan(
                options.name or job.target.stem, options.description, options.attribution, _extra(job, rules, options)
            ),
            layers,
            job.target,
            threads=job.threads,
            memory=memory,
            no_clobber=job.no_clobber,
            progress=job.progress,
        )
    without = tuple(layer.name for layer in result.layers if not layer.features)
    return Tiled(result, options.max_zoom is None, without)


def estimate_files(job: RasterJob, options: ContourOptions) -> Estimate:
    """What `tile_files` would write, and in what time: all lines are drawn, and a sample of them is tiled."""
    _check(options)
    from pipeline.vector.estimate import estimate_layers

    with _opened(job, options) as (layers, _rules, memory):
        return estimate_layers(layers, threads=job.threads, memory=memory, progress=job.progress)


@contextmanager
def _opened(job: RasterJob, options: ContourOptions) -> Iterator[tuple[list[LayerInput], ContourRules, int]]:
    """The layers to be tiled, the rules of their lines, and the bytes that are left for the vector engine.

    Raises InputError, PolicyRefusal; where heights that were read to their end have no line, with the reason.
    """
    from pipeline.machine import memory_bound, processors
    from pipeline.raster.contour_lines import HeightGrid
    from pipeline.raster.contours import Drawn, source_window
    from pipeline.raster.heights import HeightRules, open_heights
    from pipeline.sources.raster_open import raster_memory

    memory = job.memory or memory_bound()
    sources = height_sources(job.infos, job.reading, options.top, options.unit)
    believed = HeightRules(*options.plausible, void_span=options.fill_voids)
    with raster_memory(min(_CACHE, memory // 8)), open_heights(sources, believed) as heights:
        rules = contour_rules(options, heights.max_zoom(512))
        if options.max_zoom is None:
            job.progress.note(_("maximum zoom {zoom}, from interval and resolution").format(zoom=rules.max_zoom))
        pixel = min(info.pixel for info in job.infos)
        grid = HeightGrid(source_window(heights.bounds, pixel, heights.margin), heights.read)
        drawn = Drawn()
        layers = [_contours(options, rules, grid, heights, drawn, job.threads or processors())]
        if options.peaks is not None:
            layers.append(_peaks(options.peaks, rules.max_zoom, grid, drawn))
        try:
            yield layers, rules, max(memory - _BESIDE, memory // 2)
        except InputError as error:
            if drawn.nothing:
                raise _nothing(heights, rules) from error
            raise


def contour_rules(options: ContourOptions, finest: int) -> ContourRules:
    """The rules that options mean, where heights have details up to the zoom `finest`.

    Raises UsageError for what cannot be, PolicyRefusal for an interval below the allowed one.
    """
    from pipeline.raster.contour_rules import (
        FIRST_ZOOM,
        ContourRules,
        enforce_interval,
        given_steps,
        usual_steps,
        usual_zoom,
    )

    _check(options)
    table = options.interval if isinstance(options.interval, Mapping) else None
    needed = max(table) if table else usual_zoom(options.interval)  # type: ignore[arg-type]
    last = max(needed, min(finest, needed + _FINER)) if options.max_zoom is None else options.max_zoom
    if table:
        steps = given_steps(table)
        if options.min_zoom is not None:
            begun = [each for each in steps if each.zoom <= options.min_zoom]
            later = tuple(each for each in steps if each.zoom > options.min_zoom)
            steps = (*(replace(each, zoom=options.min_zoom) for each in begun[-1:]), *later)
    else:
        first = min(FIRST_ZOOM, last) if options.min_zoom is None else options.min_zoom
        last = max(last, first)
        steps = usual_steps(options.interval, first, last)  # type: ignore[arg-type]
    rules = ContourRules(steps, last, options.smooth, options.refine, options.smallest_ring, options.feet)
    return enforce_interval(rules, options.minimum_interval, coarsen=options.coarsen)


def _check(options: ContourOptions) -> None:
    check_choices(options)
    check_one_of("--top", options.top, TOPS)
    table = options.interval if isinstance(options.interval, Mapping) else {}
    zooms = (options.min_zoom or 0, options.max_zoom or 0, *table)
    if not 0 <= min(zooms) <= max(zooms) <= _LAST_ZOOM or options.tile_size != 512:
        raise UsageError(
            _("Contours are vector tiles: they have no pixels, and zooms up to {zoom}.").format(zoom=_LAST_ZOOM),
            hint=_("Leave --tile-size out, and correct -Z and -z."),
        )
    intervals = options.interval.values() if isinstance(options.interval, Mapping) else (options.interval,)
    if not intervals or not all(0.001 <= each <= 10_000 for each in intervals):
        raise UsageError(
            _("The interval of contours must be a height."),
            expected=_("from 0.001 to 10000 m, such as 20, or by zoom, such as 9=200,11=100,13=20"),
            hint=_("Correct --interval."),
        )
    if not (0 <= options.smooth <= 32 and 1 <= options.refine <= 8 and options.smallest_ring >= 0):
        raise UsageError(
            _("Contours cannot be smoothed like that."),
            expected=_("--smooth from 0 to 32 samples, --refine from 1 to 8, --smallest-ring of 0 or more"),
        )
    if options.peaks is not None and not options.peaks > 0:
        raise UsageError(_("The prominence of peaks must be above 0 m."), hint=_("Correct --peaks."))
    if not options.layer:
        raise UsageError(
            _("The layer's name is empty."), hint=_("Give it a name, or leave -l out: layers keep their own names.")
        )


def _contours(
    options: ContourOptions, rules: ContourRules, grid: HeightGrid, heights: Heights, drawn: Drawn, threads: int
) -> LayerInput:
    from pipeline.raster.contours import WHERE, contour_batches
    from pipeline.vector import LayerInput, LayerPlan

    fields = ("ele", "index", "ele_ft") if rules.feet else ("ele", "index")
    plan = LayerPlan(
        options.layer, rules.min_zoom, rules.max_zoom, fields, where=WHERE, min_length=_MIN_LENGTH, labels=True
    )

    def read(tally: Tally) -> Iterator[FeatureBatch]:
        yield from drawn.through(contour_batches(grid, rules, tally, threads=threads))
        tally.merge(heights.tally())

    return LayerInput(plan, read)


def _nothing(heights: Heights, rules: ContourRules) -> InputError:
    """Why there is no contour at all."""
    from pipeline.raster.heights import IMPLAUSIBLE

    if heights.tally().counts.get(IMPLAUSIBLE):
        return heights.unbelieved()
    least = min(step.millimetres for step in rules.steps) / 1000
    return InputError(
        _("No contour runs through these heights."),
        expected=_("heights that cross a multiple of {metres:g} m").format(metres=least),
        hint=_("Choose a smaller --interval; of flat land, or where nothing is known, there are no contours."),
    )


def _peaks(prominence: float, max_zoom: int, grid: HeightGrid, drawn: Drawn) -> LayerInput:
    from pipeline.raster.peaks import PeakRules, peak_batches
    from pipeline.vector import LayerInput, LayerPlan, ZoomByField

    rules = PeakRules(prominence, min(_PEAK_MIN_ZOOM, max_zoom), max_zoom)
    zooms = {str(rank): zoom for rank, zoom in rules.zooms.items()}
    plan = LayerPlan(PEAKS, rules.min_zoom, max_zoom, zoom_by=ZoomByField("rank", zooms, max_zoom))
    return LayerInput(plan, lambda tally: drawn.through(peak_batches(grid, rules, tally)))


def _extra(job: RasterJob, rules: ContourRules, options: ContourOptions) -> dict[str, Any]:
    """What the metadata say of the heights and of how the lines were drawn."""
    date = agreed_date(options.date, job.infos)
    vertical = sorted({info.vertical for info in job.infos if info.vertical})
    return {
        **({"date": date} if date else {}),
        **({"vertical_datum": ", ".join(vertical)} if vertical else {}),
        "contours": {"unit": "metre", "intervals": [asdict(step) for step in rules.steps], "smooth": rules.sigma},
        "sources": [asdict(fact) for fact in file_facts(job.infos)],
    }

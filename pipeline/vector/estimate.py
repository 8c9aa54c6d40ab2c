"""What an archive will hold and cost, from all boxes and a sample of the features, without building it.

Tiles are counted from the geometry of all features (`occupied`). Bytes and seconds are those of a sample in whole
neighbourhoods (`sample`), cut and put together as a build would: at zooms whose tiles lie in one of its cells per
record of whole tiles; at lower zooms, whose tiles it fills only in part, as they grow with the part.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.pieces import EXTENT_BITS
from pipeline.machine import memory_bound, processors
from pipeline.progress import Progress, Silent
from pipeline.types import LINE, POINT, Tally
from pipeline.vector.arrow import indices
from pipeline.vector.chunk import CURVE_BITS, in_world_units, measured, visible_zooms
from pipeline.vector.cutting import cut, cut_jobs
from pipeline.vector.layer import Layer, zoom_shift
from pipeline.vector.occupied import TileRuns, joined, occupied
from pipeline.vector.plan import LayerInput, LayerPlan, known_features
from pipeline.vector.prepare import add_detail, prepare_layer
from pipeline.vector.render import LayerRuns, RenderJob, render
from pipeline.vector.runs import HeldRun, Records, gather
from pipeline.vector.sample import Sample, taken
from pipeline.vector.shards import Held, Ledger
from pipeline.vector.valid import Shapes

_UNBOUND: Final = 1 << 62
# Peak memory of builds of four files (docs/engine.md): the program; features; pieces and tiles of two zooms.
_BASE: Final = 280 << 20
_PER_CHUNK: Final = 2.5
_PER_ZOOM: Final = 10  # compressed bytes of the largest zoom
_LOADING: Final = 0.4  # seconds to load compiled kernels
_WARM: Final = 64  # features that load the kernels before anything is timed


@dataclass(frozen=True, slots=True)
class ZoomEstimate:
    """One zoom of the archive."""

    zoom: int
    tiles: int
    bytes: int
    seconds: float  # of all threads together, cutting and putting together


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a build will hold and cost."""

    features: int
    sampled: int
    zooms: tuple[ZoomEstimate, ...]
    start: float  # seconds until the work begins
    reading: float  # seconds, preparing included
    threads: int
    memory: int  # bytes that the build may take
    chunks: int  # bytes of the features before they are tiled
    needed: int  # bytes that it would take at most, with no bound

    @property
    def tiles(self) -> int:
        """Of all zooms."""
        return sum(zoom.tiles for zoom in self.zooms)

    @property
    def bytes(self) -> int:
        """Of the archive."""
        return sum(zoom.bytes for zoom in self.zooms)

    @property
    def through_files(self) -> bool:
        """Whether the features do not fit into the memory."""
        return self.chunks > Ledger(self.memory, Path()).limit

    @property
    def seconds(self) -> float:
        """Until the archive is there, on as many processors as threads."""
        return self.start + self.reading + sum(zoom.seconds for zoom in self.zooms) / self.threads


@dataclass(slots=True)
class _Survey:
    """What is known of all features of a layer."""

    plan: LayerPlan
    sample: Sample = field(default_factory=Sample)
    tiles: dict[int, list[TileRuns]] = field(default_factory=dict)
    loads: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # [zooms, 3]
    seconds: float = 0.0  # of reading


def estimate_layers(
    layers: Sequence[LayerInput],
    *,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """What `tile_layers` would write of these layers, and how long it would take; reads them once, writes nothing.

    `threads` and `memory` (bytes) as there. Raises InputError when no layer has a feature with a geometry.
    """
    progress = progress or Silent()
    threads = threads or processors()
    progress.start(_("reading"), known_features(layers), _("features"))
    surveys = [_survey(item, progress) for item in layers]
    if not any(survey.sample.features for survey in surveys):
        raise InputError(
            _("There is nothing to tile: no feature has a geometry."),
            where=", ".join(item.plan.name for item in layers),
            expected=_("at least one feature with a geometry"),
            hint=_("Check the layer names and the source files."),
        )
    progress.start(_("trying a sample"), None)
    with ThreadPoolExecutor(1) as pool:
        for tried in _prepared(surveys, pool, _WARM):
            _tried(tried, tried.layer.plan.max_zoom)
        begun = time.process_time()
        prepared = _prepared(surveys, pool)
        preparing = (time.process_time() - begun) * _share(surveys, prepared)
    for tried in prepared:  # kernels are loaded before anything is timed, compiled perhaps
        _tried(tried, tried.layer.plan.min_zoom)
    zooms = range(
        min((survey.plan.min_zoom for survey in surveys), default=0),
        max((survey.plan.max_zoom for survey in surveys), default=-1) + 1,
    )
    reading = sum(survey.seconds for survey in surveys)
    drawn = tuple(_zoom(zoom, surveys, prepared) for zoom in zooms)
    chunks = sum(_held(tried) for tried in prepared)
    found = Estimate(
        sum(survey.sample.features for survey in surveys),
        sum(tried.layer.count for tried in prepared if tried.own),
        drawn,
        _LOADING,
        max(reading, (reading + preparing) / threads),
        threads,
        memory or memory_bound(),
        round(chunks),
        round(_BASE + _PER_CHUNK * chunks + _PER_ZOOM * max(zoom.bytes for zoom in drawn)),
    )
    progress.done()
    return found


@dataclass(frozen=True, slots=True)
class _Tried:
    """The sample of a layer, ready to be cut."""

    layer: Layer
    survey: _Survey
    chosen: NDArray[np.int64]  # cells
    own: bool  # not the label layer
    reached: dict[int, int]  # zoom → tiles that its features reach


def _survey(item: LayerInput, progress: Progress) -> _Survey:
    survey = _Survey(item.plan)
    tally = Tally()
    batches = iter(item.read(tally))
    while True:
        begun = time.perf_counter()
        batch = next(batches, None)
        survey.seconds += time.perf_counter() - begun
        if batch is None:
            return survey
        rows, kinds, shapes = in_world_units(batch, tally)
        if len(rows):
            bounds, _size, curve = measured(shapes)
            table = batch.attributes
            visible = visible_zooms(
                item.plan, table if len(rows) == table.num_rows else table.take(indices(rows)), len(rows)
            )
            for zoom, found in occupied(item.plan, shapes, kinds, visible, bounds):
                survey.tiles[zoom] = [joined([*survey.tiles.get(zoom, []), found])]
            loads = _loads(item.plan, bounds, kinds, _vertices(shapes), visible)
            survey.loads = loads + (survey.loads if len(survey.loads) else 0.0)
            survey.sample.add(batch, rows, curve)
        progress.advance(batch.geometries.features)


def _loads(
    plan: LayerPlan,
    bounds: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    vertices: NDArray[np.int64],
    visible: NDArray[np.uint32],
) -> NDArray[np.float64]:
    """What there is to do at each zoom, [zooms, 3]: features, tiles that their boxes reach, vertices."""
    out = np.empty((plan.max_zoom - plan.min_zoom + 1, 3))
    reach = np.where(kinds == POINT, 0, plan.buffer)[:, None]
    for zoom in range(plan.min_zoom, plan.max_zoom + 1):
        shift, seen = zoom_shift(zoom), (visible >> np.uint32(zoom)) & np.uint32(1)
        spans = ((bounds[:, 2:] + (reach << shift)) >> (shift + EXTENT_BITS)) - (
            (bounds[:, :2] - (reach << shift)) >> (shift + EXTENT_BITS)
        )
        tiles = np.where(kinds == LINE, spans.sum(axis=1) + 1, (spans + 1).prod(axis=1))
        out[zoom - plan.min_zoom] = seen.sum(), (tiles * seen).sum(), (vertices * seen).sum()
    return out


def _vertices(shapes: Shapes) -> NDArray[np.int64]:
    return np.asarray(shapes.vertex_offsets[shapes.part_to] - shapes.vertex_offsets[shapes.part_from])


def _prepared(surveys: Sequence[_Survey], pool: Executor, most: int | None = None) -> list[_Tried]:
    """The samples as layers, label layers included; at most so many features of each batch."""
    chosen = {}
    layers = []
    ledger = Ledger(_UNBOUND, Path())
    for survey in surveys:
        if not survey.sample.features:
            continue
        batches, chosen[survey.plan.name] = survey.sample.chosen()
        if most is not None:
            batches = [taken(batch, np.arange(min(most, batch.geometries.features))) for batch in batches[:1]]
        layers.append(prepare_layer(survey.plan, batches, Tally(), pool, ledger, Silent()))
    named = {survey.plan.name: survey for survey in surveys}
    out = []
    last = ""
    for layer in add_detail([layer for layer in layers if layer.count], pool, ledger):
        own = layer.plan.name in named
        last = layer.plan.name if own else last  # a label layer follows its layer
        survey = named[last]
        for shard in layer.shards:
            found = shard.load()
            out.append(_Tried(found, survey, chosen[last], own, _reached(found)))
    return out


def _shapes(layer: Layer) -> Shapes:
    features = layer.features
    return Shapes(
        features.wx, features.wy, features.vertex_offsets, features.roles, features.part_from, features.part_to
    )


def _reached(layer: Layer) -> dict[int, int]:
    shapes = _shapes(layer)
    found: dict[int, list[TileRuns]] = {}
    for zoom, runs in occupied(layer.plan, shapes, layer.kinds, layer.features.visible, measured(shapes)[0]):
        found.setdefault(zoom, []).append(runs)
    return {zoom: joined(several).total for zoom, several in found.items()}


def _scale(tried: _Tried, zoom: int) -> NDArray[np.float64]:
    """How much more there is of all features than of the sample: features, tiles, vertices."""
    layer, whole = tried.layer, tried.survey.loads[zoom - tried.layer.plan.min_zoom]
    features = layer.features
    if not tried.own:  # a label stands for its feature
        seen = int(((features.visible >> np.uint32(zoom)) & np.uint32(1)).sum())
        return np.full(3, whole[0] / max(seen, 1))
    bounds, _size, _curve = measured(_shapes(layer))
    part = _loads(layer.plan, bounds, layer.kinds, layer.vertex_counts, features.visible)
    return np.asarray(whole / np.maximum(part[zoom - layer.plan.min_zoom], 1))


def _share(surveys: Sequence[_Survey], prepared: Sequence[_Tried]) -> float:
    sampled = sum(tried.layer.count for tried in prepared if tried.own)
    return sum(survey.sample.features for survey in surveys) / max(sampled, 1)


def _held(tried: _Tried) -> float:
    """Bytes that the chunks of all features take."""
    features, attributes = tried.layer.features, tried.layer.attributes
    small = (
        features.wx.nbytes * 3 + features.vertex_offsets.nbytes * 2 + attributes.codes.nbytes + attributes.values.nbytes
    )
    own = small + tried.layer.count * 100
    return own * tried.survey.sample.features / max(tried.layer.count, 1)


def _zoom(zoom: int, surveys: Sequence[_Survey], prepared: Sequence[_Tried]) -> ZoomEstimate:
    reached = joined([runs for survey in surveys for runs in survey.tiles.get(zoom, [])]).total
    tiles, bytes_, seconds = 0.0, 0.0, 0.0
    for tried in prepared:
        if not tried.layer.plan.min_zoom <= zoom <= tried.layer.plan.max_zoom:
            continue
        records, cutting = _cut(tried, zoom)
        scale = _scale(tried, zoom)
        total = len(records.tile_ids) * scale[1]
        filled = _filled(tried, zoom, records, total)
        own = joined(tried.survey.tiles.get(zoom, [])).total * filled
        tiles = max(tiles, reached * filled)
        body, spent = _bytes(tried, zoom, records, total, own)
        bytes_ += body
        seconds += cutting * (scale[1] + scale[2]) / 2 + spent * scale[1]
    return ZoomEstimate(zoom, round(tiles), round(bytes_), seconds)


def _filled(tried: _Tried, zoom: int, records: Records, total: float) -> float:
    """The share of the tiles that a layer's features reach in which something is left of them."""
    if zoom < tried.survey.sample.level:  # each feature is left by the same chance
        gone = 1.0 - min(total / tried.survey.sample.features, 1.0)
        return float(1.0 - (gone ** _spread(tried, zoom, tried.survey.sample.features)).mean())
    reached = tried.reached.get(zoom, 0)
    return min(len(np.unique(records.tile_ids)) / reached, 1.0) if reached else 1.0


def _spread(tried: _Tried, zoom: int, total: float) -> NDArray[np.float64]:
    """`total` records over the tiles of a zoom coarser than the sample's grid, as the features are spread."""
    sample = tried.survey.sample
    _tiles, place = np.unique(sample.cells >> 2 * (sample.level - zoom), return_inverse=True)
    return np.asarray(np.bincount(place, sample.counts) * (total / sample.features), np.float64)


def _tried(tried: _Tried, zoom: int) -> None:
    _bytes(tried, zoom, _cut(tried, zoom)[0], 1.0, 1)


def _cut(tried: _Tried, zoom: int) -> tuple[Records, float]:
    """The sample's records at a zoom, and the seconds that took."""
    begun = time.process_time()
    shard = Held(tried.layer)
    records = gather(shard, [cut(job) for job in cut_jobs(tried.layer, zoom)]).run.load()
    return records, time.process_time() - begun


def _bytes(tried: _Tried, zoom: int, records: Records, total: float, tiles: float) -> tuple[float, float]:
    """Bytes that `total` records in `tiles` take at a zoom, and the seconds that putting the sample's together took."""
    if len(records.tile_ids) == 0:
        return 0.0, 0.0
    level = tried.survey.sample.level
    place = records.tile_ids - ((1 << 2 * zoom) - 1) // 3
    if zoom >= level:
        inside = np.isin(place >> 2 * (zoom - level), tried.chosen)
        if not inside.any():
            inside[:] = True
        made = _rendered(tried, zoom, records, place, inside)
        once, each = made.line()
        return once * tiles + each * total, made.seconds * len(inside) / made.records
    curve = tried.layer.features.curve[records.rows[records.order]]
    everything = np.ones(len(place), bool)
    parts = _rendered(
        tried, zoom, records, place << 32 | curve >> 2 * (CURVE_BITS - min(level + 1, CURVE_BITS)), everything
    )
    made = _rendered(tried, zoom, records, place, everything)
    # A tile of n records takes once + each * n bytes: its own part is what division into parts adds to them.
    once = (parts.bytes - made.bytes) / max(len(parts.sizes) - len(made.sizes), 1)
    once = min(max(once, 0.0), made.bytes / len(made.sizes))
    each = (made.bytes - once * len(made.sizes)) / made.records
    if tried.layer.plan.budget is None:
        return once * tiles + each * total, made.seconds
    whole = _spread(tried, zoom, total)
    return float(np.minimum(once + each * whole, tried.layer.plan.budget).sum()), made.seconds


@dataclass(frozen=True, slots=True)
class _Made:
    """Tiles, or parts of them, that were put together from a sample."""

    bodies: NDArray[np.int64]  # [tiles] bytes; 0 for a body that another tile has too
    sizes: NDArray[np.int64]  # [tiles] records
    seconds: float

    @property
    def bytes(self) -> int:
        """Of all tiles."""
        return int(self.bodies.sum())

    @property
    def records(self) -> int:
        """Of all tiles."""
        return int(self.sizes.sum())

    def line(self) -> tuple[float, float]:
        """Bytes of a tile of no records and of each record more: least squares through the mean, none negative."""
        sizes = self.sizes - self.sizes.mean()
        each = float((sizes * self.bodies).sum() / max((sizes**2).sum(), 1.0))
        each = min(max(each, 0.0), self.bytes / self.records)
        return (self.bytes - each * self.records) / len(self.sizes), each


def _rendered(tried: _Tried, zoom: int, records: Records, groups: NDArray[np.int64], kept: NDArray[np.bool_]) -> _Made:
    """Put the kept records together, those of equal `groups` [records] into one tile each."""
    _names, tiles, counts = np.unique(groups[kept], return_inverse=True, return_counts=True)
    order = np.argsort(tiles, kind="stable")
    grouped = replace(records, tile_ids=tiles[order].astype(np.int64), order=records.order[kept][order])
    begun = time.process_time()
    run = HeldRun(Held(tried.layer), grouped)
    made = render(RenderJob((LayerRuns(tried.layer.plan, zoom, (run,)),), 0, _UNBOUND))
    spent = time.process_time() - begun
    bodies = np.array([len(body) for _tile, body in made.tiles], np.int64)
    seen: set[bytes] = set()
    for i, (_tile, body) in enumerate(made.tiles):
        if body in seen:  # the archive holds it once
            bodies[i] = 0
        seen.add(body)
    return _Made(bodies, counts, spent)

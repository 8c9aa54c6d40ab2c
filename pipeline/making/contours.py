"""Contours, and peaks where they are asked for, of one edition's elevations: lines and points through the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

from pipeline.archive.reader import open_archive
from pipeline.catalog import ArchiveFacts, LayerFacts
from pipeline.errors import InputError
from pipeline.framework import Framework
from pipeline.i18n import _
from pipeline.machine import memory_bound, processors
from pipeline.making.archives import Making
from pipeline.making.files import sha256_of
from pipeline.making.made import MadeArchive
from pipeline.making.raster_plan import ROWS, PlannedRaster, contour_pixel
from pipeline.making.rasters import about, opened_heights, tally_counts
from pipeline.making.unfinished import Unfinished
from pipeline.raster.contour_lines import HeightGrid
from pipeline.raster.contour_rules import ContourRules
from pipeline.raster.contours import WHERE, Drawn, contour_batches, source_window
from pipeline.raster.peaks import PeakRules, peak_batches
from pipeline.sources.raster_open import raster_memory
from pipeline.types import FeatureBatch, PixelWindow, Tally
from pipeline.vector import ArchivePlan, ArchiveResult, LayerInput, LayerPlan, ZoomByField, tile_layers
from pipeline.vector.plan import explained_path

CONTOURS: Final = "contours"
PEAKS: Final = "peaks"
_MIN_LENGTH: Final = 32.0  # tile units: four pixels of a tile drawn at 512
_PEAK_MIN_ZOOM: Final = 8
_CACHE: Final = 64 << 20  # bytes that GDAL keeps: a row of blocks of 512 source rows shares little with the next


def make_contours(
    framework: Framework, plan: PlannedRaster, recipe: str, folder: Path, *, unfinished: Unfinished, how: Making
) -> MadeArchive:
    """Draw contours into ``folder/tiles/<id>-<hash12>.pmtiles``, and explain the archive beside that.

    Where no height has a contour there is no file. Raises InputError and OutputError.
    """
    rules = plan.contours
    assert rules is not None
    unnamed = folder / "tiles" / f"{plan.spec.id}.pmtiles"
    unnamed.parent.mkdir(exist_ok=True)
    memory = how.memory or memory_bound()
    found = Drawn()
    with ExitStack() as stack:
        stack.enter_context(raster_memory(min(_CACHE, memory // 8)))
        heights, read = stack.enter_context(opened_heights(plan))
        window = source_window(heights.bounds, contour_pixel(plan), heights.margin)
        grid = HeightGrid(window, read if plan.mask is None else _in_rows(read))
        layers = [_contours(rules, grid, how.threads or processors(), heights.tally, found)]
        if plan.spec.peaks is not None:
            layers.append(_peaks(plan.spec.peaks, rules.max_zoom, grid, found))
        try:
            result = tile_layers(
                _archive_plan(framework, plan, rules),
                layers,
                unnamed,
                threads=how.threads,
                memory=memory,
                recipe=recipe,
                work=unfinished.folder,
                explain=explained_path(unnamed) if how.explain else None,
                explain_unseen=False,
                progress=how.progress,
            )
        except InputError:
            if not found.nothing:
                raise
            how.progress.note(_("no height has a contour, so there is no archive"))
            return MadeArchive(recipe, None, 0, 0, {}, {}, tally_counts(plan, Tally()), None)
    facts = _facts(plan, layers, result, unnamed)
    unnamed.rename(folder / facts.file)
    if how.explain:
        explained_path(unnamed).rename(explained_path(folder / facts.file))
    tally = Tally()
    for layer in result.layers:
        tally.merge(layer.tally)
    return MadeArchive(
        recipe=recipe,
        facts=facts,
        tiles=result.tiles,
        repairs=result.repairs,
        dropped=dict(sorted(result.dropped.items())),
        characters={},
        datasets=tally_counts(plan, tally),
        explanation=sha256_of(explained_path(folder / facts.file)) if how.explain else None,
    )


def _in_rows(read: Callable[[PixelWindow], Any]) -> Callable[[PixelWindow], Any]:
    """The same samples, asked for as those of a zoom: what blurs areas reckons the size of cells by its rows."""
    return lambda window: read(window._replace(zoom=ROWS, tile_size=window.tile_size >> ROWS))


def _contours(
    rules: ContourRules, grid: HeightGrid, threads: int, faults: Callable[[], Tally], found: Drawn
) -> LayerInput:
    fields = ("ele", "index", "ele_ft") if rules.feet else ("ele", "index")
    plan = LayerPlan(CONTOURS, rules.min_zoom, rules.max_zoom, fields, where=WHERE, min_length=_MIN_LENGTH, labels=True)

    def read(tally: Tally) -> Iterator[FeatureBatch]:
        yield from found.through(contour_batches(grid, rules, tally, threads=threads))
        tally.merge(faults())

    return LayerInput(plan, read)


def _peaks(prominence: float, max_zoom: int, grid: HeightGrid, found: Drawn) -> LayerInput:
    rules = PeakRules(prominence, min(_PEAK_MIN_ZOOM, max_zoom), max_zoom)
    zooms = {str(rank): zoom for rank, zoom in rules.zooms.items()}
    plan = LayerPlan(PEAKS, rules.min_zoom, max_zoom, zoom_by=ZoomByField("rank", zooms, max_zoom))
    batches = partial(peak_batches, grid, rules)
    return LayerInput(plan, lambda tally: found.through(batches(tally)))


def _archive_plan(framework: Framework, plan: PlannedRaster, rules: ContourRules) -> ArchivePlan:
    told = about(framework, plan)
    vertical = dict.fromkeys(file.info.vertical for file in plan.files if file.info.vertical)
    extra: dict[str, Any] = {
        **told.extra,
        "date": told.date,
        **({"vertical_datum": ", ".join(vertical)} if vertical else {}),
        "contours": {"unit": "metre", "intervals": [asdict(step) for step in rules.steps], "smooth": rules.sigma},
        "sources": [{"name": f.info.path.name, "bytes": f.bytes, "sha256": f.sha256} for f in plan.files],
    }
    return ArchivePlan(told.name, told.description, told.attribution, extra)


def _facts(plan: PlannedRaster, layers: list[LayerInput], result: ArchiveResult, file: Path) -> ArchiveFacts:
    digest = sha256_of(file)
    with open_archive(file) as opened:
        header, metadata = opened.header, opened.metadata
    features = sum(layer.features for layer in result.layers)
    return ArchiveFacts(
        id=plan.spec.id,
        file=f"tiles/{plan.spec.id}-{digest[:12]}.pmtiles",
        bytes=file.stat().st_size,
        sha256=digest,
        min_zoom=header.min_zoom,
        max_zoom=header.max_zoom,
        bounds=header.bounds,
        center=header.center,
        vector_layers=tuple(metadata["vector_layers"]),
        layers=tuple(
            LayerFacts(
                name=layer.plan.name,
                dataset=dataset.id,
                geometry=done.geometry,
                features=done.features,
                bounds=done.bounds,
                min_zoom=layer.plan.min_zoom,
                max_zoom=layer.plan.max_zoom,
                labels=layer.plan.labels,
            )
            for dataset in plan.datasets
            for layer, done in zip(layers, result.layers, strict=True)
        ),
        features={dataset.id: features for dataset in plan.datasets},
    )

"""One archive of one edition, from the departments' files to a file named after its content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.archive.reader import open_archive
from pipeline.catalog import ArchiveFacts, LayerFacts
from pipeline.catalog.tilejson import notice_of
from pipeline.editions import EditionView
from pipeline.errors import InputError
from pipeline.framework import ArchiveSpec, Framework, LayerSpec, Text
from pipeline.framework.filter import Filter
from pipeline.i18n import _
from pipeline.intake.counts import count_datasets
from pipeline.intake.features import LayerReader
from pipeline.intake.harvest import Harvest
from pipeline.intake.opened import OpenSources
from pipeline.making.files import sha256_of
from pipeline.making.made import MadeArchive
from pipeline.making.unfinished import Unfinished
from pipeline.progress import Progress
from pipeline.types import FeatureBatch, Tally
from pipeline.vector import ArchivePlan, ArchiveResult, LayerInput, LayerPlan, tile_layers
from pipeline.vector.filters import visible
from pipeline.vector.plan import explained_path
from pipeline.vector.planned import layer_plan


@dataclass(frozen=True, slots=True)
class Making:
    """How archives are made; the bytes of an archive depend on none of it."""

    threads: int | None
    memory: int | None  # bytes
    explain: bool
    progress: Progress


def make_archive(
    framework: Framework,
    view: EditionView,
    archive: ArchiveSpec,
    recipe: str,
    folder: Path,
    *,
    sources: OpenSources,
    unfinished: Unfinished,
    how: Making,
) -> MadeArchive:
    """Tile an archive as `view` may show it into ``folder/tiles/<id>-<hash12>.pmtiles``, and explain it beside that.

    The explanation names features that the tiles show at some zoom and no others: an edition's reader learns nothing
    from it of features that its rules never let appear. Where no feature has a place there is no file, and the result
    has no facts. What an interrupted call left in `unfinished` is taken up. Raises InputError and OutputError.
    """
    harvests = [Harvest(layer.dataset) for layer in archive.layers]
    readers = [
        LayerReader(framework, view, view.dataset(layer.dataset), layer, sources, choice(layer), passes)
        for layer in archive.layers
    ]
    inputs = [
        LayerInput(_layer_plan(view, layer), partial(_read, readers[i], harvests[i], unfinished, i))
        for i, layer in enumerate(archive.layers)
    ]
    plan = archive_plan(framework, archive.id, archive.title)
    unnamed = folder / "tiles" / f"{archive.id}.pmtiles"
    unnamed.parent.mkdir(exist_ok=True)
    try:
        result = tile_layers(
            plan,
            inputs,
            unnamed,
            threads=how.threads,
            memory=how.memory,
            recipe=recipe,
            work=unfinished.folder,
            explain=explained_path(unnamed) if how.explain else None,
            explain_unseen=False,
            progress=how.progress,
        )
    except InputError:
        # The engine refuses to write an archive without tiles; here that is a dataset nobody has filled yet.
        if not all(harvest.finished and not harvest.features.any() for harvest in harvests):
            raise
        how.progress.note(_("no feature has a place, so there is no archive"))
        counts = count_datasets(harvests, [Tally() for _harvest in harvests])
        return MadeArchive(recipe, None, 0, 0, {}, {}, counts, None)
    for number, harvest in enumerate(harvests):
        if not harvest.finished:  # the engine had its features from an interrupted call
            unfinished.take_up_harvest(number, harvest)
    facts = _facts(archive, harvests, result, unnamed)
    unnamed.rename(folder / facts.file)
    if how.explain:
        explained_path(unnamed).rename(explained_path(folder / facts.file))
    characters = sum((harvest.characters for harvest in harvests), Counter[str]())
    return MadeArchive(
        recipe=recipe,
        facts=facts,
        tiles=result.tiles,
        repairs=result.repairs,
        dropped=dict(sorted(result.dropped.items())),
        characters=dict(sorted(characters.items())),
        datasets=count_datasets(harvests, [layer.tally for layer in result.layers]),
        explanation=sha256_of(explained_path(folder / facts.file)) if how.explain else None,
    )


def _read(
    reader: LayerReader, harvest: Harvest, unfinished: Unfinished, number: int, _tally: Tally
) -> Iterator[FeatureBatch]:
    """What the engine calls for a layer's features; the engine's tally is left to the engine."""
    yield from reader.read(harvest)
    unfinished.keep_harvest(number, harvest)


def choice(layer: LayerSpec) -> Callable[[pa.Table], NDArray[np.bool_]] | None:
    """Which rows the layer's CQL2 filter ever lets through; None where it does not look at fields."""
    filter = layer.filter
    if filter is None or not filter.fields:
        return None
    zooms = range(layer.min_zoom, layer.max_zoom + 1)
    return lambda table: visible(filter, table, zooms) > 0


def passes(filter: Filter, table: pa.Table) -> NDArray[np.bool_]:
    """Which rows an edition's filter lets through."""
    return visible(filter, table, range(1)) > 0


def archive_plan(framework: Framework, id: str, title: Text) -> ArchivePlan:
    """What an archive of vectors says of itself: its city, its title, and that its data are a sample where they are."""
    city = framework.city
    extra: dict[str, Any] = {
        "city": {"code": city.code, "name": city.name.model_dump()},
        "archive": id,
        "title": title.model_dump(),
        "sample": city.sample,
    }
    notice = notice_of(framework)
    if notice["zh"]:
        extra["notice"] = notice
    description = " · ".join(part for part in (title.en, notice["zh"], notice["en"]) if part)
    attribution = " · ".join(part for part in (city.attribution.zh, notice["zh"]) if part)
    return ArchivePlan(title.zh, description, attribution, extra)


def _layer_plan(view: EditionView, layer: LayerSpec) -> LayerPlan:
    shown = view.dataset(layer.dataset)
    kept = tuple(field.name for field in shown.fields) if layer.fields is None else layer.fields
    filter = layer.filter
    return layer_plan(
        layer,
        name=layer.name,
        max_zoom=layer.max_zoom,
        fields=kept if shown.fields else None,  # a table without columns has one that only counts its rows
        key=shown.key,
        where=filter.text if filter and filter.uses_zoom else None,  # else the reader has chosen already
        description=shown.dataset.title.zh,
    )


def _facts(archive: ArchiveSpec, harvests: Sequence[Harvest], result: ArchiveResult, file: Path) -> ArchiveFacts:
    """What the finished file says of itself, and what its layers turned out to be."""
    digest = sha256_of(file)
    with open_archive(file) as opened:
        header, metadata = opened.header, opened.metadata
    features: dict[str, int] = {}
    for dataset in dict.fromkeys(layer.dataset for layer in archive.layers):
        rows = [h.features for h in harvests if h.dataset == dataset]
        features[dataset] = int(sum(rows[1:], start=rows[0]).astype(bool).sum())
    return ArchiveFacts(
        id=archive.id,
        file=f"tiles/{archive.id}-{digest[:12]}.pmtiles",
        bytes=file.stat().st_size,
        sha256=digest,
        min_zoom=header.min_zoom,
        max_zoom=header.max_zoom,
        bounds=header.bounds,
        center=header.center,
        vector_layers=tuple(metadata["vector_layers"]),
        layers=tuple(
            LayerFacts(
                name=layer.name,
                dataset=layer.dataset,
                geometry=done.geometry,
                features=done.features,
                bounds=done.bounds,
                min_zoom=layer.min_zoom,
                max_zoom=layer.max_zoom,
                labels=layer.labels,
            )
            for layer, done in zip(archive.layers, result.layers, strict=True)
        ),
        features=features,
    )

"""What changed in an edition's datasets from one version to the next, as archives: <dataset>-added, -removed, -changed.

Both versions are read as the edition may show them, and only then compared: what is denied is in neither. A dataset of
which an edition leaves out or moves features has no such archives: one that is gone would tell that it is hidden now.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import shapely

from pipeline.archive.reader import open_archive
from pipeline.catalog import ArchiveFacts, ChangeFacts, LayerFacts, SequenceFacts, VersionFacts, version_facts
from pipeline.editions import DatasetView, EditionView
from pipeline.framework import Framework, LayerSpec, Text
from pipeline.i18n import _
from pipeline.intake.changes import Changes, find_changes
from pipeline.intake.changes_layers import write_features, write_layers
from pipeline.intake.changes_sequences import MOVED, write_sequences
from pipeline.intake.changes_side import Side, open_side
from pipeline.intake.features import LayerReader
from pipeline.intake.harvest import Harvest
from pipeline.intake.opened import OpenSources
from pipeline.intake.store import StoredVersion, source_of, versions
from pipeline.making.archives import Making, archive_plan, choice, passes
from pipeline.making.change_rules import KINDS, change_id, change_layer, changing, told_fields, withdrawn_until
from pipeline.making.files import sha256_of
from pipeline.making.made import MadeArchive
from pipeline.sources import ReadOptions, read_batches
from pipeline.sources.shapes import to_shapes
from pipeline.types import FeatureBatch, Tally
from pipeline.vector import ArchiveResult, LayerInput, LayerPlan, tile_layers


@dataclass(frozen=True, slots=True)
class MadeChanges:
    """One step between two versions of a dataset: what is told of it, and its archive where it has one."""

    dataset: str
    facts: ChangeFacts
    archive: MadeArchive | None


def make_changes(
    framework: Framework, view: EditionView, as_of: date, folder: Path, *, sources: OpenSources, how: Making
) -> tuple[MadeChanges, ...]:
    """Tile the newest steps of an edition's datasets into ``folder/tiles/<dataset>-changes-<n>-<hash12>.pmtiles``.

    As many as the edition's `changes` says, of datasets that come from the store, and none from before something made
    of a dataset was withdrawn. Raises InputError and OutputError.
    """
    made = []
    until = withdrawn_until(framework)
    told = version_facts(framework.root, view.datasets, as_of)
    for shown, layer in changing(view):
        id = shown.dataset.id
        stored = {version.version: version for version in versions(framework.root, id)} if id in told else {}
        untold = until.get(id)
        known = [
            v for v in told.get(id, ()) if untold is None or datetime.fromisoformat(stored[v.version].accepted) > untold
        ]
        steps = list(pairwise(known))[: -view.edition.changes - 1 : -1]
        for number, (before, after) in enumerate(steps, 1):
            step = _Step(framework, view, shown, layer, sources, number)
            made.append(_make(step, (before, after), (stored[before.version], stored[after.version]), folder, how))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Step:
    """What two versions are read by."""

    framework: Framework
    view: EditionView
    shown: DatasetView
    layer: LayerSpec
    sources: OpenSources
    number: int

    def read(self, version: StoredVersion, shown: DatasetView) -> Iterator[FeatureBatch]:
        """The features of a version that the edition's map shows, or would have shown."""
        source = source_of(version).relative_to(self.framework.root).as_posix()
        there = replace(shown, dataset=shown.dataset.model_copy(update={"source": source}))
        reader = LayerReader(self.framework, self.view, there, self.layer, self.sources, choice(self.layer), passes)
        yield from reader.read(Harvest(shown.dataset.id))


def _make(
    step: _Step,
    told: tuple[VersionFacts, VersionFacts],
    pair: tuple[StoredVersion, StoredVersion],
    folder: Path,
    how: Making,
) -> MadeChanges:
    id = change_id(step.shown.dataset.id, step.number)
    how.progress.start(_("changes of {dataset}").format(dataset=step.shown.dataset.id))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".changes-") as name:
        work = Path(name)
        found = _compare(step, pair, work)
        files = write_layers(found, work)
        archive = _tile(step, id, files, pair, folder, how) if files else None
        sequences = _sequences(step, id, found, folder, work) if step.view.edition.change_files else ()
    how.progress.done()
    counts = (len(found.added), len(found.removed), len(found.changed_after))
    facts = ChangeFacts(step.number, *told, *counts, archive.facts if archive else None, sequences)
    return MadeChanges(step.shown.dataset.id, facts, archive)


def _compare(step: _Step, pair: tuple[StoredVersion, StoredVersion], work: Path) -> Changes:
    """The two versions, as far as the edition may show them, by the fields that both have."""
    raw = [open_side(source_of(version), version.version) for version in pair]
    names = told_fields(step.shown, step.layer)
    fields = tuple(f for f in step.shown.fields if f.name in names and all(f.column in side.types for side in raw))
    shown = replace(step.shown, fields=fields)
    sides = []
    for name, version in zip(("before", "after"), pair, strict=True):
        sides.append(_written(list(step.read(version, shown)), work / f"{name}.parquet", version.version))
    key = shown.key
    return find_changes(sides[0], sides[1], key if key is not None and all(key in s.types for s in sides) else None)


def _written(batches: Sequence[FeatureBatch], path: Path, label: str) -> Side:
    tables = [batch.attributes for batch in batches if batch.attributes.num_columns]
    table = pa.concat_tables(tables, promote_options="default") if tables else pa.table({})
    columns = {name: table.column(name).combine_chunks() for name in table.column_names if name}
    shapes = [shape for batch in batches for shape in shapely.to_wkb(to_shapes(batch.geometries)).tolist()]
    write_features(path, columns, pa.array(shapes, pa.large_binary()))
    return open_side(path, label)


def _tile(
    step: _Step,
    id: str,
    files: Sequence[Path],
    pair: tuple[StoredVersion, StoredVersion],
    folder: Path,
    how: Making,
) -> MadeArchive | None:
    """The archive of the changed features; None where none of them has a place."""
    title = step.shown.dataset.title
    words = {"zh": f"{title.zh}：变化", "en": f"{title.en}: changes"}
    inputs = [LayerInput(_plan(step, file.stem), partial(_read, file)) for file in files]
    if not any(batch.geometries.kinds.any() for file in files for batch in _read(file, Tally())):
        return None
    recipe = hashlib.sha256(json.dumps([id, *(version.sha256 for version in pair)]).encode()).hexdigest()
    unnamed = folder / "tiles" / f"{id}.pmtiles"
    unnamed.parent.mkdir(exist_ok=True)
    plan = archive_plan(step.framework, id, Text.model_validate(words))
    result = tile_layers(
        plan, inputs, unnamed, threads=how.threads, memory=how.memory, recipe=recipe, progress=how.progress
    )
    facts = _facts(step, id, inputs, result, unnamed)
    unnamed.rename(folder / facts.file)
    characters = _characters(files)
    return MadeArchive(
        recipe, facts, result.tiles, result.repairs, dict(sorted(result.dropped.items())), characters, {}, None
    )


def _sequences(step: _Step, id: str, found: Changes, folder: Path, work: Path) -> tuple[SequenceFacts, ...]:
    """The changed features as downloads/changes/<id>-<hash12>/<layer>.geojsonseq, of the very comparison."""
    kinds = {change_layer(step.shown.dataset.id, kind): kind for kind in (*KINDS, MOVED)}
    paths = write_sequences(found, work, change_layer(step.shown.dataset.id, "{kind}"))
    digests = [sha256_of(path) for path in paths]
    together = hashlib.sha256("".join(digests).encode()).hexdigest()
    place = folder / "downloads/changes" / f"{id}-{together[:12]}"
    told = []
    for path, digest in zip(paths, digests, strict=True):
        place.mkdir(parents=True, exist_ok=True)
        size = path.stat().st_size
        file = path.rename(place / path.name).relative_to(folder).as_posix()
        told.append(SequenceFacts(kinds[path.stem], file, size, digest))
    return tuple(told)


def _read(file: Path, tally: Tally) -> Iterator[FeatureBatch]:
    return read_batches(file, ReadOptions(), tally)


def _plan(step: _Step, kind: str) -> LayerPlan:
    layer = step.layer
    name = change_layer(step.shown.dataset.id, kind)
    return LayerPlan(name, layer.min_zoom, layer.max_zoom, key=step.shown.key, description=step.shown.dataset.title.zh)


def _characters(files: Sequence[Path]) -> Mapping[str, int]:
    """What the texts of changed features are written in: a page that tells of them needs the letters."""
    found: Counter[str] = Counter()
    for file in files:
        for batch in _read(file, Tally()):
            for column in batch.attributes.columns:
                if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                    for text in column.unique().to_pylist():
                        found.update(text or "")
    return dict(sorted(found.items()))


def _facts(step: _Step, id: str, inputs: Sequence[LayerInput], result: ArchiveResult, file: Path) -> ArchiveFacts:
    digest = sha256_of(file)
    with open_archive(file) as opened:
        header, metadata = opened.header, opened.metadata
    return ArchiveFacts(
        id=id,
        file=f"tiles/{id}-{digest[:12]}.pmtiles",
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
                dataset=step.shown.dataset.id,
                geometry=done.geometry,
                features=done.features,
                bounds=done.bounds,
                min_zoom=layer.plan.min_zoom,
                max_zoom=layer.plan.max_zoom,
                labels=False,
            )
            for layer, done in zip(inputs, result.layers, strict=True)
        ),
        features={step.shown.dataset.id: sum(layer.features for layer in result.layers)},
    )


def change_archives(made: Sequence[MadeChanges]) -> dict[str, MadeArchive]:
    """The archives of steps by id."""
    return {each.archive.facts.id: each.archive for each in made if each.archive is not None and each.archive.facts}


def told_changes(made: Sequence[MadeChanges]) -> dict[str, list[ChangeFacts]]:
    """What catalog.json tells, by dataset, the newest first."""
    told: dict[str, list[ChangeFacts]] = {}
    for each in made:
        told.setdefault(each.dataset, []).append(each.facts)
    return told

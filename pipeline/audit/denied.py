"""What a workspace holds that an edition may not show: values, features, places, areas.

Every dataset is read: once for what is denied of it, once more for what may be shown, which takes its values from the
denied ones again. Only hashes are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.audit.against import Mask
from pipeline.audit.policy import Admitted
from pipeline.audit.rules import Finding
from pipeline.audit.secrets import Gathering, Secrets, allow_column, allow_texts, make_set, mix, settled
from pipeline.audit.shown import shown_features
from pipeline.audit.software import software_texts
from pipeline.audit.words import allowed_texts, denied_names
from pipeline.errors import LongquanError
from pipeline.framework import Dataset, Framework
from pipeline.i18n import _
from pipeline.intake.store import source_of, versions
from pipeline.kernels.audit_words import look_up
from pipeline.progress import Progress
from pipeline.sources import Database, ReadOptions, Source, open_source, read_batches
from pipeline.types import NONE, FeatureBatch, Geometries, Tally

_LAST_ID: Final = (1 << 53) - 1
_TELLING: Final = 10_000  # ids of other datasets below this are everybody's
_GRID: Final = 1e5  # places are told apart by a metre: 1e-5 of a degree


@dataclass(frozen=True, slots=True)
class Denied:
    """What must not be found."""

    secrets: Secrets
    ids: Mapping[str, NDArray[np.int64]]  # dataset → ids that must not occur in its layers
    shapes: NDArray[np.uint64]  # set of the hashes of geometries that must not occur
    mask: Mask | None
    unread: tuple[Finding, ...]  # sources that could not be read: of them nothing is proved


@dataclass(slots=True)
class _Seen:
    """What reading told of keys and geometries."""

    denied_ids: dict[str, list[NDArray[np.int64]]] = field(default_factory=dict)
    shown_ids: dict[str, list[NDArray[np.int64]]] = field(default_factory=dict)
    denied_shapes: list[NDArray[np.uint64]] = field(default_factory=list)


def denied_by(rules: Admitted, manifest: Mapping[str, Any], progress: Progress) -> Denied:
    """Read a workspace for what an edition may not show. Sources that cannot be read are told in the result."""
    gathering, seen = Gathering(), _Seen()
    unread: dict[str, Finding] = {}
    for origin, names in denied_names(rules):
        gathering.add_words(gathering.name(origin), names)
    datasets = [dataset for _owner, dataset in rules.framework.datasets if dataset.kind == "vector"]
    progress.start(_("reading what must not be shown"), len(datasets), _("datasets"))
    for dataset in datasets:
        try:
            _gather(rules, dataset, gathering, seen)
        except LongquanError as error:
            text = _("dataset {id} cannot be read: {reason}").format(id=dataset.id, reason=error.message)
            unread[dataset.id] = Finding(text, "", error.where or "")
        progress.advance()
    progress.done()

    secrets = gathering.sets()
    shapes, marks = make_set(np.concatenate([np.zeros(0, np.uint64), *seen.denied_shapes]))
    for text in (*software_texts(), *allowed_texts(rules, manifest)):
        allow_texts(secrets, [text])
    progress.start(_("reading what may be shown"), len(datasets), _("datasets"))
    for dataset in datasets:
        if dataset.id in rules.fields and dataset.id not in unread:
            _allow(rules, dataset, secrets, seen, shapes, marks)
        progress.advance()
    progress.done()
    left = make_set(shapes[marks >= 0])[0]
    return Denied(settled(secrets), _ids(rules, seen), left, _mask(rules), tuple(unread.values()))


def _gather(rules: Admitted, dataset: Dataset, gathering: Gathering, seen: _Seen) -> None:
    """Collect what is denied of one dataset: all of it, or columns and features."""
    shown = rules.columns(dataset)
    placed = _placing(dataset)
    origins: dict[str, int] = {}
    for batch in _every_batch(rules.framework, dataset, everything=dataset.id not in rules.fields):
        table = batch.attributes
        hidden = [name for name in table.column_names if name not in shown and name not in placed]
        kept = shown_features(rules, dataset, batch) if dataset.id in rules.fields else np.zeros(len(table), np.bool_)
        if kept.all() and not hidden:
            continue
        gone = pa.array(~kept)
        for name in table.column_names:
            if name in placed:
                continue
            if name not in origins:
                origins[name] = gathering.name(f"{dataset.id}.{name}")
            column = table.column(name)
            gathering.add(origins[name], column if name in hidden else column.filter(gone))
        if not kept.all():
            seen.denied_shapes.append(np.unique(shape_hashes(batch.geometries)[~kept]))
            ids = _keys(rules.framework, dataset, table.filter(gone))
            seen.denied_ids.setdefault(dataset.id, []).append(ids)


def _allow(
    rules: Admitted, dataset: Dataset, secrets: Secrets, seen: _Seen, shapes: NDArray[np.uint64], marks: NDArray[Any]
) -> None:
    """Give leave to whatever the shown features of a dataset hold in shown fields."""
    from pipeline.editions.cast import cast

    for batch in _every_batch(rules.framework, dataset, everything=False):
        kept = shown_features(rules, dataset, batch)
        table = batch.attributes.filter(pa.array(kept))
        for each in rules.fields[dataset.id].values():
            if each.column in table.column_names:
                column = table.column(each.column)
                allow_column(secrets, column)
                allow_column(secrets, cast(column, each.type)[0])  # as the tiles write it
        found = np.unique(shape_hashes(batch.geometries)[kept])
        at = np.empty(len(found), np.int64)
        look_up(shapes, found, at)
        marks[at[at >= 0]] = -1
        seen.shown_ids.setdefault(dataset.id, []).append(np.unique(_keys(rules.framework, dataset, table)))


def _every_batch(framework: Framework, dataset: Dataset, *, everything: bool) -> Iterator[FeatureBatch]:
    """All features of a dataset; `everything`: of every version that was ever handed in."""
    for source in _sources(framework.root, dataset, everything):
        options = ReadOptions(
            layer=dataset.layer if dataset.source else None,
            crs=dataset.crs if dataset.source else None,
            encoding=dataset.encoding if dataset.source else None,
            x=dataset.coordinates.x if dataset.coordinates and dataset.source else None,
            y=dataset.coordinates.y if dataset.coordinates and dataset.source else None,
            self_contained=True,
            rules=framework.root / dataset.rules if dataset.rules else None,
        )
        try:
            yield from read_batches(source, options, Tally())
        finally:
            if isinstance(source, Database):
                source.close()


def _sources(root: Path, dataset: Dataset, everything: bool) -> Iterator[Source]:
    if dataset.source:
        yield open_source(dataset.source, root)
        return
    known = versions(root, dataset.id)
    newest = max(known, key=lambda version: (version.currency, version.number), default=None)
    for version in known:
        if (everything or version is newest) and version.kind == "vector":
            yield source_of(version)


def _placing(dataset: Dataset) -> frozenset[str]:
    """Columns that only say where a feature is, which its tiles show."""
    return frozenset((dataset.coordinates.x, dataset.coordinates.y) if dataset.coordinates else ())


def _keys(framework: Framework, dataset: Dataset, table: pa.Table) -> NDArray[np.int64]:
    """The ids that the key of a dataset gives its features; none where it is no whole number."""
    known = framework.schema_of(dataset).get(dataset.key) if dataset.key else None
    column = known.column if known else dataset.key
    if column is None or column not in table.column_names:
        return np.zeros(0, np.int64)
    from pipeline.editions.cast import cast

    numbers, _lost = cast(table.column(column), "integer")
    ids = numbers.combine_chunks().drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
    return np.asarray(ids[(ids > 0) & (ids <= _LAST_ID)])


def _ids(rules: Admitted, seen: _Seen) -> dict[str, NDArray[np.int64]]:
    """Of each dataset with whole numbers as keys: ids of its own denied features, and telling ones of others."""
    none = np.zeros(0, np.int64)
    denied = {id: np.unique(np.concatenate([none, *parts])) for id, parts in seen.denied_ids.items()}
    everybody = np.unique(np.concatenate([none, *denied.values()]))
    out = {}
    for id, parts in seen.shown_ids.items():
        own = np.unique(np.concatenate([none, *parts]))
        if len(own) and len(everybody):
            wanted = np.union1d(everybody[everybody >= _TELLING], denied.get(id, none))
            out[id] = np.setdiff1d(wanted, own, assume_unique=True)
    return out


def shape_hashes(geometries: Geometries) -> NDArray[np.uint64]:
    """A hash of every feature's place: its first vertex, its last, and their number; 0 without any [features]."""
    g = geometries
    out = np.zeros(g.features, np.uint64)
    rows = np.flatnonzero(g.kinds != NONE)
    if not len(rows):
        return out
    first = g.vertex_offsets[g.part_offsets[rows]]
    stop = g.vertex_offsets[g.part_offsets[rows + 1]]
    h = (stop - first).astype(np.uint64)
    for at in (first, stop - 1):
        for axis in (g.x, g.y):
            h = mix(h ^ np.rint(axis[at] * _GRID).astype(np.int64).astype(np.uint64))
    out[rows] = np.where(h == 0, np.uint64(1), h)
    return out


def _mask(rules: Admitted) -> Mask | None:
    """The areas of which an edition shows no pixel."""
    limits = rules.edition.raster
    if limits.masks is None:
        return None
    from pipeline.sources.area import read_area

    area = read_area(rules.framework.root / limits.masks)
    return Mask(area, limits.blur_m if limits.mask_mode == "blur" else None)

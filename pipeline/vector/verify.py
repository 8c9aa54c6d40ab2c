"""Is what lies inside the tiles of an archive sound? Every tile, every layer, every feature.

Tiles with the same content are decoded once and counted as often as they appear. Contents are taken in the order of
the file in batches of a few megabytes; a batch becomes tables (`decode`), and each rule looks at the tables as a whole.
Source: MVT 2.1; the fields of TileJSON 3.0 `vector_layers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.compress import decompress
from pipeline.archive.reader import Archive
from pipeline.archive.rules import Findings, Report, check
from pipeline.archive.tileids import FIRST_IDS, zooms_of
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.kernels import decode_mvt as col
from pipeline.machine import processors
from pipeline.progress import Progress, Silent
from pipeline.vector.tables import decode_tables
from pipeline.vector.tile_batch import ANY_TYPE, Batch
from pipeline.vector.tile_rules import ARCHIVE_RULES, TILE_RULES

_BATCH: Final = 1 << 20  # compressed bytes decoded together; some 4 MB of tiles, 60 MB of tables
_TYPES: Final = {"string": 1, "number": 2, "boolean": 3}  # TileJSON 3.0 §3.3.2; anything else is not checked


class ZoomFigures(NamedTuple):
    """What one zoom holds; a tile that shares its content counts like any other."""

    zoom: int
    tiles: int
    features: int
    vertices: int
    polygons: int
    invalid: int  # polygons that shapely calls invalid


class ContentReport(NamedTuple):
    """What was found inside tiles."""

    report: Report
    zooms: tuple[ZoomFigures, ...]


class Contents(NamedTuple):
    """The distinct tile bodies of an archive, in the order of the file."""

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    tile_ids: NDArray[np.int64]  # the first tile of each
    of_entry: NDArray[np.int64]  # [entries] which body each entry shows
    zooms: NDArray[np.int64]  # [entries]
    runs: NDArray[np.int64]  # [entries]


def verify_tiles(archive: Archive, *, threads: int | None = None, progress: Progress | None = None) -> ContentReport:
    """Put every tile of a vector archive to every rule; the archive's structure must be sound (`verify_archive`).

    `threads` defaults to the number of processors; the report does not depend on it.
    """
    progress = progress or Silent()
    contents = _contents(archive)
    declared = _declared(archive.metadata)
    findings = Findings()
    figures = np.zeros((len(contents.offsets), 4), dtype=np.int64)  # features, vertices, polygons, invalid
    seen: set[str] = set()
    ends = np.cumsum(contents.lengths)
    cuts = np.flatnonzero(np.diff(ends // _BATCH, prepend=-1)).tolist()
    progress.start(_("Checking tiles"), len(contents.offsets), _("tiles"))
    jobs = [(archive, contents, declared, a, b) for a, b in zip(cuts, [*cuts[1:], len(ends)], strict=True)]
    pool = ThreadPoolExecutor(threads or processors())
    try:
        for (*_job, a, b), (report, part, names) in zip(jobs, pool.map(lambda job: _check(*job), jobs), strict=True):
            findings.absorb(report)
            figures[a:b] = part
            seen |= names
            progress.advance(b - a)
    finally:
        pool.shutdown(cancel_futures=True)  # on Ctrl-C, do not first finish what is waiting
    for rule in ARCHIVE_RULES:
        findings.add(rule, rule.check((declared, seen)))
    progress.done()
    return ContentReport(_by_rule(findings.report()), _by_zoom(contents, figures))


def _check(
    archive: Archive, contents: Contents, declared: Mapping[str, Mapping[str, int] | None], a: int, b: int
) -> tuple[Report, NDArray[np.int64], set[str]]:
    """Contents `a` up to `b`: what was found, figures of each, and the layers that appear."""
    bodies, damaged = [], {}
    for i in range(a, b):
        try:
            packed = archive.body(int(contents.offsets[i]), int(contents.lengths[i]))
            bodies.append(decompress(packed, archive.header.tile_compression))
        except ArchiveError as err:
            bodies.append(b"")
            damaged[i - a] = err.message
    tiles = [tileid_to_zxy(tile_id) for tile_id in contents.tile_ids[a:b].tolist()]
    batch = Batch(tiles, decode_tables(bodies), damaged, declared)
    findings = Findings()
    check(batch, TILE_RULES, findings)
    t = batch.t
    feature_tiles = t.layers[t.features[:, col.LAYER], col.TILE]
    chosen, _shapes, valid = batch.polygons
    polygon_tiles = feature_tiles[chosen]
    figures = np.stack(
        [
            np.bincount(feature_tiles, minlength=b - a),
            np.bincount(feature_tiles[batch.part_features], weights=np.diff(t.parts), minlength=b - a).astype(np.int64),
            np.bincount(polygon_tiles, minlength=b - a),
            np.bincount(polygon_tiles[~valid], minlength=b - a),
        ],
        axis=1,
    )
    return findings.report(), figures, {name for name in batch.names if name}


def _contents(archive: Archive) -> Contents:
    columns = [np.concatenate(column) for column in zip(*archive.directories(), strict=True)]
    ids, runs, lengths, offsets = _split_at_zooms(*columns)
    distinct, first, of_entry = np.unique(offsets, return_index=True, return_inverse=True)
    return Contents(distinct, lengths[first], ids[first], of_entry, zooms_of(ids), runs)


def _split_at_zooms(
    ids: NDArray[np.int64], runs: NDArray[np.int64], lengths: NDArray[np.int64], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The entries with every run cut where a zoom ends: ids go on from one zoom to the next, and so may runs."""
    firsts = np.array(FIRST_IDS, dtype=np.int64)
    borders = firsts[np.searchsorted(firsts, ids, side="right")]  # where the next zoom begins
    crossing = ids + runs > borders
    if not crossing.any():
        return ids, runs, lengths, offsets
    ids = np.concatenate([ids, borders[crossing]])
    runs = np.concatenate([np.minimum(runs, borders - ids[: len(runs)]), (runs - borders + ids[: len(runs)])[crossing]])
    lengths, offsets = (np.concatenate([column, column[crossing]]) for column in (lengths, offsets))
    order = np.argsort(ids, kind="stable")
    return _split_at_zooms(ids[order], runs[order], lengths[order], offsets[order])


def _declared(metadata: Mapping[str, Any]) -> dict[str, Mapping[str, int] | None]:
    declared: dict[str, Mapping[str, int] | None] = {}
    for layer in metadata.get("vector_layers") or ():
        fields = layer.get("fields")
        declared[str(layer.get("id"))] = (
            {key: _TYPES.get(str(kind).lower(), ANY_TYPE) for key, kind in fields.items()}
            if isinstance(fields, dict)
            else None
        )
    return declared


def _by_rule(report: Report) -> Report:
    """The report in the order of the rules, which does not depend on how tiles were batched."""
    ids = [*(rule.id for rule in TILE_RULES), *(rule.id for rule in ARCHIVE_RULES)]
    order = {rule: i for i, rule in enumerate(ids)}
    return replace(
        report,
        faults=tuple(sorted(report.faults, key=lambda fault: order[fault.rule])),
        counts={rule: report.counts[rule] for rule in order if rule in report.counts},
    )


def _by_zoom(contents: Contents, figures: NDArray[np.int64]) -> tuple[ZoomFigures, ...]:
    per_entry = figures[contents.of_entry] * contents.runs[:, None]
    return tuple(
        ZoomFigures(
            zoom,
            int(contents.runs[contents.zooms == zoom].sum()),
            *per_entry[contents.zooms == zoom].sum(axis=0).tolist(),
        )
        for zoom in np.unique(contents.zooms).tolist()
    )

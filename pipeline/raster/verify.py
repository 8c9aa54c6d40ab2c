"""Is what lies inside the tiles of a raster archive sound? Every image is decoded, whole.

Tiles with the same content are decoded once. Contents are taken in the order of the file, a few megabytes at a time
and several batches in threads; what remains of each is a row of numbers, so memory does not grow with the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import decompress
from pipeline.archive.directory import Directory
from pipeline.archive.reader import Archive
from pipeline.archive.rules import Finding, Findings, Report, check
from pipeline.archive.spans import in_order
from pipeline.archive.tileids import zooms_of, zxy_of
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.raster.look import Look, look_at
from pipeline.raster.means import strange_means
from pipeline.raster.nature import FORMATS, Nature, nature_of
from pipeline.raster.pyramid_rules import ARCHIVE_RULES, Pyramid, Runs, runs_of
from pipeline.raster.tile_rules import TILE_RULES, Batch, Heights

_BATCH: Final = 1 << 19  # bytes of images looked at by one thread in a row
_ORDER: Final = (*(rule.id for rule in TILE_RULES), *(rule.id for rule in ARCHIVE_RULES))


class ImageFigures(NamedTuple):
    """What one zoom holds; a tile that shares its content counts like any other."""

    zoom: int
    tiles: int
    images: int  # distinct ones whose first tile is of this zoom
    decoded: int  # of these, whole
    transparent: int  # tiles with pixels that something shines through
    low: float | None  # metres; of terrain
    high: float | None


class ImageReport(NamedTuple):
    """What was found inside tiles."""

    report: Report
    zooms: tuple[ImageFigures, ...]


class _Contents(NamedTuple):
    """The distinct tile bodies of an archive, in the order of the file."""

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    tile_ids: NDArray[np.int64]  # the first tile of each


class _Columns(NamedTuple):
    """What is kept of every content."""

    widths: NDArray[np.int32]
    quadrants: NDArray[np.uint8]
    alpha: NDArray[np.bool_]
    decoded: NDArray[np.bool_]
    low: NDArray[np.float32]  # metres, NaN where there are no heights
    high: NDArray[np.float32]


def verify_images(
    archive: Archive, *, heights: Heights | None = None, threads: int | None = None, progress: Progress | None = None
) -> ImageReport:
    """Put every tile of a raster archive to every rule; the archive's structure must be sound (`verify_archive`).

    `heights` are the metres between which terrain is believed. `threads` defaults to the number of processors; the
    report does not depend on it.
    """
    progress = progress or Silent()
    nature = nature_of(archive.metadata)
    contents, runs = _contents(archive)

    def work(part: slice) -> tuple[Report, _Columns]:
        looks = [
            _look(archive, offset, length, nature)
            for offset, length in zip(contents.offsets[part].tolist(), contents.lengths[part].tolist(), strict=True)
        ]
        tiles = [zxy_of(tile_id) for tile_id in contents.tile_ids[part].tolist()]
        found = Findings()
        check(Batch(tiles, looks, nature, FORMATS[archive.header.tile_type], heights or Heights()), TILE_RULES, found)
        return found.report(), _columns(looks)

    findings = Findings()
    parts: list[_Columns] = [_columns([])]
    progress.start(_("Checking tiles"), len(contents.offsets), _("tiles"))
    with closing(in_order(work, _slices(contents), threads=threads)) as done:
        for report, columns in done:
            findings.absorb(report)
            parts.append(columns)
            progress.advance(len(columns.widths))
    kept = _Columns(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def means() -> Iterator[Finding]:
        return strange_means(archive, runs, nature)

    pyramid = Pyramid(archive.header, archive.metadata, nature, runs, kept.widths, kept.quadrants, kept.alpha, means)
    check(pyramid, ARCHIVE_RULES, findings)
    progress.done()
    return ImageReport(_by_rule(findings.report()), _by_zoom(contents, runs, kept))


def _look(archive: Archive, offset: int, length: int, nature: Nature) -> Look:
    try:
        return look_at(decompress(archive.body(offset, length), archive.header.tile_compression), nature)
    except ArchiveError as err:
        return Look(FORMATS[archive.header.tile_type], damage=err.message.rstrip("."))


def _contents(archive: Archive) -> tuple[_Contents, Runs]:
    empty = Directory(*(np.zeros(0, dtype=np.int64) for _column in Directory._fields))
    columns = [np.concatenate(column) for column in zip(empty, *archive.directories(), strict=True)]
    ids, run_lengths, lengths, offsets = columns
    distinct, first, of_entry = np.unique(offsets, return_index=True, return_inverse=True)
    return _Contents(distinct, lengths[first], ids[first]), runs_of(ids, ids + run_lengths, of_entry)


def _slices(contents: _Contents) -> Iterator[slice]:
    """Contents by half a megabyte."""
    cuts = np.flatnonzero(np.diff(np.cumsum(contents.lengths) // _BATCH, prepend=-1)).tolist()
    for a, b in zip(cuts, [*cuts[1:], len(contents.offsets)], strict=True):
        yield slice(a, b)


def _columns(looks: list[Look]) -> _Columns:
    nothing = float("nan")
    return _Columns(
        np.array([look.width for look in looks], dtype=np.int32),
        np.array([look.quadrants for look in looks], dtype=np.uint8),
        np.array([not look.opaque for look in looks], dtype=bool),
        np.array([look.decoded for look in looks], dtype=bool),
        np.array([nothing if look.low is None else look.low for look in looks], dtype=np.float32),
        np.array([nothing if look.high is None else look.high for look in looks], dtype=np.float32),
    )


def _by_rule(report: Report) -> Report:
    """The report in the order of the rules, which does not depend on how tiles were batched."""
    order = {rule: i for i, rule in enumerate(_ORDER)}
    return replace(
        report,
        faults=tuple(sorted(report.faults, key=lambda fault: order[fault.rule])),
        counts={rule: report.counts[rule] for rule in _ORDER if rule in report.counts},
    )


def _by_zoom(contents: _Contents, runs: Runs, kept: _Columns) -> tuple[ImageFigures, ...]:
    tiles = runs.stops - runs.starts
    first_zooms = zooms_of(contents.tile_ids)
    figures = []
    for zoom in np.unique(runs.zooms).tolist():
        here, new = runs.zooms == zoom, first_zooms == zoom
        shown = runs.contents[here]
        low, high = kept.low[shown], kept.high[shown]
        known = ~np.isnan(low)
        figures.append(
            ImageFigures(
                zoom,
                int(tiles[here].sum()),
                int(new.sum()),
                int((new & kept.decoded).sum()),
                int(tiles[here][kept.alpha[shown]].sum()),
                float(low[known].min()) if known.any() else None,
                float(high[known].max()) if known.any() else None,
            )
        )
    return tuple(figures)

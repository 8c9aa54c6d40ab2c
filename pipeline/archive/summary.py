"""What an archive holds, in figures: bytes by section, tiles and bytes by zoom, the largest tiles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.directory import Directory
from pipeline.archive.reader import Archive
from pipeline.archive.tileids import FIRST_IDS, zooms_of

LARGEST: Final = 10  # tiles named


class ZoomSize(NamedTuple):
    """One zoom."""

    zoom: int
    tiles: int  # addressed, repetitions included
    contents: int  # bodies whose first tile is of this zoom
    bytes: int  # of these bodies, as stored
    largest: int  # bytes of the largest of them


class LargeTile(NamedTuple):
    """A body and the first tile that shows it."""

    z: int
    x: int
    y: int
    bytes: int
    tiles: int  # that show it


class Summary(NamedTuple):
    """The figures of an archive."""

    bytes: int
    zooms: tuple[ZoomSize, ...]
    largest: tuple[LargeTile, ...]  # largest first


class Contents(NamedTuple):
    """Distinct bodies in the order of the file."""

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    tile_ids: NDArray[np.int64]  # first tile
    tiles: NDArray[np.int64]  # how many show it


def contents_of(archive: Archive) -> tuple[Contents, NDArray[np.int64]]:
    """The distinct bodies of an archive, and its addressed tiles by zoom [0 … 32]."""
    empty = Directory(*(np.zeros(0, dtype=np.int64) for _column in range(4)))  # so an archive without tiles has figures
    columns = [np.concatenate(column) for column in zip(empty, *archive.directories(), strict=True)]
    ids, runs, lengths, offsets = columns
    distinct, first, of_entry = np.unique(offsets, return_index=True, return_inverse=True)
    shown = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(shown, of_entry, runs)
    by_zoom = np.zeros(len(FIRST_IDS), dtype=np.int64)
    for zoom, (begin, end) in enumerate(pairwise(FIRST_IDS)):
        by_zoom[zoom] = (np.minimum(ids + runs, end) - np.maximum(ids, begin)).clip(min=0).sum()
    return Contents(distinct, lengths[first], ids[first], shown), by_zoom


def summarise(archive: Archive) -> Summary:
    """The figures of an archive, from its directories alone."""
    contents, by_zoom = contents_of(archive)
    zooms = zooms_of(contents.tile_ids)
    sizes = []
    for zoom in np.flatnonzero(by_zoom).tolist():
        lengths = contents.lengths[zooms == zoom]
        sizes.append(ZoomSize(zoom, int(by_zoom[zoom]), len(lengths), int(lengths.sum()), int(lengths.max(initial=0))))
    order = np.argsort(-contents.lengths, kind="stable")[:LARGEST]
    largest = tuple(
        LargeTile(*tileid_to_zxy(int(contents.tile_ids[i])), int(contents.lengths[i]), int(contents.tiles[i]))
        for i in order
    )
    return Summary(archive.source.size, tuple(sizes), largest)


def bodies(archive: Archive) -> Iterator[tuple[int, bytes]]:
    """Zoom of the first tile and stored body of every distinct content, in the order of the file."""
    contents, _by_zoom = contents_of(archive)
    rows = zip(*(column.tolist() for column in (zooms_of(contents.tile_ids), *contents[:2])), strict=True)
    for zoom, offset, length in rows:
        yield zoom, archive.body(offset, length)

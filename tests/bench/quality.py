"""What an archive holds, every tile decoded: distinct features per zoom, invalid polygons, its size without ids.

Our decoder, since mapbox_vector_tile would take longer than the builds; tests/vector/test_decode.py holds one against
the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import deflate
import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import decompress
from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.tileids import zooms_of
from pipeline.kernels import decode_mvt as col
from pipeline.kernels.decode_geometry import SOUND
from pipeline.types import POLYGON
from pipeline.vector.tables import Decoded, decode_tables
from pipeline.vector.tile_batch import Batch
from tests.bench.strip import without_ids

_BATCH = 1 << 20  # compressed bytes decoded together
_LEVEL = 6  # of libdeflate, for all tools alike
_ODD = np.uint64(0x9E3779B97F4A7C15)


class Quality(NamedTuple):
    """Figures of one archive."""

    kept: dict[int, int]  # zoom → distinct features
    features: dict[int, int]  # zoom → features in tiles
    invalid: dict[int, int]  # zoom → decoded polygons that fail shapely.is_valid; a shared tile counts each time
    without_ids: int  # bytes of the distinct tiles when ids are left out and all is compressed alike


def quality(path: Path, *, by_ids: bool) -> Quality:
    """Decode every distinct tile and count; features are told apart by their ids, else by their attributes."""
    with open_archive(path) as archive, ThreadPoolExecutor(2) as pool:
        parts = [*pool.map(_measure, _batches(archive))]
    kept: dict[int, list[NDArray[np.uint64]]] = {}
    features: dict[int, int] = {}
    invalid: dict[int, int] = {}
    for part in parts:
        kept.setdefault(part.zoom, []).append(part.ids if by_ids else part.signatures)
        features[part.zoom] = features.get(part.zoom, 0) + part.features
        invalid[part.zoom] = invalid.get(part.zoom, 0) + part.invalid
    return Quality(
        {zoom: len(np.unique(np.concatenate(kept[zoom]))) for zoom in sorted(kept)},
        dict(sorted(features.items())),
        dict(sorted(invalid.items())),
        sum(part.without_ids for part in parts),
    )


class _Batch(NamedTuple):
    zoom: int
    bodies: list[bytes]
    times: NDArray[np.int64]  # how many tiles show each


class _Part(NamedTuple):
    zoom: int
    ids: NDArray[np.uint64]
    signatures: NDArray[np.uint64]
    features: int
    invalid: int
    without_ids: int


def _batches(archive: Archive) -> Iterator[_Batch]:
    """The distinct tiles of every zoom; a tile that two zooms share appears in both."""
    found = [*archive.directories()]
    ids, runs, lengths, offsets = (
        np.concatenate([getattr(directory, name) for directory in found])
        for name in ("tile_ids", "run_lengths", "lengths", "offsets")
    )
    zooms = zooms_of(ids)  # runs do not reach over zooms: the tiles of no case are the same at two
    for zoom in np.unique(zooms).tolist():
        at = zooms == zoom
        distinct, first, of_entry = np.unique(offsets[at], return_index=True, return_inverse=True)
        sizes = lengths[at][first]
        times = np.bincount(of_entry, weights=runs[at]).astype(np.int64)
        cuts = np.flatnonzero(np.diff(np.cumsum(sizes) // _BATCH, prepend=-1))
        for a, b in zip(cuts, [*cuts[1:], len(distinct)], strict=True):
            pairs = zip(distinct[a:b].tolist(), sizes[a:b].tolist(), strict=True)
            yield _Batch(zoom, [unpacked(archive, offset, size) for offset, size in pairs], times[a:b])


def unpacked(archive: Archive, offset: int, size: int) -> bytes:
    """The decompressed body at a place of the tile data."""
    return decompress(archive.body(offset, size), archive.header.tile_compression)


def _measure(batch: _Batch) -> _Part:
    decoded = decode_tables(batch.bodies)
    t = decoded.tables
    times = batch.times[t.layers[t.features[:, col.LAYER], col.TILE]]
    return _Part(
        batch.zoom,
        np.unique(t.features[:, col.ID].astype(np.uint64)),
        np.unique(_signatures(decoded)),
        int(times.sum()),
        int(times[_invalid(decoded)].sum()),
        sum(len(deflate.gzip_compress(without_ids(body), _LEVEL)) for body in batch.bodies),
    )


def _signatures(decoded: Decoded) -> NDArray[np.uint64]:
    """[features] a hash of every feature's attributes, whatever their order; equal in every tile of a tool."""
    t = decoded.tables
    names = {text: _hash(text) for text in {decoded.data[a:b] for a, b in t.keys.tolist()}}
    keys = np.array([names[decoded.data[a:b]] for a, b in t.keys.tolist()], np.uint64)
    counts = t.features[:, col.TAG1] - t.features[:, col.TAG0]
    of_pair = np.repeat(np.arange(len(counts)), counts // 2)
    layers = t.layers[t.features[of_pair, col.LAYER]]
    key, value = t.tags[: int(counts.sum())].reshape(-1, 2).T
    bits = t.values[layers[:, col.VALUE0] + value, col.BITS].astype(np.uint64)
    mixed = (bits ^ keys[layers[:, col.KEY0] + key]) * _ODD
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _ODD
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    ends = np.cumsum(counts // 2)
    return np.asarray(sums[ends] - sums[ends - counts // 2])


def _hash(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")


def _invalid(decoded: Decoded) -> NDArray[np.int64]:
    """Rows of features that are polygons and not valid, or cannot be read as polygons at all."""
    rows, _shapes, valid = Batch([], decoded, {}, {}).polygons
    f = decoded.tables.features
    unreadable = np.flatnonzero((f[:, col.KIND] == POLYGON) & (f[:, col.FAULT] != SOUND))
    return np.concatenate([rows[~valid], unreadable])

"""Which layers differ in the vector tiles that differ, and which of their features.

Features are told apart by their id. Each zoom is looked at by itself: an id counts once, however many tiles show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.compress import decompress
from pipeline.archive.diff import Changes, Kind
from pipeline.archive.reader import Archive
from pipeline.archive.tileids import zooms_of
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.kernels import decode_mvt as col
from pipeline.kernels.decode_geometry import SOUND
from pipeline.progress import Progress, Silent
from pipeline.vector.fingerprint import fingerprints
from pipeline.vector.tables import decode_tables
from pipeline.vector.wire import layers_of

_BATCH: Final = 1 << 20  # compressed bytes of both sides looked at together
_COMPACT: Final = 1 << 20  # rows of ids that are gathered before those of one feature become one
_BEFORE, _AFTER, _DIFFERS = 1, 2, 4  # flags of an id

Rows = NDArray[np.int64]  # [ids, 3] layer, id, flags


class LayerDiff(NamedTuple):
    """One layer of one zoom, as far as it lies in tiles that differ.

    A feature is added (removed) when none of these tiles shows its id before (after), changed when its geometry or
    its attributes differ in any of them. Features without an id are compared by what they show and counted in every
    tile. A layer may differ and none of its features: then their order does, or how they are written.
    """

    layer: str
    zoom: int
    tiles: int  # in which it differs
    added: int
    removed: int
    changed: int


class _Pairs(NamedTuple):
    """Bodies to compare, each pair once; offset −1 where there is no tile."""

    tile_ids: NDArray[np.int64]  # the first that shows it
    tiles: NDArray[np.int64]  # how many show it
    places: NDArray[np.int64]  # [4, pairs] offset and length before, offset and length after


class _Tally:
    """What was found in one zoom."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.tiles: dict[str, int] = {}
        self.nameless = np.zeros((0, 3), dtype=np.int64)  # layer, added, removed: features without an id
        self._rows: list[Rows] = []
        self._waiting = 0

    def number(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def add(self, rows: Rows) -> None:
        self._rows.append(rows)
        self._waiting += len(rows)
        if self._waiting > _COMPACT:
            self._rows, self._waiting = [self.merged()], 0

    def merged(self) -> Rows:
        """One row for every id of a layer."""
        if not self._rows:
            return np.zeros((0, 3), dtype=np.int64)
        rows = np.concatenate(self._rows)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        starts = np.flatnonzero(np.append(True, (np.diff(rows[:, :2], axis=0) != 0).any(axis=1))[: len(rows)])
        if not len(starts):
            return rows
        return np.column_stack([rows[starts, :2], np.bitwise_or.reduceat(rows[:, 2], starts)])

    def layers(self, zoom: int) -> Iterator[LayerDiff]:
        rows = self.merged()
        for name in sorted(self.tiles):
            number = self.names.get(name, -1)  # a layer without features has none
            flags = rows[rows[:, 0] == number, 2]
            _number, added, removed = self.nameless[self.nameless[:, 0] == number].sum(axis=0)
            both = flags & (_BEFORE | _AFTER)
            yield LayerDiff(
                name,
                zoom,
                self.tiles[name],
                int((both == _AFTER).sum() + added),
                int((both == _BEFORE).sum() + removed),
                int((flags == (_BEFORE | _AFTER | _DIFFERS)).sum()),
            )


def diff_layers(a: Archive, b: Archive, changes: Changes, *, progress: Progress | None = None) -> tuple[LayerDiff, ...]:
    """The layers that differ in the tiles that `diff_archives(a, b)` found to differ, by zoom, then by name.

    Memory grows with the features of one zoom in these tiles. Raises ArchiveError for a tile that cannot be read.
    """
    progress = progress or Silent()
    wanted = changes.kinds != Kind.REPACKED
    zooms = zooms_of(changes.tile_ids)
    found: list[LayerDiff] = []
    progress.start(_("Comparing layers"), int(changes.runs[wanted].sum()), _("tiles"))
    for zoom in np.unique(zooms[wanted]).tolist():
        tally = _Tally()
        for pairs in _batches(Changes(*(column[wanted & (zooms == zoom)] for column in changes))):
            _compare(a, b, pairs, tally)
            progress.advance(int(pairs.tiles.sum()))
        found += tally.layers(zoom)
    progress.done()
    return tuple(found)


def _batches(changes: Changes) -> Iterator[_Pairs]:
    """Every pair of bodies once, some megabytes at a time."""
    places, first, of_run = np.unique(np.stack(changes[3:]), axis=1, return_index=True, return_inverse=True)
    tiles = np.zeros(len(first), dtype=np.int64)
    np.add.at(tiles, of_run.ravel(), changes.runs)
    order = np.argsort(first)
    pairs = _Pairs(changes.tile_ids[first[order]], tiles[order], places[:, order])
    sizes = np.cumsum(np.maximum(pairs.places[[1, 3]], 0).sum(axis=0))
    cuts = [*np.flatnonzero(np.diff(sizes // _BATCH, prepend=-1)).tolist(), len(first)]
    for start, stop in pairwise(cuts):
        yield _Pairs(pairs.tile_ids[start:stop], pairs.tiles[start:stop], pairs.places[:, start:stop])


def _compare(a: Archive, b: Archive, pairs: _Pairs, tally: _Tally) -> None:
    """Look into some pairs of bodies."""
    before: list[bytes] = []
    after: list[bytes] = []
    for i, (at, a_length, bt, b_length) in enumerate(pairs.places.T.tolist()):
        try:
            left, right = _layers(a, at, a_length), _layers(b, bt, b_length)
        except ArchiveError as err:
            err.where = _place(pairs, i)
            raise
        differing = [name for name in left | right if left.get(name) != right.get(name)]
        for name in differing:
            tally.tiles[name] = tally.tiles.get(name, 0) + int(pairs.tiles[i])
        before.append(b"".join(left.get(name, b"") for name in differing))
        after.append(b"".join(right.get(name, b"") for name in differing))
    columns = [_features(each, pairs, tally) for each in (before, after)]
    side = np.repeat([0, 1], [len(column) for column in columns])
    _count(np.concatenate(columns), side, pairs, tally)


def _layers(archive: Archive, offset: int, length: int) -> dict[str, bytes]:
    """The layers of a body by name, each as it stands in the tile, with its tag."""
    if offset < 0:
        return {}
    body = decompress(archive.body(offset, length), archive.header.tile_compression)
    found: dict[str, bytes] = {}
    for layer in layers_of(body):
        name = layer.name.decode(errors="replace")
        found[name] = found.get(name, b"") + layer.whole
    return found


def _features(bodies: list[bytes], pairs: _Pairs, tally: _Tally) -> NDArray[np.int64]:
    """[features, 5] pair, layer, whether it has an id, the id (else the fingerprint), the fingerprint."""
    decoded = decode_tables(bodies)
    t = decoded.tables
    if (t.faults != SOUND).any():
        raise ArchiveError(
            _("This is not a vector tile: {reason}.").format(reason=_("its bytes make no protobuf message")),
            where=_place(pairs, int(np.flatnonzero(t.faults != SOUND)[0])),
            hint=_("`longquan archive verify` tells which tiles are damaged"),
        )
    spans = t.layers[:, [col.NAME0, col.NAME1]].tolist()
    names = [decoded.data[start:stop].decode(errors="replace") for start, stop in spans]
    numbers = np.array([tally.number(name) for name in names], dtype=np.int64)
    layer, has_id = t.features[:, col.LAYER], t.features[:, col.HAS_ID]
    prints = fingerprints(decoded).view(np.int64)
    ids = np.where(has_id == 1, t.features[:, col.ID], prints)
    return np.column_stack([t.layers[layer, col.TILE], numbers[layer], has_id, ids, prints])


def _count(features: NDArray[np.int64], side: NDArray[np.int64], pairs: _Pairs, tally: _Tally) -> None:
    """Hold the features of both sides against one another, tile by tile."""
    if not len(features):
        return
    order = np.lexsort(features[:, 3::-1].T)
    features, side = features[order], side[order]
    starts = np.flatnonzero(np.append(True, (np.diff(features[:, :4], axis=0) != 0).any(axis=1)))
    tile, layer, has_id, ids = features[starts, :4].T
    after = np.add.reduceat(side, starts)
    before = np.diff(np.append(starts, len(side))) - after
    prints = features[:, 4].view(np.uint64)  # an id that stands in a tile twice has the sum of its features
    same = np.add.reduceat(np.where(side == 0, prints, np.uint64(0)), starts) == np.add.reduceat(
        np.where(side == 1, prints, np.uint64(0)), starts
    )
    flags = _BEFORE * (before > 0) + _AFTER * (after > 0) + _DIFFERS * ~same
    named = has_id == 1
    tally.add(np.column_stack([layer[named], ids[named], flags[named]]))
    more = (after - before) * pairs.tiles[tile]
    counted = np.column_stack([layer, np.maximum(more, 0), np.maximum(-more, 0)])[~named & (more != 0)]
    numbers, of_row = np.unique(np.concatenate([tally.nameless[:, 0], counted[:, 0]]), return_inverse=True)
    sums = np.zeros((len(numbers), 3), dtype=np.int64)
    np.add.at(sums, of_row, np.concatenate([tally.nameless, counted]))
    sums[:, 0] = numbers
    tally.nameless = sums


def _place(pairs: _Pairs, i: int) -> str:
    return "/".join(map(str, tileid_to_zxy(int(pairs.tile_ids[i]))))

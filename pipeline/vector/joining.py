"""The same tile of several archives as one tile: layers side by side, layers of one name as one layer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import decompress, gzip_bytes
from pipeline.archive.header import Compression
from pipeline.archive.spans import Body, Shown
from pipeline.archive.tileids import zxy_of
from pipeline.errors import ArchiveError, InputError
from pipeline.i18n import _
from pipeline.vector.wire import BYTES, LayerBytes, fields, layers_of, message, put_varint

_NAME, _FEATURES, _KEYS, _VALUES, _EXTENT, _VERSION = 1, 2, 3, 4, 5, 15  # vector_tile.proto, Layer


class Joined(NamedTuple):
    """A tile made of several."""

    body: bytes
    shared_ids: int  # ids that features of different archives carry in one layer


class LayerJoin:
    """What becomes of a tile that several MVT archives hold.

    Tiles that are equal are one, and so are equal layers. `shared_ids` counts, over all tiles, the ids that a layer
    then has twice; `first_shared` is the first tile with one.
    """

    def __init__(self, compression: Compression) -> None:
        self.shared_ids = 0
        self.first_shared: int | None = None
        self._compression = compression
        self._lock = threading.Lock()

    def change(self, shown: Shown) -> Body:
        """The joined tile, compressed as the others; raises InputError for layers that cannot be joined."""
        tile_id, tiles, bodies = shown
        distinct = list(dict.fromkeys(bytes(body) for body in bodies))
        if len(distinct) == 1:
            return bodies[0]
        try:
            joined = join_tiles([decompress(body, self._compression) for body in distinct])
        except (ArchiveError, InputError) as err:
            err.where = " ".join(filter(None, ("/".join(map(str, zxy_of(tile_id))), err.where)))
            raise
        if joined.shared_ids:
            with self._lock:
                self.shared_ids += joined.shared_ids * tiles
                self.first_shared = tile_id if self.first_shared is None else min(tile_id, self.first_shared)
        return gzip_bytes(joined.body) if self._compression is Compression.GZIP else joined.body


def join_tiles(bodies: Sequence[bytes]) -> Joined:
    """Decompressed tiles as one, layers in the order in which they first appear.

    A layer that only one tile has, or that is the same in all, is copied byte for byte. Others of the same name are
    joined: keys and values once each in the order in which they first appear, features in the order of the tiles.
    Raises InputError when layers of one name differ in extent or version, ArchiveError for a damaged tile.
    """
    named: dict[bytes, list[LayerBytes]] = {}
    for body in bodies:
        for layer in layers_of(body):
            named.setdefault(layer.name, []).append(layer)
    out: list[bytes | memoryview] = []
    shared = 0
    for layers in named.values():
        distinct = list({bytes(layer.message): layer for layer in layers}.values())
        if len(distinct) == 1:
            out.append(distinct[0].whole)
            continue
        whole, twice = _join_layers(distinct)
        out.append(whole)
        shared += twice
    return Joined(b"".join(out), shared)


class _Layer(NamedTuple):
    """A layer taken apart, features left as they are."""

    version: int
    extent: int
    keys: list[bytes]
    values: list[bytes]
    starts: NDArray[np.int64]  # of feature messages
    stops: NDArray[np.int64]


def _join_layers(layers: Sequence[LayerBytes]) -> tuple[bytes, int]:
    from pipeline.kernels.retag import ROOM, feature_ids, retag

    name = layers[0].name
    parts = [_taken_apart(layer.message) for layer in layers]
    for what, numbers in ((_("extent"), [p.extent for p in parts]), (_("version"), [p.version for p in parts])):
        if len(set(numbers)) > 1:
            raise InputError(
                _("Layer {layer} cannot be joined: its {what} is {numbers}.").format(
                    layer=name.decode(errors="replace"), what=what, numbers=", ".join(map(str, numbers))
                ),
                expected=_("layers of one extent and one version"),
                hint=_("build one of the archives again with the settings of the other"),
            )
    keys: dict[bytes, int] = {}
    values: dict[bytes, int] = {}
    features, seen = [], []
    for layer, part in zip(layers, parts, strict=True):
        data = np.frombuffer(layer.message, dtype=np.uint8)
        key_map, value_map = _places(part.keys, keys), _places(part.values, values)
        room = ROOM * int((part.stops - part.starts).sum()) + 24 * len(part.starts)
        written = np.empty(room, dtype=np.uint8)
        size = retag(data, part.starts, part.stops, key_map, value_map, written)
        if size < 0:
            raise ArchiveError(
                _("A feature of layer {layer} is damaged.").format(layer=name.decode(errors="replace")),
                hint=_("`longquan archive verify` tells which tiles are damaged"),
            )
        features.append(written[:size].tobytes())
        ids = np.empty(len(part.starts), dtype=np.int64)
        seen.append(np.unique(ids[: feature_ids(data, part.starts, part.stops, ids)]))
    _ids, counts = np.unique(np.concatenate(seen), return_counts=True)
    whole = b"".join(
        [
            put_varint(_VERSION << 3) + put_varint(parts[0].version),
            message(_NAME, name),
            *features,
            *(message(_KEYS, key) for key in keys),
            *(message(_VALUES, value) for value in values),
            put_varint(_EXTENT << 3) + put_varint(parts[0].extent),
        ]
    )
    return message(3, whole), int((counts - 1).sum())


def _places(items: Sequence[bytes], known: dict[bytes, int]) -> NDArray[np.int64]:
    """Where each item stands in the joined list, which grows by what it does not have."""
    return np.array([known.setdefault(item, len(known)) for item in items], dtype=np.int64)


def _taken_apart(body: memoryview) -> _Layer:
    version, extent = 1, 4096  # the defaults of vector_tile.proto
    keys, values, starts, stops = [], [], [], []
    for number, wire, _begin, start, stop in fields(body, 0, len(body)):
        if wire == BYTES:
            if number == _FEATURES:
                starts.append(start)
                stops.append(stop)
            elif number == _KEYS:
                keys.append(bytes(body[start:stop]))
            elif number == _VALUES:
                values.append(bytes(body[start:stop]))
        elif wire == 0 and number == _EXTENT:
            extent = start
        elif wire == 0 and number == _VERSION:
            version = start
    return _Layer(version, extent, keys, values, np.array(starts, np.int64), np.array(stops, np.int64))

"""Some tiles of an archive as tables, with what the rules of `tile_rules` ask of them over and over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.rules import Finding
from pipeline.i18n import _
from pipeline.kernels import decode_mvt as col
from pipeline.kernels.decode_geometry import SOUND
from pipeline.types import POLYGON
from pipeline.vector.tables import Decoded

ANY_TYPE: Final = 0  # of a field: anything goes
UNDECLARED: Final = -1
_TOLD: Final = 50  # findings of one rule in one batch that are put into words

Found = Iterator[Finding]


class Batch:
    """Some tiles as tables, with what the rules ask of them over and over."""

    def __init__(
        self,
        tiles: list[tuple[int, int, int]],
        decoded: Decoded,
        damaged: Mapping[int, str],
        declared: Mapping[str, Mapping[str, int] | None],
    ) -> None:
        self.tiles = tiles
        self.decoded = decoded
        self.damaged = damaged  # tiles that could not even be decompressed
        self.declared = declared  # layer → field → type code; None where the metadata lists no fields
        self.t = decoded.tables

    @cached_property
    def names(self) -> list[str | None]:
        """The name of every layer; None when it is missing or not UTF-8."""
        spans = self.t.layers[:, [col.NAME0, col.NAME1]].tolist()
        return [self.decoded.text(start, stop) for start, stop in spans]

    @cached_property
    def keys(self) -> list[str | None]:
        """The text of every key."""
        return [self.decoded.text(start, stop) for start, stop in self.t.keys.tolist()]

    @cached_property
    def key_layers(self) -> NDArray[np.int64]:
        """The layer of every key."""
        return np.repeat(np.arange(len(self.t.layers)), self.t.layers[:, col.KEY1] - self.t.layers[:, col.KEY0])

    @cached_property
    def value_layers(self) -> NDArray[np.int64]:
        """The layer of every value."""
        return np.repeat(np.arange(len(self.t.layers)), self.t.layers[:, col.VALUE1] - self.t.layers[:, col.VALUE0])

    @cached_property
    def part_features(self) -> NDArray[np.int64]:
        """The feature of every part."""
        return np.repeat(np.arange(len(self.t.features)), self.t.features[:, col.PART1] - self.t.features[:, col.PART0])

    @cached_property
    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Feature, key index and value index of every attribute, and whether both indices are in range.

        A key without a value, last of an odd number of tags, is left out.
        """
        first, counts = self.t.features[:, col.TAG0], self.t.features[:, col.TAG1] - self.t.features[:, col.TAG0]
        kept = np.ones(int(counts.sum()), dtype=bool)
        kept[(first + counts - 1)[counts % 2 != 0]] = False
        features = np.repeat(np.arange(len(counts)), counts)[kept][::2]
        keys, values = self.t.tags[: len(kept)][kept].reshape(-1, 2).T
        layers = self.t.layers[self.t.features[features, col.LAYER]]
        fits = (keys >= 0) & (keys < layers[:, col.KEY1] - layers[:, col.KEY0])
        fits &= (values >= 0) & (values < layers[:, col.VALUE1] - layers[:, col.VALUE0])
        return features, keys, values, fits

    @cached_property
    def key_types(self) -> NDArray[np.int64]:
        """The type the metadata declares for every key."""
        types = []
        for layer, key in zip(self.key_layers.tolist(), self.keys, strict=True):
            fields = self.declared.get(self.names[layer] or "")
            types.append(ANY_TYPE if fields is None or key is None else fields.get(key, UNDECLARED))
        return np.array(types, dtype=np.int64)

    @cached_property
    def polygons(self) -> tuple[NDArray[np.int64], NDArray[np.object_], NDArray[np.bool_]]:
        """Features that are polygons and could be read, their shapes, and whether shapely calls them valid."""
        import shapely

        f = self.t.features
        chosen = np.flatnonzero((f[:, col.KIND] == POLYGON) & (f[:, col.FAULT] == SOUND))
        if not len(chosen):
            return chosen, np.zeros(0, dtype=object), np.zeros(0, dtype=bool)
        of_polygon = f[self.part_features, col.KIND] == POLYGON
        rings = np.flatnonzero(of_polygon)
        sizes = np.diff(self.t.parts)
        xy = self.t.xy[np.repeat(of_polygon, sizes)]
        ring_ends = np.concatenate([[0], np.cumsum(sizes[rings])])
        # A ring with positive area begins a polygon, and so does the first of a feature, whatever its winding.
        exterior = self.t.areas[rings] > 0
        exterior |= np.isin(rings, f[chosen, col.PART0])
        polygon_ends = np.append(np.flatnonzero(exterior), len(rings))
        per_feature = np.zeros(len(f), dtype=np.int64)
        np.add.at(per_feature, self.part_features[rings], exterior)
        feature_ends = np.concatenate([[0], np.cumsum(per_feature[chosen])])
        shapes = shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, xy, (ring_ends, polygon_ends, feature_ends)
        )
        return chosen, shapes, shapely.is_valid(shapes)

    def in_layer(self, layer: int, message: str) -> Finding:
        """A finding about a layer."""
        return Finding(message, self.tiles[self.t.layers[layer, col.TILE]], self.names[layer])

    def in_feature(self, feature: int, message: str) -> Finding:
        """A finding about a feature."""
        row = self.t.features[feature]
        layer = int(row[col.LAYER])
        name = _("no. {n}").format(n=feature - int(self.t.layers[layer, col.FEATURE0]) + 1)
        if row[col.HAS_ID]:
            name = _("id {id}").format(id=int(row[col.ID]) % (1 << 64))
        return self.in_layer(layer, message)._replace(feature=name)

    def features_where(self, wrong: NDArray[np.bool_], tell: Callable[[int], str]) -> Found:
        """A finding for every feature marked wrong."""
        yield from each(wrong, lambda i: self.in_feature(i, tell(i)))

    def layers_where(self, wrong: NDArray[np.bool_], tell: Callable[[int], str]) -> Found:
        """A finding for every layer marked wrong."""
        yield from each(wrong, lambda i: self.in_layer(i, tell(i)))


def each(wrong: NDArray[np.bool_], find: Callable[[int], Finding]) -> Found:
    """`find` for every place marked wrong: the first few in words, the rest as one number."""
    at = np.flatnonzero(wrong)
    yield from map(find, at[:_TOLD].tolist())
    if len(at) > _TOLD:
        yield Finding(_("{n} more").format(n=len(at) - _TOLD), times=len(at) - _TOLD)

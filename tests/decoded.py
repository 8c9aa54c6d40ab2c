"""Tile layers and decode every tile with other people's readers: pmtiles and mapbox_vector_tile."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from shapely.geometry import shape

from pipeline.vector.plan import ArchivePlan, ArchiveResult, LayerInput
from pipeline.vector.tiles import tile_layers
from tests.oracles import mvt

Tile = tuple[int, int, int]


@dataclass
class Feature:
    """A feature of one tile, as mapbox_vector_tile sees it, with its parts as they stand in the tile."""

    tile: Tile
    layer: str
    id: int
    properties: dict[str, Any]
    shape: shapely.Geometry  # tile units
    parts: list[list[tuple[int, int]]]

    def in_zoom(self) -> shapely.Geometry:
        """Moved into the units of the whole zoom."""
        _, x, y = self.tile
        return shapely.transform(self.shape, lambda c: np.add(c, (x * 4096, y * 4096)))


@dataclass
class Tiled:
    """An archive, decoded."""

    result: ArchiveResult
    features: list[Feature]
    tiles: dict[Tile, bytes]
    header: dict[str, Any]
    metadata: dict[str, Any]

    def at(self, zoom: int, layer: str | None = None) -> Iterator[Feature]:
        """The features of a zoom."""
        return (f for f in self.features if f.tile[0] == zoom and layer in (None, f.layer))


def tiled(folder: Path, *layers: LayerInput, threads: int = 1, **plan: Any) -> Tiled:
    """Tile the layers and decode the archive; every polygon has the winding MVT asks for, every ring an area."""
    path = folder / "out.pmtiles"
    result = tile_layers(ArchivePlan("test", **plan), layers, path, threads=threads)
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
        tiles = {tile: gzip.decompress(body) for tile, body in all_tiles(reader.get_bytes)}
    features = [feature for tile, body in sorted(tiles.items()) for feature in decoded(tile, body)]
    return Tiled(result, features, tiles, header, metadata)


def decoded(tile: Tile, body: bytes) -> Iterator[Feature]:
    """The features of one tile; both readers must see the same."""
    theirs = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    raw = mvt.decode(body)
    assert [layer.name for layer in raw] == list(theirs)
    for layer in raw:
        assert (layer.version, layer.extent) == (2, 4096)
        assert len(set(layer.keys)) == len(layer.keys) and len(set(layer.values)) == len(layer.values)
        assert layer.features, "a layer without features has no place in a tile"
        for mine, their in zip(layer.features, theirs[layer.name]["features"], strict=True):
            assert mine.id == their["id"]
            _check_parts(mine)
            geometry = shape(their["geometry"])
            yield Feature(tile, layer.name, mine.id, their["properties"], geometry, mine.parts)


def _check_parts(feature: mvt.RawFeature) -> None:
    assert feature.parts
    if feature.kind == 1:
        assert len(feature.parts) == 1
    elif feature.kind == 2:
        for part in feature.parts:
            assert len(part) >= 2 and all(a != b for a, b in pairwise(part))
    else:
        assert mvt.area2(feature.parts[0]) > 0, "a polygon begins with an exterior ring, clockwise on the screen"
        for ring in feature.parts:
            assert len(ring) >= 3 and mvt.area2(ring) != 0

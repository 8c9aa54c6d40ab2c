"""Features in drawing order, ready to be cut: a whole layer, or as much of it as memory holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.mercator import WORLD_BITS
from pipeline.kernels.pieces import EXTENT_BITS, Features
from pipeline.vector.attributes import Attributes, join_attributes
from pipeline.vector.chunk import CURVE_BITS, Chunk
from pipeline.vector.plan import LayerPlan, Simplify
from pipeline.vector.ragged import joined
from pipeline.vector.valid import Run, laid_down, pick_shapes

# Rules that look at several features see a cell: a part of a tile's edge, as a power of two.
_GATHERED_LEVELS = 8  # small areas that are gathered into squares
_MERGED_LEVELS = 4  # areas that are merged with near ones
_COARSEST = 14  # zoom of the largest cells, 2.4 km: shards cannot be smaller


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of its borders a layer keeps; layers of one coverage have the same, or their borders would part."""

    simplify: Simplify
    tolerances: tuple[float, ...]  # tile units, by zoom; zooms above keep everything


def detail_of(plans: Sequence[LayerPlan]) -> Detail:
    """The detail that layers have in common: at every zoom the finest of theirs. Raises InputError."""
    first = plans[0]
    if any((plan.simplify == "area") != (first.simplify == "area") for plan in plans):
        raise InputError(
            _("Layers {layers} share borders, and are to be simplified in different ways.").format(
                layers=", ".join(plan.name for plan in plans)
            ),
            expected=_("the same `simplify` for all of them"),
        )
    zooms = range(max(plan.max_zoom for plan in plans))
    return Detail(
        first.simplify,
        tuple(min(plan.simplification_by_zoom.get(zoom, plan.simplification) for plan in plans) for zoom in zooms),
    )


@dataclass(frozen=True, slots=True)
class Layer:
    """Features [first, first + count) of a layer along the Hilbert curve, then by id, whatever the source's order."""

    plan: LayerPlan
    detail: Detail
    first: int
    features: Features
    kinds: NDArray[np.uint8]  # [features] POINT, LINE or POLYGON
    ids: NDArray[np.uint64]  # [features]
    rank: NDArray[np.float64]  # [features] declared priority; empty where there is none
    attributes: Attributes

    @property
    def count(self) -> int:
        """The number of features."""
        return len(self.kinds)

    @property
    def vertex_counts(self) -> NDArray[np.int64]:
        """The number of vertices of each feature."""
        features = self.features
        return features.vertex_offsets[features.part_to] - features.vertex_offsets[features.part_from]


def zoom_shift(zoom: int) -> int:
    """How far world units are shifted right to become tile units of a zoom."""
    return WORLD_BITS - EXTENT_BITS - zoom


def cell_shift(plan: LayerPlan, zoom: int) -> int:
    """How far places along the curve are shifted right to become cells of a zoom."""
    levels = _MERGED_LEVELS if plan.merge_near > 0.0 else _GATHERED_LEVELS
    return 2 * max(CURVE_BITS - max(zoom + levels, _COARSEST), 0)


def parting_shift(plan: LayerPlan, zoom: int, areas: bool) -> int:
    """The same for the cells that must stay together: none but where areas are gathered or merged."""
    gathered = plan.coverage is None and plan.tiny_area > 0.0
    return cell_shift(plan, zoom) if areas and (gathered or plan.merge_near > 0.0) else 0


def layer_of(
    plan: LayerPlan,
    chunks: Sequence[Chunk],
    columns: Sequence[str],
    ids: NDArray[np.uint64],
    order: NDArray[np.int64],
    first: int = 0,
    run: Run = map,
) -> Layer:
    """Put chunks together: `ids` and `order` [features] run over the features of all of them, one after the other.

    `columns` are the names of the layer's fields, which a chunk need not have all; `run` may be the `map` of an
    executor.
    """
    # In drawing order, since every zoom walks through all features: cutting ten copies of osm_buildings takes 8 % less
    # time than from the order of the source.
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    places = np.split(place, np.cumsum([len(chunk.kinds) for chunk in chunks])[:-1])
    shapes = laid_down([chunk.shapes for chunk in chunks], places, run)
    return Layer(
        plan,
        detail_of([plan]),
        first,
        Features(
            shapes.wx,
            shapes.wy,
            np.empty(0, np.float64),
            shapes.vertex_offsets,
            shapes.roles,
            shapes.part_from,
            shapes.part_to,
            joined([chunk.visible for chunk in chunks], np.uint32)[order],
            joined([chunk.size for chunk in chunks], np.float64)[order],
            joined([chunk.curve for chunk in chunks], np.int64)[order],
        ),
        joined([chunk.kinds for chunk in chunks], np.uint8)[order],
        ids[order],
        joined([chunk.rank for chunk in chunks], np.float64)[order if plan.priority else slice(0)],
        join_attributes([chunk.attributes for chunk in chunks], columns, places, run),
    )


def select(chunk: Chunk, rows: NDArray[np.int64]) -> Chunk:
    """Some features of a chunk, in the order of `rows`, with nothing but their own vertices."""
    return replace(
        chunk,
        shapes=pick_shapes(chunk.shapes, rows),
        kinds=chunk.kinds[rows],
        visible=chunk.visible[rows],
        size=chunk.size[rows],
        rank=chunk.rank[rows] if len(chunk.rank) else chunk.rank,
        bounds=chunk.bounds[rows],
        curve=chunk.curve[rows],
        contents=chunk.contents[rows],
        ids=chunk.ids[rows],
        keyed=chunk.keyed[rows],
        attributes=chunk.attributes.taken(rows),
    )
